//go:build unix

package cost_test

import (
	"context"
	"syscall"
	"testing"
	"time"

	"github.com/kopterio/kopter/cost"
	"github.com/kopterio/kopter/money"
	"github.com/kopterio/kopter/price"
	"github.com/kopterio/kopter/usage"
)

// measured runs a benchmark and reports the processor time beside the clock's,
// which other work on the machine does not lengthen.
func measured(b *testing.B, op func() error) {
	b.ReportAllocs()
	before := processor(b)
	for b.Loop() {
		if err := op(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64((processor(b)-before).Milliseconds())/float64(b.N), "cpu-ms/op")
}

func processor(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// lengths are the mean lengths of intervals that a graph's speed must not
// depend on.
var lengths = []struct {
	name string
	mean int64
}{{"short", 3 * 3600}, {"long", 30 * 86400}}

// BenchmarkGraph draws a million intervals in 13 months. Its peer, which adds
// them up hour by hour, gets the same amounts.
func BenchmarkGraph(b *testing.B) {
	for _, length := range lengths {
		intervals, p := fleet(1_000_000, length.mean)
		for _, by := range []string{"type", "principal", "region", "tag.team"} {
			b.Run(length.name+"/by="+by, func(b *testing.B) {
				measured(b, func() error {
					_, _, err := cost.Graph(context.Background(), intervals, p, cost.Query{By: []string{by}})
					return err
				})
			})
		}
		b.Run(length.name+"/by=resource/step=total", func(b *testing.B) {
			measured(b, func() error {
				_, _, err := cost.Graph(context.Background(), intervals, p, cost.Query{By: []string{"resource"}, Step: cost.Total})
				return err
			})
		})
		b.Run(length.name+"/peer=hour-by-hour/by=type", func(b *testing.B) {
			var sums map[string][]money.Nano
			measured(b, func() error { sums = hourByHour(intervals, p); return nil })
			rows, _ := graph(b, intervals, p, cost.Query{By: []string{"type"}})
			sameAmounts(b, rows, sums)
		})
	}
}

// BenchmarkLedger changes one resource of a ledger of a million intervals, and
// reads the whole graph from it.
func BenchmarkLedger(b *testing.B) {
	intervals, p := fleet(1_000_000, 30*86400)
	l, err := cost.NewLedger(p, []string{"type"}, nil)
	if err != nil {
		b.Fatal(err)
	}
	for k := 0; k+1 < len(intervals); k += 2 {
		l.Set(intervals[k].Account, intervals[k].Resource, intervals[k:k+2])
	}
	b.Run("set", func(b *testing.B) {
		k := 0
		measured(b, func() error {
			i := intervals[k : k+2]
			i[1].End++
			l.Set(i[0].Account, i[0].Resource, i)
			k = (k + 2) % len(intervals)
			return nil
		})
	})
	for _, step := range []cost.Bucket{cost.Hour, cost.Day} {
		b.Run("rows/step="+step.String(), func(b *testing.B) {
			measured(b, func() error { _, err := l.Rows(0, 0, step); return err })
		})
	}
}

// BenchmarkSteps finds the newest hundred of two million steps.
func BenchmarkSteps(b *testing.B) {
	intervals, p := fleet(1_000_000, 3*3600)
	measured(b, func() error {
		_, err := cost.Steps(context.Background(), intervals, p, cost.StepQuery{Order: cost.Newest, Limit: 100})
		return err
	})
}

const (
	firstHour = 1688169600 / 3600 // of fleet
	allHours  = 395*24 + 1
)

// hourByHour is the plain way: amounts by type and hour, each hour of each
// interval added by itself.
func hourByHour(intervals []usage.Interval, p price.Prices) map[string][]money.Nano {
	sums := map[string][]money.Nano{}
	for k := range intervals {
		i := &intervals[k]
		sum := sums[i.Shape.Type]
		if sum == nil {
			sum = make([]money.Nano, allHours)
			sums[i.Shape.Type] = sum
		}
		end := max(i.End, i.Start+60)
		for _, w := range p.Windows(price.Key{Region: i.Region, Type: i.Shape.Type, Operation: i.Shape.Operation, Tenancy: i.Shape.Tenancy}) {
			origin := max(i.Start, w.From)
			for t := origin; t < min(end, w.Until); {
				next := min(t-t%3600+3600, end, w.Until)
				sum[t/3600-firstHour] += w.Quote.Rate.Between(t-origin, next-origin)
				t = next
			}
		}
	}
	return sums
}

// sameAmounts checks that a graph by type and hour shows the sums.
func sameAmounts(tb testing.TB, rows []cost.Row, sums map[string][]money.Nano) {
	tb.Helper()
	for _, r := range rows {
		at := &sums[r.Values[0]][r.Start/3600-firstHour]
		if *at != r.Amount {
			tb.Fatalf("%s %s: %v, hour by hour %v", r.Values[0], clock(r.Start), r.Amount, *at)
		}
		*at = 0
	}
	for kind, sum := range sums {
		for hour, left := range sum {
			if left != 0 {
				tb.Fatalf("%s %s: no row for %v", kind, clock(int64(hour+firstHour)*3600), left)
			}
		}
	}
}

// TestPeer holds the benchmark's peer to the graph that it is compared with.
func TestPeer(t *testing.T) {
	for _, length := range lengths {
		intervals, p := fleet(2_000, length.mean)
		rows, _ := graph(t, intervals, p, cost.Query{By: []string{"type"}})
		sameAmounts(t, rows, hourByHour(intervals, p))
	}
}
