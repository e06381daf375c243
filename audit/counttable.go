package audit

import (
	"context"
	"math/bits"
)

// countTable is a hash table of counts by key. It takes a third of the time of
// a map, of which a count per hour and name makes half a million entries.
type countTable struct {
	slots []countSlot // a power of two of them; those with no count are free
	used  int
}

type countSlot struct {
	key   tallyKey
	count int64
}

func newCountTable() *countTable { return &countTable{slots: make([]countSlot, 64)} }

// add adds a count, which is not zero.
func (t *countTable) add(key tallyKey, count int64) {
	slot := t.find(key)
	if slot.count == 0 {
		if t.used++; t.used*2 > len(t.slots) {
			t.grow()
			slot = t.find(key)
		}
		slot.key = key
	}
	slot.count += count
}

// find gives the slot of a key, or the free one for it. Keys that differ in the
// last bits only lie side by side: a row group adds many of them in turn.
func (t *countTable) find(key tallyKey) *countSlot {
	const near = 16
	last := uint64(len(t.slots) - 1)
	for i := (mix(key[0]^mix(key[1]/near))*near + key[1]%near) & last; ; i = (i + 1) & last {
		if slot := &t.slots[i]; slot.count == 0 || slot.key == key {
			return slot
		}
	}
}

// mix spreads every bit of a key over all of its hash.
func mix(key uint64) uint64 {
	hi, lo := bits.Mul64(key^0xa0761d6478bd642f, 0xe7037ed1a0b428db)
	return hi ^ lo
}

func (t *countTable) grow() {
	old := t.slots
	t.slots = make([]countSlot, 2*len(old))
	for _, slot := range old {
		if slot.count != 0 {
			*t.find(slot.key) = slot
		}
	}
}

// list gives the entries in no order.
func (t *countTable) list() []countSlot {
	list := make([]countSlot, 0, t.used)
	for _, slot := range t.slots {
		if slot.count != 0 {
			list = append(list, slot)
		}
	}
	return list
}

// digitBits is what one pass of sortCounts sorts by.
const digitBits = 11

// sortCounts sorts by count, the largest first, then by key: by some bits of
// them after the other, the least significant first.
func sortCounts(ctx context.Context, list []countSlot) []countSlot {
	most := int64(0)
	for i := range list {
		most = max(most, list[i].count)
	}
	spare := make([]countSlot, len(list))
	for _, word := range [...]func(*countSlot) uint64{
		func(s *countSlot) uint64 { return s.key[1] },
		func(s *countSlot) uint64 { return s.key[0] },
		func(s *countSlot) uint64 { return uint64(most - s.count) },
	} {
		largest := uint64(0)
		for i := range list {
			largest = max(largest, word(&list[i]))
		}
		for shift := 0; shift < bits.Len64(largest) && ctx.Err() == nil; shift += digitBits {
			sortByDigit(list, spare, func(s *countSlot) int { return int(word(s)>>shift) & (1<<digitBits - 1) })
			list, spare = spare, list
		}
	}
	return list
}

// sortByDigit sorts list into out and keeps the order of equal digits.
func sortByDigit(list, out []countSlot, digit func(*countSlot) int) {
	var begin [1<<digitBits + 1]int
	for i := range list {
		begin[digit(&list[i])+1]++
	}
	for i := range 1 << digitBits {
		begin[i+1] += begin[i]
	}
	for i := range list {
		d := digit(&list[i])
		out[begin[d]] = list[i]
		begin[d]++
	}
}
