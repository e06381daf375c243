package cost_test

import (
	"time"

	"github.com/kopterio/kopter/money"
	"github.com/kopterio/kopter/price"
	"github.com/kopterio/kopter/usage"
)

// sheets are prices for tests; a key that is not in it is absent.
type sheets map[price.Key][]price.Window

func (s sheets) Windows(k price.Key) []price.Window {
	if w, ok := s[k]; ok {
		return w
	}
	return []price.Window{{From: price.Always, Until: price.Forever, Quote: price.Quote{Reason: "no sheet names " + k.Type}}}
}

// change is a rate from a moment on.
type change struct {
	from     int64
	rate     string // empty: no price from here on
	currency money.Currency
	version  string
}

// rates makes windows of changes in order; before the first there is no price.
func rates(changes ...change) []price.Window {
	w := []price.Window{{From: price.Always, Until: price.Forever, Quote: price.Quote{Status: price.TooEarly, Reason: "no price is that old"}}}
	for _, c := range changes {
		q := price.Quote{Status: price.Ambiguous, Reason: "two SKUs remain"}
		if c.rate != "" {
			r, err := money.ParseRate(c.rate)
			if err != nil {
				panic(err)
			}
			q = price.Quote{Status: price.Priced, Rate: r, Currency: c.currency, Version: c.version}
		}
		if c.from == price.Always {
			w = w[:0]
		} else {
			w[len(w)-1].Until = c.from
		}
		w = append(w, price.Window{From: c.from, Until: price.Forever, Quote: q})
	}
	return w
}

// always is one price for all time.
func always(rate string) []price.Window {
	return rates(change{from: price.Always, rate: rate, currency: money.USD, version: "v1"})
}

func key(region, kind, operation string) price.Key {
	return price.Key{Region: region, Type: kind, Operation: operation, Tenancy: "Shared"}
}

// at reads a moment.
func at(s string) usage.Seconds {
	t, err := time.Parse(time.DateTime, s)
	if err != nil {
		panic(err)
	}
	return t.Unix()
}

func clock(t usage.Seconds) string { return time.Unix(t, 0).UTC().Format(time.DateTime) }

// linux is an on-demand Linux instance of us-east-1 that ran once.
func linux(resource, kind string, from, until usage.Seconds) usage.Interval {
	return usage.Interval{
		Account: "111122223333", Region: "us-east-1", Zone: "us-east-1a", Resource: resource,
		Shape: usage.Shape{Service: "ec2", Type: kind, Operation: "RunInstances", Tenancy: "Shared", Purchase: "on-demand"},
		Start: from, End: until, NotAfter: until, Period: from, Last: true,
	}
}
