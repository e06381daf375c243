package audit_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/kopterio/kopter/audit"
	"github.com/kopterio/kopter/audit/audittest"
)

// Two open batches that are given the same events, more than one sets aside in
// memory: whoever is committed first has the rows, and the other one writes
// nothing twice.
func TestBatchesThatMeetManyEvents(t *testing.T) {
	const events = 5000
	body := strings.Repeat("x", 4000)
	for _, order := range []string{"claimer first", "claimer last", "claimer aborted"} {
		t.Run(order, func(t *testing.T) {
			m := audittest.NewMemory()
			lake := audit.New(m, m)
			claimer, other := begin(t, lake), begin(t, lake)
			for i := range events {
				rec := makeRecord(i, start+int64(events-i), body)
				add(t, claimer, audit.Added, rec)
				add(t, other, audit.Added, rec)
				add(t, other, audit.Duplicate, rec)
			}
			add(t, other, audit.Added, makeRecord(events, start, "alone"), makeRecord(0, start+events, "another body"))
			want := audit.Tally{Added: 1, Duplicates: 2 * events, Conflicts: 1}
			switch order {
			case "claimer first":
				commit(t, m, claimer)
				commit(t, m, other)
			case "claimer last":
				want = audit.Tally{Added: events + 1, Duplicates: events, Conflicts: 1}
				commit(t, m, other)
				commit(t, m, claimer)
				if got := claimer.Tally("file"); got != (audit.Tally{Duplicates: events}) {
					t.Errorf("the claimer's records became %+v", got)
				}
			case "claimer aborted":
				want = audit.Tally{Added: events + 1, Duplicates: events, Conflicts: 1}
				claimer.Abort(context.Background())
				commit(t, m, other)
			}
			if got := other.Tally("file"); got != want {
				t.Errorf("the other's records became %+v, want %+v", got, want)
			}
			if rows := rowsOf(t, m); len(rows) != events+1 {
				t.Errorf("%d rows, want %d", len(rows), events+1)
			}
			clean(t, lake)
		})
	}
}

// A part that an open batch may have to write anew is not merged before the
// batch has ended, however many batches replace it in turn.
func TestCompactLeavesContestedRows(t *testing.T) {
	ctx := context.Background()
	m := audittest.NewMemory()
	lake := audit.New(m, m)
	claimers := []*audit.Batch{begin(t, lake), begin(t, lake), begin(t, lake)}
	last := begin(t, lake)
	for i := range 30 {
		rec := makeRecord(i, start, "x")
		add(t, claimers[i%3], audit.Added, rec)
		add(t, last, audit.Added, rec)
	}
	add(t, last, audit.Added, makeRecord(100, start, "x"))
	for i, b := range append([]*audit.Batch{last}, claimers...) {
		commit(t, m, b)
		if _, err := lake.Compact(ctx, tenant, audit.CompactPolicy{}); err != nil {
			t.Fatal(err)
		}
		contested := fmt.Sprintf("after %d of 4 batches", i+1)
		if rows := rowsOf(t, m); len(rows) != 31 {
			t.Fatalf("%s: %d rows, want 31", contested, len(rows))
		}
	}
	clean(t, lake)
	parts, _ := m.Parts(ctx, tenant)
	for _, p := range parts {
		if strings.HasPrefix(p.Name, "fresh/") {
			t.Errorf("part %s is left in the end", p.Name)
		}
	}
}

// What is committed while a batch is open is found by the batch at once.
func TestBatchSeesCommitsOfOthers(t *testing.T) {
	m := audittest.NewMemory()
	lake := audit.New(m, m)
	a, b := begin(t, lake), begin(t, lake)
	add(t, b, audit.Added, makeRecord(1, start, "x"))
	add(t, a, audit.Added, makeRecord(2, start, "x"))
	commit(t, m, a)
	add(t, b, audit.Duplicate, makeRecord(2, start, "x"))
	add(t, b, audit.Conflicting, makeRecord(2, start, "y"))
	commit(t, m, b)
	clean(t, lake)
}
