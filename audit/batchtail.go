package audit

import (
	"context"
	"slices"

	"github.com/kopterio/kopter/audit/idrun"
)

// tail is the few parts of a batch that hold what other batches, which were
// open at the time, had claimed. When one of them is committed, too, its own
// parts hold the same events again. The tail is the smaller one: it is written
// anew without them.
type tail struct {
	owner   *Batch
	parts   []Part
	next    []Part            // what the batch whose turn it is puts in their place
	bodies  map[uint64]uint32 // by identity
	waiting map[*Batch]bool   // the batches that may hold the same events
}

// keepTail remembers the parts of what the batch had set aside as long as
// another batch may have to replace them. Compaction leaves them alone.
func (b *Batch) keepTail(parts []Part) {
	if len(parts) == 0 {
		return
	}
	t := &tail{owner: b, parts: slices.Clone(parts), bodies: make(map[uint64]uint32), waiting: make(map[*Batch]bool)}
	for _, e := range b.contested {
		t.bodies[e.ID] = e.Body
	}
	w := b.writing
	w.claims.Lock()
	defer w.claims.Unlock()
	for other := range w.open {
		if other != b {
			t.waiting[other] = true
		}
	}
	if len(t.waiting) > 0 {
		w.tails = append(w.tails, t)
	}
}

// isInTail says whether an open batch may replace a part.
func (w *writing) isInTail(p Part) bool {
	w.claims.Lock()
	defer w.claims.Unlock()
	same := func(o Part) bool { return o.Name == p.Name }
	return slices.ContainsFunc(w.tails, func(t *tail) bool {
		return slices.ContainsFunc(t.parts, same) || slices.ContainsFunc(t.next, same)
	})
}

// tailsFor lists the tails that wait for a batch.
func (w *writing) tailsFor(b *Batch) (tails []*tail) {
	w.claims.Lock()
	defer w.claims.Unlock()
	for _, t := range w.tails {
		if t.waiting[b] {
			tails = append(tails, t)
		}
	}
	return tails
}

// replacement is a tail that a batch writes anew.
type replacement struct {
	tail *tail
	gone map[uint64]bool // the events that are rows of the batch
}

// findInTails finds the rows of other batches' tails that the batch holds,
// too. It removes them from late, and notes in dropped that the lake's runs
// have them.
func (b *Batch) findInTails(late map[uint64]lateID, dropped map[uint64]bool) (found []replacement) {
	for _, t := range b.writing.tailsFor(b) {
		gone := make(map[uint64]bool)
		for id, body := range t.bodies {
			l, ok := late[id]
			if !ok || l.match != idrun.SameBody || l.body != body {
				continue
			}
			gone[id], dropped[id] = true, true
			delete(late, id)
			source := b.sources[l.source]
			b.tally(source).count(Added, -1)
			b.tally(source).count(Duplicate, 1)
		}
		if len(gone) > 0 {
			found = append(found, replacement{t, gone})
		}
	}
	return found
}

// replaceTails writes tails anew, without the rows that the batch has.
func (b *Batch) replaceTails(ctx context.Context, replaced []replacement) error {
	if len(replaced) == 0 {
		return nil
	}
	b.stage = b.writing.lake.takeStage()
	defer b.giveStage()
	b.parts.placement = allFresh
	for _, r := range replaced {
		b.replaced = append(b.replaced, r)
		if err := b.replaceTail(ctx, r); err != nil {
			return err
		}
	}
	b.parts.origin = ""
	return nil
}

func (b *Batch) replaceTail(ctx context.Context, r replacement) error {
	b.parts.origin = originOf(r.tail.parts)
	first := len(b.parts.done)
	for _, p := range r.tail.parts {
		b.change.RemoveParts = append(b.change.RemoveParts, p.Name)
		err := b.writing.lake.eachRow(ctx, p.Name, func(row *Row) error {
			if r.gone[idrun.Identity([]byte(row.Account), []byte(row.EventID))] {
				return nil
			}
			return b.stageCopy(ctx, row)
		})
		if err != nil {
			return err
		}
	}
	if err := b.writeTail(ctx); err != nil {
		return err
	}
	b.writing.claims.Lock()
	defer b.writing.claims.Unlock()
	r.tail.next = slices.Clone(b.parts.done[first:])
	return nil
}

// settleTails takes note of a batch's end; w.claims is held. When it is not
// known whether a change is visible, the tails in it are left as they are for
// good.
func (w *writing) settleTails(b *Batch, how ending) {
	lost := make(map[*tail]bool)
	for _, r := range b.replaced {
		switch how {
		case committed:
			r.tail.parts = r.tail.next
			for id := range r.gone {
				delete(r.tail.bodies, id)
			}
		case unknown:
			lost[r.tail] = true
		}
		r.tail.next = nil
	}
	w.tails = slices.DeleteFunc(w.tails, func(t *tail) bool {
		delete(t.waiting, b)
		return len(t.waiting) == 0 || lost[t] || t.owner == b && how != committed
	})
}
