package usage

import (
	"maps"
	"slices"
	"strings"
)

// poolSize is how many different values of a kind a pool remembers before it
// begins anew. Forgetting costs memory, never correctness.
const poolSize = 1 << 17

// pool makes equal values one value, so that a fleet holds the names of its
// accounts, types, people and tags once.
type pool struct {
	texts   map[string]string
	shapes  map[Shape]*Shape
	tags    map[string]Tags
	notes   map[string]*[]string
	causes  map[string]*Cause // by event id
	callers map[Cause]*Cause  // without id and time

	key       []byte
	lastCause *Cause // whose act is lastAct
	lastAct   *act
}

func newPool() *pool {
	return &pool{
		texts: map[string]string{}, shapes: map[Shape]*Shape{}, tags: map[string]Tags{},
		notes: map[string]*[]string{}, causes: map[string]*Cause{}, callers: map[Cause]*Cause{},
	}
}

// room forgets what a map of the pool holds when that has become too much.
func room[K comparable, V any](m map[K]V) {
	if len(m) >= poolSize {
		clear(m)
	}
}

func (p *pool) text(s string) string {
	if s == "" {
		return ""
	}
	known, ok := p.texts[s]
	if !ok {
		room(p.texts)
		known = strings.Clone(s) // what it was cut out of can go
		p.texts[known] = known
	}
	return known
}

func (p *pool) shape(s *Shape) *Shape {
	known, ok := p.shapes[*s]
	if !ok {
		room(p.shapes)
		c := *s
		for _, text := range []*string{&c.Service, &c.Type, &c.Operation, &c.Tenancy, &c.Purchase} {
			*text = p.text(*text)
		}
		known = &c
		p.shapes[c] = known
	}
	return known
}

func (p *pool) tagged(t Tags) Tags {
	if t == nil {
		return nil
	}
	p.key = p.key[:0]
	for _, key := range slices.Sorted(maps.Keys(t)) {
		p.key = append(append(append(append(p.key, key...), 0), t[key]...), 0)
	}
	known, ok := p.tags[string(p.key)]
	if !ok || !maps.Equal(known, t) { // a text may hold a zero byte
		room(p.tags)
		known = make(Tags, len(t))
		for key, value := range t {
			known[p.text(key)] = p.text(value)
		}
		p.tags[string(p.key)] = known
	}
	return known
}

// noted keeps evidence, which most instances of a kind share.
func (p *pool) noted(evidence []string) *[]string {
	if len(evidence) == 0 {
		return nil
	}
	key := strings.Join(evidence, "\x00")
	known, ok := p.notes[key]
	if !ok || !slices.Equal(*known, evidence) {
		room(p.notes)
		kept := slices.Clip(slices.Clone(evidence))
		known = &kept
		p.notes[key] = known
	}
	return known
}

// cause keeps a call; what one call did to many resources shares it.
func (p *pool) cause(c *Cause) *Cause {
	if c == nil {
		return nil
	}
	if known, ok := p.causes[c.EventID]; ok && *known == *c {
		return known
	}
	room(p.causes)
	kept := p.kept(c)
	p.causes[kept.EventID] = kept
	return kept
}

// kept copies a cause out of the text that it was cut out of.
func (p *pool) kept(c *Cause) *Cause {
	kept := *c
	kept.EventID = strings.Clone(c.EventID)
	for _, text := range []*string{
		&kept.EventName, &kept.Principal, &kept.Actor, &kept.ActorType, &kept.Session,
		&kept.AccessKey, &kept.IP, &kept.UserAgent, &kept.InvokedBy,
	} {
		*text = p.text(*text)
	}
	return &kept
}
