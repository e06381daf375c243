package cost

import (
	"context"
	"slices"

	"github.com/kopterio/kopter/money"
	"github.com/kopterio/kopter/price"
	"github.com/kopterio/kopter/usage"
)

// Running is what one group costs per hour at one moment.
type Running struct {
	Values   []string // of Query.By
	Currency money.Currency
	Rate     money.Rate // per hour, of all that has a price
	Count    int        // instances that run
	Unpriced int        // of them, those without a price
	Assumed  int        // of them, those whose platform is assumed
}

// RunRate is what runs at a moment and what an hour of it costs, by the groups
// and filter of q; its time and step do not matter. What ran when it was last
// heard of is taken to run still. Rows are ordered by values, then currency.
func RunRate(ctx context.Context, intervals []usage.Interval, prices price.Prices, q Query, at usage.Seconds) ([]Running, error) {
	readers, err := grouping(q.By)
	if err != nil {
		return nil, err
	}
	keep, tariffs, g := filter(q.Filter), NewTariffs(prices), newGroups(readers)
	var sums []Running
	for k := range intervals {
		if k%shareSize == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		i := &intervals[k]
		if !runs(i, at) || keep != nil && !keep(values{i}) {
			continue
		}
		quote := tariffs.At(i, at)
		s := g.line(g.node(i), quote.Currency)
		if int(s) == len(sums) {
			sums = append(sums, Running{Currency: quote.Currency})
		}
		sums[s].add(i, quote)
	}
	order, values := g.sorted()
	rows := make([]Running, 0, len(order))
	for _, s := range order {
		sums[s].Values = values[s]
		rows = append(rows, sums[s])
	}
	return slices.Clip(rows), nil
}

// runs says whether an interval is known to run at a moment, or was running
// when it was last heard of.
func runs(i *usage.Interval, at usage.Seconds) bool {
	return i.Start <= at && (at < i.End || i.Open)
}

func (r *Running) add(i *usage.Interval, q price.Quote) {
	r.Count++
	r.Rate += q.Rate
	if q.Status != price.Priced {
		r.Unpriced++
	}
	if i.Shape.OperationAssumed {
		r.Assumed++
	}
}
