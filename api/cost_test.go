package api

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kopterio/kopter/money"
	"github.com/kopterio/kopter/simulate"
)

func amount(t testing.TB, text string) money.Nano {
	t.Helper()
	n, err := money.ParseNano(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func sum(t testing.TB, texts []string) (total money.Nano) {
	t.Helper()
	for _, text := range texts {
		total += amount(t, text)
	}
	return total
}

func TestCostGraphIsTheTruth(t *testing.T) {
	w := sharedWorld(t)
	c := w.client(t)
	for _, step := range []string{"auto", "hour", "day", "month", "total"} {
		for by, truth := range map[string]int{"account": len(w.truth.ByAccount), "type": len(w.truth.ByType), "": 1} {
			g := read[CostGraph](c, "/v1/cost/graph", "by", by, "step", step, "top", "0")
			var total money.Nano
			var seconds, unpriced int64
			for _, s := range g.Series {
				if len(s.Amounts) != len(g.Starts) || sum(t, s.Amounts) != amount(t, s.Total) || s.Other {
					t.Errorf("%s by %q: series %v: %d amounts of %d buckets sum to %v, total %s", step, by, s.Values, len(s.Amounts), len(g.Starts), sum(t, s.Amounts), s.Total)
				}
				total, seconds, unpriced = total+amount(t, s.Total), seconds+s.Seconds, unpriced+s.UnpricedSeconds
			}
			want := w.truth.Total
			if int64(total) != want.Nano || seconds != want.Seconds || unpriced != want.UnpricedSeconds || g.Groups != truth {
				t.Errorf("%s by %q: %v in %d s, %d of them unpriced, %d groups; the truth is %+v, %d", step, by, total, seconds, unpriced, g.Groups, want, truth)
			}
			if len(g.Totals) != 1 || amount(t, g.Totals[0].Amount) != total {
				t.Errorf("%s by %q: totals %+v", step, by, g.Totals)
			}
			if len(g.Notes) == 0 || g.Unpriced == nil || len(*g.Unpriced) == 0 || g.Fresh.Newest == nil || !g.Fresh.Now.Equal(w.now) {
				t.Errorf("%s by %q: notes %v, unpriced %v, fresh %+v", step, by, g.Notes, g.Unpriced, g.Fresh)
			}
		}
	}
}

func TestCostGraphKeepsTheTop(t *testing.T) {
	c := sharedWorld(t).client(t)
	all := read[CostGraph](c, "/v1/cost/graph", "by", "type", "step", "total", "top", "0")
	two := read[CostGraph](c, "/v1/cost/graph", "by", "type", "step", "total", "top", "2")
	if len(two.Series) != 3 || !two.Series[2].Other || len(two.Series[2].Values) != 0 || two.Groups != all.Groups {
		t.Fatalf("got %+v", two.Series)
	}
	if two.Series[0].Values[0] != all.Series[0].Values[0] || two.Totals[0] != all.Totals[0] {
		t.Errorf("two and the rest: %+v; all: %+v", two, all)
	}
	if nine := read[CostGraph](c, "/v1/cost/graph", "by", "resource"); len(nine.Series) != defaultTop+1 {
		t.Errorf("without saying: %d series", len(nine.Series))
	}
}

func TestCostGraphChoosesTheStep(t *testing.T) {
	c := sharedWorld(t).client(t)
	for _, row := range []struct{ from, to, step string }{
		{"2026-01-05", "2026-01-19", "hour"},
		{"2026-01-05", "2026-01-20", "day"},
		{"2025-01-01", "2026-01-15", "day"},
		{"2023-01-01", "2026-01-15", "month"},
		{"now-7d", "now", "hour"},
	} {
		g := read[CostGraph](c, "/v1/cost/graph", "from", row.from, "to", row.to)
		if string(g.Step) != row.step || len(g.Starts) == 0 {
			t.Errorf("%s to %s: %d times %s, want %s", row.from, row.to, len(g.Starts), g.Step, row.step)
		}
	}
	if none := read[CostGraph](c, "/v1/cost/graph", "q", "type:none"); len(none.Series) != 0 || len(none.Totals) != 0 {
		t.Errorf("nothing: %+v", none)
	}
}

func TestCostRate(t *testing.T) {
	w := sharedWorld(t)
	c := w.client(t)
	rate := read[CostRate](c, "/v1/cost/rate", "by", "account")
	running := 0
	for _, in := range w.truth.Instances {
		if n := len(in.Periods); n > 0 && in.Periods[n-1].Open {
			running++
		}
	}
	count := 0
	for _, g := range rate.Groups {
		count += g.Count
	}
	if len(rate.Totals) != 1 || rate.Totals[0].Count != running || count != running || !rate.At.Equal(w.now) {
		t.Errorf("%d run in groups, %+v in all; the truth is %d", count, rate.Totals, running)
	}
	if len(rate.Forecast) != 1 || rate.Forecast[0].Month != "2026-01" || amount(t, rate.Forecast[0].Projected) <= amount(t, rate.Forecast[0].ToDate) {
		t.Errorf("the forecast: %+v", rate.Forecast)
	}
}

func TestCostSteps(t *testing.T) {
	w := sharedWorld(t)
	c := w.client(t)
	launch := w.truth.Instances[slices.IndexFunc(w.truth.Instances, func(i simulate.Instance) bool { return !i.Before && len(i.Periods) > 0 && i.Periods[0].Opened != "" })]
	page := read[StepPage](c, "/v1/cost/steps", "resource", launch.ID, "order", "oldest")
	first := page.Steps[0]
	if first.Kind != StepKindOpen || first.EventID != launch.Periods[0].Opened || first.Principal != launch.Principal || first.Time.Unix() != launch.Periods[0].Start {
		t.Errorf("got %+v, the truth is %+v", first, launch)
	}
	for _, order := range []string{"newest", "oldest", "largest"} {
		cursor := ""
		all := read[StepPage](c, "/v1/cost/steps", "order", order, "limit", "1000")
		var walked []Step
		for range 1000 {
			page := read[StepPage](c, "/v1/cost/steps", "order", order, "limit", "37", "cursor", cursor)
			walked = append(walked, page.Steps...)
			if page.Next == nil {
				break
			}
			cursor = *page.Next
		}
		if len(walked) != len(all.Steps) || len(walked) < 2 {
			t.Errorf("%s: %d steps in pages, %d at once", order, len(walked), len(all.Steps))
			continue
		}
		for i := range walked {
			if walked[i].Resource != all.Steps[i].Resource || !walked[i].Time.Equal(all.Steps[i].Time) {
				t.Errorf("%s: step %d differs", order, i)
				break
			}
		}
	}
}

func TestCostChanges(t *testing.T) {
	w := sharedWorld(t)
	c := w.client(t)
	changes := read[ChangeList](c, "/v1/cost/changes", "from", "2026-01-06", "to", "2026-01-08")
	if len(changes.Changes) == 0 {
		t.Fatal("nothing changed in two days")
	}
	for _, change := range changes.Changes {
		if change.Time.Before(worldStart.AddDate(0, 0, 1)) || len(change.Lines) == 0 || len(change.Sample) == 0 || change.Resources < 1 {
			t.Errorf("got %+v", change)
		}
		for _, line := range change.Lines {
			if (line.RatePerHour == nil) != (line.Unpriced != nil) || line.Currency != change.Currency {
				t.Errorf("line %+v of %+v", line, change)
			}
		}
	}
	if one := read[ChangeList](c, "/v1/cost/changes", "limit", "1"); len(one.Changes) != 1 || !one.More {
		t.Errorf("one of many: %+v", one)
	}
}

func TestInventory(t *testing.T) {
	w := sharedWorld(t)
	c := w.client(t)
	running := read[InventoryPage](c, "/v1/inventory", "q", "state:running", "limit", "1000")
	want := 0
	for _, in := range w.truth.Instances {
		if n := len(in.Periods); n > 0 && in.Periods[n-1].Open {
			want++
		}
	}
	if len(running.Instances) != want || running.Total != int64(want) || running.Rates[0].Count != want {
		t.Errorf("%d run, %d in all, %+v; the truth is %d", len(running.Instances), running.Total, running.Rates, want)
	}
	var all []Instance
	cursor := ""
	for range 1000 {
		page := read[InventoryPage](c, "/v1/inventory", "sort", "rate", "order", "desc", "limit", "7", "cursor", cursor)
		all = append(all, page.Instances...)
		if page.Next == nil {
			break
		}
		cursor = *page.Next
	}
	rate := func(i Instance) money.Rate {
		r, _ := money.ParseRate(given(i.RatePerHour, "0"))
		return r
	}
	if !slices.IsSortedFunc(all, func(a, b Instance) int { return int(rate(b) - rate(a)) }) || len(all) < want {
		t.Errorf("%d instances are not in order of their rates", len(all))
	}
	for _, sort := range []string{"rate", "since", "resource", "account", "region", "type", "state", "principal"} {
		if page := read[InventoryPage](c, "/v1/inventory", "sort", sort, "limit", "1"); len(page.Instances) != 1 || page.Next == nil {
			t.Errorf("by %s: %+v", sort, page)
		}
	}
	if before := read[InventoryPage](c, "/v1/inventory", "at", "2020-12-01"); before.Total != 0 {
		t.Errorf("before everything: %+v", before)
	}
}

func TestResource(t *testing.T) {
	w := sharedWorld(t)
	c := w.client(t)
	states := map[ResourceState]int{}
	for _, in := range w.truth.Instances {
		if len(in.Periods) == 0 {
			continue
		}
		r := read[Resource](c, "/v1/inventory/"+in.ID, "account", in.Account)
		var total money.Nano
		for _, s := range r.Totals {
			total += amount(t, s.Amount)
		}
		if int64(total) != in.Cost.Nano || r.Region != in.Region || len(r.Intervals) < len(in.Periods) {
			t.Errorf("%s costs %v in %d intervals; the truth is %+v", in.ID, total, len(r.Intervals), in)
		}
		if open := in.Periods[len(in.Periods)-1].Open; open != (r.State == ResourceStateRunning) {
			t.Errorf("%s is %s, the truth is %v", in.ID, r.State, open)
		}
		states[r.State]++
	}
	if states[ResourceStateTerminated] == 0 || states[ResourceStateRunning] == 0 {
		t.Errorf("states: %v", states)
	}
	if p := c.problemOf("/v1/inventory/i-none"); p.Status != 404 {
		t.Errorf("got %+v", p)
	}
}

func TestAccounts(t *testing.T) {
	w := sharedWorld(t)
	c := w.client(t)
	list := read[AccountList](c, "/v1/accounts")
	running := 0
	for _, a := range list.Accounts {
		running += a.Running
		inRegions := 0
		for _, r := range a.Regions {
			inRegions += r.Running
			if r.Last.After(a.Last) {
				t.Errorf("%s: region %+v is fresher than its account", a.Account, r)
			}
		}
		if inRegions != a.Running || a.LagSeconds < 0 {
			t.Errorf("got %+v", a)
		}
	}
	rate := read[CostRate](c, "/v1/cost/rate")
	if running != rate.Totals[0].Count || len(list.Accounts) < len(w.truth.ByAccount) {
		t.Errorf("%d run in %d accounts, want %d in %d", running, len(list.Accounts), rate.Totals[0].Count, len(w.truth.ByAccount))
	}
}

func TestPrices(t *testing.T) {
	w := sharedWorld(t)
	c := w.client(t)
	all := read[PricePage](c, "/v1/prices", "limit", "1000")
	if len(all.Sheets) != len(w.truth.PriceLists) || len(all.Prices) == 0 {
		t.Fatalf("%d sheets, %d prices", len(all.Sheets), len(all.Prices))
	}
	var walked []Price
	cursor := ""
	for range 1000 {
		page := read[PricePage](c, "/v1/prices", "limit", "13", "cursor", cursor)
		walked = append(walked, page.Prices...)
		if page.Next == nil || len(walked) > 500 {
			break
		}
		cursor = *page.Next
	}
	for i := range walked {
		if a, b := walked[i], all.Prices[i]; a.Type != b.Type || a.Region != b.Region || given(a.Sku, "") != given(b.Sku, "") {
			t.Fatalf("price %d: %+v in pages, %+v at once", i, a, b)
		}
	}
	one := all.Prices[0]
	few := read[PricePage](c, "/v1/prices", "type", one.Type, "region", one.Region, "operation", one.Operation, "tenancy", one.Tenancy)
	if len(few.Prices) == 0 || few.Prices[0].RatePerHour == nil || few.Next != nil {
		t.Errorf("one key: %+v", few)
	}
	none := read[PricePage](c, "/v1/prices", "type", "x9.none", "region", "us-east-1")
	if len(none.Prices) != 1 || none.Prices[0].Unpriced == nil || none.Prices[0].RatePerHour != nil {
		t.Errorf("no price: %+v", none)
	}
	for _, bad := range []string{"x", "MTIz", "eCA1"} {
		if p := c.problemOf("/v1/prices", "cursor", bad); p.Status != 400 || given(p.Parameter, "") != "cursor" {
			t.Errorf("cursor %q: %s", bad, describe(p))
		}
	}
}

func TestCostMistakes(t *testing.T) {
	c := sharedWorld(t).client(t)
	for _, row := range []struct {
		path                 string
		params               []string
		kind, parameter, has string
	}{
		{"/v1/cost/graph", []string{"q", "name:x"}, "query", "q", "name"},
		{"/v1/cost/graph", []string{"by", "nosuch"}, "request", "by", "nosuch"},
		{"/v1/cost/graph", []string{"step", "week"}, "request", "step", "hour"},
		{"/v1/cost/graph", []string{"top", "-1"}, "request", "top", "at least 0"},
		{"/v1/cost/graph", []string{"from", "now", "to", "now-1h"}, "request", "to", "before"},
		{"/v1/cost/rate", []string{"by", "account,nosuch"}, "request", "by", "nosuch"},
		{"/v1/cost/steps", []string{"order", "smallest"}, "request", "order", "newest"},
		{"/v1/cost/steps", []string{"cursor", "x"}, "cursor", "cursor", ""},
		{"/v1/cost/changes", []string{"limit", "0"}, "request", "limit", ""},
		{"/v1/inventory", []string{"sort", "color"}, "request", "sort", "rate"},
		{"/v1/inventory", []string{"cursor", "x"}, "cursor", "cursor", ""},
		{"/v1/inventory", []string{"at", "soon"}, "request", "at", "RFC 3339"},
		{"/v1/prices", []string{"limit", "x"}, "request", "limit", "type"},
	} {
		p := c.problemOf(row.path, row.params...)
		if p.Status != http.StatusBadRequest || p.Type != "urn:kopter:problem:"+row.kind || given(p.Parameter, "") != row.parameter || !strings.Contains(given(p.Detail, ""), row.has) {
			t.Errorf("%s%s: %s", row.path, asked(row.params), describe(p))
		}
	}
	p := c.problemOf("/v1/cost/graph", "step", "hour", "by", "resource", "top", "0", "from", "1971", "to", "2026")
	if p.Status != http.StatusUnprocessableEntity || p.Type != "urn:kopter:problem:too-large" || !strings.Contains(*p.Detail, "wider") {
		t.Errorf("a graph without end: %s", describe(p))
	}
}

func TestSpan(t *testing.T) {
	now := time.Date(2026, 1, 15, 0, 0, 0, 0, time.UTC)
	from, to := "2026-01-01T00:00:00.5Z", "2026-01-01T00:00:01.5Z"
	s, err := readSpan(&from, &to, now)
	if err != nil {
		t.Fatal(err)
	}
	if a, b := s.seconds(); a != 1767225600 || b != 1767225602 {
		t.Errorf("seconds %d to %d do not hold the span", a, b)
	}
}
