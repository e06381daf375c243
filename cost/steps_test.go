package cost_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/kopterio/kopter/cost"
	"github.com/kopterio/kopter/money"
	"github.com/kopterio/kopter/price"
	"github.com/kopterio/kopter/query"
	"github.com/kopterio/kopter/usage"
)

func steps(t testing.TB, intervals []usage.Interval, p price.Prices, q cost.StepQuery) []cost.Step {
	t.Helper()
	list, err := cost.Steps(context.Background(), intervals, p, q)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// by is a call.
func by(actor, name string, when usage.Seconds) *usage.Cause {
	return &usage.Cause{EventID: name + "-id", EventName: name, Time: when, Principal: "arn:aws:iam::111122223333:user/" + actor, Actor: actor, IP: "192.0.2.7", UserAgent: "aws-cli"}
}

// story is an instance that ann starts and bob stops, on which CPU options
// change on the way, across a new price list, and which is last seen two hours
// before it is known to be gone when it runs for a second time.
func story() ([]usage.Interval, sheets) {
	t := at("2023-07-31 22:00:00")
	a := linux("i-1", "t3.micro", t, t+1800)
	a.Last, a.Opened, a.Launcher = false, by("ann", "RunInstances", t), by("ann", "RunInstances", t)
	b := a
	b.Shape.CPUs, b.Start, b.End, b.NotAfter, b.Last = 1, t+1800, t+4*3600, t+4*3600, true
	b.Opened, b.Closed = by("eve", "ModifyInstanceCpuOptions", t+1800), by("bob", "StopInstances", t+4*3600)
	c := linux("i-1", "t3.micro", t+5*3600, t+6*3600)
	c.NotAfter, c.Launcher, c.Opened = t+8*3600, a.Launcher, by("ann", "StartInstances", t+5*3600)
	c.Evidence = []string{"end bounded by snapshots"}
	return []usage.Interval{c, a, b}, sheets{key("us-east-1", "t3.micro", "RunInstances"): rates(
		change{from: price.Always, rate: "0.0104", currency: money.USD, version: "v1"},
		change{from: at("2023-08-01 00:00:00"), rate: "0.0096", currency: money.USD, version: "v2"})}
}

func TestSteps(t *testing.T) {
	intervals, p := story()
	type brief struct {
		when, kind, delta, name, actor, evidence string
	}
	var got []brief
	for _, s := range steps(t, intervals, p, cost.StepQuery{}) {
		got = append(got, brief{clock(s.Time), string(s.Kind), s.Delta.String(), s.Cause.EventName, s.Cause.Actor, strings.Join(s.Evidence, "; ")})
	}
	want := []brief{
		{"2023-07-31 22:00:00", "open", "0.0104000000", "RunInstances", "ann", ""},
		{"2023-07-31 22:30:00", "change", "0.0000000000", "ModifyInstanceCpuOptions", "eve", "CPUs 0 → 1"},
		{"2023-08-01 00:00:00", "change", "-0.0008000000", "", "", "price list v2: 0.0096000000 USD instead of 0.0104000000 USD per hour"},
		{"2023-08-01 02:00:00", "close", "-0.0096000000", "StopInstances", "bob", ""},
		{"2023-08-01 03:00:00", "open", "0.0096000000", "StartInstances", "ann", "end bounded by snapshots"},
		{"2023-08-01 04:00:00", "close", "-0.0096000000", "", "", "end bounded by snapshots"},
	}
	if diff := gocmp.Diff(want, got, gocmp.AllowUnexported(brief{})); diff != "" {
		t.Errorf("want − got +:\n%s", diff)
	}
}

func TestStepQueries(t *testing.T) {
	intervals, p := story()
	other := linux("i-2", "t3.micro", at("2023-08-01 01:00:00"), at("2023-08-01 01:30:00"))
	other.Open, other.Last = true, false
	intervals = append(intervals, other)
	for _, c := range []struct {
		name   string
		q      cost.StepQuery
		filter string
		want   string // times and resources
	}{
		{"one resource, open", cost.StepQuery{Resource: "i-2"}, "", "01:00 i-2"},
		{"newest two", cost.StepQuery{Order: cost.Newest, Limit: 2}, "", "04:00 i-1, 03:00 i-1"},
		{"largest three", cost.StepQuery{Order: cost.Largest, Limit: 3}, "", "22:00 i-1, 01:00 i-2, 02:00 i-1"},
		{"time", cost.StepQuery{From: at("2023-08-01 00:00:00"), Until: at("2023-08-01 02:00:00")}, "", "00:00 i-1, 01:00 i-2"},
		{"who did it, not who launched it", cost.StepQuery{}, "actor:bob", "02:00 i-1"},
		{"nobody did it", cost.StepQuery{}, "principal:unattributed", "01:00 i-2, 04:00 i-1"},
		{"the price list did it", cost.StepQuery{}, `actor:"price list"`, "00:00 i-1"},
		{"kind and type", cost.StepQuery{}, "kind:close type:t3.micro", "02:00 i-1, 04:00 i-1"},
		{"address", cost.StepQuery{}, "ip:192.0.2.0/24 -event_name:RunInstances", "22:30 i-1, 02:00 i-1, 03:00 i-1"},
		{"ups", cost.StepQuery{}, "delta_per_hour:>0", "22:00 i-1, 01:00 i-2, 03:00 i-1"},
		{"large downs", cost.StepQuery{}, "delta_per_hour:<-0.001", "02:00 i-1, 04:00 i-1"},
		{"words", cost.StepQuery{}, "eve", "22:30 i-1"},
		{"words of the interval", cost.StepQuery{}, "i-2", "01:00 i-2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.filter != "" {
				var err error
				if c.q.Filter, err = query.Parse(c.filter, cost.StepSchema()); err != nil {
					t.Fatal(err)
				}
			}
			var got []string
			for _, s := range steps(t, intervals, p, c.q) {
				got = append(got, clock(s.Time)[11:16]+" "+s.Resource)
			}
			if strings.Join(got, ", ") != c.want {
				t.Errorf("got  %s\nwant %s", strings.Join(got, ", "), c.want)
			}
		})
	}
}

// TestStepBetweenCurrencies ends in one currency and begins in the other.
func TestStepBetweenCurrencies(t *testing.T) {
	p := sheets{key("us-east-1", "t3.micro", "RunInstances"): rates(
		change{from: price.Always, rate: "1", currency: money.CNY}, change{from: 3600, rate: "2", currency: money.USD})}
	got := steps(t, []usage.Interval{linux("i-1", "t3.micro", 0, 7200)}, p, cost.StepQuery{})
	if len(got) != 4 || got[1].Currency != money.CNY || got[1].Delta != -1e9 || got[2].Currency != money.USD || got[2].Delta != 2e9 {
		t.Errorf("steps %+v", got)
	}
}

// TestUnpricedSteps carries the reason where there is no price.
func TestUnpricedSteps(t *testing.T) {
	p := sheets{key("us-east-1", "t3.micro", "RunInstances"): rates(change{from: 3600, rate: "2", currency: money.USD})}
	got := steps(t, []usage.Interval{linux("i-1", "t3.micro", 0, 7200)}, p, cost.StepQuery{})
	if len(got) != 3 || got[0].Unpriced != "no price is that old" || got[0].Delta != 0 ||
		got[1].Unpriced == "" || got[1].Delta != 2e9 || got[2].Unpriced != "" {
		t.Errorf("steps %+v", got)
	}
}

// TestStepsAreTheRunRate sums the steps up to a moment: that is what runs at
// it, in each currency. Neither depends on the order of intervals.
func TestStepsAreTheRunRate(t *testing.T) {
	check(t, 20_000, func(r *rapid.T) {
		u := drawUniverse(r)
		moment := dawn + rapid.Int64Range(-10, 30_000).Draw(r, "moment")
		sum := map[money.Currency]money.Rate{}
		shuffled := rapid.Permutation(u.intervals).Draw(r, "order")
		list := steps(t, shuffled, u.prices, cost.StepQuery{Until: moment + 1})
		for _, s := range list {
			sum[s.Currency] += s.Delta
		}
		running, err := cost.RunRate(context.Background(), u.intervals, u.prices, cost.Query{}, moment)
		if err != nil {
			r.Fatal(err)
		}
		for _, now := range running {
			sum[now.Currency] -= now.Rate
		}
		for c, left := range sum {
			if left != 0 && !staleOpen(u.intervals, u.prices, moment) {
				r.Fatalf("%s: steps and run-rate differ by %v\nsteps %+v\nrunning %+v", c, left, list, running)
			}
		}
		again := steps(t, u.intervals, u.prices, cost.StepQuery{Until: moment + 1})
		if diff := gocmp.Diff(list, again); diff != "" {
			r.Fatalf("another order: %s", diff)
		}
	})
}

// staleOpen says whether something was last heard of before the moment, so
// that a price that changed since is in the run-rate and not yet a step.
func staleOpen(intervals []usage.Interval, p price.Prices, moment usage.Seconds) bool {
	tariffs := cost.NewTariffs(p)
	return slices.ContainsFunc(intervals, func(i usage.Interval) bool {
		was, is := tariffs.At(&i, i.End-1), tariffs.At(&i, moment)
		return i.Open && i.End <= moment && (was.Rate != is.Rate || was.Currency != is.Currency)
	})
}

func TestRunRate(t *testing.T) {
	intervals, p := story()
	spot := linux("i-2", "t3.micro", at("2023-07-31 23:00:00"), at("2023-08-01 05:00:00"))
	spot.Shape.Purchase = "spot"
	assumed := linux("i-3", "t3.micro", at("2023-07-31 23:00:00"), at("2023-07-31 23:10:00"))
	assumed.Shape.OperationAssumed, assumed.Open = true, true
	got, err := cost.RunRate(context.Background(), append(intervals, spot, assumed), p, cost.Query{By: []string{"type"}}, at("2023-07-31 23:30:00"))
	if err != nil {
		t.Fatal(err)
	}
	want := []cost.Running{{Values: []string{"t3.micro"}, Currency: money.USD, Rate: 20_800_000, Count: 3, Unpriced: 1, Assumed: 1}}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("want − got +:\n%s", diff)
	}
}

func TestStepJSON(t *testing.T) {
	intervals, p := story()
	list := steps(t, intervals, p, cost.StepQuery{})
	for _, c := range []struct {
		step int
		want string
	}{
		{0, `{"time":"2023-07-31T22:00:00Z","resource":"i-1","account":"111122223333","region":"us-east-1","type":"t3.micro","kind":"open",` +
			`"delta_per_hour":"0.0104000000","currency":"USD","event_id":"RunInstances-id","event_name":"RunInstances",` +
			`"principal":"arn:aws:iam::111122223333:user/ann","actor":"ann","ip":"192.0.2.7","user_agent":"aws-cli","evidence":[]}`},
		{5, `{"time":"2023-08-01T04:00:00Z","not_after":"2023-08-01T06:00:00Z","resource":"i-1","account":"111122223333","region":"us-east-1","type":"t3.micro","kind":"close",` +
			`"delta_per_hour":"-0.0096000000","currency":"USD","event_id":"","event_name":"","principal":"unattributed","actor":"unattributed","ip":"","user_agent":"","evidence":["end bounded by snapshots"]}`},
	} {
		got, err := json.Marshal(list[c.step])
		if err != nil || string(got) != c.want {
			t.Errorf("%v\ngot  %s\nwant %s", err, got, c.want)
		}
	}
}

// TestStopAndStartInOneSecond is two steps, although no second is missing: the
// second period has a minimum of its own.
func TestStopAndStartInOneSecond(t *testing.T) {
	p := sheets{key("us-east-1", "t3.micro", "RunInstances"): always("1")}
	both := []usage.Interval{linux("i-1", "t3.micro", 0, 30), linux("i-1", "t3.micro", 30, 60)}
	got := steps(t, both, p, cost.StepQuery{})
	if len(got) != 4 || got[1].Kind != cost.Close || got[2].Kind != cost.Open {
		t.Errorf("steps %+v", got)
	}
	if _, sum := graph(t, both, p, cost.Query{}); sum.Totals[0].PaddedSeconds != 60 {
		t.Errorf("%+v", sum.Totals)
	}
}
