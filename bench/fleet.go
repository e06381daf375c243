package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"

	"github.com/kopterio/kopter/money"
	"github.com/kopterio/kopter/price"
	"github.com/kopterio/kopter/usage"
)

// fleet is a job: so many intervals of a mean length, in 13 months.
type fleet struct {
	Dir       string `json:"dir"` // where they lie as CSV
	Intervals int    `json:"intervals"`
	Mean      int64  `json:"mean"` // seconds
}

func (f fleet) intervalsCSV() string { return filepath.Join(f.Dir, "intervals.csv") }
func (f fleet) pricesCSV() string    { return filepath.Join(f.Dir, "prices.csv") }

// The stretch of time that fleets live in, in seconds since 1970.
const (
	fleetBegin = 1_688_169_600 // 2023-07-01
	fleetEnd   = fleetBegin + 395*86_400
	priceBegin = fleetBegin - 365*86_400
	priceNext  = fleetBegin + 190*86_400 // when all prices change
)

var fleetRegions = []string{"us-east-1", "eu-west-1", "ap-southeast-2"}

const (
	fleetTypes      = 60
	fleetPrincipals = 40
)

func fleetType(n int) string { return fmt.Sprintf("m%d.%dxlarge", n%6+1, n/6+1) }

// intervals gives the fleet; the same job gives the same fleet. Each is longer
// than the minute that is charged at least.
func (f fleet) intervals() []usage.Interval {
	r := rand.New(rand.NewPCG(3, 5))
	types, launchers, teams := make([]string, fleetTypes), make([]*usage.Cause, fleetPrincipals), make([]usage.Tags, fleetPrincipals)
	for n := range types {
		types[n] = fleetType(n)
	}
	for n := range launchers {
		team := fmt.Sprintf("team-%02d", n)
		launchers[n], teams[n] = &usage.Cause{Principal: "arn:aws:iam::111122223333:role/" + team + "-deployer"}, usage.Tags{"team": team}
	}
	list := make([]usage.Interval, f.Intervals)
	for k := range list {
		who, start := r.IntN(fleetPrincipals), fleetBegin+r.Int64N(fleetEnd-fleetBegin-60)
		end := min(start+60+r.Int64N(2*f.Mean), fleetEnd)
		region := fleetRegions[r.IntN(len(fleetRegions))]
		list[k] = usage.Interval{
			Account: "111122223333", Region: region, Zone: region + "a", Resource: fmt.Sprintf("i-%017x", k/2),
			Shape: usage.Shape{Service: "ec2", Type: types[r.IntN(fleetTypes)], Operation: "RunInstances", Tenancy: "Shared", Purchase: "on-demand"},
			Tags:  teams[who], Start: start, End: end, NotAfter: end, Period: start, Last: true,
			Launcher: launchers[who],
		}
	}
	return list
}

// fleetRate is a price of a fleet: from ≤ t < until.
type fleetRate struct {
	region, kind string
	rate         money.Rate
	from, until  int64
}

// fleetRates are the prices of all fleets: three types have none, the others
// change once.
func fleetRates() []fleetRate {
	var rates []fleetRate
	for n := range fleetTypes {
		if n%20 == 19 {
			continue
		}
		for _, region := range fleetRegions {
			first := money.Rate(10_007_003 * (n + 1))
			rates = append(rates,
				fleetRate{region, fleetType(n), first, priceBegin, priceNext},
				fleetRate{region, fleetType(n), first - 4_001, priceNext, price.Forever})
		}
	}
	return rates
}

// fleetBook holds the prices of all fleets, as two versions of the price list.
func fleetBook() *price.Book {
	rows := map[int64][]price.Row{}
	for n, r := range fleetRates() {
		sku := fmt.Sprintf("%016X", n+1)
		rows[r.from] = append(rows[r.from], price.Row{
			Key: price.Key{Region: r.region, Type: r.kind, Operation: "RunInstances", Tenancy: "Shared"},
			SKU: sku, RateCode: sku + ".JRTCKXETXF.6YS6EN2CT7", Rate: r.rate, Currency: money.USD, From: r.from,
		})
	}
	return price.NewBook(
		price.NewSheet(price.Offer, "1", priceBegin, rows[priceBegin]),
		price.NewSheet(price.Offer, "2", priceNext, rows[priceNext]))
}

// writeFleet writes a fleet and the prices for DuckDB to read.
func writeFleet(_ context.Context, f fleet) (fleet, error) {
	err := writeLines(f.intervalsCSV(), func(w *bufio.Writer) {
		fmt.Fprintln(w, "type,region,principal,team,begin_at,end_at")
		for _, i := range f.intervals() {
			fmt.Fprintf(w, "%s,%s,%s,%s,%d,%d\n", i.Shape.Type, i.Region, i.Launcher.Principal, i.Tags["team"], i.Start, i.End)
		}
	})
	if err != nil {
		return f, err
	}
	return f, writeLines(f.pricesCSV(), func(w *bufio.Writer) {
		fmt.Fprintln(w, "type,region,rate,begin_at,end_at")
		for _, r := range fleetRates() {
			fmt.Fprintf(w, "%s,%s,%d,%d,%d\n", r.kind, r.region, int64(r.rate), r.from, r.until)
		}
	})
}

func writeLines(name string, write func(*bufio.Writer)) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(f)
	write(w)
	return errors.Join(w.Flush(), f.Close())
}
