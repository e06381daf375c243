package audit_test

import (
	"bytes"
	"context"
	"fmt"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"

	"github.com/kopterio/kopter/audit"
	"github.com/kopterio/kopter/audit/audittest"
	"github.com/kopterio/kopter/cloudtrail"
)

// fataler is a test, of testing or of rapid.
type fataler interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// rowsOf reads all visible rows with plain parquet-go, by event id.
func rowsOf(t fataler, m *audittest.Memory) map[string]audit.Row {
	t.Helper()
	parts, err := m.Parts(context.Background(), tenant)
	if err != nil {
		t.Fatal(err)
	}
	rows := make(map[string]audit.Row)
	for _, p := range parts {
		data := m.Bytes(p.Name)
		got, err := parquet.Read[audit.Row](bytes.NewReader(data), int64(len(data)))
		if err != nil {
			t.Fatalf("read %s: %v", p.Name, err)
		}
		if int64(len(got)) != p.Rows || int64(len(data)) != p.Bytes {
			t.Fatalf("part %s has %d rows and %d bytes, its index row says %d and %d", p.Name, len(got), len(data), p.Rows, p.Bytes)
		}
		for _, row := range got {
			if _, twice := rows[row.EventID]; twice {
				t.Fatalf("event %s is visible twice", row.EventID)
			}
			rows[row.EventID] = row
		}
	}
	return rows
}

// rowOf is the row that a record should become.
func rowOf(r *cloudtrail.Record) audit.Row {
	row := audit.Row{
		Time: r.Time, Account: string(r.Account), Region: string(r.Region), Source: string(r.Source), Name: string(r.Name),
		EventType: string(r.Type), Category: string(r.Category), Actor: string(r.Actor), ActorType: string(r.ActorType),
		Principal: string(r.Principal), Session: string(r.Session), AccessKey: string(r.AccessKey), InvokedBy: string(r.InvokedBy),
		IP: string(r.IP), UserAgent: string(r.UserAgent), ErrorCode: string(r.ErrorCode), ErrorMessage: string(r.ErrorMessage),
		ReadOnly: r.ReadOnly, Resources: []string{}, EventID: string(r.EventID), RequestID: string(r.RequestID),
		SharedEventID: string(r.SharedEventID), Raw: string(r.Raw),
	}
	for _, res := range r.Resources {
		row.Resources = append(row.Resources, string(res))
	}
	return row
}

// Every field of a record comes back from its own column, whatever it holds,
// also when encoders are used again and when a part has several row groups.
func TestBatchWritesRecordsAsRows(t *testing.T) {
	m := audittest.NewMemory()
	lake := audit.New(m, m)
	g := newGenerator(7)
	want := make(map[string]audit.Row)
	for _, rows := range []int{1000, 20_000, 3000} {
		b := begin(t, lake)
		for range rows {
			rec := g.next()
			switch len(want) % 3 {
			case 1:
				rec.Resources = nil
			case 2:
				rec.ErrorCode, rec.ErrorMessage = []byte("AccessDenied"), fmt.Appendf(nil, "no %d", len(want))
				rec.InvokedBy, rec.SharedEventID = []byte("x"), rec.RequestID
				rec.ReadOnly, rec.Category = false, nil
			}
			add(t, b, audit.Added, rec)
			want[string(rec.EventID)] = rowOf(rec)
		}
		commit(t, m, b)
	}
	got := rowsOf(t, m)
	if len(got) != len(want) {
		t.Fatalf("%d rows, want %d", len(got), len(want))
	}
	for id, row := range want {
		if !reflect.DeepEqual(row, got[id]) {
			t.Fatalf("event %s: %s", id, cmp.Diff(row, got[id]))
		}
	}
}

func TestBatchTellsDuplicatesFromConflicts(t *testing.T) {
	m := audittest.NewMemory()
	lake := audit.New(m, m)
	first := makeRecord(1, start, "first")
	other := makeRecord(1, start, "other")
	reordered := makeRecord(1, start, "first")
	reordered.Raw = []byte(`{"body":"first","eventID":"event-000001"}`)
	reordered.BodyHash++

	b := begin(t, lake)
	add(t, b, audit.Added, first, makeRecord(2, start, "second"))
	add(t, b, audit.Duplicate, first, reordered)
	add(t, b, audit.Conflicting, other)
	if got, want := b.Tally("file"), (audit.Tally{Added: 2, Duplicates: 2, Conflicts: 1}); got != want {
		t.Errorf("tally %+v, want %+v", got, want)
	}
	commit(t, m, b)

	b = begin(t, lake)
	add(t, b, audit.Duplicate, first, reordered)
	add(t, b, audit.Conflicting, other)
	add(t, b, audit.Added, makeRecord(3, start, "third"))
	commit(t, m, b)

	if rows := rowsOf(t, m); len(rows) != 3 || rows["event-000001"].Raw != string(first.Raw) {
		t.Errorf("rows %v, want three, with the first body of event 1", rows)
	}
	conflicts, err := m.Conflicts(context.Background(), tenant)
	if err != nil || len(conflicts) != 1 || !bytes.Equal(conflicts[0].Raw, other.Raw) || conflicts[0].Source != "file" {
		t.Errorf("conflicts %v, %v, want the other body once", conflicts, err)
	}
}

// What one batch leaves out because another one has it is never lost, and
// nothing is in twice, whichever of them is committed.
func TestBatchesThatMeetTheSameEvents(t *testing.T) {
	for _, tt := range []struct {
		name    string
		abort   bool
		outcome audit.Tally // of the second batch
	}{
		{"first committed", false, audit.Tally{Added: 1, Duplicates: 1, Conflicts: 1}},
		{"first aborted", true, audit.Tally{Added: 3}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := audittest.NewMemory()
			lake := audit.New(m, m)
			a, b := begin(t, lake), begin(t, lake)
			add(t, a, audit.Added, makeRecord(1, start, "x"), makeRecord(2, start, "x"))
			add(t, b, audit.Added, makeRecord(1, start, "x"), makeRecord(2, start, "other"), makeRecord(3, start, "x"))
			changeA := finish(t, a)
			changed := make(chan audit.Change)
			go func() {
				change, err := b.Finish(context.Background())
				if err != nil {
					t.Error(err)
				}
				changed <- change
			}()
			if tt.abort {
				a.Abort(context.Background())
			} else {
				apply(t, m, changeA)
				a.Committed()
			}
			apply(t, m, <-changed)
			b.Committed()
			if got := b.Tally("file"); got != tt.outcome {
				t.Errorf("second batch: %+v, want %+v", got, tt.outcome)
			}
			if rows := rowsOf(t, m); len(rows) != 3 {
				t.Errorf("%d rows, want 3", len(rows))
			}
			conflicts, _ := m.Conflicts(context.Background(), tenant)
			if int64(len(conflicts)) != tt.outcome.Conflicts {
				t.Errorf("%d conflicts, want %d", len(conflicts), tt.outcome.Conflicts)
			}
		})
	}
}

func BenchmarkBatch(b *testing.B) {
	const events = 100_000
	g := newGenerator(1)
	records := make([]cloudtrail.Record, events)
	for i := range records {
		records[i] = *g.next()
		records[i].Raw = bytes.Clone(records[i].Raw)
	}
	m := audittest.NewMemory()
	lake := audit.New(m, m)
	var bytesOut int64
	b.ReportAllocs()
	for b.Loop() {
		batch := begin(b, lake)
		for i := range records {
			records[i].EventID = g.fresh(records[i].EventID)
			if _, err := batch.Add(context.Background(), &records[i], "file"); err != nil {
				b.Fatal(err)
			}
		}
		change := commit(b, m, batch)
		bytesOut = 0
		for _, p := range change.AddParts {
			bytesOut += p.Bytes
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*events), "ns/event")
	b.ReportMetric(float64(bytesOut)/events, "B/event")
}

// Close leaves no file open once no batch uses it.
func TestCloseClosesRuns(t *testing.T) {
	m := audittest.NewMemory()
	lake := audit.New(m, m)
	for i := range 2 {
		b := begin(t, lake)
		add(t, b, audit.Added, makeRecord(i, start, "x"))
		commit(t, m, b)
	}
	b := begin(t, lake)
	add(t, b, audit.Duplicate, makeRecord(0, start, "x"))
	b.Abort(context.Background())
	if m.OpenReaders() == 0 {
		t.Fatal("no run is kept open, so the test shows nothing")
	}
	if err := lake.Close(); err != nil {
		t.Fatal(err)
	}
	if n := m.OpenReaders(); n != 0 {
		t.Errorf("%d files are open after Close", n)
	}
}
