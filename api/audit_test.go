package api

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestSearchEvents(t *testing.T) {
	w := sharedWorld(t)
	c := w.client(t)
	first := read[EventPage](c, "/v1/audit/aws", "limit", "3", "total", "true")
	if len(first.Events) != 3 || *first.Total != w.truth.Events || first.Next == nil {
		t.Fatalf("got %d events of %d, next %v; want 3 of %d", len(first.Events), *first.Total, first.Next, w.truth.Events)
	}
	second := read[EventPage](c, "/v1/audit/aws", "limit", "3", "cursor", *first.Next)
	if second.Total != nil || second.Events[0].Time.After(first.Events[2].Time) {
		t.Errorf("the second page: %+v", second)
	}
	e := first.Events[0]
	if e.Raw != nil {
		t.Error("raw records came unasked")
	}
	found := read[EventPage](c, "/v1/audit/aws", "q", "id:"+e.EventID, "raw", "true", "from", "now-30d", "to", "now+1d")
	if len(found.Events) != 1 || (*found.Events[0].Raw)["eventID"] != e.EventID || found.Next != nil {
		t.Errorf("by its id: %+v", found)
	}
	none := read[EventPage](c, "/v1/audit/aws", "to", "2025")
	if none.Events == nil || len(none.Events) != 0 {
		t.Errorf("before everything: %+v", none)
	}
}

func TestSearchIsWalked(t *testing.T) {
	w := sharedWorld(t)
	c := w.client(t)
	seen := map[string]bool{}
	cursor := ""
	for range 100 {
		page := read[EventPage](c, "/v1/audit/aws", "limit", "1000", "cursor", cursor)
		for _, e := range page.Events {
			seen[e.Account+e.EventID] = true
		}
		if page.Next == nil {
			break
		}
		cursor = *page.Next
	}
	if int64(len(seen)) != w.truth.Events {
		t.Errorf("pages hold %d events, want %d", len(seen), w.truth.Events)
	}
}

func TestGetEvent(t *testing.T) {
	c := sharedWorld(t).client(t)
	assumed := read[EventPage](c, "/v1/audit/aws", "q", "access_key:ASIA* name:RunInstances", "limit", "1").Events[0]
	d := read[EventDetail](c, "/v1/audit/aws/"+assumed.EventID, "account", assumed.Account)
	if d.Event.EventID != assumed.EventID || d.Event.Raw == nil || len(d.Also) != 0 || len(d.Conflicts) != 0 {
		t.Errorf("got %+v", d)
	}
	if len(d.Chain) == 0 && d.ChainEnd == EventDetailChainEndOrigin {
		t.Errorf("a temporary key is no origin: %+v", d)
	}
	if p := c.problemOf("/v1/audit/aws/none-such"); p.Status != 404 || p.Type != "urn:kopter:problem:not-found" {
		t.Errorf("got %+v", p)
	}
	if p := c.problemOf("/v1/audit/aws/"+assumed.EventID, "account", "000000000000"); p.Status != 404 {
		t.Errorf("in another account: %+v", p)
	}
}

func TestHistogram(t *testing.T) {
	w := sharedWorld(t)
	c := w.client(t)
	for _, params := range [][]string{
		nil,
		{"buckets", "10"},
		{"from", "2026-01-05", "to", "2026-01-15"},
		{"from", "2020-01-01", "buckets", "1"},
	} {
		h := read[Histogram](c, "/v1/audit/aws/histogram", params...)
		var sum int64
		for _, bar := range h.Bars {
			sum += bar.Count
			if bar.Errors > bar.Count {
				t.Errorf("%v: %+v", params, bar)
			}
		}
		if sum != h.Total || h.Total != w.truth.Events || h.WidthSeconds <= 0 {
			t.Errorf("%v: %d events in bars of %d s, total %d; want %d", params, sum, h.WidthSeconds, h.Total, w.truth.Events)
		}
	}
	day := read[Histogram](c, "/v1/audit/aws/histogram", "from", "2026-01-06", "to", "2026-01-07", "buckets", "24")
	if day.WidthSeconds != 3600 || len(day.Bars) != 24 || !day.From.Equal(worldStart.AddDate(0, 0, 1)) {
		t.Errorf("a day in 24: %d bars of %d s from %v", len(day.Bars), day.WidthSeconds, day.From)
	}
	if h := read[Histogram](c, "/v1/audit/aws/histogram", "from", "2026-01-06", "to", "2026-01-06"); len(h.Bars) != 0 || h.Total != 0 {
		t.Errorf("no time at all: %+v", h)
	}
}

func TestFacetsAndCounts(t *testing.T) {
	w := sharedWorld(t)
	c := w.client(t)
	facets := read[FacetList](c, "/v1/audit/aws/facets", "fields", "name, account,error_code", "limit", "100")
	if facets.Total != w.truth.Events || len(facets.Facets) != 3 || facets.Facets[1].Field != "account" {
		t.Fatalf("got %+v", facets)
	}
	for _, v := range facets.Facets[1].Values {
		if v.Count != w.truth.EventsByAccount[v.Value] {
			t.Errorf("account %s has %d events, want %d", v.Value, v.Count, w.truth.EventsByAccount[v.Value])
		}
	}
	counts := read[CountList](c, "/v1/audit/aws/count", "by", "name", "limit", "1000")
	for _, row := range counts.Rows {
		if row.Count != w.truth.EventsByName[row.Values[0]] {
			t.Errorf("%v: %d, want %d", row.Values, row.Count, w.truth.EventsByName[row.Values[0]])
		}
	}
	if counts.More || len(counts.Rows) != len(w.truth.EventsByName) {
		t.Errorf("%d names, more: %v; want %d", len(counts.Rows), counts.More, len(w.truth.EventsByName))
	}
	if two := read[CountList](c, "/v1/audit/aws/count", "by", "name,day", "limit", "2"); len(two.Rows) != 2 || !two.More || len(two.Rows[0].Values) != 2 {
		t.Errorf("two of many: %+v", two)
	}
	total := read[CountList](c, "/v1/audit/aws/count")
	if len(total.Rows) != 1 || total.Rows[0].Count != w.truth.Events || len(total.By) != 0 {
		t.Errorf("the total: %+v", total)
	}
}

func TestSuggest(t *testing.T) {
	c := sharedWorld(t).client(t)
	names := read[SuggestionList](c, "/v1/audit/aws/suggest", "prefix", "acc")
	if len(names.Suggestions) == 0 || !strings.HasPrefix(names.Suggestions[0].Value, "acc") || names.Suggestions[0].Count != nil {
		t.Errorf("names of fields: %+v", names)
	}
	values := read[SuggestionList](c, "/v1/audit/aws/suggest", "field", "name", "prefix", "runi", "q", "source:ec2*", "limit", "1")
	if len(values.Suggestions) != 1 || values.Suggestions[0].Value != "RunInstances" || values.Suggestions[0].Count == nil {
		t.Errorf("values: %+v", values)
	}
}

func TestAuditMistakes(t *testing.T) {
	c := sharedWorld(t).client(t)
	for _, row := range []struct {
		path            string
		params          []string
		status          int
		kind, parameter string
		offset          int // -1 for none
		detail          string
	}{
		{"", []string{"q", "name:RunInstances nosuch:x"}, 400, "query", "q", 18, "nosuch"},
		{"", []string{"q", `"open`}, 400, "query", "q", 0, ""},
		{"/count", []string{"q", "(", "by", "name"}, 400, "query", "q", 1, ""},
		{"", []string{"from", "yesterday"}, 400, "request", "from", -1, "RFC 3339"},
		{"", []string{"from", "2026-01-02", "to", "2026-01-01"}, 400, "request", "to", -1, "2026-01-01T00:00:00Z is before the beginning"},
		{"", []string{"from", "1960"}, 400, "request", "from", -1, "1970"},
		{"", []string{"limit", "0"}, 400, "request", "limit", -1, "at least 1"},
		{"", []string{"limit", "1001"}, 400, "request", "limit", -1, "at most 1000"},
		{"", []string{"limit", "many"}, 400, "request", "limit", -1, "type"},
		{"", []string{"total", "maybe"}, 400, "request", "total", -1, "type"},
		{"", []string{"cursor", "x"}, 400, "cursor", "cursor", -1, ""},
		{"", []string{"cursor", strings.Repeat("x", 1025)}, 400, "request", "cursor", -1, "1024"},
		{"", []string{"q", strings.Repeat("x", 16385)}, 400, "request", "q", -1, "16384"},
		{"/facets", nil, 400, "request", "fields", -1, "required"},
		{"/facets", []string{"fields", "nosuch"}, 400, "request", "fields", -1, "nosuch"},
		{"/facets", []string{"fields", "event_id"}, 400, "request", "fields", -1, "event_id"},
		{"/count", []string{"by", "nosuch"}, 400, "request", "by", -1, "nosuch"},
		{"/histogram", []string{"buckets", "1001"}, 400, "request", "buckets", -1, "1000"},
		{"/export", []string{"format", "xml"}, 400, "request", "format", -1, "csv"},
		{"/export", nil, 400, "request", "format", -1, "required"},
	} {
		p := c.problemOf("/v1/audit/aws"+row.path, row.params...)
		offset := -1
		if p.Offset != nil {
			offset = *p.Offset
		}
		if p.Status != row.status || p.Type != "urn:kopter:problem:"+row.kind || given(p.Parameter, "") != row.parameter ||
			offset != row.offset || !strings.Contains(given(p.Detail, ""), row.detail) {
			t.Errorf("%s%s: got %s", row.path, asked(row.params), describe(p))
		}
	}
}

func describe(p Problem) string {
	return fmt.Sprintf("%d %s, %q, parameter %q, offset %d", p.Status, p.Type, given(p.Detail, ""), given(p.Parameter, ""), given(p.Offset, -1))
}

func TestUnknownParametersAreLeftAlone(t *testing.T) {
	c := sharedWorld(t).client(t)
	if page := read[EventPage](c, "/v1/audit/aws", "limit", "1", "utm_source", "x", "q", ""); len(page.Events) != 1 {
		t.Errorf("got %+v", page)
	}
}

func TestBarWidths(t *testing.T) {
	for i := 1; i < len(barWidths); i++ {
		if barWidths[i] <= barWidths[i-1] || barWidths[i]%time.Second != 0 {
			t.Errorf("width %v after %v", barWidths[i], barWidths[i-1])
		}
	}
}
