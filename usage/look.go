package usage

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strings"
)

// look is what an instance was like from a moment on.
type look struct {
	at    Seconds
	shape Shape
	tags  Tags
	by    *statement // what changed it; nil for the first
}

// change is a statement and when it takes effect on shape or on tags.
type change struct {
	at    Seconds
	s     *statement
	key   string
	shape bool
	tags  bool
}

// full says that the change tells all tags, not only some.
func (c *change) full() bool { return c.tags && (c.s.kind.launches() || c.s.kind == kindSeen) }

func (c *change) compare(d *change) int {
	return cmp.Or(cmp.Compare(c.at, d.at), cmp.Compare(c.s.kind, d.s.kind), cmp.Compare(c.key, d.key))
}

// changes lists what the statements say about shape and tags, in order.
//
// The shape that a snapshot shows of a running instance holds since its
// launch: it can change only while stopped. Tags may have changed at any time
// and hold since the look. Of several launch calls the first in order of kind
// speaks.
func changes(all []change, stated []*stated, periods []period) []change {
	launch := launchOf(stated)
	for i := range stated {
		s, key := &stated[i].statement, stated[i].key
		switch {
		case s.kind.launches():
			if s.kind == launch.kind {
				all = append(all, change{s.at, s, key, true, s.kind != kindBid})
			}
		case s.kind == kindModify:
			all = append(all, change{s.at, s, key, true, false})
		case s.kind == kindTag || s.kind == kindUntag:
			all = append(all, change{s.at, s, key, false, true})
		case s.kind == kindSeen:
			all = append(all, change{s.since(periods), s, key, true, false}, change{s.looked(), s, key, false, true})
		}
	}
	slices.SortFunc(all, func(a, b change) int { return a.compare(&b) })
	return all
}

// since is when the shape in a snapshot began to hold.
func (s *statement) since(periods []period) Seconds {
	if s.state != stateRunning || s.launched == 0 {
		return s.looked()
	}
	for i := range periods {
		if d := periods[i].start - s.launched; d <= sameStart && d >= -sameStart {
			return periods[i].start
		}
	}
	return s.launched
}

// looks folds changes into what the instance was like over time, in memory.
// Before the first change it was as the first source shows it.
func looks(memory []look, changes []change, windows bool) []look {
	all := append(memory[:0], look{at: math.MinInt64, shape: firstShape(changes), tags: firstTags(changes)})
	for i := range changes {
		next := all[len(all)-1].after(&changes[i])
		if len(all) > 1 && next.at == all[len(all)-1].at {
			all = all[:len(all)-1] // what lasted no second
		}
		if !next.like(&all[len(all)-1]) {
			all = append(all, next)
		}
	}
	for i := range all {
		all[i].settle(windows)
	}
	return all
}

// after gives the look after a change.
func (l look) after(c *change) look {
	l.at, l.by = c.at, c.s
	if c.shape {
		l.shape = c.s.shape.apply(l.shape, c.s.kind)
	}
	if c.tags {
		l.tags = c.s.retag(l.tags)
	}
	return l
}

func (l *look) like(m *look) bool { return l.shape == m.shape && maps.Equal(l.tags, m.tags) }

// settle completes a look: an operation that no source states is Windows' or
// assumed to be Linux'.
func (l *look) settle(windows bool) {
	switch {
	case l.shape.Operation != "":
	case windows:
		l.shape.Operation = "RunInstances:0002"
	default:
		l.shape.Operation, l.shape.OperationAssumed = "RunInstances", true
	}
}

// apply gives the shape after a patch.
func (p *patch) apply(to Shape, k kind) Shape {
	to.Type = cmp.Or(p.typ, to.Type)
	to.Operation = cmp.Or(p.operation, to.Operation)
	to.Tenancy = cmp.Or(p.tenancy, to.Tenancy)
	to.Purchase = cmp.Or(p.purchase, to.Purchase)
	if p.marketplace != unsaid {
		to.Marketplace = p.marketplace == yes
	}
	if p.cpus != 0 && (k != kindSeen || to.CPUs != 0) {
		to.CPUs = p.cpus // a snapshot shows a number also where none was set
	}
	return to
}

// firstShape is the shape before the first change: of each field the first
// word, unless that is a modification, which tells nothing of before.
func firstShape(changes []change) Shape {
	s := Shape{Service: "ec2"}
	var modified, said patch
	for i := range changes {
		p := &changes[i].s.shape
		switch {
		case !changes[i].shape:
		case changes[i].s.kind == kindModify:
			modified.fill(p)
		default:
			said.fillUnless(p, &modified)
		}
	}
	return said.apply(s, kindSeen)
}

// fill takes what p says where nothing is said yet.
func (q *patch) fill(p *patch) {
	q.typ = cmp.Or(q.typ, p.typ)
	q.operation = cmp.Or(q.operation, p.operation)
	q.tenancy = cmp.Or(q.tenancy, p.tenancy)
	q.purchase = cmp.Or(q.purchase, p.purchase)
	q.marketplace = cmp.Or(q.marketplace, p.marketplace)
}

// fillUnless is fill but for what has been modified before.
func (q *patch) fillUnless(p, modified *patch) {
	left := *p
	if modified.typ != "" {
		left.typ = ""
	}
	if modified.tenancy != "" {
		left.tenancy = ""
	}
	q.fill(&left)
}

// firstTags are the tags before the first change: those of the first source
// that shows all, but for the ones that were set or removed before it.
func firstTags(changes []change) Tags {
	first := slices.IndexFunc(changes, func(c change) bool { return c.full() })
	if first < 0 {
		return nil
	}
	tags := changes[first].s.tags
	for i := range changes[:first] {
		s := changes[i].s
		if !changes[i].tags {
			continue
		}
		gone := s.untag
		for key := range s.tags {
			gone = append(slices.Clip(gone), tagMatch{key: key, anyText: true})
		}
		if len(gone) > 0 {
			tags = tags.without(gone)
		}
	}
	return tags
}

// retag gives the tags after a statement.
func (s *statement) retag(tags Tags) Tags {
	switch s.kind {
	case kindTag:
		next := make(Tags, len(tags)+len(s.tags))
		maps.Copy(next, tags)
		maps.Copy(next, s.tags)
		return next
	case kindUntag:
		return tags.without(s.untag)
	}
	return s.tags
}

// without gives the tags that gone does not name; AWS' own stay when none is
// named.
func (t Tags) without(gone []tagMatch) Tags {
	next := Tags{}
	for key, value := range t {
		if !removes(gone, key, value) {
			next[key] = value
		}
	}
	return next
}

func removes(gone []tagMatch, key, value string) bool {
	if len(gone) == 0 {
		return !strings.HasPrefix(key, "aws:")
	}
	return slices.ContainsFunc(gone, func(m tagMatch) bool {
		return m.key == key && (m.anyText || m.value == value)
	})
}
