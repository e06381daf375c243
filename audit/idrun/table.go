package idrun

import (
	"cmp"
	"iter"
	"slices"

	"github.com/cespare/xxhash/v2"
)

// Identity hashes what makes an event unique within a tenant. Different events
// may share it (at 100 million events with a probability of 1 in 3,000), so
// what has the same identity and another body is compared in full.
func Identity(account, eventID []byte) uint64 {
	var d xxhash.Digest
	d.Reset()
	d.Write(account)
	d.Write([]byte{0})
	d.Write(eventID)
	return d.Sum64()
}

// Entry is what the lake's index of identities keeps of a row.
type Entry struct {
	ID   uint64 // see Identity
	Body uint32 // see Fold
}

// Fold shortens a record's body hash to what an Entry keeps of it.
func Fold(hash uint64) uint32 { return uint32(hash ^ hash>>32) }

// Compare orders entries by identity, then by body.
func Compare(a, b Entry) int {
	if c := cmp.Compare(a.ID, b.ID); c != 0 {
		return c
	}
	return cmp.Compare(a.Body, b.Body)
}

// Match is what a look-up by identity and body finds.
type Match int

const (
	Absent    Match = iota // no such identity
	SameBody               // the same event
	OtherBody              // the identity, with other bodies only
)

// Table is a hash table of the identities that a batch has added: open
// addressing with linear probing, at most three quarters full. Identities are
// hashes, so they are their own slots.
type Table struct {
	slots []Slot
	count int
}

// Slot is an identity in a Table.
type Slot struct {
	Entry
	Source uint32 // which file brought it; in the table, the highest bit says that the slot is used
}

const slotUsed = 1 << 31

// Find looks an identity up.
func (t *Table) Find(id uint64, body uint32) Match {
	found := Absent
	if len(t.slots) == 0 {
		return found
	}
	mask := uint64(len(t.slots) - 1)
	for at := id & mask; t.slots[at].Source&slotUsed != 0; at = (at + 1) & mask {
		if t.slots[at].ID != id {
			continue
		}
		if t.slots[at].Body == body {
			return SameBody
		}
		found = OtherBody
	}
	return found
}

// Insert adds an identity; it may be there already with another body.
func (t *Table) Insert(id uint64, body, source uint32) {
	if 4*(t.count+1) > 3*len(t.slots) {
		t.grow()
	}
	t.place(Slot{Entry{id, body}, source | slotUsed})
	t.count++
}

func (t *Table) place(s Slot) {
	mask := uint64(len(t.slots) - 1)
	at := s.ID & mask
	for t.slots[at].Source&slotUsed != 0 {
		at = (at + 1) & mask
	}
	t.slots[at] = s
}

func (t *Table) grow() {
	old := t.slots
	t.slots = make([]Slot, max(64, 2*len(old)))
	for _, s := range old {
		if s.Source&slotUsed != 0 {
			t.place(s)
		}
	}
}

// Len is the number of identities in the table.
func (t *Table) Len() int { return t.count }

// All yields the table's identities in no order.
func (t *Table) All() iter.Seq[Slot] {
	return func(yield func(Slot) bool) {
		for _, s := range t.slots {
			if s.Source&slotUsed != 0 && !yield(Slot{s.Entry, s.Source &^ slotUsed}) {
				return
			}
		}
	}
}

// Sorted lists the table's entries by identity and body.
func (t *Table) Sorted() []Entry {
	out := make([]Entry, 0, t.count)
	for s := range t.All() {
		out = append(out, s.Entry)
	}
	slices.SortFunc(out, Compare)
	return out
}

// Clear empties the table and keeps its memory.
func (t *Table) Clear() {
	clear(t.slots)
	t.count = 0
}
