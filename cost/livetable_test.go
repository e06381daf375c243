package cost_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/kopterio/kopter/cost"
	"github.com/kopterio/kopter/money"
	"github.com/kopterio/kopter/price"
	"github.com/kopterio/kopter/usage"
)

// august is a world with one price for small instances in each of two
// currencies, and a new one for large instances in the middle of a month.
func august() *world {
	small, large := always("0.01"), rates(
		change{from: price.Always, rate: "1", currency: money.USD, version: "v1"},
		change{from: at("2023-08-10 00:00:00"), rate: "0.75", currency: money.USD, version: "v2"})
	for _, w := range [][]price.Window{small, large} {
		for k := range w {
			w[k].Quote.SKU = fmt.Sprintf("SKU%d%d", len(w), k)
		}
	}
	return newWorld(sheets{
		key("us-east-1", "small", "RunInstances"): small, key("us-east-1", "large", "RunInstances"): large,
		key("cn-north-1", "small", "RunInstances"): rates(change{from: price.Always, rate: "7", currency: money.CNY, version: "c1"}),
	})
}

func TestForecast(t *testing.T) {
	launch := func(region, kind, when string, ids ...string) call {
		return call{name: "RunInstances", region: region, kind: kind, at: at(when), who: "ann", resources: ids}
	}
	stop := func(region, when string, ids ...string) call {
		return call{name: "StopInstances", region: region, at: at(when), who: "ann", resources: ids}
	}
	sign := func(region, when string) call { return stop(region, when, "i-0999") } // of life; it stops nothing that ran
	for _, c := range []struct {
		name, now string
		calls     []call
		want      string
	}{
		{"nothing", "2023-08-11 00:00:00", nil, ""},
		{"half a month is left", "2023-08-16 12:00:00",
			[]call{launch("us-east-1", "small", "2023-08-01 00:00:00", "i-1", "i-2"), sign("us-east-1", "2023-08-16 12:00:00")},
			"USD 7.440000000 + 0.0200000000/h = 14.880000000 of 2, 0 unpriced"},
		{"since the month before", "2023-08-01 10:00:00",
			[]call{launch("us-east-1", "small", "2023-07-01 00:00:00", "i-1"), sign("us-east-1", "2023-08-01 10:00:00")},
			"USD 0.100000000 + 0.0100000000/h = 7.440000000 of 1, 0 unpriced"},
		{"the sources are behind", "2023-08-11 00:00:00",
			[]call{launch("us-east-1", "small", "2023-08-01 00:00:00", "i-1"), sign("us-east-1", "2023-08-10 00:00:00")},
			"USD 2.160000000 + 0.0100000000/h = 7.440000000 of 1, 0 unpriced"},
		{"the sources are behind by more than the month", "2023-08-11 00:00:00",
			[]call{launch("us-east-1", "small", "2023-07-01 00:00:00", "i-1")},
			"USD 0.000000000 + 0.0100000000/h = 7.440000000 of 1, 0 unpriced"},
		{"what has stopped is only to date", "2023-08-11 00:00:00",
			[]call{launch("us-east-1", "small", "2023-08-01 00:00:00", "i-1"), stop("us-east-1", "2023-08-02 00:00:00", "i-1")},
			"USD 0.240000000 + 0.0000000000/h = 0.240000000 of 0, 0 unpriced"},
		{"a part of an hour", "2023-08-31 23:30:00",
			[]call{launch("us-east-1", "small", "2023-08-31 23:00:00", "i-1"), sign("us-east-1", "2023-08-31 23:30:00")},
			"USD 0.005000000 + 0.0100000000/h = 0.010000000 of 1, 0 unpriced"},
		{"currencies are apart, and what has no price is counted", "2023-08-31 23:00:00",
			[]call{launch("us-east-1", "x", "2023-08-31 00:00:00", "i-1"), launch("cn-north-1", "small", "2023-08-31 22:00:00", "i-2"),
				sign("us-east-1", "2023-08-31 23:00:00"), sign("cn-north-1", "2023-08-31 23:00:00")},
			"CNY 7.000000000 + 7.0000000000/h = 14.000000000 of 1, 0 unpriced; USD 0.000000000 + 0.0000000000/h = 0.000000000 of 1, 1 unpriced"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := august()
			w.do(t, c.calls...)
			f, err := w.live.Forecast(t.Context(), nil, at(c.now))
			if err != nil {
				t.Fatal(err)
			}
			if f.From != at("2023-08-01 00:00:00") || f.Until != at("2023-09-01 00:00:00") {
				t.Errorf("of %s to %s", clock(f.From), clock(f.Until))
			}
			var got []string
			for _, r := range f.Rows {
				got = append(got, fmt.Sprintf("%s %v + %v/h = %v of %d, %d unpriced", r.Currency, r.MonthToDate, r.RunRate, r.Projected, r.Running, r.Unpriced))
			}
			if strings.Join(got, "; ") != c.want {
				t.Errorf("%s\nwant %s", strings.Join(got, "; "), c.want)
			}
		})
	}
}

// TestChanges tells a story: ann launches a fleet, bob resizes one of it, the
// price list changes, two are terminated; and what eve launched elsewhere is gone
// when someone looks.
func TestChanges(t *testing.T) {
	w := august()
	begin := at("2023-08-09 22:00:00")
	w.do(t,
		call{name: "RunInstances", region: "us-east-1", kind: "large", at: begin, who: "ann", resources: []string{"i-1", "i-2", "i-3"}},
		call{name: "RunInstances", region: "us-east-1", kind: "small", at: begin, who: "bob", resources: []string{"i-4"}},
		call{name: "StopInstances", region: "us-east-1", at: begin + 600, who: "bob", resources: []string{"i-4"}},
		call{name: "ModifyInstanceAttribute", region: "us-east-1", kind: "large", at: begin + 700, who: "bob", resources: []string{"i-4"}},
		call{name: "StartInstances", region: "us-east-1", at: begin + 800, who: "bob", resources: []string{"i-4"}},
		call{name: "TerminateInstances", region: "us-east-1", at: begin + 4*3600, who: "ann", resources: []string{"i-2", "i-3"}},
		call{name: "RunInstances", region: "cn-north-1", kind: "small", at: begin, who: "eve", resources: []string{"i-6"}},
	)
	w.look(t, "cn-north-1", begin+6*3600)
	c, err := w.live.Changes(t.Context(), cost.ChangesRequest{From: begin, Until: begin + 86400, Limit: 6})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, one := range c.Changes {
		var lines []string
		for _, l := range one.Lines {
			lines = append(lines, fmt.Sprintf("%d %s %s × %v = %v %s %s", l.Instances, l.Kind, l.Type, l.Each, l.Sum, l.SKU, l.Version))
		}
		got = append(got, fmt.Sprintf("%s %s%s %s: %v, %d of %d from %s: %s", clock(one.Time)[11:16], one.Cause.EventName, one.PriceVersion, one.Cause.Actor,
			one.Deltas, one.Resources, one.Steps, one.Resource, strings.Join(lines, ", ")))
	}
	want := []string{
		"22:00  : [{CNY -7.0000000000}], 1 of 1 from i-6: 1 close small × -7.0000000000 = -7.0000000000  c1",
		"22:00 RunInstances eve: [{CNY 7.0000000000}], 1 of 1 from i-6: 1 open small × 7.0000000000 = 7.0000000000  c1",
		"22:00 RunInstances ann: [{USD 3.0000000000}], 3 of 3 from i-1: 3 open large × 1.0000000000 = 3.0000000000 SKU20 v1",
		"02:00 TerminateInstances ann: [{USD -1.5000000000}], 2 of 2 from i-2: 2 close large × -0.7500000000 = -1.5000000000 SKU21 v2",
		"00:00 v2 : [{USD -1.0000000000}], 4 of 4 from i-1: 4 change large × -0.2500000000 = -1.0000000000 SKU21 v2",
		"22:13 StartInstances bob: [{USD 1.0000000000}], 1 of 1 from i-4: 1 open large × 1.0000000000 = 1.0000000000 SKU20 v1",
	}
	if len(got) > len(want) {
		got = got[:len(want)]
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") || c.Total != 8 || len(c.Changes) != 6 {
		t.Errorf("%d of %d:\n%s\nwant\n%s", len(c.Changes), c.Total, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestAccounts(t *testing.T) {
	w := august()
	begin := at("2023-08-09 22:00:00")
	w.do(t,
		call{name: "RunInstances", region: "us-east-1", kind: "large", at: begin, resources: []string{"i-1", "i-2"}},
		call{name: "RunInstances", region: "us-east-1", kind: "x", at: begin, resources: []string{"i-3"}},
		call{name: "RunInstances", region: "cn-north-1", kind: "small", at: begin + 60, resources: []string{"i-4"}},
		call{name: "TerminateInstances", region: "cn-north-1", at: begin + 600, resources: []string{"i-4"}},
	)
	list, err := w.live.Accounts(t.Context(), begin+3600)
	if err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprintf("%+v", list)
	want := fmt.Sprintf("[{Account:111122223333 Region:cn-north-1 Last:%d Rates:[] Running:0} "+
		"{Account:111122223333 Region:us-east-1 Last:%d Rates:[{Values:[] Currency:USD Rate:2.0000000000 Count:3 Unpriced:1 Assumed:3}] Running:3}]", begin+600, begin)
	if got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
}

// TestLawPagesWhileThingsChange walks through the inventory and the steps
// while other instances come and go: what was there all the time is listed
// once.
func TestLawPagesWhileThingsChange(t *testing.T) {
	check(t, 500, func(r *rapid.T) {
		w := newWorld(sheets{key("us-east-1", "small", "RunInstances"): always("0.01")})
		stay := map[string]bool{}
		for k := range rapid.IntRange(1, 6).Draw(r, "stay") {
			id := fmt.Sprintf("i-1%d", k)
			stay[id] = true
			w.do(r, call{name: "RunInstances", region: "us-east-1", kind: "small", at: dawn + rapid.Int64Range(0, 50).Draw(r, "launched"), resources: []string{id}})
		}
		disturb := func() {
			id := rapid.SampledFrom([]string{"i-05", "i-110", "i-125", "i-2"}).Draw(r, "other")
			name := rapid.SampledFrom([]string{"RunInstances", "TerminateInstances", "StopInstances"}).Draw(r, "call")
			w.do(r, call{name: name, region: "us-east-1", kind: "small", at: dawn + rapid.Int64Range(0, 99).Draw(r, "happened"), resources: []string{id}})
		}
		instances, steps := map[string]int{}, map[string]int{}
		q := cost.InventoryRequest{At: dawn + 100, Sort: rapid.SampledFrom([]string{"rate", "since"}).Draw(r, "sort"), Limit: 2}
		for first := true; first || q.Cursor != ""; first = false {
			p, err := w.live.Inventory(r.Context(), q)
			if err != nil {
				r.Fatal(err)
			}
			for _, i := range p.Instances {
				instances[i.Resource]++
			}
			q.Cursor = p.Next
			disturb()
		}
		s := cost.StepsRequest{StepQuery: cost.StepQuery{Limit: 2, Order: rapid.SampledFrom([]cost.Order{cost.Oldest, cost.Newest, cost.Largest}).Draw(r, "order")}}
		for first := true; first || s.Cursor != ""; first = false {
			p, err := w.live.Steps(r.Context(), s)
			if err != nil {
				r.Fatal(err)
			}
			for _, one := range p.Steps {
				steps[one.Resource]++
			}
			s.Cursor = p.Next
			disturb()
		}
		for id := range stay {
			if instances[id] != 1 || steps[id] != 1 {
				r.Fatalf("%s: %d instances, %d steps", id, instances[id], steps[id])
			}
		}
	})
}

// TestLiveReadersAndWriters asks everything while calls and prices arrive. Every
// answer is one moment: the groups of a chart sum to its total.
func TestLiveReadersAndWriters(t *testing.T) {
	defer goleak.VerifyNone(t)
	w := august()
	done := make(chan struct{})
	var work sync.WaitGroup
	for k := range 3 {
		by := [][]string{{"type"}, {"resource"}, nil}[k]
		work.Go(func() {
			for asked := 0; ; asked++ {
				select {
				case <-done:
					if asked > 0 {
						return
					}
				default:
				}
				askEverything(t, w, by)
			}
		})
	}
	for k := range 200 {
		name := []string{"RunInstances", "StopInstances", "StartInstances"}[k%3]
		w.do(t, call{name: name, region: []string{"us-east-1", "cn-north-1"}[k%2], kind: "small", at: dawn + usage.Seconds(k*60), resources: []string{fmt.Sprintf("i-%04d", k%30)}})
		if k%50 == 49 {
			w.live.SetPrices(w.prices)
		}
	}
	close(done)
	work.Wait()
}

func askEverything(t *testing.T, w *world, by []string) {
	ctx := t.Context()
	c, err := w.live.Graph(ctx, cost.GraphRequest{By: by, Top: 2})
	sums := map[money.Currency]cost.Measure{}
	for _, s := range c.Series {
		sums[s.Sum.Currency] = plus(sums[s.Sum.Currency], s.Sum.Measure)
	}
	for _, total := range c.Totals {
		if sums[total.Currency] != total.Measure {
			t.Errorf("sum %+v, total %+v", sums[total.Currency], total)
		}
	}
	_, err2 := w.live.Steps(ctx, cost.StepsRequest{})
	_, err3 := w.live.Inventory(ctx, cost.InventoryRequest{At: dawn + 9000, Sort: "rate"})
	_, err4 := w.live.Forecast(ctx, nil, dawn+9000)
	_, err5 := w.live.Changes(ctx, cost.ChangesRequest{})
	for _, err := range []error{err, err2, err3, err4, err5} {
		if err != nil {
			t.Error(err)
		}
	}
}
