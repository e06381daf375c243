package main

import (
	"context"
	"fmt"
	"time"

	"github.com/kopterio/kopter/cost"
	"github.com/kopterio/kopter/money"
	"github.com/kopterio/kopter/price"
	"github.com/kopterio/kopter/usage"
)

// graphFields are what graphs are grouped by: Kopter's name and the column in
// DuckDB's table.
var graphFields = [][2]string{{"type", "type"}, {"principal", "principal"}, {"tag.team", "team"}}

// drawn is how long Kopter and plain addition took for a graph, and what it
// adds up to.
type drawn struct {
	By    string    `json:"by"`
	MS    []float64 `json:"ms"`
	CPU   float64   `json:"cpu"`   // ms of processor time for each of MS, in the mean
	Naive float64   `json:"naive"` // ms
	Sum   checksum  `json:"sum"`
}

// checksum tells graphs apart: rows with an amount, the amounts in billionths,
// and the amounts with the hours and groups that they stand in.
type checksum struct {
	Rows   int64 `json:"rows"`
	Amount int64 `json:"amount"`
	Mixed  int64 `json:"mixed"`
}

// The factors of Mixed keep it within 64 bits.
const (
	mixAmount = 1_000_003
	mixHour   = 1_009
)

func (c *checksum) add(group string, hour int64, amount money.Nano) {
	if amount == 0 {
		return
	}
	c.Rows++
	c.Amount += int64(amount)
	c.Mixed += int64(amount) % mixAmount * (hour%mixHour + int64(len(group)))
}

// graphRuns is how often Kopter draws each graph.
const graphRuns = 9

// drawGraphs draws a fleet's graph by each field, by the hour.
func drawGraphs(ctx context.Context, f fleet) ([]drawn, error) {
	intervals, book := f.intervals(), fleetBook()
	var list []drawn
	for _, field := range graphFields {
		d, err := drawGraph(ctx, intervals, book, field[0])
		if err != nil {
			return nil, err
		}
		begin := time.Now()
		sums := hourByHour(intervals, book, d.By)
		d.Naive = inMilliseconds(time.Since(begin))
		if plain := sumHours(sums); plain != d.Sum {
			return nil, fmt.Errorf("graph by %s: Kopter %+v, hour by hour %+v", d.By, d.Sum, plain)
		}
		list = append(list, d)
	}
	return list, nil
}

// drawGraph draws one graph once to add it up, and then against the clock.
func drawGraph(ctx context.Context, intervals []usage.Interval, book *price.Book, by string) (drawn, error) {
	d := drawn{By: by}
	rows, _, err := cost.Graph(ctx, intervals, book, cost.Query{By: []string{by}})
	if err != nil {
		return d, err
	}
	for _, r := range rows {
		d.Sum.add(r.Values[0], r.Start/3600, r.Amount)
	}
	before, err := processorTime()
	if err != nil {
		return d, err
	}
	for range graphRuns {
		begin := time.Now()
		if _, _, err := cost.Graph(ctx, intervals, book, cost.Query{By: []string{by}}); err != nil {
			return d, err
		}
		d.MS = append(d.MS, inMilliseconds(time.Since(begin)))
	}
	after, err := processorTime()
	d.CPU = inMilliseconds(after-before) / graphRuns
	return d, err
}

func inMilliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// The hours that a fleet's graph has.
const (
	firstHour = fleetBegin / 3600
	hourCount = (fleetEnd-fleetBegin)/3600 + 1
)

// hourByHour is the plain way: each hour of each interval is added by itself.
func hourByHour(intervals []usage.Interval, book *price.Book, by string) map[string][]money.Nano {
	sums, windows := map[string][]money.Nano{}, map[price.Key][]price.Window{}
	for k := range intervals {
		i := &intervals[k]
		group := valueOf(i, by)
		sum := sums[group]
		if sum == nil {
			sum = make([]money.Nano, hourCount)
			sums[group] = sum
		}
		key := price.Key{Region: i.Region, Type: i.Shape.Type, Operation: i.Shape.Operation, Tenancy: i.Shape.Tenancy}
		known, ok := windows[key]
		if !ok {
			known = book.Windows(key)
			windows[key] = known
		}
		for _, w := range known {
			addHours(sum, i, w)
		}
	}
	return sums
}

// addHours adds what an interval costs at one price.
func addHours(sum []money.Nano, i *usage.Interval, w price.Window) {
	origin, end := max(i.Start, w.From), min(i.End, w.Until)
	for t := origin; t < end; {
		next := min(t-t%3600+3600, end)
		sum[t/3600-firstHour] += w.Quote.Rate.Between(t-origin, next-origin)
		t = next
	}
}

func valueOf(i *usage.Interval, by string) string {
	switch by {
	case "type":
		return i.Shape.Type
	case "principal":
		return i.Launcher.Principal
	default:
		return i.Tags["team"]
	}
}

func sumHours(sums map[string][]money.Nano) checksum {
	var c checksum
	for group, hours := range sums {
		for h, amount := range hours {
			c.add(group, int64(h)+firstHour, amount)
		}
	}
	return c
}

// lateEvents is how many changes the ledger is told of.
const lateEvents = 10_000

// followEvents says how long a ledger of the fleet takes for the change of one
// resource, in milliseconds.
func followEvents(_ context.Context, f fleet) ([]float64, error) {
	intervals := f.intervals()
	ledger, err := cost.NewLedger(fleetBook(), []string{"type"}, nil)
	if err != nil {
		return nil, err
	}
	for k := 0; k+1 < len(intervals); k += 2 {
		ledger.Set(intervals[k].Account, intervals[k].Resource, intervals[k:k+2])
	}
	var took []float64
	for n := range lateEvents {
		k := n * 7919 % (len(intervals) / 2) * 2
		changed := intervals[k : k+2]
		changed[1].End++
		changed[1].NotAfter++
		begin := time.Now()
		ledger.Set(changed[0].Account, changed[0].Resource, changed)
		took = append(took, inMilliseconds(time.Since(begin)))
	}
	return took, nil
}
