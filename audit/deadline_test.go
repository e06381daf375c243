package audit_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kopterio/kopter/account"
	"github.com/kopterio/kopter/audit"
)

// questions are all that can be asked of a lake, each asked so that it takes
// long.
func questions(tb testing.TB, lake *audit.Lake) map[string]func(context.Context) error {
	all := parse(tb, "xylo* OR zylo*")
	return map[string]func(context.Context) error{
		"search": func(ctx context.Context) error {
			_, err := lake.Search(ctx, account.Local, audit.Request{Query: all, Total: true})
			return err
		},
		"large page": func(ctx context.Context) error {
			_, err := lake.Search(ctx, account.Local, audit.Request{Limit: audit.MaxLimit, Raw: true})
			return err
		},
		"each": func(ctx context.Context) error {
			for _, err := range lake.Each(ctx, account.Local, audit.Request{Raw: true}) {
				if err != nil {
					return err
				}
			}
			return nil
		},
		"export": func(ctx context.Context) error {
			return lake.Export(ctx, account.Local, audit.Request{Raw: true}, "parquet", io.Discard)
		},
		"count": func(ctx context.Context) error {
			_, err := lake.Count(ctx, account.Local, audit.CountRequest{By: []string{"time", "actor", "ip"}, Until: benchStart + 10*dayMillis})
			return err
		},
		"histogram": func(ctx context.Context) error {
			_, err := lake.Histogram(ctx, account.Local, audit.HistogramRequest{Query: all, Width: 24 * time.Hour})
			return err
		},
		"facets": func(ctx context.Context) error {
			_, err := lake.Facets(ctx, account.Local, audit.FacetRequest{Fields: []string{"ip", "actor", "resources", "user_agent", "access_key", "name"}})
			return err
		},
		"suggest": func(ctx context.Context) error {
			_, err := lake.Suggest(ctx, account.Local, audit.SuggestRequest{Field: "ip"})
			return err
		},
		"event": func(ctx context.Context) error {
			_, err := lake.Event(ctx, account.Local, "sha256:0")
			return err
		},
	}
}

// endsAfter is a context that ends when it has been asked a number of times.
type endsAfter struct {
	context.Context
	left atomic.Int64
	ends context.CancelFunc
}

func (c *endsAfter) Err() error {
	if c.left.Add(-1) < 0 {
		c.ends()
	}
	return c.Context.Err()
}

// Every question ends with its context, wherever it is by then, and says why.
func TestQuestionsEndWithTheirContext(t *testing.T) {
	w := newWorld()
	rows := someRows(3000)
	w.write(t, layout{page: 1000}, [][]audit.Row{rows[:2000], rows[2000:]})
	defer w.lake.Close()
	for name, ask := range questions(t, w.lake) {
		t.Run(name, func(t *testing.T) {
			for left := range 20 {
				parent, cancel := context.WithCancel(context.Background())
				ctx := &endsAfter{Context: parent, ends: cancel}
				ctx.left.Store(int64(left))
				err := ask(ctx)
				if ended := parent.Err() != nil; ended && !errors.Is(err, context.Canceled) || !ended && err != nil {
					t.Fatalf("ended %v after %d looks at the context: %v", ended, left, err)
				}
				cancel()
			}
		})
	}
}

// A page ends early rather than to hold very long records in memory, and the
// next one goes on.
func TestPageOfLongRecordsEndsEarly(t *testing.T) {
	w := newWorld()
	defer w.lake.Close()
	rows := make([]audit.Row, 50)
	for i := range rows {
		rows[i] = someRows(i + 1)[i]
		rows[i].Raw = `{"a":"` + strings.Repeat("x", 1<<20) + `"}`
	}
	w.write(t, layout{page: 1 << 20}, [][]audit.Row{rows})
	r, seen := audit.Request{Raw: true}, 0
	for {
		result, err := w.lake.Search(context.Background(), account.Local, r)
		if err != nil {
			t.Fatal(err)
		}
		if n := len(result.Events); n > 33 || n == 0 {
			t.Fatalf("%d events of a mebibyte each on a page", n)
		}
		for _, e := range result.Events {
			if want := rows[len(rows)-1-seen]; e.EventID != want.EventID || e.Raw != want.Raw {
				t.Fatalf("event %d is %s, want %s", seen, e.EventID, want.EventID)
			}
			seen++
		}
		if r.Cursor = result.Next; r.Cursor == "" {
			break
		}
	}
	if seen != len(rows) {
		t.Errorf("%d events, want %d", seen, len(rows))
	}
}

// BenchmarkDeadline measures how long after its deadline a question ends.
func BenchmarkDeadline(b *testing.B) {
	lake, err := benchLake()
	failOn(b, err)
	for name, ask := range questions(b, lake) {
		b.Run(name, func(b *testing.B) {
			slowest := time.Duration(0)
			for b.Loop() {
				const limit = 30 * time.Millisecond
				begin := time.Now()
				ctx, cancel := context.WithTimeout(context.Background(), limit)
				err := ask(ctx)
				cancel()
				if err != nil && !errors.Is(err, context.DeadlineExceeded) {
					b.Fatal(err)
				}
				slowest = max(slowest, time.Since(begin)-limit)
			}
			b.ReportMetric(float64(slowest.Microseconds())/1000, "late-ms")
		})
	}
}
