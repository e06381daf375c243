package cost_test

import (
	"slices"
	"testing"

	"github.com/kopterio/kopter/cost"
)

// TestManyGroups draws more groups, and merges more rows, than one goroutine
// gets; plain addition gives the same rows in the same order.
func TestManyGroups(t *testing.T) {
	intervals, p := fleet(40_000, 3*3600)
	for _, by := range [][]string{{"resource"}, {"tag.team", "type"}} {
		q := cost.Query{By: by, Step: cost.Day}
		got, _ := graph(t, intervals, p, q)
		plain := naive{prices: p, slice: 3600, q: q}
		want := plain.graph(intervals)
		if len(want) < 40_000 {
			t.Fatalf("by %v: only %d rows", by, len(want))
		}
		if !slices.EqualFunc(got, want, sameRow) {
			t.Errorf("by %v: %d rows are not the %d that plain addition gives", by, len(got), len(want))
		}
	}
}

func sameRow(a, b cost.Row) bool {
	return a.Start == b.Start && slices.Equal(a.Values, b.Values) && a.Currency == b.Currency && a.Tally == b.Tally
}
