package audit

import (
	"cmp"
	"slices"

	"github.com/cespare/xxhash/v2"
)

// identity hashes what makes an event unique within a tenant. Different events
// may share it (at 100 million events with a probability of 1 in 3,000), so
// what has the same identity and another body is compared in full.
func identity(account, eventID []byte) uint64 {
	var d xxhash.Digest
	d.Reset()
	d.Write(account)
	d.Write([]byte{0})
	d.Write(eventID)
	return d.Sum64()
}

// idEntry is what the lake's index of identities keeps of a row.
type idEntry struct {
	id   uint64
	body uint32 // see foldBody
}

// foldBody shortens a record's body hash to what an idEntry keeps of it.
func foldBody(hash uint64) uint32 { return uint32(hash ^ hash>>32) }

func compareEntries(a, b idEntry) int {
	if c := cmp.Compare(a.id, b.id); c != 0 {
		return c
	}
	return cmp.Compare(a.body, b.body)
}

// match is what a look-up by identity and body finds.
type match int

const (
	absent    match = iota // no such identity
	sameBody               // the same event
	otherBody              // the identity, with other bodies only
)

// idTable is a hash table of the identities that a batch has added: open
// addressing with linear probing, at most three quarters full. Identities are
// hashes, so they are their own slots.
type idTable struct {
	slots []idSlot
	count int
}

// idSlot is a slot of an idTable; it is empty while used is not set.
type idSlot struct {
	id     uint64
	body   uint32
	source uint32 // which file brought it; the highest bit says used
}

const slotUsed = 1 << 31

// find looks an identity up.
func (t *idTable) find(id uint64, body uint32) match {
	found := absent
	if len(t.slots) == 0 {
		return found
	}
	mask := uint64(len(t.slots) - 1)
	for at := id & mask; t.slots[at].source&slotUsed != 0; at = (at + 1) & mask {
		if t.slots[at].id != id {
			continue
		}
		if t.slots[at].body == body {
			return sameBody
		}
		found = otherBody
	}
	return found
}

// insert adds an identity; it may be there already with another body.
func (t *idTable) insert(id uint64, body, source uint32) {
	if 4*(t.count+1) > 3*len(t.slots) {
		t.grow()
	}
	t.place(idSlot{id: id, body: body, source: source | slotUsed})
	t.count++
}

func (t *idTable) place(s idSlot) {
	mask := uint64(len(t.slots) - 1)
	at := s.id & mask
	for t.slots[at].source&slotUsed != 0 {
		at = (at + 1) & mask
	}
	t.slots[at] = s
}

func (t *idTable) grow() {
	old := t.slots
	t.slots = make([]idSlot, max(64, 2*len(old)))
	for _, s := range old {
		if s.source&slotUsed != 0 {
			t.place(s)
		}
	}
}

// sorted lists the table's entries by identity and body.
func (t *idTable) sorted() []idEntry {
	out := make([]idEntry, 0, t.count)
	for _, s := range t.slots {
		if s.source&slotUsed != 0 {
			out = append(out, idEntry{s.id, s.body})
		}
	}
	slices.SortFunc(out, compareEntries)
	return out
}

// clear empties the table and keeps its memory.
func (t *idTable) clear() {
	clear(t.slots)
	t.count = 0
}
