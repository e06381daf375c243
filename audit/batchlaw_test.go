package audit_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/kopterio/kopter/audit"
	"github.com/kopterio/kopter/audit/audittest"
	"github.com/kopterio/kopter/cloudtrail"
)

// lakeModel is what a lake should hold, kept the simple way.
type lakeModel struct {
	m    *audittest.Memory
	lake *audit.Lake
	open []*modelBatch

	faulty    bool              // calls may go wrong
	rows      map[int]string    // body by event
	conflicts map[[2]any]string // by event and body
}

// modelBatch is an open batch and what was added to it.
type modelBatch struct {
	batch  *audit.Batch
	events []modelEvent
	broken bool
}

type modelEvent struct {
	id   int
	body string
}

// commit does to the model what the commit of a batch does to the lake.
func (l *lakeModel) commit(b *modelBatch) (tally audit.Tally) {
	for _, e := range b.events {
		body, known := l.rows[e.id]
		switch {
		case !known:
			l.rows[e.id] = e.body
			tally.Added++
		case body == e.body:
			tally.Duplicates++
		default:
			l.conflicts[[2]any{e.id, e.body}] = ""
			tally.Conflicts++
		}
	}
	return tally
}

// faultAfter makes the call that is n calls away go wrong, once.
func (l *lakeModel) faultAfter(n int, fault audittest.Fault) {
	l.m.Inject = func(string, string) audittest.Fault {
		if n--; n == 0 {
			return fault
		}
		return audittest.None
	}
}

func (l *lakeModel) take(t *rapid.T) *modelBatch {
	if len(l.open) == 0 {
		t.Skip("no batch is open")
	}
	i := rapid.IntRange(0, len(l.open)-1).Draw(t, "batch")
	b := l.open[i]
	l.open = slices.Delete(l.open, i, i+1)
	return b
}

func (l *lakeModel) begin(t *rapid.T) {
	if len(l.open) == 3 {
		t.Skip("enough batches are open")
	}
	b, err := l.lake.Begin(tenant)
	if err != nil {
		t.Fatal(err)
	}
	l.open = append(l.open, &modelBatch{batch: b})
}

func (l *lakeModel) add(t *rapid.T) {
	b := l.take(t)
	l.open = append(l.open, b)
	for range rapid.IntRange(1, 12).Draw(t, "records") {
		e := modelEvent{rapid.IntRange(0, 25).Draw(t, "id"), rapid.SampledFrom([]string{"a", "b"}).Draw(t, "body")}
		if b.broken {
			return
		}
		_, err := b.batch.Add(context.Background(), modelRecord(e), "file")
		b.broken = err != nil
		b.events = append(b.events, e)
		l.want(t, err)
	}
}

// modelRecord spreads events over three days.
func modelRecord(e modelEvent) *cloudtrail.Record {
	return makeRecord(e.id, start+int64(e.id%3)*24*3600*1000+int64(e.id/2), e.body)
}

// want fails the test on errors that were not injected.
func (l *lakeModel) want(t *rapid.T, err error) {
	if err != nil && !errors.Is(err, audittest.ErrInjected) && !errors.Is(err, audit.ErrCorrupt) {
		t.Fatalf("unexpected error: %v", err)
	}
}

func (l *lakeModel) finish(t *rapid.T) {
	b := l.take(t)
	ctx := context.Background()
	if b.broken {
		b.batch.Abort(ctx)
		return
	}
	change, err := b.batch.Finish(ctx)
	l.want(t, err)
	if err != nil || rapid.IntRange(0, 3).Draw(t, "abort") == 0 {
		b.batch.Abort(ctx)
		return
	}
	if l.faulty && rapid.Bool().Draw(t, "apply goes wrong") {
		l.faultAfter(1, rapid.SampledFrom([]audittest.Fault{audittest.Fails, audittest.FailsButLands}).Draw(t, "fault"))
	}
	landed := false
	l.m.Inject = noting(l.m.Inject, &landed)
	if err := l.m.Apply(ctx, tenant, change); err != nil {
		if landed {
			l.commit(b)
		}
		b.batch.Abort(ctx)
		return
	}
	b.batch.Committed()
	b.batch.Abort(ctx)
	got, want := b.batch.Tally("file"), l.commit(b)
	if got.Added != want.Added || got.Duplicates+got.Conflicts != want.Duplicates+want.Conflicts {
		t.Fatalf("tally %+v, want %+v", got, want)
	}
}

// noting notes whether an apply fails but lands.
func noting(inject func(string, string) audittest.Fault, landed *bool) func(string, string) audittest.Fault {
	return func(call, name string) audittest.Fault {
		if inject == nil {
			return audittest.None
		}
		fault := inject(call, name)
		if call == "apply" {
			*landed = fault == audittest.FailsButLands
		}
		return fault
	}
}

func (l *lakeModel) compact(t *rapid.T) {
	_, err := l.lake.Compact(context.Background(), tenant, audit.CompactPolicy{})
	l.want(t, err)
}

func (l *lakeModel) sweep(t *rapid.T) {
	_, err := l.lake.Sweep(context.Background(), tenant)
	if len(l.open) > 0 {
		if !errors.Is(err, audit.ErrBusy) {
			t.Fatalf("sweep with open batches: %v, want ErrBusy", err)
		}
		return
	}
	l.want(t, err)
}

// crash goes on with another process; what is open is lost.
func (l *lakeModel) crash(*rapid.T) {
	l.open = nil
	l.lake = audit.New(l.m, l.m)
}

// check compares the lake with the model.
func (l *lakeModel) check(t *rapid.T) {
	l.m.Inject = nil
	ctx := context.Background()
	problems, err := l.lake.Check(ctx, tenant)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		if p.Text != "the index does not name this file" {
			t.Errorf("%s: %s", p.File, p.Text)
		}
	}
	got := make(map[int]string)
	for _, row := range rowsOf(t, l.m) {
		var id int
		fmt.Sscanf(row.EventID, "event-%d", &id)
		got[id] = bodyOf(row.Raw)
	}
	if !maps.Equal(got, l.rows) {
		t.Fatalf("the lake has the rows %v, want %v", got, l.rows)
	}
	conflicts, _ := l.m.Conflicts(ctx, tenant)
	if len(conflicts) != len(l.conflicts) {
		t.Fatalf("the lake has %d conflicts, want %d", len(conflicts), len(l.conflicts))
	}
}

func bodyOf(raw string) string { return raw[len(raw)-3 : len(raw)-2] }

// Whatever batches, merges, faults and crashes there are in whatever order:
// every event of a committed batch has one row, with the body that was
// committed first; every other body is a conflict; nothing else is visible;
// and a sweep leaves nothing that is not.
func TestLakeHoldsWhatWasCommitted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := audittest.NewMemory()
		l := &lakeModel{m: m, lake: audit.New(m, m), rows: make(map[int]string), conflicts: make(map[[2]any]string)}
		l.faulty = rapid.Bool().Draw(t, "faulty")
		t.Repeat(map[string]func(*rapid.T){
			"begin":   l.begin,
			"add":     l.add,
			"finish":  l.finish,
			"compact": l.compact,
			"sweep":   l.sweep,
			"crash":   l.crash,
			"fault": func(t *rapid.T) {
				if !l.faulty {
					t.Skip("no faults")
				}
				l.faultAfter(rapid.IntRange(1, 40).Draw(t, "calls"), rapid.SampledFrom([]audittest.Fault{audittest.Fails, audittest.FailsButLands}).Draw(t, "fault"))
			},
			"check": l.check,
		})
		l.check(t)
		l.crash(t)
		if _, err := l.lake.Sweep(context.Background(), tenant); err != nil {
			t.Fatal(err)
		}
		problems, err := l.lake.Check(context.Background(), tenant)
		if err != nil || len(problems) > 0 {
			t.Fatalf("after a sweep: %v, %v", problems, err)
		}
		l.check(t)
	})
}
