package cost

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/kopterio/kopter/money"
	"github.com/kopterio/kopter/price"
	"github.com/kopterio/kopter/query"
	"github.com/kopterio/kopter/usage"
)

// Kind is what a step does to the graph.
type Kind string

// The kinds of steps.
const (
	Open   Kind = "open"   // a resource began to run
	Close  Kind = "close"  // it ceased to run
	Change Kind = "change" // its shape or its price changed while it ran
)

// Step is one edge of the price graph and the call behind it.
type Step struct {
	Time usage.Seconds
	// NotAfter is the first moment by which it had surely happened, when no
	// source dates it; else equal to Time.
	NotAfter usage.Seconds
	Account  string
	Region   string
	Resource string
	Type     string // instance type, after the step where it changed
	Kind     Kind
	// Delta is the change of the run-rate, per hour. What has no price counts
	// as nothing in it; see Unpriced.
	Delta    money.Rate
	Currency money.Currency
	// Unpriced says why the price before or after the step is not known;
	// empty when both are.
	Unpriced string
	// Cause is the call behind the step; the zero value where no source names
	// one, and for a change of the price list.
	Cause usage.Cause
	// Quote is the price after the step, that before it for a close. It is
	// never changed.
	Quote *price.Quote
	// PriceVersion is the version of the offer file whose new price is the
	// step; empty when the price list has not changed.
	PriceVersion string
	// Evidence says in words what the step rests on where that is not the
	// plain word of an event, and which price list changed.
	Evidence []string
}

// Principal is who caused the step: Unattributed where no source names one,
// and PriceList for a new price.
func (s *Step) Principal() string { return cmp.Or(s.Cause.Principal, s.nobody()) }

// Actor is the human or service behind the step, as Principal.
func (s *Step) Actor() string { return cmp.Or(s.Cause.Actor, s.nobody()) }

func (s *Step) nobody() string {
	if s.PriceVersion != "" {
		return PriceList
	}
	return Unattributed
}

// Order is how steps are listed.
type Order uint8

// The orders of steps. Steps that are equal in it are ordered by time, then
// account, resource and kind.
const (
	Oldest  Order = iota // first
	Newest               // first
	Largest              // change of the run-rate first, up or down
)

// StepQuery chooses steps.
type StepQuery struct {
	// From and Until bound their times: From ≤ t < Until. Zero is unbounded.
	From, Until usage.Seconds
	Resource    string     // only of this one; empty is all
	Filter      query.Node // by the fields of StepSchema; nil takes all
	Order       Order
	Limit       int // how many at most; 0 is all
}

// Steps lists the edges of the price graph with the calls behind them. An
// interval that follows another of the same running period without a gap is a
// change, if its shape or price is another; so is a new price in the midst of
// an interval. The order of the intervals does not matter. Its error is ctx's.
func Steps(ctx context.Context, intervals []usage.Interval, prices price.Prices, q StepQuery) ([]Step, error) {
	f := newFinder(NewTariffs(prices), q)
	timeline := ordered(intervals, q.Resource)
	for k := range timeline {
		if k%shareSize == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		f.visit(timeline, k)
	}
	f.trim(0)
	return f.found, nil
}

// ordered lists the intervals by account, resource and start; a resource that
// is not empty chooses only its own.
func ordered(intervals []usage.Interval, resource string) []*usage.Interval {
	var list []*usage.Interval
	for k := range intervals {
		if resource == "" || intervals[k].Resource == resource {
			list = append(list, &intervals[k])
		}
	}
	compare := func(a, b *usage.Interval) int {
		return cmp.Or(strings.Compare(a.Account, b.Account), strings.Compare(a.Resource, b.Resource), cmp.Compare(a.Start, b.Start))
	}
	if !slices.IsSortedFunc(list, compare) {
		slices.SortFunc(list, compare)
	}
	return list
}

// follows says whether b goes on where a ended, without having stopped.
func follows(a, b *usage.Interval) bool {
	return a.Account == b.Account && a.Resource == b.Resource && a.Period == b.Period && a.End == b.Start
}

// finder collects the steps that a query asks for.
type finder struct {
	tariffs *Tariffs
	q       StepQuery
	keep    func(query.Values) bool
	early   func(query.Values) bool // keep, where the interval alone decides; else nil
	found   []Step
	full    bool // the first Limit of found are in order, and no later step counts

	after *Step       // only steps that follow it in the order; nil is all
	emit  func(*Step) // takes the steps instead of found; nil for none

	asked   stepValues // what keep is asked about
	current Step       // that of asked
}

// newFinder begins with a query whose bounds it completes.
func newFinder(tariffs *Tariffs, q StepQuery) finder {
	if q.Until <= 0 {
		q.Until = endOfTime
	}
	f := finder{tariffs: tariffs, q: q, keep: filter(q.Filter)}
	if q.Filter != nil && ofIntervals(q.Filter) {
		f.early = f.keep
	}
	return f
}

// visit finds the steps of interval k of a timeline, which is in order.
func (f *finder) visit(timeline []*usage.Interval, k int) {
	if f.early != nil && !f.early(values{timeline[k]}) {
		return
	}
	var before, after *usage.Interval
	if k > 0 && follows(timeline[k-1], timeline[k]) {
		before = timeline[k-1]
	}
	if k+1 < len(timeline) && follows(timeline[k], timeline[k+1]) {
		after = timeline[k+1]
	}
	f.interval(before, timeline[k], after)
}

// interval finds the steps at the beginning of an interval, in its midst and,
// unless another follows, at its end.
func (f *finder) interval(before, i, after *usage.Interval) {
	t := f.tariffs.of(i)
	w := t.at(i.Start)
	if before == nil {
		f.edge(i, Open, &t.windows[w].quote)
	} else {
		f.turn(before, i, &t.windows[w].quote)
	}
	for ; t.windows[w].until < i.End; w++ {
		f.reprice(i, t.windows[w].until, &t.windows[w].quote, &t.windows[w+1].quote)
	}
	if after == nil && !i.Open {
		f.edge(i, Close, &t.windows[w].quote)
	}
}

// edge is where a resource begins or ceases to run.
func (f *finder) edge(i *usage.Interval, kind Kind, q *price.Quote) {
	s := f.step(i, kind, i.Start)
	s.Currency, s.Unpriced, s.Cause, s.Delta, s.Quote = q.Currency, lacks(q), i.Opened.OrNone(), q.Rate, q
	if kind == Close {
		s.Time, s.NotAfter = i.End, max(i.End, i.NotAfter)
		s.Cause, s.Delta = i.Closed.OrNone(), -q.Rate
	}
	f.add(i, s)
}

// turn is where a resource runs on in another shape.
func (f *finder) turn(before, i *usage.Interval, now *price.Quote) {
	was := f.tariffs.At(before, before.End-1)
	if before.Shape == i.Shape && sameRate(was, *now) {
		return // only its tags are others
	}
	if before.Shape == i.Shape {
		f.reprice(i, i.Start, &was, now)
		return
	}
	s := f.step(i, Change, i.Start)
	s.Cause = i.Opened.OrNone()
	s.Evidence = append(s.Evidence, shapeChanges(before.Shape, i.Shape)...)
	f.between(i, s, &was, now)
}

// reprice is where the price list changes what a running resource costs.
func (f *finder) reprice(i *usage.Interval, at usage.Seconds, was, now *price.Quote) {
	s := f.step(i, Change, at)
	s.PriceVersion = cmp.Or(now.Version, was.Version, Unknown)
	s.Evidence = []string{fmt.Sprintf("price list %s: %s instead of %s per hour", s.PriceVersion, worth(now), worth(was))}
	f.between(i, s, was, now)
}

// between adds a step from one price to another: two steps when they are in
// different currencies, because those are never added.
func (f *finder) between(i *usage.Interval, s Step, was, now *price.Quote) {
	s.Unpriced, s.Quote = cmp.Or(lacks(now), lacks(was)), now
	if was.Currency != now.Currency {
		gone := s
		gone.Currency, gone.Delta = was.Currency, -was.Rate
		f.add(i, gone)
		s.Currency, s.Delta = now.Currency, now.Rate
		f.add(i, s)
		return
	}
	s.Currency, s.Delta = now.Currency, now.Rate-was.Rate
	f.add(i, s)
}

func (f *finder) step(i *usage.Interval, kind Kind, at usage.Seconds) Step {
	return Step{
		Time: at, NotAfter: at, Kind: kind,
		Account: i.Account, Region: i.Region, Resource: i.Resource, Type: i.Shape.Type,
		Evidence: slices.Clip(i.Evidence),
	}
}

// add takes a step in, if it is asked for.
func (f *finder) add(i *usage.Interval, s Step) {
	if f.full && f.q.Order.compare(s, f.found[f.q.Limit-1]) >= 0 {
		return
	}
	if s.Time < f.q.From || s.Time >= f.q.Until || !f.passes(i, &s) {
		return
	}
	if f.after != nil && f.q.Order.compare(s, *f.after) <= 0 {
		return
	}
	if f.emit != nil {
		f.emit(&s)
		return
	}
	f.found = append(f.found, s)
	f.trim(f.q.Limit + shareSize)
}

// passes asks the filter about a step.
func (f *finder) passes(i *usage.Interval, s *Step) bool {
	if f.keep == nil || f.early != nil {
		return true
	}
	f.current = *s // in place, so that not every step is put on the heap
	f.asked = stepValues{values{i}, &f.current}
	return f.keep(&f.asked)
}

// trim sorts the steps found and drops those beyond the limit, once there are
// more than enough.
func (f *finder) trim(enough int) {
	if f.q.Limit == 0 && enough > 0 || len(f.found) < enough {
		return
	}
	slices.SortFunc(f.found, f.q.Order.compare)
	if f.q.Limit > 0 && len(f.found) > f.q.Limit {
		clear(f.found[f.q.Limit:])
		f.found = f.found[:f.q.Limit]
		f.full = true
	}
}

func (o Order) compare(a, b Step) int {
	var c int
	switch o {
	case Newest:
		c = cmp.Compare(b.Time, a.Time)
	case Largest:
		c = cmp.Compare(magnitude(b.Delta), magnitude(a.Delta))
	}
	return cmp.Or(c, cmp.Compare(a.Time, b.Time), strings.Compare(a.Account, b.Account),
		strings.Compare(a.Resource, b.Resource), cmp.Compare(rank(a.Kind), rank(b.Kind)),
		cmp.Compare(a.Delta, b.Delta), cmp.Compare(a.Currency, b.Currency), cmp.Compare(a.NotAfter, b.NotAfter))
}

func magnitude(r money.Rate) money.Rate { return max(r, -r) }

// rank orders the steps of one resource and second: it stops, starts, changes.
func rank(k Kind) int { return strings.Index(string(Close+Open+Change), string(k)) }

// lacks gives the reason why a quote is no price.
func lacks(q *price.Quote) string {
	if q.Status == price.Priced {
		return ""
	}
	return cmp.Or(q.Reason, "there is no price")
}

func worth(q *price.Quote) string {
	if q.Status != price.Priced {
		return "no price"
	}
	return q.Rate.String() + " " + string(q.Currency)
}

// shapeChanges names what differs between two shapes.
func shapeChanges(a, b usage.Shape) (out []string) {
	for _, d := range []struct{ name, was, now string }{
		{"type", a.Type, b.Type},
		{"operation", a.Operation, b.Operation},
		{"tenancy", a.Tenancy, b.Tenancy},
		{"purchase", a.Purchase, b.Purchase},
		{"CPUs", fmt.Sprint(a.CPUs), fmt.Sprint(b.CPUs)},
	} {
		if d.was != d.now {
			out = append(out, fmt.Sprintf("%s %s → %s", d.name, cmp.Or(d.was, Unknown), cmp.Or(d.now, Unknown)))
		}
	}
	return out
}
