package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// visit is a question to the API, in as many variants as it has.
type visit struct {
	name string
	bar  bar // of the 99th percentile, in milliseconds
	path string
	with func(n int) url.Values
}

// asking is a visit and how long its answers took, in milliseconds.
type asking struct {
	visit
	took    []float64
	refused int // because the server was too busy
}

func askings(visits []visit) []asking {
	list := make([]asking, len(visits))
	for n, v := range visits {
		list[n].visit = v
	}
	return list
}

// once asks variant n, until the answer is read.
func (a *asking) once(ctx context.Context, s *server, n int) error {
	began := time.Now()
	status, body, err := s.ask(ctx, a.path, a.with(n))
	switch {
	case err != nil:
		return err
	case status == http.StatusServiceUnavailable:
		a.refused++
	case status != http.StatusOK:
		return fmt.Errorf("GET %s?%s: status %d: %s", a.path, a.with(n).Encode(), status, tail(body))
	default:
		a.took = append(a.took, inMilliseconds(time.Since(began)))
	}
	return nil
}

// figures are how long it took.
func (a *asking) figures() []figure {
	return []figure{
		{what: a.name + ", 99th percentile of " + grouped(int64(len(a.took))), unit: milliseconds, bar: a.bar, kopter: percentile(a.took, 99)},
		{what: a.name + ", median", unit: milliseconds, kopter: percentile(a.took, 50)},
	}
}

// values writes a query: names and values in turn.
func values(pairs ...string) url.Values {
	v := url.Values{}
	for n := 0; n < len(pairs); n += 2 {
		v.Set(pairs[n], pairs[n+1])
	}
	return v
}

// always is a question without variants.
func always(pairs ...string) func(int) url.Values {
	return func(int) url.Values { return values(pairs...) }
}

// liveVisits are what browsers ask while events come in.
func liveVisits() []visit {
	return []visit{
		{name: "newest 100 events", path: "/v1/audit/aws", with: always("limit", "100")},
		{name: "cost graph by principal, 30 days", path: "/v1/cost/graph", with: always("by", "principal", "from", "now-30d")},
		{name: "facets of 30 days", path: "/v1/audit/aws/facets", with: always("fields", "name,principal,account", "from", "now-30d")},
		{name: "histogram of 30 days", path: "/v1/audit/aws/histogram", with: always("from", "now-30d")},
	}
}
