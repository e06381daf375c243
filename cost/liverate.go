package cost

import (
	"github.com/kopterio/kopter/money"
	"github.com/kopterio/kopter/usage"
)

// RunRates is what runs at a moment, by groups and in all.
type RunRates struct {
	Version uint64
	At      usage.Seconds
	Rows    []Running // by values, then currency
	Totals  []Running // by currency, without values
}

// Forecast is what a month comes to in one currency, if all that runs now runs
// on to its end.
//
//	Projected = MonthToDate + Σ Rate(instance) × (month's end − last heard of)
//
// The sum is over the instances that run now. Each is taken on from the end of
// what MonthToDate holds of it: the last sign of life of its account and
// region, or the beginning of the month if that is later. Each product is
// rounded to a billionth, as a charge is. What nobody knows is not in it:
// what will start, stop or change, new prices, and what has no price.
type Forecast struct {
	Currency    money.Currency
	MonthToDate money.Nano
	RunRate     money.Rate // per hour, now
	Projected   money.Nano
	Running     int // instances
	Unpriced    int // of them, those without a price
}

// Forecasts are the forecast of one month.
type Forecasts struct {
	Version     uint64
	From, Until usage.Seconds // of the month, in UTC
	Rows        []Forecast    // by currency
}

// AccountState is how an account in a region is doing.
type AccountState struct {
	Account, Region string
	// Last is the newest sign of life: of an event or a snapshot.
	Last usage.Seconds
	// Rates are what runs there and what an hour of it costs, by currency.
	Rates   []Running
	Running int // instances, in all currencies
}
