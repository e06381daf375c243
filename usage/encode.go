package usage

import (
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// A fact's encoding: a version, a kind, a set of flags, then the fields in a
// fixed order. Numbers are varints, texts have their length before them, tags
// are sorted by key; so the same statement has the same bytes.

const encodingVersion = 1

// errEncoding is a fact's data that this version of Kopter cannot read.
var errEncoding = errors.New("not a usage fact, or one of a later version")

const (
	flagHibernate = 1 << iota
	flagWindows
	flagTags // tags are stated, if only that there are none
	flagEnd
)

// encode gives the statement's data, see Fact.Data.
func (s *statement) encode() []byte {
	w := writer(make([]byte, 0, 256))
	w = append(w, encodingVersion, byte(s.kind), s.flags(), byte(s.state))
	w.number(s.at)
	w.number(s.launched)
	w.number(s.ended)
	for _, text := range s.texts() {
		w.text(*text)
	}
	w.number(int64(s.shape.cpus))
	w = append(w, byte(s.shape.marketplace))
	if s.tags != nil {
		w.tags(s.tags)
	}
	w.number(int64(len(s.untag)))
	for _, t := range s.untag {
		w.match(t)
	}
	return w
}

func (s *statement) flags() byte {
	var f byte
	if s.hibernate {
		f |= flagHibernate
	}
	if s.shape.windows {
		f |= flagWindows
	}
	if s.tags != nil {
		f |= flagTags
	}
	return f
}

// texts are the statement's texts in the order in which they are stored.
func (s *statement) texts() [18]*string {
	c := &s.cause
	return [...]*string{
		&s.region, &s.zone, &s.reason, &s.replaces,
		&s.shape.typ, &s.shape.operation, &s.shape.tenancy, &s.shape.purchase,
		&c.EventID, &c.EventName, &c.Principal, &c.Actor, &c.ActorType, &c.Session,
		&c.AccessKey, &c.IP, &c.UserAgent, &c.InvokedBy,
	}
}

// decode reads a fact's data. The statement's texts share one copy of it.
func (s *statement) decode(data []byte) error {
	r := reader{rest: string(data)}
	if r.octet() != encodingVersion {
		return errEncoding
	}
	s.kind = kind(r.octet())
	flags := r.octet()
	s.state = state(r.octet())
	s.at = r.number()
	s.launched = r.number()
	s.ended = r.number()
	for _, text := range s.texts() {
		*text = r.text()
	}
	s.shape.cpus = int(r.number())
	s.shape.marketplace = answer(r.octet())
	if flags&flagTags != 0 {
		s.tags = r.tags()
	}
	s.untag = r.matches()
	if s.cause.EventID != "" {
		s.cause.Time = s.at
	}
	s.hibernate = flags&flagHibernate != 0
	s.shape.windows = flags&flagWindows != 0
	if r.bad || r.rest != "" || flags >= flagEnd || !s.known() {
		return errEncoding
	}
	return nil
}

// known says that every number that stands for a word does.
func (s *statement) known() bool {
	return s.kind >= kindLaunch && s.kind < kindEnd && s.state < stateEnd && s.shape.marketplace <= yes
}

type writer []byte

func (w *writer) number(n int64) { *w = binary.AppendVarint(*w, n) }

func (w *writer) text(s string) {
	*w = binary.AppendUvarint(*w, uint64(len(s)))
	*w = append(*w, s...)
}

func (w *writer) tags(t Tags) {
	w.number(int64(len(t)))
	for _, key := range slices.Sorted(maps.Keys(t)) {
		w.text(key)
		w.text(t[key])
	}
}

func (w *writer) match(t tagMatch) {
	w.text(t.key)
	if t.anyText {
		*w = append(*w, 1)
		return
	}
	*w = append(*w, 0)
	w.text(t.value)
}

// reader takes an encoding apart. After the first thing that does not fit it
// is bad and gives zeros.
type reader struct {
	rest string
	bad  bool
}

func (r *reader) fail() {
	r.bad = true
	r.rest = ""
}

func (r *reader) octet() byte {
	if r.rest == "" {
		r.fail()
		return 0
	}
	b := r.rest[0]
	r.rest = r.rest[1:]
	return b
}

// unsigned reads a varint as encoding/binary writes it.
func (r *reader) unsigned() uint64 {
	if r.rest != "" && r.rest[0] < 0x80 {
		n := uint64(r.rest[0])
		r.rest = r.rest[1:]
		return n
	}
	var n uint64
	for shift := 0; shift < 64; shift += 7 {
		b := r.octet()
		n |= uint64(b&0x7f) << shift
		if b < 0x80 {
			return n
		}
	}
	r.fail()
	return 0
}

func (r *reader) number() int64 {
	n := r.unsigned()
	return int64(n>>1) ^ -int64(n&1)
}

func (r *reader) text() string {
	n := r.unsigned()
	if n > uint64(len(r.rest)) {
		r.fail()
		return ""
	}
	s := r.rest[:n]
	r.rest = r.rest[n:]
	return s
}

// count reads how many things follow, each of at least one byte.
func (r *reader) count() int {
	n := r.number()
	if n < 0 || n > int64(len(r.rest)) {
		r.fail()
		return 0
	}
	return int(n)
}

func (r *reader) tags() Tags {
	n := r.count()
	t := make(Tags, n)
	for range n {
		key := r.text()
		t[key] = r.text()
	}
	return t
}

func (r *reader) matches() []tagMatch {
	n := r.count()
	if n == 0 {
		return nil
	}
	m := make([]tagMatch, n)
	for i := range m {
		m[i].key = r.text()
		if m[i].anyText = r.octet() == 1; !m[i].anyText {
			m[i].value = r.text()
		}
	}
	return m
}

// decodeFact reads a fact into s, which must be zero.
func decodeFact(f *Fact, s *statement) error {
	if err := s.decode(f.Data); err != nil {
		return fmt.Errorf("fact %s of %s: %w", f.Key, f.Resource, err)
	}
	return nil
}
