package cost

import (
	"github.com/kopterio/kopter/money"
	"github.com/kopterio/kopter/query"
	"github.com/kopterio/kopter/usage"
)

// StepsRequest asks for a page of steps.
type StepsRequest struct {
	// StepQuery chooses the steps; its Limit is the length of a page, zero
	// being DefaultPage.
	StepQuery
	// Cursor is Next of the page before; empty for the first.
	Cursor string
}

// DefaultPage is how many rows a page of a listing has.
const DefaultPage = 100

// StepsPage is a page of steps.
type StepsPage struct {
	Version uint64
	Steps   []Step
	// Next leads to the following page; empty on the last. It is a place in
	// the order and stays right while steps come and go.
	Next string
}

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
	Instances int
	// Each is the change of the run-rate by one step; all of the line's steps
	// have the same.
	Each     money.Rate
	Sum      money.Rate // Each × the number of steps
	Currency money.Currency
	SKU      string // of the price after the step, before it for a close
	Version  string // of the offer file with that price
	Unpriced string // as in Step
}
