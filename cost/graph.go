package cost

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/kopterio/kopter/money"
	"github.com/kopterio/kopter/price"
	"github.com/kopterio/kopter/query"
	"github.com/kopterio/kopter/usage"
)

// Query says which part of the graph is wanted, and how it is cut. The zero
// value asks for all of it, by the hour, in one line for each currency.
type Query struct {
	// From and Until bound the graph: From ≤ t < Until, to the second. Zero
	// is unbounded.
	From, Until usage.Seconds
	// Filter chooses intervals by the fields of Schema; nil takes all.
	Filter query.Node
	// By names the fields that rows are told apart by; see Schema.
	By []string
	// Step is the width of a row.
	Step Bucket
	// MaxRows bounds the graph; zero is DefaultMaxRows.
	MaxRows int
}

// Row is what one group amounts to in one bucket and currency.
type Row struct {
	// Start is the first second of the bucket, also where Query.From cuts the
	// bucket short. For a Total it is Query.From or, without one, the
	// beginning of the first hour that has anything to show.
	Start usage.Seconds
	// Values are those of Query.By, in its order. Rows share them.
	Values []string
	// Currency is that of Amount. Seconds without a price stand under the
	// currency that AWS bills the region in.
	Currency money.Currency
	Tally
}

// DefaultMaxRows bounds a graph: a row is about a hundred bytes.
const DefaultMaxRows = 10_000_000

// ErrTooManyRows is returned for a graph that is too large. Wider buckets,
// fewer groups or less time make it smaller.
var ErrTooManyRows = errors.New("the graph has too many rows: choose a wider step, fewer groups or less time")

// Graph is the price graph of intervals, with a summary of what it adds up to
// and lacks. Rows are ordered by start, then values, then currency; buckets in
// which a group has nothing are left out. The order of the intervals does not
// matter. Errors are an unknown field in By, ErrTooManyRows and ctx's.
func Graph(ctx context.Context, intervals []usage.Interval, prices price.Prices, q Query) ([]Row, Summary, error) {
	readers, err := grouping(q.By)
	if err != nil {
		return nil, Summary{}, err
	}
	shares, err := collect(ctx, intervals, prices, readers, q)
	if err != nil {
		return nil, Summary{}, err
	}
	lines, err := draw(ctx, shares, q)
	if err != nil {
		return nil, Summary{}, err
	}
	return byStart(lines, q.Step), summarize(shares, lines), nil
}

func summarize(shares []*share, lines []line) Summary {
	var s Summary
	tariffs := make([]*Tariffs, len(shares))
	for k, sh := range shares {
		tariffs[k] = sh.meter.tariffs
		s.Intervals += sh.intervals
		s.UnattributedSeconds += sh.unattributed
	}
	s.Unpriced = mergeGaps(tariffs)
	s.Totals = totals(lines)
	return s
}

func totals(lines []line) []Sum {
	sums := map[money.Currency]Tally{}
	for k := range lines {
		if l := &lines[k]; len(l.spans) > 0 {
			sum := sums[l.currency]
			for s := range l.spans {
				sum.plus(&l.spans[s].Tally, 1)
			}
			sums[l.currency] = sum
		}
	}
	list := make([]Sum, 0, len(sums))
	for c, t := range sums {
		list = append(list, Sum{c, t})
	}
	slices.SortFunc(list, func(a, b Sum) int { return strings.Compare(string(a.Currency), string(b.Currency)) })
	return list
}
