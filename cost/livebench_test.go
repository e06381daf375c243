//go:build unix

package cost_test

import (
	"context"
	"fmt"
	"iter"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"github.com/kopterio/kopter/account"
	"github.com/kopterio/kopter/cost"
	"github.com/kopterio/kopter/query"
	"github.com/kopterio/kopter/usage"
)

// company is a usage.Store of many instances that only grows at its end.
type company struct {
	usage.Store
	facts map[string][]usage.Fact // by resource
	names []string
	fresh map[string]usage.Seconds // by region
	calls int
	r     *rand.Rand
}

func (c *company) Facts(_ context.Context, _ account.Tenant, names ...string) iter.Seq2[usage.Fact, error] {
	if len(names) == 0 {
		names = c.names
	}
	return func(yield func(usage.Fact, error) bool) {
		for _, name := range names {
			for _, f := range c.facts[name] {
				if !yield(f, nil) {
					return
				}
			}
		}
	}
}

func (c *company) Snapshots(context.Context, account.Tenant) ([]usage.Snapshot, error) {
	return nil, nil
}

func (c *company) Freshness(context.Context, account.Tenant) ([]usage.Freshness, error) {
	var all []usage.Freshness
	for _, region := range companyRegions {
		all = append(all, usage.Freshness{Account: owner, Region: region, Last: c.fresh[region]})
	}
	return all, nil
}

var companyRegions = []string{"us-east-1", "eu-west-1", "ap-southeast-2"}

const companyYear = 395 * 86400

// newCompany makes instances that run ten times each, a tenth of them until
// now.
func newCompany(b *testing.B, instances int) (*company, sheets) {
	_, prices := fleet(1, 3600)
	c := &company{facts: map[string][]usage.Fact{}, fresh: map[string]usage.Seconds{}, r: rand.New(rand.NewPCG(3, 5))}
	for k := range instances {
		c.instance(b, fmt.Sprintf("i-%017x", k))
	}
	slices.Sort(c.names)
	return c, prices
}

func (c *company) instance(b *testing.B, name string) {
	c.names = append(c.names, name)
	who := fmt.Sprintf("team-%02d-deployer", c.r.IntN(40))
	one := call{name: "RunInstances", region: companyRegions[c.r.IntN(3)], who: who, kind: fmt.Sprintf("m%d.%dxlarge", c.r.IntN(6)+1, c.r.IntN(10)+1), team: who[:7], resources: []string{name}}
	one.at = at("2023-07-01 00:00:00") + c.r.Int64N(companyYear/2)
	runs := 10
	for run := range runs {
		c.tell(b, one)
		if run == runs-1 && c.r.IntN(10) == 0 {
			break
		}
		one.at += 60 + c.r.Int64N(companyYear/50)
		one.name = "StopInstances"
		if run == runs-1 {
			one.name = "TerminateInstances"
		}
		c.tell(b, one)
		one.at += 60 + c.r.Int64N(companyYear/50)
		one.name = "StartInstances"
	}
}

func (c *company) tell(b *testing.B, one call) {
	c.calls++
	c.fresh[one.region] = max(c.fresh[one.region], one.at)
	facts := one.facts(b, fmt.Sprintf("%08x-0000-4000-8000-000000000000", c.calls))
	c.facts[one.resources[0]] = append(c.facts[one.resources[0]], facts...)
}

func inUse() float64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}

// BenchmarkLive asks a fleet of 100,000 instances with a million intervals in
// 13 months what the pages of the web app ask.
func BenchmarkLive(b *testing.B) {
	ctx := context.Background()
	c, prices := newCompany(b, 100_000)
	f := usage.NewFleet(c, account.Local)
	before := inUse()
	b.Run("load", func(b *testing.B) {
		measured(b, func() error { return f.Load(ctx) })
		intervals := 0
		for _, l := range f.View().Lives() {
			intervals += l.Len()
		}
		b.ReportMetric(float64(intervals), "intervals")
		b.ReportMetric((inUse()-before)/float64(intervals), "bytes/interval")
	})
	l := cost.NewLive(f, prices)
	end := slices.Max([]usage.Seconds{c.fresh["us-east-1"], c.fresh["eu-west-1"], c.fresh["ap-southeast-2"]})
	zooms := []cost.GraphRequest{
		{From: end - 14*86400, Until: end, Step: cost.Hour, Top: 9},
		{From: end - companyYear, Until: end, Step: cost.Day, Top: 9},
	}
	for _, by := range []string{"type", "principal", "region", "resource", "tag.team"} {
		l.SetPrices(prices)
		before := inUse()
		b.Run("cold/by="+by, func(b *testing.B) {
			measured(b, func() error {
				l.SetPrices(prices)
				_, err := l.Graph(ctx, cost.GraphRequest{By: []string{by}, Step: cost.Month, Top: 9})
				return err
			})
			b.ReportMetric((inUse()-before)/1e6, "MB")
		})
		for _, zoom := range zooms {
			zoom.By = []string{by}
			b.Run(fmt.Sprintf("zoom/by=%s/step=%s", by, zoom.Step), func(b *testing.B) {
				measured(b, func() error { _, err := l.Graph(ctx, zoom); return err })
			})
		}
	}
	zoom := zooms[0]
	zoom.By = []string{"type"}
	if _, err := l.Graph(ctx, zoom); err != nil {
		b.Fatal(err)
	}
	if _, err := l.Forecast(ctx, nil, end); err != nil {
		b.Fatal(err)
	}
	b.Run("changed-then-zoom", func(b *testing.B) {
		measured(b, func() error {
			if err := c.happen(b, f, 1); err != nil {
				return err
			}
			_, err := l.Graph(ctx, zoom)
			return err
		})
	})
	b.Run("all-regions-fresh-then-zoom", func(b *testing.B) {
		measured(b, func() error {
			if err := c.happen(b, f, 3); err != nil {
				return err
			}
			_, err := l.Graph(ctx, zoom)
			return err
		})
	})
	for _, sort := range []string{"rate", "since"} {
		b.Run("inventory/sort="+sort, func(b *testing.B) {
			measured(b, func() error {
				_, err := l.Inventory(ctx, cost.InventoryRequest{At: end, Sort: sort, Desc: true})
				return err
			})
		})
	}
	for name, q := range map[string]cost.StepQuery{
		"newest":                {Order: cost.Newest},
		"newest-in-the-middle":  {Order: cost.Newest, Until: end - companyYear/2},
		"oldest":                {Order: cost.Oldest, From: end - companyYear/2},
		"largest-of-a-day":      {Order: cost.Largest, From: end - 86400*30, Until: end - 86400*29},
		"newest-of-a-rare-type": {Order: cost.Newest, Filter: mustParse(b, "type:m9.*", cost.StepSchema())},
	} {
		b.Run("steps/"+name, func(b *testing.B) {
			measured(b, func() error { _, err := l.Steps(ctx, cost.StepsRequest{StepQuery: q}); return err })
		})
	}
	b.Run("changes-of-a-day", func(b *testing.B) {
		measured(b, func() error {
			_, err := l.Changes(ctx, cost.ChangesRequest{From: end - 86400*30, Until: end - 86400*29})
			return err
		})
	})
	b.Run("run-rate", func(b *testing.B) {
		measured(b, func() error { _, err := l.RunRate(ctx, []string{"type"}, nil, end); return err })
	})
	b.Run("forecast", func(b *testing.B) {
		measured(b, func() error { _, err := l.Forecast(ctx, nil, end); return err })
	})
	runtime.KeepAlive(c)
}

func mustParse(tb testing.TB, text string, s query.Schema) query.Node {
	n, err := query.Parse(text, s)
	if err != nil {
		tb.Fatal(err)
	}
	return n
}

// happen tags an instance in each of so many regions.
func (c *company) happen(b *testing.B, f *usage.Fleet, regions int) error {
	var keys []usage.ResourceKey
	for _, region := range companyRegions[:regions] {
		name := c.names[c.r.IntN(len(c.names))]
		c.tell(b, call{name: "CreateTags", region: region, at: c.fresh[region] + 1, resources: []string{name}})
		keys = append(keys, usage.ResourceKey{Account: owner, Resource: name})
	}
	return f.Update(context.Background(), keys)
}
