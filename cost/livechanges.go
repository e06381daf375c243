package cost

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/kopterio/kopter/money"
	"github.com/kopterio/kopter/query"
	"github.com/kopterio/kopter/usage"
)

// ChangesRequest asks what changed in a stretch of time.
type ChangesRequest struct {
	From, Until usage.Seconds // as in StepQuery
	Filter      query.Node    // by the fields of StepSchema; nil takes all
	Limit       int           // how many at most; zero is DefaultPage
}

// Changes is what changed in a stretch of time, the most money first.
type Changes struct {
	Version uint64
	Changes []Cluster
	Total   int // clusters, also those beyond the limit
	// Deltas are the changes of the run-rate by all of them, by currency.
	Deltas []Delta
}

// Delta is a change of the run-rate, per hour.
type Delta struct {
	Currency money.Currency
	Rate     money.Rate
}

// Cluster is the steps that one call caused, or one new price list. A step
// without a call behind it is a cluster with those of the same resource and
// second.
type Cluster struct {
	Time  usage.Seconds // of the first step
	Until usage.Seconds // of the last step
	// Cause is the call; the zero value where none is known.
	Cause        usage.Cause
	PriceVersion string // of the price list that is the cause
	Kinds        []Kind // in the order close, open, change
	Steps        int
	Resources    int
	Resource     string // one of them: the first in order
	Account      string // of Resource
	Deltas       []Delta
	// Lines say what it consists of: instances × rate, the most money first.
	Lines []ClusterLine
}

// ClusterLine is the steps of a cluster that are alike.
type ClusterLine struct {
	Kind      Kind
	Region    string
	Type      string
	Instances int // steps, one for each instance
	// Each is the change of the run-rate by one step; all of the line's steps
	// have the same.
	Each     money.Rate
	Sum      money.Rate // Each × the number of steps
	Currency money.Currency
	SKU      string // of the price after the step, before it for a close
	Version  string // of the offer file with that price
	Unpriced string // as in Step
}

// Changes lists what changed in a stretch of time. Its error is ctx's.
func (l *Live) Changes(ctx context.Context, r ChangesRequest) (Changes, error) {
	tariffs := l.borrow()
	defer l.giveBack(tariffs)
	found := map[clusterKey]*cluster{}
	q := StepQuery{From: r.From, Until: r.Until, Filter: r.Filter, Order: Largest}
	h := hunter{finder: newFinder(tariffs.Tariffs, q), view: l.fleet.View()}
	h.emit = func(s *Step) { clusterOf(found, s).add(s) }
	if err := h.hunt(ctx); err != nil {
		return Changes{}, err
	}
	c := Changes{Version: h.view.Version(), Total: len(found)}
	sums := map[money.Currency]money.Rate{}
	ranked := make([]*cluster, 0, len(found))
	for _, one := range found {
		one.weigh(sums)
		ranked = append(ranked, one)
	}
	c.Deltas = deltas(sums)
	slices.SortFunc(ranked, compareClusters)
	for _, one := range ranked[:min(len(ranked), cmp.Or(r.Limit, DefaultPage))] {
		c.Changes = append(c.Changes, one.finish())
	}
	return c, nil
}

// clusterKey tells clusters apart: by event, by price list and second, or by
// resource and second.
type clusterKey struct {
	account, event, version, resource string
	at                                usage.Seconds
}

func keyOf(s *Step) clusterKey {
	switch {
	case s.Cause.EventID != "":
		return clusterKey{account: s.Account, event: s.Cause.EventID}
	case s.PriceVersion != "":
		return clusterKey{version: s.PriceVersion, at: s.Time}
	}
	return clusterKey{account: s.Account, resource: s.Resource, at: s.Time}
}

// cluster is a Cluster on its way.
type cluster struct {
	Cluster
	resources map[resourceKey]bool
	lines     map[ClusterLine]int // instances, by the line without them
	money     money.Rate          // of all lines, up or down, in the currency that has most
}

func clusterOf(all map[clusterKey]*cluster, s *Step) *cluster {
	k := keyOf(s)
	c, ok := all[k]
	if !ok {
		c = &cluster{resources: map[resourceKey]bool{}, lines: map[ClusterLine]int{}}
		c.Cluster = Cluster{Time: s.Time, Until: s.Time, Cause: s.Cause, PriceVersion: s.PriceVersion, Resource: s.Resource, Account: s.Account}
		all[k] = c
	}
	return c
}

func (c *cluster) add(s *Step) {
	c.Steps++
	c.Time, c.Until = min(c.Time, s.Time), max(c.Until, s.Time)
	c.resources[resourceKey{s.Account, s.Resource}] = true
	if cmp.Or(strings.Compare(s.Account, c.Account), strings.Compare(s.Resource, c.Resource)) < 0 {
		c.Account, c.Resource = s.Account, s.Resource
	}
	c.lines[ClusterLine{
		Kind: s.Kind, Region: s.Region, Type: s.Type, Each: s.Delta, Currency: s.Currency,
		SKU: s.Quote.SKU, Version: s.Quote.Version, Unpriced: s.Unpriced,
	}]++
}

// weigh sums the lines, also into the sums of all clusters.
func (c *cluster) weigh(all map[money.Currency]money.Rate) {
	up := map[money.Currency]money.Rate{}
	for line, n := range c.lines {
		up[line.Currency] += magnitude(line.Each) * money.Rate(n)
		all[line.Currency] += line.Each * money.Rate(n)
	}
	for _, sum := range up {
		c.money = max(c.money, sum)
	}
}

// compareClusters puts the most money first, then the newest.
func compareClusters(a, b *cluster) int {
	return cmp.Or(cmp.Compare(b.money, a.money), cmp.Compare(b.Time, a.Time), strings.Compare(a.Account, b.Account),
		strings.Compare(a.Resource, b.Resource), strings.Compare(a.Cause.EventID, b.Cause.EventID), strings.Compare(a.PriceVersion, b.PriceVersion))
}

// finish lists the cluster's lines and what else is said of them all.
func (c *cluster) finish() Cluster {
	sums, kinds := map[money.Currency]money.Rate{}, map[Kind]bool{}
	for line, n := range c.lines {
		line.Instances, line.Sum = n, line.Each*money.Rate(n)
		sums[line.Currency] += line.Sum
		kinds[line.Kind] = true
		c.Lines = append(c.Lines, line)
	}
	slices.SortFunc(c.Lines, compareLines)
	c.Deltas, c.Resources = deltas(sums), len(c.resources)
	c.Kinds = slices.SortedFunc(maps.Keys(kinds), func(a, b Kind) int { return cmp.Compare(rank(a), rank(b)) })
	return c.Cluster
}

func compareLines(a, b ClusterLine) int {
	return cmp.Or(cmp.Compare(magnitude(b.Sum), magnitude(a.Sum)), strings.Compare(a.Type, b.Type), strings.Compare(a.Region, b.Region),
		cmp.Compare(rank(a.Kind), rank(b.Kind)), cmp.Compare(a.Currency, b.Currency), cmp.Compare(a.Each, b.Each),
		strings.Compare(a.SKU, b.SKU), strings.Compare(a.Version, b.Version), strings.Compare(a.Unpriced, b.Unpriced))
}

func deltas(sums map[money.Currency]money.Rate) []Delta {
	list := make([]Delta, 0, len(sums))
	for _, c := range slices.Sorted(maps.Keys(sums)) {
		list = append(list, Delta{c, sums[c]})
	}
	return list
}
