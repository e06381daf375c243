package cost

import (
	"github.com/kopterio/kopter/query"
	"github.com/kopterio/kopter/usage"
)

// InventoryRequest asks for a page of the inventory.
type InventoryRequest struct {
	At     usage.Seconds // the moment; what ran when it was last heard of is taken to run still
	Filter query.Node    // by the fields of InventorySchema; nil takes all
	// Sort is "rate", "since", "type", "resource", "account", "region", "state"
	// or "principal"; empty is "resource". Equal instances are in order of account and
	// resource.
	Sort   string
	Desc   bool
	Limit  int    // the length of a page; zero is DefaultPage
	Cursor string // Next of the page before; empty for the first
}

// InventoryPage is a page of the inventory.
type InventoryPage struct {
	Version   uint64
	Instances []Instance
	Next      string // as in StepsPage
	// Count and Rates are of all instances that match, on whatever page.
	Count int
	Rates []Running // of those that run, by currency, without values
}

// ResourceDetail is what is known of one resource.
type ResourceDetail struct {
	Version                         uint64
	Resource, Account, Region, Zone string
	Launcher                        *usage.Cause
	Status                          usage.Status // the last that is known
	// Also are the other accounts that have a resource of this name.
	Also      []string
	Intervals []IntervalCost
	Totals    []Sum // by currency
	// Last is the newest sign of life of the account and region.
	Last usage.Seconds
}

// IntervalCost is an interval and what it costs.
type IntervalCost struct {
	usage.Interval
	// Parts are the stretches of one price each, in order of time: what ran,
	// what was charged beyond it, and what is uncertain.
	Parts []CostPart
	Sums  []Sum // of the parts, by currency
}
