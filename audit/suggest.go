package audit

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/kopterio/kopter/account"
	"github.com/kopterio/kopter/query"
)

// SuggestRequest is what someone is typing.
type SuggestRequest struct {
	// Query is what stands beside the term that is being typed; only values of
	// events that match it are suggested. nil is every event.
	Query       query.Node
	From, Until int64 // as in Request

	Field  string // whose values are asked for; empty for the names of fields
	Prefix string // of the name or value, without regard to case
	Limit  int    // of suggestions; 0 is DefaultFacetLimit
}

// Suggestion completes what someone types into a query.
type Suggestion struct {
	Value string
	Count int64 // of events with the value; 0 for the name of a field
}

// Suggestions are the completions that there are.
type Suggestions struct {
	List []Suggestion

	// Since is 0 when all events were looked at. Else it is the time, in
	// milliseconds since 1970, from which on all were: values that older events
	// have may be missing, and counts of them too.
	Since int64
}

// What one call of Suggest looks at, the newest first: rows by their columns,
// and rows that only their raw records can settle. Both take some tens of
// milliseconds.
const (
	suggestRows    = 2 << 20
	suggestRecords = 4 << 10
)

// Suggest completes a prefix: to the names of fields, the everyday ones first,
// or to the most frequent values of a field. Ids, times and what lies inside
// the record are not completed.
func (l *Lake) Suggest(ctx context.Context, t account.Tenant, r SuggestRequest) (Suggestions, error) {
	if r.Limit <= 0 {
		r.Limit = DefaultFacetLimit
	}
	if r.Field == "" {
		return Suggestions{List: suggestFields(r.Prefix, r.Limit)}, nil
	}
	f, ok := fieldByName(r.Field)
	if !ok || !hasFacet(f) {
		return Suggestions{}, nil
	}
	p := compile(r.Query)
	from, until := p.times(r.From, r.Until)
	var result Suggestions
	err := l.consistently(ctx, t, func(parts []Part) error {
		s := newSuggesting(f, r.Prefix)
		walk := walk{lake: l, tenant: t, plan: p, from: from, until: until, floor: s.since.Load}
		_, err := walk.groups(ctx, parts, func(ctx context.Context, g *rowGroup) error {
			return s.group(ctx, newScan(g, p, from, until))
		})
		result = s.result(r.Limit)
		return err
	})
	if err != nil {
		return Suggestions{}, fmt.Errorf("suggest: %w", err)
	}
	return result, nil
}

// suggesting is a call of Suggest under way.
type suggesting struct {
	field   field
	accepts func(string) bool
	counts  valueCounts

	rows  atomic.Int64 // still to be looked at
	since atomic.Int64 // events before are looked at no more

	mu      sync.Mutex
	records int // still to be looked at
}

func newSuggesting(f field, prefix string) *suggesting {
	term := query.Term{Field: f.String(), Kind: query.String, Op: query.Pattern, Value: prefix + string(query.Wildcard)}
	s := &suggesting{field: f, accepts: func(value string) bool { return value != "" }, records: suggestRecords}
	if prefix != "" {
		s.accepts = term.Matcher()
	}
	s.counts.numbers = map[string]uint32{}
	s.rows.Store(suggestRows)
	s.since.Store(math.MinInt64)
	return s
}

// group counts the values of a row group, if it is not too much.
func (s *suggesting) group(ctx context.Context, scan *scan) error {
	defer scan.close()
	if s.rows.Add(-int64(scan.rowGroup.rows)) < 0 {
		s.stopBefore(scan.max + 1)
		return nil
	}
	yes, maybe, err := scan.rows(ctx)
	if err != nil || maybe.empty() {
		return err
	}
	if err := s.limitRecords(ctx, scan, yes, maybe); err != nil {
		return err
	}
	matching, err := scan.settle(ctx, yes, maybe)
	if err != nil || matching.empty() {
		return err
	}
	values, counts, err := scan.countValues(ctx, s.field, matching)
	if err != nil {
		return err
	}
	s.counts.add(values, counts, s.accepts)
	return nil
}

// stopBefore says that events before that time are looked at no more.
func (s *suggesting) stopBefore(at int64) {
	for {
		since := s.since.Load()
		if since >= at || s.since.CompareAndSwap(since, at) {
			return
		}
	}
}

// limitRecords takes the older rows out when more raw records would have to be
// read than are left.
func (s *suggesting) limitRecords(ctx context.Context, scan *scan, yes, maybe bitmap) error {
	unknown := append(bitmap(nil), maybe...)
	unknown.and(yes.not(scan.rowGroup.rows))
	n := unknown.count()
	s.mu.Lock()
	granted := min(n, s.records)
	s.records -= granted
	s.mu.Unlock()
	if granted == n {
		return nil
	}
	rows, err := scan.newestFirst(ctx, unknown)
	if err != nil {
		return err
	}
	since := scan.timeColumn[rows[granted]] + 1
	s.stopBefore(since)
	within, err := scan.between(ctx, since, math.MaxInt64)
	yes.and(within)
	maybe.and(within)
	return err
}

func (s *suggesting) result(limit int) Suggestions {
	result := Suggestions{List: []Suggestion{}}
	if since := s.since.Load(); since != math.MinInt64 {
		result.Since = since
	}
	for _, value := range s.counts.facet("", limit).Values {
		result.List = append(result.List, Suggestion(value))
	}
	return result
}

// everyday are the fields that people ask for most, the most wanted first.
var everyday = []string{
	"name", "user", "account", "region", "service", "error", "ip", "resource", "principal", "actor",
	"event", "source", "error_code", "resources", "session", "access_key", "user_agent", "read_only", "time", "tag.",
}

// suggestFields lists the names that begin with a prefix: everyday ones, other
// columns, and what CloudTrail calls them, each in order of the alphabet.
func suggestFields(prefix string, limit int) []Suggestion {
	type ranked struct {
		name string
		rank int
	}
	var names []ranked
	for name := range Schema() {
		if strings.HasPrefix(query.FoldString(name), query.FoldString(prefix)) {
			names = append(names, ranked{name, fieldRank(name)})
		}
	}
	slices.SortFunc(names, func(a, b ranked) int {
		return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(a.name, b.name))
	})
	list := []Suggestion{}
	for _, n := range names[:min(limit, len(names))] {
		list = append(list, Suggestion{Value: n.name})
	}
	return list
}

func fieldRank(name string) int {
	if rank := slices.Index(everyday, name); rank >= 0 {
		return rank
	}
	if _, ok := aliases[name]; ok || strings.HasSuffix(name, ".") {
		return len(everyday) + 1
	}
	return len(everyday)
}
