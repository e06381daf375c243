package audit

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/kopterio/kopter/account"
)

// CompactPolicy says what Compact merges. The zero value merges all that is
// worth it.
type CompactPolicy struct {
	// MinFresh is how many fresh parts there must be before they are sorted
	// into days; 0 means one.
	MinFresh int
}

// CompactReport says what Compact has done.
type CompactReport struct {
	Merges  int   // steps, each of them one change of the index
	Removed int   // parts that were merged
	Added   int   // parts that they were merged into
	Rows    int64 // of the parts added
	Bytes   int64 // of the parts added
}

// Compact sorts fresh parts into parts of one day each, and merges the small
// parts of a day into larger ones. Each merge is one change of the index, so
// readers see every row once all the time; the files that were merged are
// deleted after it. What a killed Compact leaves behind is left to Sweep, and
// the next Compact goes on where it stopped. One Compact of a tenant runs at
// a time; batches go on meanwhile.
//
// Runs need no compaction: every batch merges what is small into its own.
func (l *Lake) Compact(ctx context.Context, t account.Tenant, policy CompactPolicy) (CompactReport, error) {
	var report CompactReport
	w, err := l.writing(t)
	if err != nil {
		return report, err
	}
	w.compacting.Lock()
	defer w.compacting.Unlock()
	for {
		parts, err := l.index.Parts(ctx, t)
		if err != nil {
			return report, fmt.Errorf("compact: list parts: %w", err)
		}
		inputs := pickMerge(slices.DeleteFunc(parts, w.isHeld), policy)
		if len(inputs) == 0 {
			return report, nil
		}
		if err := w.merge(ctx, inputs, &report); err != nil {
			return report, fmt.Errorf("compact %d parts: %w", len(inputs), err)
		}
	}
}

// Bounds of one merge. A merge reads its row groups side by side where they
// overlap in time, each in buffers of up to groupCost bytes.
const (
	maxMergeParts = 128
	maxMergeCost  = 64 << 20
	groupCost     = 3 << 19 // of a full row group
	partCost      = 1 << 17 // of the smallest part
)

// pickMerge picks the parts that are to be merged next: fresh ones, from the
// oldest on, then small ones of one day.
func pickMerge(parts []Part, policy CompactPolicy) []Part {
	parts = slices.Clone(parts)
	slices.SortFunc(parts, func(a, b Part) int {
		return cmp.Or(cmp.Compare(a.MinTime, b.MinTime), cmp.Compare(a.Name, b.Name))
	})
	var fresh []Part
	days := make(map[string][]Part)
	var folders []string
	for _, p := range parts {
		if isFresh(p) {
			fresh = append(fresh, p)
			continue
		}
		folder := p.Name[:strings.LastIndexByte(p.Name, '/')]
		if days[folder] == nil {
			folders = append(folders, folder)
		}
		days[folder] = append(days[folder], p)
	}
	if len(fresh) > 0 && len(fresh) >= policy.MinFresh {
		return affordable(fresh)
	}
	for _, folder := range folders {
		if small := smallParts(days[folder]); small != nil {
			return small
		}
	}
	return nil
}

// affordable is the beginning of parts that one merge can take; at least one.
func affordable(parts []Part) []Part {
	cost := int64(0)
	for i, p := range parts {
		cost += partCost + p.Rows*groupCost/maxGroupRows
		if i > 0 && (cost > maxMergeCost || i == maxMergeParts) {
			return parts[:i]
		}
	}
	return parts
}

// A day's parts are merged when there are so many of similar size, or when
// together they have so few rows that merging them costs next to nothing.
const (
	mergeParts  = 4
	mergeAtOnce = 8 << 10
)

// similarRatio is how many times the rows of the smallest one the parts have
// that are merged with it. It is less than mergeParts, so what was merged is
// not merged again with the next that are as small as its parts were.
const similarRatio = 3

// smallParts picks the parts of a day that are merged, if any: from the
// smallest on, those of similar size, so that no row is copied more often than
// the logarithm of its part's size.
func smallParts(parts []Part) []Part {
	bySize := slices.Clone(parts)
	slices.SortStableFunc(bySize, func(a, b Part) int { return cmp.Compare(a.Rows, b.Rows) })
	for ; len(bySize) > 1; bySize = bySize[1:] {
		similar := similarParts(bySize)
		if n := len(similar); n >= mergeParts || n > 1 && rowsOf(similar) <= mergeAtOnce {
			return affordable(similar)
		}
	}
	return nil
}

// similarParts is the beginning of parts, which ascend in size, that may be
// merged.
func similarParts(bySize []Part) []Part {
	rows := int64(0)
	for i, p := range bySize {
		if i > 0 && p.Rows > similarRatio*bySize[0].Rows || rows+p.Rows > maxPartRows {
			return bySize[:i]
		}
		rows += p.Rows
	}
	return bySize
}

// merge replaces parts by what they merge into.
func (w *writing) merge(ctx context.Context, inputs []Part, report *CompactReport) error {
	out := partSet{writing: w, placement: allDays, origin: originOf(inputs)}
	change, err := w.writeMerged(ctx, inputs, &out)
	if err != nil {
		out.discard()
		if w.lake.removeFiles(context.WithoutCancel(ctx), out.names) == nil {
			w.release(out.names)
		}
		return err
	}
	if err := w.applyMerge(ctx, change, out.names); err != nil {
		return err
	}
	w.release(out.names)
	report.Merges++
	report.Removed += len(change.RemoveParts)
	report.Added += len(change.AddParts)
	for _, p := range change.AddParts {
		report.Rows += p.Rows
		report.Bytes += p.Bytes
	}
	return w.lake.removeFiles(ctx, change.RemoveParts)
}

// applyMerge applies a merge. When it is not known whether that failed, the
// files stay, and their names stay taken.
func (w *writing) applyMerge(ctx context.Context, change Change, names []string) error {
	err := w.lake.index.Apply(ctx, w.tenant, change)
	if err == nil {
		return nil
	}
	ctx = context.WithoutCancel(ctx)
	parts, listErr := w.lake.index.Parts(ctx, w.tenant)
	switch {
	case listErr != nil:
	case slices.Contains(parts, change.AddParts[0]):
		w.release(names)
		return errors.Join(err, w.lake.removeFiles(ctx, change.RemoveParts))
	case w.lake.removeFiles(ctx, names) == nil:
		w.release(names)
	}
	return err
}

// writeMerged writes the rows of the inputs in order of time, and gives the
// change that replaces them.
func (w *writing) writeMerged(ctx context.Context, inputs []Part, out *partSet) (Change, error) {
	var change Change
	m := merger{files: w.lake.files}
	defer m.close()
	for _, p := range inputs {
		change.RemoveParts = append(change.RemoveParts, p.Name)
		if err := m.addPart(ctx, p); err != nil {
			return change, err
		}
	}
	s := w.lake.takeStage()
	defer w.lake.giveStage(s)
	for {
		some, err := m.fill(ctx, s)
		if err != nil {
			return change, err
		}
		if !some {
			break
		}
		if err := out.writeAll(ctx, s); err != nil {
			return change, err
		}
	}
	if err := out.close(); err != nil {
		return change, err
	}
	change.AddParts = out.done
	return change, sameRows(inputs, out.done)
}

// sameRows guards against losing rows.
func sameRows(in, out []Part) error {
	if a, b := rowsOf(in), rowsOf(out); a != b {
		return fmt.Errorf("%w: parts with %d rows together yield %d", ErrCorrupt, a, b)
	}
	return nil
}

func rowsOf(parts []Part) (rows int64) {
	for _, p := range parts {
		rows += p.Rows
	}
	return rows
}

// originOf names a merge by its inputs. No other merge ever has the same, so
// the names of parts that were visible are never used again.
func originOf(inputs []Part) string {
	h := sha256.New()
	for _, p := range inputs {
		fmt.Fprintln(h, p.Name)
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}
