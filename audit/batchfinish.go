package audit

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/kopterio/kopter/audit/idrun"
)

// spill is a run of identities that the batch has written because it has too
// many to keep in memory. It is merged into the batch's run in the end.
type spill struct {
	run    *run
	source uint32 // the file that was being added; it stands for all of them
}

func (b *Batch) spilledRuns() []*run {
	runs := make([]*run, len(b.spilled))
	for i, s := range b.spilled {
		runs[i] = s.run
	}
	return runs
}

// spill moves the identities in memory to a run of their own.
func (b *Batch) spill(ctx context.Context) error {
	own := b.own.Sorted()
	v, err := b.writeRun(ctx, runID(own), []idrun.Source{(*idrun.Slice)(&own)}, int64(len(own)))
	if err != nil {
		return err
	}
	file, err := b.writing.lake.files.Open(ctx, v.Name)
	if err != nil {
		return fmt.Errorf("open id run %s: %w", v.Name, err)
	}
	r, err := openRun(v.Name, file, true)
	if err != nil {
		file.Close()
		return err
	}
	b.spilled = append(b.spilled, spill{run: r, source: uint32(len(b.sources) - 1)})
	b.writing.claims.Lock()
	b.own.Clear()
	b.writing.claims.Unlock()
	return nil
}

// Finish writes what the batch holds, waits for its turn and gives the change
// that makes it visible. Everything that the change adds is durable. The caller
// applies it, with Index.Apply or within a commit of its own, and calls
// Committed; or else Abort.
func (b *Batch) Finish(ctx context.Context) (Change, error) {
	if b.state != batchOpen {
		return Change{}, fmt.Errorf("finish batch: %w", ErrBatchState)
	}
	b.state = batchBroken
	if err := b.finish(ctx); err != nil {
		return Change{}, fmt.Errorf("finish batch: %w", err)
	}
	b.state = batchFinished
	b.cleanup = context.WithoutCancel(ctx)
	return b.change, nil
}

func (b *Batch) finish(ctx context.Context) error {
	if err := b.learn(ctx); err != nil {
		return err
	}
	if err := b.parts.writeAll(ctx, b.stage); err != nil {
		return err
	}
	if err := b.parts.close(); err != nil {
		return err
	}
	b.giveStage()
	if err := b.writing.takeTurn(ctx); err != nil {
		return err
	}
	b.hasTurn = true
	if err := b.refresh(ctx); err != nil {
		return err
	}
	dropped, err := b.dropLate(ctx, runsSince(b.first, b.known))
	if err != nil {
		return err
	}
	if err := b.decideAside(ctx); err != nil {
		return err
	}
	b.change.AddParts = b.parts.done
	b.change.Conflicts = b.conflicts
	b.writing.commit(b.change.AddParts)
	return b.addRun(ctx, b.known, dropped)
}

// runsSince lists the runs of now that are not in before.
func runsSince(before, now []*run) []*run {
	return slices.DeleteFunc(slices.Clone(now), func(r *run) bool { return slices.Contains(before, r) })
}

// mergeRatio says which runs a batch's run is merged with: those that have at
// most so many times the entries that it has with the ones merged before. So
// each run of a lake is larger than three times all that are smaller than it,
// and there are few of them whatever the size of batches.
const mergeRatio = 3

// addRun writes the run of the batch's identities, merged with small ones.
func (b *Batch) addRun(ctx context.Context, visible []*run, dropped map[uint64]bool) error {
	own := b.own.Sorted()
	own = slices.DeleteFunc(own, func(e idrun.Entry) bool { return dropped[e.ID] })
	total := int64(len(own))
	for _, s := range b.spilled {
		total += s.run.Count
	}
	if total == 0 {
		return nil
	}
	merged := runsToMerge(visible, total)
	id := runID(own, append(b.spilledRuns(), merged...)...)
	sources := []idrun.Source{(*idrun.Slice)(&own)}
	for _, s := range b.spilled {
		sources = append(sources, &without{source: &idrun.Cursor{Run: s.run.Run}, ids: dropped})
	}
	for _, r := range merged {
		sources = append(sources, &idrun.Cursor{Run: r.Run})
		total += r.Count
		b.change.RemoveRuns = append(b.change.RemoveRuns, r.Name)
	}
	run, err := b.writeRun(ctx, id, sources, total)
	if err == nil && run.Count > 0 {
		b.change.AddRuns = append(b.change.AddRuns, run)
	}
	return err
}

// runsToMerge picks the runs that a new one of n entries is merged with.
func runsToMerge(visible []*run, n int64) []*run {
	bySize := slices.Clone(visible)
	slices.SortFunc(bySize, func(a, b *run) int { return int(a.Count - b.Count) })
	for i, r := range bySize {
		if r.Count > mergeRatio*n || n+r.Count > idrun.MaxEntries {
			return bySize[:i]
		}
		n += r.Count
	}
	return bySize
}

// without leaves identities out.
type without struct {
	source idrun.Source
	ids    map[uint64]bool
}

func (w *without) Next() (idrun.Entry, error) {
	for {
		e, err := w.source.Next()
		if err != nil || !w.ids[e.ID] {
			return e, err
		}
	}
}

// writeRun writes a run from sources, of at most n entries.
func (b *Batch) writeRun(ctx context.Context, id string, sources []idrun.Source, n int64) (Run, error) {
	name, err := b.writing.reserve(ctx, idsDir(b.writing.tenant), id, runSuffix)
	if err != nil {
		return Run{}, err
	}
	b.runNames = append(b.runNames, name)
	return writeRun(ctx, b.writing.lake.files, name, sources, n)
}

// writeRun merges sources into the run with that name, of at most n entries.
func writeRun(ctx context.Context, files Files, name string, sources []idrun.Source, n int64) (Run, error) {
	out, err := files.Create(ctx, name)
	if err != nil {
		return Run{}, fmt.Errorf("create id run %s: %w", name, err)
	}
	w := idrun.NewWriter(out, n)
	if err = idrun.Merge(sources, w.Add); err == nil {
		err = w.Finish()
	}
	if err != nil {
		out.Discard()
		return Run{}, fmt.Errorf("write id run %s: %w", name, err)
	}
	if err := out.Close(); err != nil {
		return Run{}, fmt.Errorf("close id run %s: %w", name, err)
	}
	return Run{Name: name, Count: w.Count()}, nil
}

const runSuffix = ".run"

// runID names a run by what it is made of.
func runID(own []idrun.Entry, merged ...*run) string {
	h := sha256.New()
	var buf [idrun.EntryBytes]byte
	for _, e := range own {
		binary.LittleEndian.PutUint64(buf[:], e.ID)
		binary.LittleEndian.PutUint32(buf[8:], e.Body)
		h.Write(buf[:])
	}
	for _, r := range merged {
		h.Write([]byte(r.Name))
	}
	return hex.EncodeToString(h.Sum(nil)[:12])
}

// Committed says that the change has been applied. It deletes the files that
// the change made obsolete and ends the batch.
func (b *Batch) Committed() {
	if b.state != batchFinished {
		return
	}
	gone := append(slices.Clone(b.change.RemoveRuns), b.change.RemoveParts...)
	gone = append(gone, b.closeAside()...)
	for _, s := range b.spilled {
		gone = append(gone, s.run.Name)
	}
	// What cannot be deleted now is a leftover for Sweep.
	_ = b.writing.lake.removeFiles(b.cleanup, gone)
	b.end(committed, true)
}

// Abort ends the batch and drops what it has written, unless the change turns
// out to be visible: then it does what Committed does. It is safe at any
// point, also when it is not known whether the commit has failed; after the
// batch's end it does nothing. What it cannot delete is left to Sweep.
func (b *Batch) Abort(ctx context.Context) {
	if b.state == batchEnded {
		return
	}
	ctx = context.WithoutCancel(ctx)
	b.parts.discard()
	if b.state == batchFinished {
		visible, err := b.isVisible(ctx)
		if visible {
			b.Committed()
			return
		}
		if err != nil {
			b.end(unknown, false)
			return
		}
	}
	err := b.writing.lake.removeFiles(ctx, slices.Concat(b.parts.names, b.runNames, b.closeAside()))
	b.end(aborted, err == nil)
}

// isVisible says whether the batch's change has been applied. A change without
// runs and parts has no files.
func (b *Batch) isVisible(ctx context.Context) (bool, error) {
	index, tenant := b.writing.lake.index, b.writing.tenant
	if len(b.change.AddRuns) > 0 {
		runs, err := index.Runs(ctx, tenant)
		return slices.Contains(runs, b.change.AddRuns[0]), err
	}
	if len(b.change.AddParts) > 0 {
		parts, err := index.Parts(ctx, tenant)
		return slices.Contains(parts, b.change.AddParts[0]), err
	}
	return false, nil
}

// ending is how a batch has ended.
type ending int

const (
	aborted ending = iota
	committed
	unknown // the commit has failed, or seems so, and the index cannot be read
)

// end gives back what the batch holds; its names only if their files are gone
// or visible.
func (b *Batch) end(how ending, releaseNames bool) {
	b.state = batchEnded
	w := b.writing
	for _, s := range b.spilled {
		s.run.file.Close()
	}
	b.closeAside()
	w.releaseRuns(b.first)
	w.releaseRuns(b.known)
	if releaseNames {
		w.release(b.parts.names)
		w.release(b.runNames)
		w.release([]string{b.aside.name})
	}
	b.giveStage()
	w.leave(b, how)
	// A tail may still point to the batch.
	b.own, b.aside, b.contested, b.replaced = idrun.Table{}, aside{}, nil, nil
	if b.hasTurn {
		w.endTurn()
	}
}

func (b *Batch) giveStage() {
	if b.stage != nil {
		b.writing.lake.giveStage(b.stage)
		b.stage = nil
	}
}
