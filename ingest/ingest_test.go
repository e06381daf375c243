package ingest_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.uber.org/goleak"

	"github.com/kopterio/kopter/account"
	"github.com/kopterio/kopter/audit"
	"github.com/kopterio/kopter/cloudtrail"
	"github.com/kopterio/kopter/ingest"
	"github.com/kopterio/kopter/ingest/ingesttest"
	"github.com/kopterio/kopter/local"
	"github.com/kopterio/kopter/usage"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// now is the clock of these tests: after everything that the generated logs
// tell.
func now() time.Time { return time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC) }

// place is an open data folder with its lake.
type place struct {
	*local.Store
	lake *audit.Lake
}

func open(t testing.TB) place {
	t.Helper()
	s, err := local.Open(t.Context(), t.TempDir(), local.Options{})
	if err != nil {
		t.Fatal(err)
	}
	lake := audit.New(s, s)
	t.Cleanup(func() {
		if err := errors.Join(lake.Close(), s.Close()); err != nil {
			t.Error(err)
		}
	})
	return place{s, lake}
}

// run ingests logs, with Now filled in.
func (p place) run(t testing.TB, inputs iter.Seq2[ingest.Input, error], opt ingest.Options) ingest.Report {
	t.Helper()
	opt.Now = now
	report, err := ingest.Run(t.Context(), p.lake, p.Store, account.Local, inputs, opt)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// inputs makes inputs of logs, in their order.
func inputs(logs ...ingesttest.Log) iter.Seq2[ingest.Input, error] {
	return func(yield func(ingest.Input, error) bool) {
		for _, l := range logs {
			if !yield(input(l), nil) {
				return
			}
		}
	}
}

func input(l ingesttest.Log) ingest.Input {
	return ingest.Input{
		Object: ingest.Object{URI: "/logs/" + l.Name, Version: fmt.Sprint(len(l.Data))},
		Size:   int64(len(l.Data)),
		Open: func(context.Context) (cloudtrail.Source, io.Closer, error) {
			return cloudtrail.Source{Name: "/logs/" + l.Name, R: strings.NewReader(string(l.Data))}, io.NopCloser(nil), nil
		},
	}
}

// state is everything that ingesting leaves behind, apart from how it lies on
// the disk.
type state struct {
	Rows       map[string]string // raw by account and event id
	Bodies     []string          // of rows and conflicts
	Facts      []usage.Fact
	Freshness  []usage.Freshness
	Quarantine []ingest.Quarantine
	Files      []ingest.Ingested
}

func (p place) state(t testing.TB) state {
	t.Helper()
	ctx := t.Context()
	s := state{Rows: map[string]string{}}
	for e, err := range p.lake.Each(ctx, account.Local, audit.Request{Raw: true}) {
		if err != nil {
			t.Fatal(err)
		}
		id := e.Account + "/" + e.EventID
		if _, twice := s.Rows[id]; twice {
			t.Errorf("event %s has two rows", id)
		}
		s.Rows[id] = string(e.Raw)
		s.Bodies = append(s.Bodies, string(e.Raw))
	}
	conflicts, err1 := p.Conflicts(ctx, account.Local)
	for _, c := range conflicts {
		s.Bodies = append(s.Bodies, string(c.Raw))
	}
	slices.Sort(s.Bodies)
	fresh, err2 := p.Freshness(ctx, account.Local)
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	s.Freshness = fresh
	s.Facts = collect(t, p.Facts(ctx, account.Local))
	s.Quarantine = collect(t, p.Quarantined(ctx, account.Local))
	s.Files = collect(t, p.Ingested(ctx, account.Local))
	return s
}

func collect[T any](t testing.TB, seq iter.Seq2[T, error]) []T {
	t.Helper()
	var list []T
	for v, err := range seq {
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, v)
	}
	return list
}

func same(t testing.TB, what string, got, want any) {
	t.Helper()
	if d := cmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" {
		t.Errorf("%s: (-want +got)\n%s", what, d)
	}
}

func TestRunTwiceChangesNothing(t *testing.T) {
	logs := ingesttest.Logs(1, 40)
	p := open(t)
	first := p.run(t, inputs(logs...), ingest.Options{})
	before := p.state(t)
	again := p.run(t, inputs(logs...), ingest.Options{})
	same(t, "totals of the second run", again.Totals, ingest.Totals{Known: int64(len(logs))})
	same(t, "state", p.state(t), before)
	if first.Added != int64(len(before.Rows)) || first.Files != 40 || first.Quarantined != int64(len(before.Quarantine)) {
		t.Errorf("the report %+v does not fit %d rows, %d quarantined", first.Totals, len(before.Rows), len(before.Quarantine))
	}
	if first.Events != first.Added+first.Duplicates+first.Conflicts || first.Duplicates == 0 || first.Conflicts == 0 || first.Quarantined == 0 {
		t.Errorf("the corpus lacks something: %+v", first.Totals)
	}
	if len(before.Facts) == 0 {
		t.Error("no facts")
	}
}

func TestSameContentUnderAnotherNameAddsNothing(t *testing.T) {
	log := ingesttest.Logs(1, 1)[0]
	p := open(t)
	first := p.run(t, inputs(log), ingest.Options{})
	before := p.state(t)
	log.Name = "copy of " + log.Name
	second := p.run(t, inputs(log), ingest.Options{})
	same(t, "events", second.Events, first.Events)
	same(t, "added", second.Added, int64(0))
	after := p.state(t)
	same(t, "rows", after.Rows, before.Rows)
	same(t, "facts", after.Facts, before.Facts)
}

func TestANewVersionIsReadAgain(t *testing.T) {
	logs := ingesttest.Logs(3, 2)
	p := open(t)
	p.run(t, inputs(logs...), ingest.Options{})
	logs[0].Data = []byte("now it is broken")
	report := p.run(t, inputs(logs...), ingest.Options{})
	same(t, "totals", report.Totals, ingest.Totals{Files: 1, Known: 1, Bytes: 16, Quarantined: 1, Commits: 1})
	q := collect(t, p.Quarantined(t.Context(), account.Local))
	if len(q) != 1 || q[0].URI != "/logs/"+logs[0].Name || q[0].Reason != "not JSON" || string(q[0].Excerpt) != "now it is broken" {
		t.Errorf("quarantine %+v", q)
	}
}

func TestCountsOfFilesAddUp(t *testing.T) {
	p := open(t)
	report := p.run(t, inputs(ingesttest.Logs(5, 60)...), ingest.Options{Workers: 4, BatchFiles: 3})
	var sum ingest.Totals
	for _, f := range collect(t, p.Ingested(t.Context(), account.Local)) {
		sum.Files++
		sum.Bytes += f.Bytes
		sum.Events += f.Events
		sum.Added += f.Added
		sum.Duplicates += f.Duplicates
		sum.Conflicts += f.Conflicts
		sum.Quarantined += f.Quarantined
		if !f.At.Equal(now()) {
			t.Errorf("%s was ingested at %v", f.URI, f.At)
		}
		if f.Events != f.Added+f.Duplicates+f.Conflicts {
			t.Errorf("%s: counts do not add up: %+v", f.URI, f)
		}
	}
	sum.Commits = report.Commits
	same(t, "sum of the files", sum, report.Totals)
	same(t, "added", report.Added, int64(len(p.state(t).Rows)))
}

func TestOneFileTwiceInOneRun(t *testing.T) {
	log := ingesttest.Logs(1, 1)[0]
	want := open(t).run(t, inputs(log), ingest.Options{}).Totals
	want.Known = 2
	same(t, "totals", open(t).run(t, inputs(log, log, log), ingest.Options{}).Totals, want)
}

func TestBatchesEndAtTheirLimits(t *testing.T) {
	logs := slices.DeleteFunc(ingesttest.Logs(1, 20), func(l ingesttest.Log) bool { return len(l.Data) < 100 })
	n := int64(len(logs))
	tests := []struct {
		name    string
		opt     ingest.Options
		commits int64
	}{
		{"by default all in one", ingest.Options{Workers: 1}, 1},
		{"by files", ingest.Options{Workers: 1, BatchFiles: 3}, (n + 2) / 3},
		{"by events", ingest.Options{Workers: 1, BatchEvents: 1}, n},
		{"by bytes", ingest.Options{Workers: 1, BatchBytes: 1}, n},
	}
	var states []state
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := open(t)
			report := p.run(t, inputs(logs...), tt.opt)
			same(t, "commits", report.Commits, tt.commits)
			states = append(states, p.state(t))
		})
	}
	for _, s := range states[1:] {
		same(t, "state", s, states[0])
	}
}

// TestManySmallBatchesAtOnce lets batches begin, finish and merge id runs at
// the same time as often as can be.
func TestManySmallBatchesAtOnce(t *testing.T) {
	logs := ingesttest.Logs(2, 80)
	want := open(t)
	want.run(t, inputs(logs...), ingest.Options{Workers: 1})
	p := open(t)
	p.run(t, inputs(logs...), ingest.Options{Workers: 8, BatchFiles: 1})
	got, whole := p.state(t), want.state(t)
	same(t, "bodies", got.Bodies, whole.Bodies)
	same(t, "facts", got.Facts, whole.Facts)
	same(t, "quarantine", got.Quarantine, whole.Quarantine)
}

func TestProgressEndsAtTheReport(t *testing.T) {
	var last ingest.Totals
	calls := 0
	p := open(t)
	report := p.run(t, inputs(ingesttest.Logs(1, 20)...), ingest.Options{Progress: func(n ingest.Totals) {
		if n.Files < last.Files || n.Events < last.Events || n.Commits < last.Commits {
			t.Errorf("%+v after %+v", n, last)
		}
		last = n
		calls++
	}})
	same(t, "last progress", last, report.Totals)
	if calls < 20 {
		t.Errorf("%d calls for 20 files", calls)
	}
}

// failing gives an input whose reading fails after n bytes.
func failing(l ingesttest.Log, n int) ingest.Input {
	in := input(l)
	in.Open = func(context.Context) (cloudtrail.Source, io.Closer, error) {
		r := io.MultiReader(strings.NewReader(string(l.Data[:n])), errReader{})
		return cloudtrail.Source{Name: in.URI, R: r}, io.NopCloser(nil), nil
	}
	return in
}

var errDisk = errors.New("the disk failed")

type errReader struct{}

func (errReader) Read([]byte) (int, error) { return 0, errDisk }

type errCloser struct{}

func (errCloser) Close() error { return errDisk }

func TestAFileThatCannotBeReadIsTriedAgain(t *testing.T) {
	logs := ingesttest.Logs(1, 4)
	logs[0].Data = plain(`{"Records":[` + event(1) + `,` + event(2) + `]}`)
	sick := map[string]func() ingest.Input{
		"open": func() ingest.Input {
			in := input(logs[0])
			in.Open = func(context.Context) (cloudtrail.Source, io.Closer, error) { return cloudtrail.Source{}, nil, errDisk }
			return in
		},
		"read": func() ingest.Input { return failing(logs[0], 0) },
		"half": func() ingest.Input { return failing(logs[0], len(logs[0].Data)-20) },
		"close": func() ingest.Input {
			in := input(logs[0])
			in.Open = func(context.Context) (cloudtrail.Source, io.Closer, error) {
				return cloudtrail.Source{Name: in.URI, R: strings.NewReader(string(logs[0].Data))}, errCloser{}, nil
			}
			return in
		},
	}
	healthy := open(t)
	healthy.run(t, inputs(logs...), ingest.Options{})
	want := healthy.state(t)
	for name, make := range sick {
		t.Run(name, func(t *testing.T) {
			p := open(t)
			report := p.run(t, func(yield func(ingest.Input, error) bool) {
				if yield(make(), nil) {
					inputs(logs[1:]...)(yield)
				}
			}, ingest.Options{Workers: 1})
			same(t, "failed", report.Failed, int64(1))
			if f := report.Failures[0]; !errors.Is(f.Err, errDisk) || f.URI != "/logs/"+logs[0].Name {
				t.Errorf("failure %+v", f)
			}
			same(t, "files", report.Files, int64(3))
			again := p.run(t, inputs(logs...), ingest.Options{})
			same(t, "files of the second run", again.Files, int64(1))
			got := p.state(t)
			same(t, "rows", got.Rows, want.Rows)
			same(t, "facts", got.Facts, want.Facts)
			same(t, "quarantine", got.Quarantine, want.Quarantine)
		})
	}
}

func TestListingFailuresAndSkipsAreReported(t *testing.T) {
	p := open(t)
	logs := ingesttest.Logs(1, 2)
	report := p.run(t, func(yield func(ingest.Input, error) bool) {
		_ = yield(input(logs[0]), nil) &&
			yield(ingest.Input{}, errDisk) &&
			yield(ingest.Input{Object: ingest.Object{URI: "/logs/d"}, Skip: "digest"}, nil) &&
			yield(ingest.Input{Object: ingest.Object{URI: "/logs/e"}, Skip: "digest"}, nil) &&
			yield(input(logs[1]), nil)
	}, ingest.Options{})
	same(t, "skips", report.Skips, map[string]int64{"digest": 2})
	if report.Files != 2 || report.Failed != 1 || report.Skipped != 2 || !errors.Is(report.Failures[0].Err, errDisk) {
		t.Errorf("%+v", report)
	}
}

func TestFreshnessBelievesNoFuture(t *testing.T) {
	p := open(t)
	at := func(n int, when string) string {
		return strings.Replace(event(n), "2026-03-01T00:00:00Z", when, 1)
	}
	p.run(t, inputs(ingesttest.Log{Name: "a", Data: plain(`{"Records":[` +
		at(1, "2026-03-31T10:00:00Z") + `,` + at(2, "2026-04-01T23:00:00Z") + `,` + at(3, "2026-04-03T00:00:00Z") + `,` + at(4, "2999-01-01T00:00:00Z") +
		`]}`)}), ingest.Options{})
	s := p.state(t)
	same(t, "freshness", s.Freshness, []usage.Freshness{{
		Account: "111122223333", Region: "eu-west-1", Last: time.Date(2026, 4, 1, 23, 0, 0, 0, time.UTC).Unix(),
	}})
	same(t, "rows", len(s.Rows), 4)
}

// event is the text of a small event.
func event(n int) string {
	return fmt.Sprintf(`{"eventVersion":"1.08","eventTime":"2026-03-01T00:00:00Z","eventSource":"s3.amazonaws.com","eventName":"GetObject","awsRegion":"eu-west-1","eventID":"id-%d","recipientAccountId":"111122223333"}`, n)
}

func plain(s string) []byte { return []byte(s) }

// faulty is a store whose commit fails, before or after it has landed.
type faulty struct {
	ingest.Store
	landed bool
}

func (f faulty) Commit(ctx context.Context, t account.Tenant, c ingest.Commit) error {
	if f.landed {
		if err := f.Store.Commit(ctx, t, c); err != nil {
			return err
		}
	}
	return errDisk
}

func TestACommitThatFailsLosesNothing(t *testing.T) {
	logs := ingesttest.Logs(1, 30)
	healthy := open(t)
	healthy.run(t, inputs(logs...), ingest.Options{Workers: 1})
	want := healthy.state(t)
	for _, landed := range []bool{false, true} {
		t.Run(fmt.Sprintf("landed=%t", landed), func(t *testing.T) {
			p := open(t)
			opt := ingest.Options{Workers: 1, BatchFiles: 7, Now: now}
			_, err := ingest.Run(t.Context(), p.lake, faulty{p.Store, landed}, account.Local, inputs(logs...), opt)
			if !errors.Is(err, errDisk) {
				t.Fatalf("got %v, want the fault", err)
			}
			p.run(t, inputs(logs...), ingest.Options{Workers: 1})
			same(t, "state", p.state(t), want)
		})
	}
}

func TestRunEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	p := open(t)
	endless := func(yield func(ingest.Input, error) bool) {
		for n := 0; ; n++ {
			log := ingesttest.Log{Name: fmt.Sprint(n), Data: plain(event(n))}
			if n == 100 {
				cancel()
			}
			if !yield(input(log), nil) {
				return
			}
		}
	}
	_, err := ingest.Run(ctx, p.lake, p.Store, account.Local, endless, ingest.Options{Now: now, BatchFiles: 10})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
}

func TestRunRefusesAnIllNamedTenant(t *testing.T) {
	p := open(t)
	if _, err := ingest.Run(t.Context(), p.lake, p.Store, "../x", inputs(), ingest.Options{Now: now}); err == nil {
		t.Error("ran for tenant ../x")
	}
}
