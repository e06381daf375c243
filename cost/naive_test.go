package cost_test

import (
	"slices"
	"strings"
	"time"

	"github.com/kopterio/kopter/account"
	"github.com/kopterio/kopter/cost"
	"github.com/kopterio/kopter/money"
	"github.com/kopterio/kopter/price"
	"github.com/kopterio/kopter/usage"
)

// naive is the graph by plain addition: every interval is cut into slices of
// a fixed length (an hour, or a second to be surest), and each slice is added
// to its row. It shares no code with what it checks.
type naive struct {
	prices price.Prices
	slice  int64
	q      cost.Query
	keep   func(*usage.Interval) bool
	rows   map[naiveRow]*cost.Row
	first  usage.Seconds
}

type naiveRow struct {
	start    usage.Seconds
	currency money.Currency
	values   string
}

func (n *naive) graph(intervals []usage.Interval) []cost.Row {
	n.rows, n.first = map[naiveRow]*cost.Row{}, 1<<62
	if n.q.Until == 0 {
		n.q.Until = 1 << 40
	}
	for k := range intervals {
		i := &intervals[k]
		if n.keep != nil && !n.keep(i) {
			continue
		}
		n.slices(i, i.Start, i.End, "ran")
		if i.Last || i.Open {
			n.slices(i, i.End, i.Period+chargedSeconds(i), "padded")
		}
		n.slices(i, i.End, i.NotAfter, "uncertain")
	}
	return n.sorted()
}

func chargedSeconds(i *usage.Interval) int64 {
	ran := i.End - i.Period
	if i.Shape.Operation == "RunInstances:000g" {
		hours := ran / 3600
		if ran%3600 != 0 {
			hours++
		}
		return hours * 3600
	}
	if ran < 60 {
		return 60
	}
	return ran
}

func (n *naive) slices(i *usage.Interval, from, until usage.Seconds, kind string) {
	for t := max(from, n.q.From); t < min(until, n.q.Until); {
		w := n.window(i, t)
		next := min(until, n.q.Until, t-t%n.slice+n.slice, w.Until)
		n.add(i, w, t, next, kind)
		t = next
	}
}

// window finds the price at t, and widens it to all moments that it holds for.
func (n *naive) window(i *usage.Interval, t usage.Seconds) price.Window {
	reason, all := "", []price.Window(nil)
	switch {
	case i.Shape.Tenancy == "Host":
		all = []price.Window{{From: price.Always, Until: price.Forever, Quote: price.Quote{Status: price.Priced, Currency: home(i)}}}
	case i.Shape.Purchase != "on-demand" || i.Shape.Tenancy == "":
		reason = "not on-demand"
	default:
		op, _, _ := strings.Cut(i.Shape.Operation, ":SV")
		all = n.prices.Windows(price.Key{Region: account.PriceRegion(i.Region, i.Zone), Type: i.Shape.Type, Operation: op, Tenancy: i.Shape.Tenancy})
	}
	if reason != "" {
		return price.Window{From: price.Always, Until: price.Forever}
	}
	k := slices.IndexFunc(all, func(w price.Window) bool { return w.From <= t && t < w.Until })
	w := all[k]
	for j := k - 1; j >= 0 && same(all[j].Quote, w.Quote); j-- {
		w.From = all[j].From
	}
	for j := k + 1; j < len(all) && same(all[j].Quote, w.Quote); j++ {
		w.Until = all[j].Until
	}
	return w
}

func same(a, b price.Quote) bool {
	return a.Status == price.Priced && b.Status == price.Priced && a.Rate == b.Rate && a.Currency == b.Currency
}

func home(i *usage.Interval) money.Currency {
	if strings.HasPrefix(i.Region, "cn-") {
		return money.CNY
	}
	return money.USD
}

func (n *naive) add(i *usage.Interval, w price.Window, from, until usage.Seconds, kind string) {
	priced := w.Quote.Status == price.Priced
	if kind == "padded" && !priced {
		return
	}
	n.first = min(n.first, from)
	r := n.row(i, w.Quote, from)
	s := until - from
	if priced && kind != "uncertain" {
		origin := max(i.Period, w.From)
		r.Amount += w.Quote.Rate.Charge(until-origin) - w.Quote.Rate.Charge(from-origin)
	}
	switch kind {
	case "padded":
		r.PaddedSeconds += s
	case "uncertain":
		r.UncertainSeconds += s
	case "ran":
		r.Seconds += s
		if !priced {
			r.UnpricedSeconds += s
		}
		if i.Shape.OperationAssumed {
			r.AssumedSeconds += s
		}
		if i.Shape.Marketplace {
			r.MarketplaceSeconds += s
		}
	}
}

func (n *naive) row(i *usage.Interval, q price.Quote, t usage.Seconds) *cost.Row {
	c := q.Currency
	if q.Status != price.Priced {
		c = home(i)
	}
	start := n.start(t)
	values := make([]string, len(n.q.By))
	for k, by := range n.q.By {
		values[k] = value(i, by)
	}
	id := naiveRow{start, c, strings.Join(values, "\x00")}
	if n.rows[id] == nil {
		n.rows[id] = &cost.Row{Start: start, Values: values, Currency: c}
	}
	return n.rows[id]
}

func (n *naive) start(t usage.Seconds) usage.Seconds {
	switch n.q.Step {
	case cost.Hour:
		return t - t%3600
	case cost.Day:
		return t - t%86400
	case cost.Month:
		year, month, _ := time.Unix(t, 0).UTC().Date()
		return time.Date(year, month, 1, 0, 0, 0, 0, time.UTC).Unix()
	}
	return 0
}

func value(i *usage.Interval, by string) string {
	v, absent := "", "unknown"
	switch by {
	case "type":
		v = i.Shape.Type
	case "region":
		v = i.Region
	case "resource":
		v = i.Resource
	case "tenancy":
		v = i.Shape.Tenancy
	case "purchase":
		v = i.Shape.Purchase
	case "principal":
		v, absent = i.Launcher.OrNone().Principal, "unattributed"
	case "tag.team":
		v, absent = i.Tags["team"], "untagged"
	default:
		panic(by)
	}
	if v == "" {
		return absent
	}
	return v
}

func (n *naive) sorted() (rows []cost.Row) {
	for _, r := range n.rows {
		if n.q.Step == cost.Total {
			if r.Start = n.q.From; r.Start == 0 {
				r.Start = n.first - n.first%3600
			}
		}
		if r.Tally != (cost.Tally{}) {
			rows = append(rows, *r)
		}
	}
	slices.SortFunc(rows, func(a, b cost.Row) int {
		if a.Start != b.Start {
			return int(a.Start - b.Start)
		}
		if c := slices.Compare(a.Values, b.Values); c != 0 {
			return c
		}
		return strings.Compare(string(a.Currency), string(b.Currency))
	})
	return rows
}
