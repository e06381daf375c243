package cost

import (
	"github.com/kopterio/kopter/money"
	"github.com/kopterio/kopter/query"
	"github.com/kopterio/kopter/usage"
)

// GraphRequest asks for a chart: a part of the graph, the largest groups of
// which have a series each.
type GraphRequest struct {
	// Filter chooses intervals by the fields of Schema; nil takes all.
	Filter query.Node
	// By names the fields by which series are told apart; see Schema.
	By []string
	// From and Until bound the chart: From ≤ t < Until, rounded outwards to
	// full hours. Zero is where the data begins or ends.
	From, Until usage.Seconds
	// Step is the width of a bucket.
	Step Bucket
	// Top is how many groups of each currency have series of their own, those
	// with the largest amounts in the time asked for; zero is all.
	Top int
	// MaxCells bounds buckets × series; zero is DefaultMaxCells.
	MaxCells int
}

// DefaultMaxCells bounds a chart: a cell is 24 bytes.
const DefaultMaxCells = 1_000_000

// Chart is a part of the graph in columns.
type Chart struct {
	// Version is the fleet's that the chart shows.
	Version     uint64
	From, Until usage.Seconds // as rounded, and as found where not asked for
	Step        Bucket
	By          []string
	// Starts are the first seconds of the buckets, without gaps. The first
	// bucket begins at From, if that cuts it short.
	Starts []usage.Seconds
	// Series are in order of their currency; within it the largest amount
	// first, and last what sums all other groups. They sum to Totals.
	Series []Series
	Totals []ChartTotal
	// Groups is how many groups have anything to show.
	Groups int
	// Summary is of all that the filter chooses, whatever the time.
	Summary Summary
}

// Series is one line of a chart.
type Series struct {
	// Values are those of the chart's By, nil for the rest.
	Values []string
	// Rest is how many groups the series sums that have none of their own;
	// zero for a series of one group.
	Rest int
	Sum  ChartTotal // of the columns below
	// One for each of Starts: the amount, the seconds that ran, and of them
	// those without a price.
	Amounts  []money.Nano
	Seconds  []int64
	Unpriced []int64
}

// ChartTotal is what a stretch of time amounts to in one currency.
type ChartTotal struct {
	Currency money.Currency
	Measure
}

// Measure is the part of a Tally that charts show.
type Measure struct {
	Amount          money.Nano
	Seconds         int64 // that surely ran, priced or not
	UnpricedSeconds int64 // those of Seconds for which there is no price
}
