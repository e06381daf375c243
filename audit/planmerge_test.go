package audit

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/kopterio/kopter/audit/idrun"
)

// The small parts of a day are merged when it is worth it, and then no more.
func TestSmallParts(t *testing.T) {
	for _, tt := range []struct {
		rows, want []int64
	}{
		{[]int64{}, nil},
		{[]int64{10}, nil},
		{[]int64{10, 12}, []int64{10, 12}},
		{[]int64{12, 300_000, 10}, []int64{10, 12}},
		{[]int64{9000, 10_000, 11_000}, nil},
		{[]int64{9000, 10_000, 11_000, 12_000}, []int64{9000, 10_000, 11_000, 12_000}},
		{[]int64{5, 9000, 10_000, 11_000, 12_000}, []int64{9000, 10_000, 11_000, 12_000}},
		{[]int64{2000, 9000, 10_000, 11_000}, nil},
		{[]int64{100_000, 200_000, 300_000, 400_000}, nil},
	} {
		t.Run(fmt.Sprint(tt.rows), func(t *testing.T) {
			var parts []Part
			for _, rows := range tt.rows {
				parts = append(parts, Part{Rows: rows})
			}
			var got []int64
			for _, p := range smallParts(parts) {
				got = append(got, p.Rows)
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("merges %v, want %v", got, tt.want)
			}
		})
	}
}

// Runs stay few whatever the sizes of batches, and each holds at most a third
// of the next larger one.
func TestRunsToMergeKeepsRunsFew(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var runs []*run
		for range 2000 {
			n := int64(rapid.IntRange(1, 2000).Draw(t, "batch"))
			merged := runsToMerge(runs, n)
			for _, r := range merged {
				n += r.Count
			}
			runs = slices.DeleteFunc(runs, func(r *run) bool { return slices.Contains(merged, r) })
			runs = append(runs, &run{Run: &idrun.Run{Count: n}})
			if len(runs) > 14 {
				t.Fatalf("%d runs", len(runs))
			}
		}
	})
}

// Whatever the size of commits and however often it is compacted, an hour of live
// writing leaves few parts, and copies no row often.
func TestCompactionOfLiveWriting(t *testing.T) {
	for _, tt := range []struct {
		commitRows int64
		minFresh   int
		copies     float64 // of a row by merges, at the most
	}{
		{300, 64, 3}, {300, 16, 4}, {1000, 64, 2}, {1000, 16, 3}, {100, 64, 4},
	} {
		t.Run(fmt.Sprint(tt.commitRows, " rows, ", tt.minFresh, " parts"), func(t *testing.T) {
			const rows = 3600 * 1000 // an hour of a thousand events per second
			w := liveParts{policy: CompactPolicy{MinFresh: tt.minFresh}}
			for w.arrived < rows {
				w.commit(tt.commitRows)
				if fresh := w.compact(); fresh >= max(tt.minFresh, 1) {
					t.Fatalf("%d fresh parts are left", fresh)
				}
				if small := w.small(); small > 12 {
					t.Fatalf("after %d rows %d parts of the day are small", w.arrived, small)
				}
			}
			if copies := float64(w.copied) / float64(w.arrived); copies > tt.copies {
				t.Errorf("a row is copied %.1f times, want %.1f at the most", copies, tt.copies)
			}
		})
	}
}

// liveParts are the parts of one day that is being written.
type liveParts struct {
	policy          CompactPolicy
	parts           []Part
	named           int
	arrived, copied int64 // rows
}

func (w *liveParts) add(dir string, rows int64) {
	w.named++
	w.parts = append(w.parts, Part{Name: fmt.Sprintf("%s/%08d", dir, w.named), Rows: rows, MinTime: w.arrived, MaxTime: w.arrived + rows})
}

func (w *liveParts) commit(rows int64) {
	w.add("fresh/tenant=t", rows)
	w.arrived += rows
}

// compact does what Compact does, and gives the fresh parts that are left.
func (w *liveParts) compact() (fresh int) {
	for {
		inputs := pickMerge(w.parts, w.policy)
		if len(inputs) == 0 {
			break
		}
		w.parts = slices.DeleteFunc(w.parts, func(p Part) bool { return slices.Contains(inputs, p) })
		w.add("events/tenant=t/date=d", rowsOf(inputs))
		w.copied += rowsOf(inputs)
	}
	for _, p := range w.parts {
		if isFresh(p) {
			fresh++
		}
	}
	return fresh
}

// small counts the parts of the day that have less than a quarter of what a
// part may have.
func (w *liveParts) small() (n int) {
	for _, p := range w.parts {
		if !isFresh(p) && p.Rows < maxPartRows/4 {
			n++
		}
	}
	return n
}
