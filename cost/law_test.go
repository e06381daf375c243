package cost_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/kopterio/kopter/cost"
	"github.com/kopterio/kopter/money"
	"github.com/kopterio/kopter/price"
	"github.com/kopterio/kopter/query"
	"github.com/kopterio/kopter/usage"
)

// check runs a property in so many cases, whatever the command line says.
func check(t *testing.T, cases int, property func(*rapid.T)) {
	t.Helper()
	f := flag.Lookup("rapid.checks")
	before := f.Value.String()
	if testing.Short() {
		cases /= 20
	}
	if err := f.Value.Set(fmt.Sprint(cases)); err != nil {
		t.Fatal(err)
	}
	defer f.Value.Set(before)
	rapid.Check(t, property)
}

// dawn is an hour and a bit before a month begins: universes begin here.
var dawn = at("2023-07-31 22:58:01")

// universe is a small world of intervals and prices.
type universe struct {
	intervals []usage.Interval
	prices    sheets
}

func drawUniverse(r *rapid.T) universe {
	u := universe{prices: drawPrices(r)}
	for k := range rapid.IntRange(1, 3).Draw(r, "resources") {
		u.intervals = append(u.intervals, drawResource(r, fmt.Sprintf("i-%d", k))...)
	}
	return u
}

func drawPrices(r *rapid.T) sheets {
	p := sheets{}
	for _, kind := range []string{"small", "large"} {
		for _, op := range []string{"RunInstances", "RunInstances:000g"} {
			for _, region := range []string{"us-east-1", "cn-north-1"} {
				if rapid.IntRange(0, 5).Draw(r, "listed") > 0 {
					p[key(region, kind, op)] = drawWindows(r)
				}
			}
		}
	}
	return p
}

func drawWindows(r *rapid.T) []price.Window {
	t := rapid.SampledFrom([]int64{price.Always, dawn - 9000, dawn + 4000}).Draw(r, "first price")
	var list []change
	for range rapid.IntRange(1, 3).Draw(r, "prices") {
		list = append(list, change{
			from:     t,
			rate:     rapid.SampledFrom([]string{"0.0104", "0.000000007", "", "1.234567891", "0.0104", "0"}).Draw(r, "rate"),
			currency: rapid.SampledFrom([]money.Currency{money.USD, money.USD, money.CNY}).Draw(r, "currency"),
		})
		t = max(t, dawn) + rapid.SampledFrom([]int64{3719, 59, 7200, 1}).Draw(r, "holds")
	}
	return rates(list...)
}

func drawResource(r *rapid.T, name string) (out []usage.Interval) {
	base := drawBase(r, name)
	t := dawn + rapid.Int64Range(0, 7200).Draw(r, "first start")
	for range rapid.IntRange(1, 2).Draw(r, "periods") {
		period := t
		n := rapid.IntRange(1, 2).Draw(r, "parts")
		for k := range n {
			i := base
			i.Period, i.Start = period, t
			t += rapid.SampledFrom([]int64{1, 59, 61, 1799, 3600, 5401, 7259}).Draw(r, "length")
			i.End, i.NotAfter, i.Last = t, t, k == n-1
			if team := rapid.SampledFrom([]string{"", "web", "ml"}).Draw(r, "team"); team != "" {
				i.Tags = usage.Tags{"team": team}
			}
			out = append(out, i)
		}
		t += rapid.SampledFrom([]int64{0, 13, 3600, 5000}).Draw(r, "stopped")
	}
	last := &out[len(out)-1]
	switch rapid.IntRange(0, 3).Draw(r, "end") {
	case 0:
		last.Open, last.Last = true, false
	case 1:
		last.NotAfter += 4321
	}
	return out
}

func drawBase(r *rapid.T, name string) usage.Interval {
	i := usage.Interval{Account: "111122223333", Region: rapid.SampledFrom([]string{"us-east-1", "cn-north-1"}).Draw(r, "region"), Resource: name}
	i.Shape = usage.Shape{
		Service: "ec2", Type: rapid.SampledFrom([]string{"small", "large", "x"}).Draw(r, "type"),
		Operation:   rapid.SampledFrom([]string{"RunInstances", "RunInstances:SV001", "RunInstances:000g"}).Draw(r, "operation"),
		Tenancy:     rapid.SampledFrom([]string{"Shared", "Shared", "Shared", "Host", ""}).Draw(r, "tenancy"),
		Purchase:    rapid.SampledFrom([]string{"on-demand", "on-demand", "on-demand", "spot"}).Draw(r, "purchase"),
		Marketplace: rapid.Bool().Draw(r, "marketplace"),
	}
	i.Shape.OperationAssumed = i.Shape.Operation == "RunInstances" && rapid.Bool().Draw(r, "assumed")
	i.Launcher = rapid.SampledFrom([]*usage.Cause{nil, {Actor: "ann"}, {Principal: "arn:ann"}, {Principal: "arn:bob"}}).Draw(r, "launcher")
	return i
}

func drawQuery(r *rapid.T) cost.Query {
	q := cost.Query{Step: rapid.SampledFrom([]cost.Bucket{cost.Hour, cost.Day, cost.Month, cost.Total}).Draw(r, "step")}
	for _, by := range []string{"type", "region", "principal", "resource", "tag.team", "tenancy", "purchase"} {
		if rapid.IntRange(0, 2).Draw(r, by) == 0 {
			q.By = append(q.By, by)
		}
	}
	if rapid.Bool().Draw(r, "from") {
		q.From = dawn + rapid.Int64Range(0, 9000).Draw(r, "from at")
	}
	if rapid.Bool().Draw(r, "until") {
		q.Until = dawn + rapid.Int64Range(9000, 20000).Draw(r, "until at")
	}
	return q
}

func run(r *rapid.T, intervals []usage.Interval, p price.Prices, q cost.Query) ([]cost.Row, cost.Summary) {
	rows, sum, err := cost.Graph(r.Context(), intervals, p, q)
	if err != nil {
		r.Fatal(err)
	}
	return rows, sum
}

func equal(r *rapid.T, what string, got, want []cost.Row) {
	if len(got)+len(want) > 0 && !reflect.DeepEqual(got, want) {
		r.Fatalf("%s\ngot  %+v\nwant %+v", what, got, want)
	}
}

// TestGraphIsPlainAddition compares the graph with addition hour by hour, and
// with addition second by second in some of the cases.
func TestGraphIsPlainAddition(t *testing.T) {
	check(t, 20_000, func(r *rapid.T) {
		u, q := drawUniverse(r), drawQuery(r)
		got, _ := run(r, u.intervals, u.prices, q)
		byHour := naive{prices: u.prices, slice: 3600, q: q}
		equal(r, "hour by hour", got, byHour.graph(u.intervals))
		if rapid.IntRange(0, 500).Draw(r, "by the second") == 0 {
			bySecond := naive{prices: u.prices, slice: 1, q: q}
			equal(r, "second by second", got, bySecond.graph(u.intervals))
		}
	})
}

// TestOrderDoesNotMatter shuffles the intervals.
func TestOrderDoesNotMatter(t *testing.T) {
	check(t, 20_000, func(r *rapid.T) {
		u, q := drawUniverse(r), drawQuery(r)
		rows, sum := run(r, u.intervals, u.prices, q)
		shuffled := rapid.Permutation(u.intervals).Draw(r, "order")
		again, sumAgain := run(r, shuffled, u.prices, q)
		equal(r, "another order", again, rows)
		if !reflect.DeepEqual(sum, sumAgain) {
			r.Fatalf("summary %+v\nin another order %+v", sum, sumAgain)
		}
	})
}

// TestEverySumIsTheTotal adds up the graph in three other ways: by other
// groups and widths, in two halves of time, and with a filter and its
// opposite. Nothing may be lost between them, not a billionth.
func TestEverySumIsTheTotal(t *testing.T) {
	web := query.Term{Field: "tag.team", Value: "web"}
	check(t, 20_000, func(r *rapid.T) {
		u, q := drawUniverse(r), drawQuery(r)
		_, sum := run(r, u.intervals, u.prices, q)
		whole := cost.Query{From: q.From, Until: q.Until, Step: cost.Total}
		same := func(what string, got ...cost.Query) {
			var parts []cost.Sum
			for _, p := range got {
				_, s := run(r, u.intervals, u.prices, p)
				parts = append(parts, s.Totals...)
			}
			if !reflect.DeepEqual(added(parts), added(sum.Totals)) {
				r.Fatalf("%s: %+v, not %+v", what, parts, sum.Totals)
			}
		}
		same("in one", whole)
		first, second := whole, whole
		first.Until = dawn + 9000
		second.From = first.Until
		same("in two halves", first, second)
		with, without := whole, whole
		with.Filter, without.Filter = web, query.Not{Node: web}
		same("with and without", with, without)
	})
}

func added(list []cost.Sum) map[money.Currency]cost.Tally {
	out := map[money.Currency]cost.Tally{}
	for _, s := range list {
		t := out[s.Currency]
		t.Amount += s.Amount
		t.Seconds += s.Seconds
		t.PaddedSeconds += s.PaddedSeconds
		t.UnpricedSeconds += s.UnpricedSeconds
		t.UncertainSeconds += s.UncertainSeconds
		t.AssumedSeconds += s.AssumedSeconds
		t.MarketplaceSeconds += s.MarketplaceSeconds
		out[s.Currency] = t
	}
	return out
}

// TestPeriodIsRoundedOnce checks the amount of whole running periods of one
// price against a single charge.
func TestPeriodIsRoundedOnce(t *testing.T) {
	check(t, 5_000, func(r *rapid.T) {
		i := drawResource(r, "i-1")
		rate := money.Rate(rapid.Int64Range(0, 99_999_999_999).Draw(r, "rate"))
		p := sheets{}
		var want money.Nano
		for k := range i {
			i[k].Shape.Purchase, i[k].Shape.Tenancy = "on-demand", "Shared"
			op, _, _ := strings.Cut(i[k].Shape.Operation, ":SV")
			p[key(i[k].Region, i[k].Shape.Type, op)] = []price.Window{{From: price.Always, Until: price.Forever,
				Quote: price.Quote{Status: price.Priced, Rate: rate, Currency: money.USD}}}
			if i[k].Last || i[k].Open {
				want += rate.Charge(chargedSeconds(&i[k]))
			}
		}
		_, sum := run(r, i, p, cost.Query{})
		if len(sum.Totals) != 1 || sum.Totals[0].Amount != want {
			r.Fatalf("%+v, want %v", sum.Totals, want)
		}
	})
}

// TestLedgerIsTheGraph changes resources in a ledger, many times over, and
// then compares it with the graph of what remains.
func TestLedgerIsTheGraph(t *testing.T) {
	check(t, 20_000, func(r *rapid.T) {
		u, q := drawUniverse(r), drawQuery(r)
		q.From, q.Until = q.From/3600*3600, q.Until/3600*3600
		if rapid.Bool().Draw(r, "filtered") {
			q.Filter = query.Term{Field: "type", Value: "small"}
		}
		l, err := cost.NewLedger(u.prices, q.By, q.Filter)
		if err != nil {
			r.Fatal(err)
		}
		state := map[string][]usage.Interval{}
		for range rapid.IntRange(1, 6).Draw(r, "changes") {
			name := fmt.Sprintf("i-%d", rapid.IntRange(0, 2).Draw(r, "changed"))
			state[name] = nil
			if rapid.IntRange(0, 3).Draw(r, "gone") > 0 {
				state[name] = drawResource(r, name)
			}
			l.Set("111122223333", name, state[name])
		}
		got, err := l.Rows(q.From, q.Until, q.Step)
		if err != nil {
			r.Fatal(err)
		}
		want, _ := run(r, slices.Concat(state["i-2"], state["i-0"], state["i-1"]), u.prices, q)
		equal(r, "ledger", got, want)
	})
}

// TestManyIntervals compares a graph that several goroutines draw with plain
// addition, and with itself in another order.
func TestManyIntervals(t *testing.T) {
	defer goleak.VerifyNone(t)
	intervals, p := fleet(50_000, 2*3600)
	for _, by := range [][]string{{"type", "region"}, {"principal"}, {"resource"}, nil} {
		q := cost.Query{By: by, From: dawn, Step: cost.Day}
		got, sum := graph(t, intervals, p, q)
		n := naive{prices: p, slice: 3600, q: q}
		if want := n.graph(intervals); !reflect.DeepEqual(got, want) {
			t.Errorf("by %v: %d rows differ from %d", by, len(got), len(want))
		}
		shuffled := slices.Clone(intervals)
		rand.New(rand.NewPCG(1, 2)).Shuffle(len(shuffled), func(a, b int) {
			shuffled[a], shuffled[b] = shuffled[b], shuffled[a]
		})
		again, sumAgain := graph(t, shuffled, p, q)
		if !reflect.DeepEqual(got, again) || !reflect.DeepEqual(sum, sumAgain) {
			t.Errorf("by %v: another order gives another graph", by)
		}
	}
}
