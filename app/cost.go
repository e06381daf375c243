package app

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/kopterio/kopter/cost"
	"github.com/kopterio/kopter/price"
	"github.com/kopterio/kopter/usage"
)

// CostOptions say which part of the price graph is wanted.
type CostOptions struct {
	Query string
	Range Range
	By    []string
	Step  string // hour, day, month or total
	Limit int    // how many rows at most; 0 is all
}

// Graph is a part of the price graph and what is to be known about it.
type Graph struct {
	By      []string // what the rows are grouped by
	Rows    []cost.Row
	Summary cost.Summary
	// Notes say in words what is unpriced, unattributed or assumed, and how
	// far the data reaches.
	Notes []string
}

// Cost computes the price graph: rows by time, then by group; totals with the
// largest amount first.
func (a *App) Cost(ctx context.Context, opt CostOptions) (Graph, error) {
	q, err := costQuery(opt)
	if err != nil {
		return Graph{}, err
	}
	intervals, book, err := a.priced(ctx, q.Until)
	if err != nil {
		return Graph{}, err
	}
	rows, summary, err := cost.Graph(ctx, intervals, book, q)
	if err != nil {
		return Graph{}, err
	}
	if q.Step == cost.Total {
		slices.SortStableFunc(rows, func(a, b cost.Row) int { return cmp.Compare(b.Amount, a.Amount) })
	}
	if opt.Limit > 0 && len(rows) > opt.Limit {
		rows = rows[:opt.Limit]
	}
	return Graph{By: opt.By, Rows: rows, Summary: summary, Notes: summary.Notes()}, nil
}

// Step is one step of the price graph.
type Step = cost.Step

// EncodeRow gives a row's JSON, an object.
func (g *Graph) EncodeRow(r *cost.Row) ([]byte, error) {
	var out bytes.Buffer
	if err := r.EncodeJSON(jsontext.NewEncoder(&out), g.By); err != nil {
		return nil, err
	}
	return bytes.TrimSpace(out.Bytes()), nil
}

func costQuery(opt CostOptions) (cost.Query, error) {
	filter, err := parseQuery(opt.Query, cost.Schema())
	if err != nil {
		return cost.Query{}, err
	}
	if err := opt.Range.check(); err != nil {
		return cost.Query{}, err
	}
	step, err := cost.ParseBucket(opt.Step)
	if err != nil {
		return cost.Query{}, &InputError{err}
	}
	for _, field := range opt.By {
		if _, known := cost.Schema().Kind(field); !known {
			return cost.Query{}, &InputError{fmt.Errorf("there is no field %s to group by", field)}
		}
	}
	q := cost.Query{Filter: filter, By: opt.By, Step: step}
	q.From, q.Until = opt.Range.seconds()
	return q, nil
}

// BlameOptions say which steps of the price graph are wanted.
type BlameOptions struct {
	// What is a resource id, or a query over the steps; empty is everything.
	What  string
	Range Range
	Limit int // how many at most; 0 is all
	// Largest lists the largest changes of the run-rate first, instead of the
	// newest.
	Largest bool
}

// resourceID is what a user means as a resource rather than as a word to
// search for.
var resourceID = regexp.MustCompile(`^i-[0-9a-zA-Z]+$`)

// Blame lists steps of the price graph with the calls behind them.
func (a *App) Blame(ctx context.Context, opt BlameOptions) ([]cost.Step, error) {
	q := cost.StepQuery{Limit: opt.Limit, Order: cost.Newest}
	if opt.Largest {
		q.Order = cost.Largest
	}
	var err error
	if resourceID.MatchString(opt.What) {
		q.Resource = opt.What
	} else if q.Filter, err = parseQuery(opt.What, cost.StepSchema()); err != nil {
		return nil, err
	}
	if err := opt.Range.check(); err != nil {
		return nil, err
	}
	q.From, q.Until = opt.Range.seconds()
	var only []string
	if q.Resource != "" {
		only = []string{q.Resource}
	}
	intervals, book, err := a.priced(ctx, 0, only...)
	if err != nil {
		return nil, err
	}
	return cost.Steps(ctx, intervals, book, q)
}

// priced loads what a graph is made of: the intervals up to a moment (zero for
// all that is known) and the price sheets.
func (a *App) priced(ctx context.Context, until usage.Seconds, resources ...string) ([]usage.Interval, *price.Book, error) {
	book, err := price.Load(ctx, a.store, a.tenant)
	if err != nil {
		return nil, nil, err
	}
	var intervals []usage.Interval
	err = a.timelines(ctx, until, func(t usage.Timeline) {
		intervals = append(intervals, t.Intervals...)
	}, resources...)
	return intervals, book, err
}

// timelines calls fn for every resource, as known up to a moment.
func (a *App) timelines(ctx context.Context, until usage.Seconds, fn func(usage.Timeline), resources ...string) error {
	if until == 0 {
		until = usage.NoLimit
	}
	fresh, err := a.store.Freshness(ctx, a.tenant)
	if err != nil {
		return err
	}
	snapshots, err := a.store.Snapshots(ctx, a.tenant)
	if err != nil {
		return err
	}
	horizon := usage.NewHorizon(fresh, snapshots, until)
	for t, err := range usage.Timelines(a.store.Facts(ctx, a.tenant, resources...), horizon) {
		if err != nil {
			return fmt.Errorf("timeline: %w", err)
		}
		fn(t)
	}
	return nil
}
