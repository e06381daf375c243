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

func summarize(shares []*share, lines [][]Row) Summary {
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

func totals(lines [][]Row) []Sum {
	sums := map[money.Currency]*Tally{}
	for _, l := range lines {
		for k := range l {
			r := &l[k]
			if sums[r.Currency] == nil {
				sums[r.Currency] = &Tally{}
			}
			sums[r.Currency].plus(&r.Tally, 1)
		}
	}
	list := make([]Sum, 0, len(sums))
	for c, t := range sums {
		list = append(list, Sum{c, *t})
	}
	slices.SortFunc(list, func(a, b Sum) int { return strings.Compare(string(a.Currency), string(b.Currency)) })
	return list
}

// byStart merges lines into one listing by start; rows that start together
// keep the order of their lines.
func byStart(lines [][]Row, step Bucket) []Row {
	first, last, n := bounds(lines, step)
	if n == 0 {
		return nil
	}
	next := make([]int, last-first+2) // by bucket, where its next row goes
	for _, l := range lines {
		for k := range l {
			next[step.index(l[k].Start)-first+1]++
		}
	}
	for b := range next[1:] {
		next[b+1] += next[b]
	}
	rows := make([]Row, n)
	for _, l := range lines {
		for k := range l {
			b := step.index(l[k].Start) - first
			rows[next[b]] = l[k]
			next[b]++
		}
	}
	return rows
}

func bounds(lines [][]Row, step Bucket) (first, last, n int) {
	for _, l := range lines {
		if len(l) == 0 {
			continue
		}
		from, until := step.index(l[0].Start), step.index(l[len(l)-1].Start)
		if n == 0 {
			first, last = from, until
		}
		first, last, n = min(first, from), max(last, until), n+len(l)
	}
	return first, last, n
}
