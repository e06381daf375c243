package price

import (
	"math"

	"github.com/kopterio/kopter/money"
)

// Key is what an on-demand price is filed under. Source: spec/ec2-cost.md,
// "Which SKU".
type Key struct {
	Region    string // price region: "us-east-1", "us-east-1-bos-1"
	Type      string // instance type
	Operation string // usageOperation without ":SVnnn"
	Tenancy   string // "Shared", "Dedicated" or "Host"
}

// Status says whether a quote is a price, and if not, why.
type Status uint8

// The outcomes of a look-up. Only Priced carries a rate.
const (
	Absent    Status = iota // no sheet of that region names the key
	TooEarly                // the oldest known price begins later
	Ambiguous               // several SKUs remain; Kopter does not choose
	Priced
)

// Quote is the answer of a look-up for a stretch of time.
type Quote struct {
	Status   Status
	Rate     money.Rate
	Currency money.Currency
	SKU      string
	RateCode string
	Version  string // of the offer file that the price was read from
	// Reason explains in words why there is no price, naming the SKUs that
	// remain or what would have to be imported.
	Reason string
}

// Window is a quote and when it holds: From ≤ t < Until, in seconds since
// 1970.
type Window struct {
	From, Until int64
	Quote       Quote
}

// The ends of time of a Window.
const (
	Always  int64 = math.MinInt64
	Forever int64 = math.MaxInt64
)

// Prices answers look-ups from a fixed set of sheets: what was imported when
// it was loaded. It is safe for concurrent use.
type Prices interface {
	// Windows gives the quotes for a key over all time, in order and without
	// gaps, from Always to Forever; never empty.
	Windows(k Key) []Window
}
