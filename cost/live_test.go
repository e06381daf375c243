package cost_test

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/kopterio/kopter/cost"
	"github.com/kopterio/kopter/money"
	"github.com/kopterio/kopter/query"
	"github.com/kopterio/kopter/usage"
)

func drawRequest(r *rapid.T) cost.GraphRequest {
	q := drawQuery(r)
	g := cost.GraphRequest{By: q.By, From: q.From, Until: q.Until, Step: q.Step, Top: rapid.IntRange(0, 3).Draw(r, "top")}
	if rapid.Bool().Draw(r, "filtered") {
		g.Filter = query.Term{Field: "type", Value: "small"}
	}
	return g
}

// hourly is the request as a Query, in full hours.
func hourly(g cost.GraphRequest) cost.Query {
	return cost.Query{From: g.From / 3600 * 3600, Until: (g.Until + 3599) / 3600 * 3600, Filter: g.Filter, By: g.By, Step: g.Step}
}

func chartOf(r *rapid.T, w *world, g cost.GraphRequest) cost.Chart {
	c, err := w.live.Graph(r.Context(), g)
	if err != nil {
		r.Fatal(err)
	}
	return c
}

func measureOf(t cost.Tally) cost.Measure {
	return cost.Measure{Amount: t.Amount, Seconds: t.Seconds, UnpricedSeconds: t.UnpricedSeconds}
}

// cell is where an amount stands.
type cell struct {
	group    string
	currency money.Currency
	bucket   usage.Seconds
}

// cellsOf is what rows show that a chart shows too.
func cellsOf(rows []cost.Row, step cost.Bucket) map[cell]cost.Measure {
	cells := map[cell]cost.Measure{}
	for _, row := range rows {
		k := cell{strings.Join(row.Values, "|"), row.Currency, row.Start}
		if step == cost.Total {
			k.bucket = 0
		}
		if m := measureOf(row.Tally); m != (cost.Measure{}) {
			cells[k] = m
		}
	}
	return cells
}

// bucketOf is the start of a bucket as rows have it, which are not cut short.
func bucketOf(start usage.Seconds, step cost.Bucket) usage.Seconds {
	switch step {
	case cost.Day:
		return start / 86400 * 86400
	case cost.Month:
		return at(clock(start)[:7] + "-01 00:00:00")
	case cost.Total:
		return 0
	}
	return start
}

// TestLawLiveGraphIsTheGraph lets calls, snapshots and prices arrive, and
// compares charts with the graph of all intervals from scratch.
func TestLawLiveGraphIsTheGraph(t *testing.T) {
	check(t, 3_000, func(r *rapid.T) {
		w := newWorld(drawPrices(r))
		requests := []cost.GraphRequest{drawRequest(r), drawRequest(r)}
		for range rapid.IntRange(1, 6).Draw(r, "arrivals") {
			w.arrive(r)
			g := rapid.SampledFrom(requests).Draw(r, "asked")
			sameChart(r, w, g)
		}
	})
}

func sameChart(r *rapid.T, w *world, g cost.GraphRequest) {
	intervals := w.intervals(r)
	q := hourly(g)
	rows, _ := run(r, intervals, w.prices, q)
	want := cellsOf(rows, g.Step)
	c := chartOf(r, w, g)
	sums := map[money.Currency]cost.Measure{}
	for _, s := range c.Series {
		if s.Rest == 0 {
			take(r, want, &c, &s)
		}
		sums[s.Sum.Currency] = plus(sums[s.Sum.Currency], s.Sum.Measure)
	}
	for _, s := range c.Series {
		if s.Rest > 0 {
			rest(r, want, &c, &s)
		}
	}
	if len(want) > 0 {
		r.Fatalf("not shown: %+v\nin %+v", want, c)
	}
	for _, total := range c.Totals {
		if sums[total.Currency] != total.Measure {
			r.Fatalf("series sum to %+v, total %+v", sums, total)
		}
		delete(sums, total.Currency)
	}
	if len(sums) > 0 {
		r.Fatalf("no total for %+v", sums)
	}
	_, sum := run(r, intervals, w.prices, cost.Query{Filter: g.Filter, By: g.By})
	if diff := gocmp.Diff(emptied(sum), emptied(c.Summary)); diff != "" {
		r.Fatalf("summary − want + got:\n%s", diff)
	}
}

// emptied gives empty lists for none.
func emptied(s cost.Summary) cost.Summary {
	s.Totals, s.Unpriced = append([]cost.Sum{}, s.Totals...), append([]cost.Unpriced{}, s.Unpriced...)
	return s
}

func plus(a, b cost.Measure) cost.Measure {
	return cost.Measure{Amount: a.Amount + b.Amount, Seconds: a.Seconds + b.Seconds, UnpricedSeconds: a.UnpricedSeconds + b.UnpricedSeconds}
}

// columnsOf calls fn with every bucket of a series that shows something.
func columnsOf(r *rapid.T, c *cost.Chart, s *cost.Series, fn func(bucket usage.Seconds, m cost.Measure)) {
	var sum cost.Measure
	for k, start := range c.Starts {
		m := cost.Measure{Amount: s.Amounts[k], Seconds: s.Seconds[k], UnpricedSeconds: s.Unpriced[k]}
		if m != (cost.Measure{}) {
			fn(bucketOf(start, c.Step), m)
		}
		sum = plus(sum, m)
	}
	if sum != s.Sum.Measure {
		r.Fatalf("columns sum to %+v: %+v", sum, s)
	}
}

// take compares a series with the cells of its group, and takes those away.
func take(r *rapid.T, want map[cell]cost.Measure, c *cost.Chart, s *cost.Series) {
	columnsOf(r, c, s, func(bucket usage.Seconds, m cost.Measure) {
		k := cell{strings.Join(s.Values, "|"), s.Sum.Currency, bucket}
		if want[k] != m {
			r.Fatalf("%+v: %+v, want %+v", k, m, want[k])
		}
		delete(want, k)
	})
	for k := range want {
		if k.group == strings.Join(s.Values, "|") && k.currency == s.Sum.Currency {
			r.Fatalf("%+v is not shown by %+v", k, s)
		}
	}
}

// rest compares what sums the other groups with what is left of its currency,
// and takes that away.
func rest(r *rapid.T, want map[cell]cost.Measure, c *cost.Chart, s *cost.Series) {
	left, groups := map[usage.Seconds]cost.Measure{}, map[string]cost.Measure{}
	for k, m := range want {
		if k.currency == s.Sum.Currency {
			left[k.bucket] = plus(left[k.bucket], m)
			groups[k.group] = plus(groups[k.group], m)
			delete(want, k)
		}
	}
	columnsOf(r, c, s, func(bucket usage.Seconds, m cost.Measure) {
		if left[bucket] != m {
			r.Fatalf("rest at %d: %+v, want %+v", bucket, m, left[bucket])
		}
		delete(left, bucket)
	})
	if len(left) > 0 || len(groups) != s.Rest {
		r.Fatalf("rest of %d groups: %+v, not shown %+v", s.Rest, groups, left)
	}
	for _, other := range c.Series {
		for name, m := range groups {
			if other.Rest == 0 && other.Sum.Currency == s.Sum.Currency && other.Sum.Amount < m.Amount {
				r.Fatalf("%s is in the rest with %v, %v has %v", name, m.Amount, other.Values, other.Sum.Amount)
			}
		}
	}
}

// TestLawLiveRates compares run-rates and what runs in each account.
func TestLawLiveRates(t *testing.T) {
	check(t, 2_000, func(r *rapid.T) {
		w := newWorld(drawPrices(r))
		g := drawRequest(r)
		for range rapid.IntRange(1, 4).Draw(r, "arrivals") {
			w.arrive(r)
		}
		when := dawn + rapid.Int64Range(0, 40_000).Draw(r, "when")
		intervals := w.intervals(r)
		want, err := cost.RunRate(r.Context(), intervals, w.prices, cost.Query{By: g.By, Filter: g.Filter}, when)
		if err != nil {
			r.Fatal(err)
		}
		got, err := w.live.RunRate(r.Context(), g.By, g.Filter, when)
		if err != nil || len(got.Rows)+len(want) > 0 && !reflect.DeepEqual(got.Rows, want) {
			r.Fatalf("%+v, %v\nwant %+v", got.Rows, err, want)
		}
		totals, err := cost.RunRate(r.Context(), intervals, w.prices, cost.Query{Filter: g.Filter}, when)
		if err != nil {
			r.Fatal(err)
		}
		for k := range totals {
			totals[k].Values = nil
		}
		if len(totals)+len(got.Totals) > 0 && !reflect.DeepEqual(got.Totals, totals) {
			r.Fatalf("totals %+v, want %+v", got.Totals, totals)
		}
	})
}

func TestLiveErrors(t *testing.T) {
	w := newWorld(sheets{})
	w.do(t, call{name: "RunInstances", region: "us-east-1", at: dawn, kind: "small", resources: []string{"i-0001", "i-0002", "i-0003"}},
		call{name: "RunInstances", region: "us-east-1", at: dawn + 90_000, kind: "small", resources: []string{"i-0004"}})
	ctx := t.Context()
	graph := func(g cost.GraphRequest) error { _, err := w.live.Graph(ctx, g); return err }
	inventory := func(i cost.InventoryRequest) (cost.InventoryPage, error) {
		i.At, i.Limit = dawn+90_000, 1
		return w.live.Inventory(ctx, i)
	}
	steps := func(s cost.StepsRequest) (cost.StepsPage, error) { s.Limit = 1; return w.live.Steps(ctx, s) }
	page, err := inventory(cost.InventoryRequest{Sort: "type"})
	if err != nil {
		t.Fatal(err)
	}
	stepPage, err := steps(cost.StepsRequest{})
	if err != nil {
		t.Fatal(err)
	}
	_, sorted := inventory(cost.InventoryRequest{Sort: "colour"})
	_, ordered := inventory(cost.InventoryRequest{Sort: "rate", Cursor: page.Next})
	_, torn := inventory(cost.InventoryRequest{Sort: "type", Cursor: page.Next[:9]})
	_, other := inventory(cost.InventoryRequest{Sort: "type", Cursor: stepPage.Next})
	_, newest := steps(cost.StepsRequest{StepQuery: cost.StepQuery{Order: cost.Newest}, Cursor: stepPage.Next})
	_, garbage := steps(cost.StepsRequest{Cursor: "§"})
	_, absent := w.live.Resource(ctx, owner, "i-9")
	_, rate := w.live.RunRate(ctx, []string{"colour"}, nil, dawn)
	for _, c := range []struct {
		name      string
		got, want error
	}{
		{"group", graph(cost.GraphRequest{By: []string{"colour"}}), cost.ErrField},
		{"rate", rate, cost.ErrField},
		{"many buckets", graph(cost.GraphRequest{MaxCells: 20}), cost.ErrTooManyRows},
		{"many series", graph(cost.GraphRequest{By: []string{"resource"}, Step: cost.Day, MaxCells: 5}), cost.ErrTooManyRows},
		{"few series", graph(cost.GraphRequest{By: []string{"resource"}, Top: 1, Step: cost.Day, MaxCells: 5}), nil},
		{"sort", sorted, cost.ErrField},
		{"cursor of another order", ordered, cost.ErrCursor},
		{"torn cursor", torn, cost.ErrCursor},
		{"cursor of another listing", other, cost.ErrCursor},
		{"cursor of the other direction", newest, cost.ErrCursor},
		{"no cursor", garbage, cost.ErrCursor},
		{"no resource", absent, cost.ErrNoResource},
	} {
		if !errors.Is(c.got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, c.got, c.want)
		}
	}
	if slices.Contains([]string{page.Next, stepPage.Next}, "") {
		t.Error("no second page")
	}
}
