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
