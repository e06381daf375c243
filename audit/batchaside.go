package audit

import (
	"context"
	"fmt"

	"github.com/kopterio/kopter/audit/idrun"
	"github.com/kopterio/kopter/cloudtrail"
)

// claim is what comes of claiming an event for a batch.
type claim int

const (
	claimed   claim = iota // its row is the batch's
	contested              // another open batch has claimed it
	outdated               // a batch was committed since the batch looked for runs
)

// claim makes an event that the lake does not hold one of the batch's own,
// unless another batch was quicker. So the rows of open batches are disjoint,
// but for events that have left a batch's memory; see spill.
func (b *Batch) claim(id uint64, body, source uint32) claim {
	w := b.writing
	w.claims.Lock()
	defer w.claims.Unlock()
	if w.commits != b.learned {
		return outdated
	}
	for other := range w.open {
		if other != b && other.own.Find(id, body) != idrun.Absent {
			return contested
		}
	}
	b.own.Insert(id, body, source)
	return claimed
}

// aside holds, in the order in which they came, the records of a batch whose
// events other open batches have claimed. Whether they are rows is known when
// it is the batch's turn: if the other batch was committed they are not.
type aside struct {
	ids     idrun.Table
	entries []idrun.Slot
	stage   *stage
	spilled *partWriter // what the stage had no room for
	name    string      // of the spilled part
}

// maxAsideBytes is how much a batch sets aside in memory.
const maxAsideBytes = 8 << 20

func (b *Batch) setAside(ctx context.Context, rec *cloudtrail.Record, id uint64, body, source uint32) error {
	a := &b.aside
	if a.stage == nil {
		a.stage = new(stage) // a small one: those of the lake have grown
	}
	if a.stage.bytes >= maxAsideBytes {
		if err := b.spillAside(ctx); err != nil {
			return err
		}
	}
	a.stage.add(rec, id)
	a.ids.Insert(id, body, source)
	a.entries = append(a.entries, idrun.Slot{Entry: idrun.Entry{ID: id, Body: body}, Source: source})
	return nil
}

// spillAside moves what was set aside to a part that will not be visible. Its
// rows stand in the order in which they came.
func (b *Batch) spillAside(ctx context.Context) (err error) {
	a, lake := &b.aside, b.writing.lake
	if a.spilled == nil {
		a.name, err = b.writing.reserve(ctx, freshDir(b.writing.tenant), partID("aside", a.stage, a.stage.order), partSuffix)
		if err != nil {
			return err
		}
		encoder := lake.takeEncoder()
		if a.spilled, err = createPart(ctx, lake.files, a.name, encoder); err != nil {
			lake.giveEncoder(encoder)
			return err
		}
	}
	if err := a.spilled.writeGroup(a.stage, a.stage.order); err != nil {
		return err
	}
	a.stage.reset()
	return nil
}

// decideAside makes those records rows of the batch that no other batch has
// brought. It is the batch's turn.
func (b *Batch) decideAside(ctx context.Context) error {
	a := &b.aside
	if a.stage == nil {
		return nil
	}
	b.stage = b.writing.lake.takeStage()
	defer b.giveStage()
	b.parts.placement = allFresh
	entries := a.entries
	decide := func(rec *cloudtrail.Record) error {
		e := entries[0]
		entries = entries[1:]
		return b.decideContested(ctx, rec, e)
	}
	if err := b.eachSpilledAside(ctx, decide); err != nil {
		return err
	}
	for _, row := range a.stage.order {
		if err := decide(a.stage.record(row)); err != nil {
			return err
		}
	}
	a.stage = nil
	first := len(b.parts.done)
	if err := b.writeTail(ctx); err != nil {
		return err
	}
	b.keepTail(b.parts.done[first:])
	return nil
}

// writeTail writes the records that have become rows into parts of their own;
// see tail.
func (b *Batch) writeTail(ctx context.Context) error {
	if err := b.parts.writeAll(ctx, b.stage); err != nil {
		return err
	}
	return b.parts.close()
}

func (b *Batch) eachSpilledAside(ctx context.Context, fn func(*cloudtrail.Record) error) error {
	a, lake := &b.aside, b.writing.lake
	if a.spilled == nil {
		return nil
	}
	if _, err := a.spilled.close(); err != nil {
		return err
	}
	lake.giveEncoder(a.spilled.encoder)
	a.spilled = nil
	row := new(stage)
	return lake.eachRow(ctx, a.name, func(r *Row) error {
		row.reset()
		row.addRow(r)
		return fn(row.record(0))
	})
}

// decideContested decides about a record that was set aside, which has been
// counted as added.
func (b *Batch) decideContested(ctx context.Context, rec *cloudtrail.Record, e idrun.Slot) error {
	outcome, err := b.decide(ctx, rec, e.ID, e.Body)
	if err != nil {
		return fmt.Errorf("event %s: %w", rec.EventID, err)
	}
	source := b.sources[e.Source]
	b.tally(source).count(Added, -1)
	b.tally(source).count(outcome, 1)
	switch outcome {
	case Conflicting:
		b.keepConflict(rec, source)
	case Added:
		b.writing.claims.Lock()
		b.own.Insert(e.ID, e.Body, e.Source)
		b.writing.claims.Unlock()
		b.contested = append(b.contested, idrun.Entry{ID: e.ID, Body: e.Body})
		return b.stageRow(ctx, rec, e.ID)
	}
	return nil
}

// closeAside drops what was set aside, and gives the names of its files.
func (b *Batch) closeAside() []string {
	a := &b.aside
	if a.spilled != nil {
		a.spilled.discard()
		a.spilled = nil
	}
	a.stage = nil
	if a.name == "" {
		return nil
	}
	return []string{a.name}
}
