package api

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/kopterio/kopter/audit"
)

// auditRequest is what the operations of the audit log have in common.
func (s *server) auditRequest(q *Query, from *From, to *To) (audit.Request, error) {
	node, err := filter(q, audit.Schema())
	if err != nil {
		return audit.Request{}, err
	}
	span, err := readSpan(from, to, s.Now())
	if err != nil {
		return audit.Request{}, err
	}
	r := audit.Request{Query: node}
	r.From, r.Until = span.milliseconds()
	return r, nil
}

// SearchEvents gives a page of events.
func (s *server) SearchEvents(ctx context.Context, request SearchEventsRequestObject) (SearchEventsResponseObject, error) {
	p := request.Params
	r, err := s.auditRequest(p.Q, p.From, p.To)
	if err != nil {
		return nil, err
	}
	r.Limit, r.Cursor = given(p.Limit, audit.DefaultLimit), given(p.Cursor, "")
	r.Total, r.Raw = given(p.Total, false), given(p.Raw, false)
	result, err := s.Lake.Search(ctx, tenantOf(ctx), r)
	if err != nil {
		return nil, err
	}
	return eventPage(result, r.Total), nil
}

// eventPage writes an EventPage with the lake's own encoding of events.
func eventPage(r audit.Result, total bool) written {
	b := appendEvents([]byte(`{"events":`), r.Events)
	if r.Next != "" {
		b = appendText(append(b, `,"next":`...), r.Next)
	}
	if total {
		b = fmt.Appendf(b, `,"total":%d`, r.Total)
	}
	return append(b, '}')
}

func appendEvents(b []byte, events []*audit.Event) []byte {
	b = append(b, '[')
	for i, e := range events {
		if i > 0 {
			b = append(b, ',')
		}
		b = e.AppendJSON(b)
	}
	return append(b, ']')
}

// appendText appends a JSON string of text that Kopter made itself, or that
// the lake keeps as valid UTF-8.
func appendText[T ~string](b []byte, text T) []byte {
	b, _ = jsontext.AppendQuote(b, text) // what is not UTF-8 becomes U+FFFD
	return b
}

// written is an answer in JSON.
type written []byte

func (w written) write(to http.ResponseWriter) error {
	to.Header().Set("Content-Type", "application/json")
	to.WriteHeader(http.StatusOK)
	_, err := to.Write(w)
	return err
}

// VisitSearchEventsResponse writes an EventPage.
func (w written) VisitSearchEventsResponse(to http.ResponseWriter) error { return w.write(to) }

// VisitGetEventResponse writes an EventDetail.
func (w written) VisitGetEventResponse(to http.ResponseWriter) error { return w.write(to) }

// GetEvent gives one event and all that belongs to it.
func (s *server) GetEvent(ctx context.Context, request GetEventRequestObject) (GetEventResponseObject, error) {
	found, err := s.Lake.Event(ctx, tenantOf(ctx), request.ID)
	if err != nil {
		return nil, err
	}
	account := given(request.Params.Account, "")
	at := slices.IndexFunc(found.Events, func(e *audit.Event) bool { return account == "" || e.Account == account })
	if at < 0 {
		return nil, fmt.Errorf("event %s: %w", request.ID, errNotFound)
	}
	event := found.Events[at]
	chain, err := s.Lake.Chain(ctx, tenantOf(ctx), event)
	if err != nil {
		return nil, err
	}
	return eventDetail(event, found, chain), nil
}

// eventDetail writes an EventDetail.
func eventDetail(event *audit.Event, found audit.EventDetail, chain audit.Chain) written {
	b := event.AppendJSON([]byte(`{"event":`))
	b = append(b, `,"conflicts":[`...)
	separator := ""
	for _, c := range found.Conflicts {
		if c.Account == event.Account {
			b = appendConflict(append(b, separator...), c)
			separator = ","
		}
	}
	links := make([]*audit.Event, len(chain.Links))
	for i, link := range chain.Links {
		links[i] = link.Event
	}
	b = appendEvents(append(b, `],"chain":`...), links)
	b = appendText(append(b, `,"chain_end":`...), chain.End)
	b = append(b, `,"also":[`...)
	if len(found.Events) > 1 {
		for i, e := range found.Events {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendText(b, e.Account)
		}
	}
	return append(b, "]}"...)
}

func appendConflict(b []byte, c audit.Conflict) []byte {
	b = appendText(append(b, `{"account":`...), c.Account)
	b = appendText(append(b, `,"event_id":`...), c.EventID)
	b = appendText(append(b, `,"time":`...), millisecond(c.Time).Format(time.RFC3339Nano))
	b = appendText(append(b, `,"source":`...), c.Source)
	b = append(append(b, `,"raw":`...), c.Raw...)
	return append(b, '}')
}

func millisecond(at int64) time.Time { return time.UnixMilli(at).UTC() }

// EventHistogram counts events by stretches of time.
func (s *server) EventHistogram(ctx context.Context, request EventHistogramRequestObject) (EventHistogramResponseObject, error) {
	p := request.Params
	r, err := s.auditRequest(p.Q, p.From, p.To)
	if err != nil {
		return nil, err
	}
	width, err := s.barWidth(ctx, r, given(p.Buckets, defaultBars))
	if err != nil {
		return nil, err
	}
	h, err := s.Lake.Histogram(ctx, tenantOf(ctx), audit.HistogramRequest{Query: r.Query, From: r.From, Until: r.Until, Width: width})
	if err != nil {
		return nil, err
	}
	return EventHistogram200JSONResponse{
		WidthSeconds: int64(width / time.Second), From: millisecond(h.From), To: millisecond(h.Until), Total: h.Total,
		Bars: each(h.Buckets, func(b *audit.Bucket) Bar {
			return Bar{Start: millisecond(b.Start), Count: b.Count, Errors: b.Errors}
		}),
	}, nil
}

// defaultBars is about how many bars a histogram has.
const defaultBars = 60

// barWidths are the widths that a person reads easily.
var barWidths = [...]time.Duration{
	time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 30 * time.Second,
	time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 30 * time.Minute,
	time.Hour, 2 * time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour,
	day, 2 * day, 7 * day, 28 * day,
}

const day = 24 * time.Hour

// barWidth is the narrowest width with which a range has not more bars than
// are wanted.
func (s *server) barWidth(ctx context.Context, r audit.Request, bars int) (time.Duration, error) {
	from, until := r.From, r.Until
	if from == 0 || until == 0 {
		lake, err := s.Lake.Bounds(ctx, tenantOf(ctx))
		if err != nil {
			return 0, err
		}
		if from == 0 {
			from = lake.Oldest
		}
		if until == 0 {
			until = lake.Newest
		}
	}
	length := time.Duration(until-from) * time.Millisecond
	for _, width := range barWidths {
		if length <= time.Duration(bars)*width {
			return width, nil
		}
	}
	weeks := length/time.Duration(bars)/(7*day) + 1
	return weeks * 7 * day, nil
}

// EventFacets lists the frequent values of fields.
func (s *server) EventFacets(ctx context.Context, request EventFacetsRequestObject) (EventFacetsResponseObject, error) {
	p := request.Params
	r, err := s.auditRequest(p.Q, p.From, p.To)
	if err != nil {
		return nil, err
	}
	names, err := fields("fields", &p.Fields, audit.Schema())
	if err != nil {
		return nil, err
	}
	result, err := s.Lake.Facets(ctx, tenantOf(ctx), audit.FacetRequest{
		Query: r.Query, From: r.From, Until: r.Until, Fields: names, Limit: given(p.Limit, audit.DefaultFacetLimit),
	})
	if err != nil {
		return nil, ofParameter("fields", err, audit.ErrFacet)
	}
	return EventFacets200JSONResponse{Total: result.Total, Facets: each(result.Facets, newFacet)}, nil
}

func newFacet(f *audit.Facet) Facet {
	return Facet{Field: f.Field, Distinct: f.Distinct, Values: each(f.Values, func(v *audit.FacetValue) ValueCount {
		return ValueCount{Value: v.Value, Count: v.Count}
	})}
}

// CountEvents counts events by combinations of values.
func (s *server) CountEvents(ctx context.Context, request CountEventsRequestObject) (CountEventsResponseObject, error) {
	p := request.Params
	r, err := s.auditRequest(p.Q, p.From, p.To)
	if err != nil {
		return nil, err
	}
	by := list(p.By)
	rows, err := s.Lake.Count(ctx, tenantOf(ctx), audit.CountRequest{Query: r.Query, From: r.From, Until: r.Until, By: by})
	if err != nil {
		return nil, ofParameter("by", err, audit.ErrCountBy)
	}
	limit := min(given(p.Limit, audit.DefaultLimit), len(rows))
	return CountEvents200JSONResponse{By: by, More: len(rows) > limit, Rows: each(rows[:limit], func(row *audit.CountRow) CountRow {
		return CountRow{Values: texts(row.Values), Count: row.Count}
	})}, nil
}

// SuggestValues completes what is being typed.
func (s *server) SuggestValues(ctx context.Context, request SuggestValuesRequestObject) (SuggestValuesResponseObject, error) {
	p := request.Params
	r, err := s.auditRequest(p.Q, p.From, p.To)
	if err != nil {
		return nil, err
	}
	found, err := s.Lake.Suggest(ctx, tenantOf(ctx), audit.SuggestRequest{
		Query: r.Query, From: r.From, Until: r.Until,
		Field: given(p.Field, ""), Prefix: given(p.Prefix, ""), Limit: given(p.Limit, audit.DefaultFacetLimit),
	})
	if err != nil {
		return nil, err
	}
	answer := SuggestValues200JSONResponse{Suggestions: each(found.List, func(v *audit.Suggestion) Suggestion {
		if v.Count == 0 {
			return Suggestion{Value: v.Value}
		}
		return Suggestion{Value: v.Value, Count: &v.Count}
	})}
	if found.Since != 0 {
		partial := true
		answer.Partial = &partial
	}
	return answer, nil
}
