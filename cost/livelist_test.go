package cost_test

import (
	"reflect"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/kopterio/kopter/cost"
	"github.com/kopterio/kopter/money"
	"github.com/kopterio/kopter/query"
	"github.com/kopterio/kopter/usage"
)

// TestLawStepPages walks through the pages of steps while nothing changes.
func TestLawStepPages(t *testing.T) {
	check(t, 2_000, func(r *rapid.T) {
		w := newWorld(drawPrices(r))
		for range rapid.IntRange(1, 5).Draw(r, "arrivals") {
			w.arrive(r)
		}
		q := cost.StepQuery{Order: rapid.SampledFrom([]cost.Order{cost.Oldest, cost.Newest, cost.Largest}).Draw(r, "order")}
		if rapid.Bool().Draw(r, "bounded") {
			q.From = dawn + rapid.Int64Range(0, 20_000).Draw(r, "from")
			q.Until = q.From + rapid.Int64Range(1, 20_000).Draw(r, "for")
		}
		if rapid.Bool().Draw(r, "one") {
			q.Resource = "i-0001"
		}
		if rapid.Bool().Draw(r, "filtered") {
			q.Filter = query.Term{Field: "kind", Value: "change"}
		}
		want, err := cost.Steps(r.Context(), w.intervals(r), w.prices, q)
		if err != nil {
			r.Fatal(err)
		}
		q.Limit = rapid.IntRange(1, 7).Draw(r, "page")
		var got []cost.Step
		for cursor, first := "", true; first || cursor != ""; first = false {
			p, err := w.live.Steps(r.Context(), cost.StepsRequest{StepQuery: q, Cursor: cursor})
			if err != nil || len(p.Steps) > q.Limit {
				r.Fatal(len(p.Steps), err)
			}
			got, cursor = append(got, p.Steps...), p.Next
		}
		if diff := gocmp.Diff(want, got); diff != "" {
			r.Fatalf("− want + got:\n%s", diff)
		}
	})
}

// TestLawChangesAreTheSteps holds changes to the steps that they sum.
func TestLawChangesAreTheSteps(t *testing.T) {
	check(t, 1_000, func(r *rapid.T) {
		w := newWorld(drawPrices(r))
		for range rapid.IntRange(1, 5).Draw(r, "arrivals") {
			w.arrive(r)
		}
		from := dawn + rapid.Int64Range(0, 10_000).Draw(r, "from")
		q := cost.ChangesRequest{From: from, Until: from + rapid.Int64Range(1, 30_000).Draw(r, "for"), Limit: 1000}
		steps, err := cost.Steps(r.Context(), w.intervals(r), w.prices, cost.StepQuery{From: q.From, Until: q.Until})
		if err != nil {
			r.Fatal(err)
		}
		c, err := w.live.Changes(r.Context(), q)
		if err != nil || c.Total != len(c.Changes) {
			r.Fatal(c.Total, err)
		}
		want, sums, lines, n := map[money.Currency]money.Rate{}, map[money.Currency]money.Rate{}, map[money.Currency]money.Rate{}, 0
		for _, s := range steps {
			want[s.Currency] += s.Delta
		}
		for _, one := range c.Changes {
			n += one.Steps
			for _, d := range one.Deltas {
				sums[d.Currency] += d.Rate
			}
			for _, line := range one.Lines {
				lines[line.Currency] += line.Each * money.Rate(line.Instances)
			}
		}
		if n != len(steps) || !reflect.DeepEqual(sums, want) || !reflect.DeepEqual(lines, want) || len(c.Deltas) != len(want) {
			r.Fatalf("%d steps of %d: sums %v, lines %v, want %v", n, len(steps), sums, lines, want)
		}
		for _, d := range c.Deltas {
			if d.Rate != want[d.Currency] {
				r.Fatalf("in all %+v, want %v", d, want)
			}
		}
	})
}

// TestLawInventoryPages walks through the pages of the inventory, in any
// order.
func TestLawInventoryPages(t *testing.T) {
	check(t, 2_000, func(r *rapid.T) {
		w := newWorld(drawPrices(r))
		for range rapid.IntRange(1, 5).Draw(r, "arrivals") {
			w.arrive(r)
		}
		q := cost.InventoryRequest{
			At:   dawn + rapid.Int64Range(0, 30_000).Draw(r, "at"),
			Sort: rapid.SampledFrom([]string{"", "rate", "since", "type", "resource", "account", "principal"}).Draw(r, "sort"),
			Desc: rapid.Bool().Draw(r, "desc"), Limit: rapid.IntRange(1, 4).Draw(r, "page"),
		}
		if rapid.Bool().Draw(r, "filtered") {
			q.Filter = query.Term{Field: "state", Value: "running"}
		}
		want := map[string]cost.Instance{}
		tariffs := cost.NewTariffs(w.prices)
		for _, t := range w.timelines(r) {
			if i, exists := cost.InstanceAt(&t, q.At, tariffs); exists && (q.Filter == nil || i.State == "running") {
				want[i.Resource] = i
			}
		}
		count, last := len(want), cost.Instance{}
		for first := true; first || q.Cursor != ""; first = false {
			p, err := w.live.Inventory(r.Context(), q)
			if err != nil || p.Count != count {
				r.Fatalf("%d of %d: %v", p.Count, count, err)
			}
			for _, i := range p.Instances {
				if !reflect.DeepEqual(i, want[i.Resource]) {
					r.Fatalf("%+v, want %+v", i, want[i.Resource])
				}
				if q.Sort == "rate" && last.Resource != "" && (i.Rate() < last.Rate()) != q.Desc && i.Rate() != last.Rate() {
					r.Fatalf("%v after %v", i.Rate(), last.Rate())
				}
				last = i
				delete(want, i.Resource)
			}
			q.Cursor = p.Next
		}
		if len(want) > 0 {
			r.Fatalf("never listed: %+v", want)
		}
	})
}

// TestLawResourceSumsToTheGraph holds the page of a resource to the graph.
func TestLawResourceSumsToTheGraph(t *testing.T) {
	check(t, 1_000, func(r *rapid.T) {
		w := newWorld(drawPrices(r))
		for range rapid.IntRange(1, 4).Draw(r, "arrivals") {
			w.arrive(r)
		}
		for _, timeline := range w.timelines(r) {
			d, err := w.live.Resource(r.Context(), rapid.SampledFrom([]string{owner, ""}).Draw(r, "account"), timeline.Resource)
			if err != nil {
				r.Fatal(err)
			}
			var got []usage.Interval
			for _, i := range d.Intervals {
				got = append(got, i.Interval)
			}
			if diff := gocmp.Diff(timeline.Intervals, got); diff != "" {
				r.Fatal(diff)
			}
			_, sum := run(r, timeline.Intervals, w.prices, cost.Query{})
			if len(sum.Totals)+len(d.Totals) > 0 && !reflect.DeepEqual(sum.Totals, d.Totals) {
				r.Fatalf("%+v, want %+v", d.Totals, sum.Totals)
			}
		}
	})
}
