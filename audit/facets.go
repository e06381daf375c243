package audit

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/kopterio/kopter/account"
	"github.com/kopterio/kopter/query"
)

// FacetRequest asks which values are frequent in some fields.
type FacetRequest struct {
	Query       query.Node // nil for every event
	From, Until int64      // as in Request

	// Fields are columns of Schema, but not time and the ids, of which nearly
	// every event has one of its own.
	Fields []string
	Limit  int // of the values of each field; 0 is DefaultFacetLimit
}

// DefaultFacetLimit is how many values of a field there are when the request
// does not say. MaxFacetFields bounds the fields of one request.
const (
	DefaultFacetLimit = 10
	MaxFacetFields    = 24
)

// FacetResult is the frequent values of some fields.
type FacetResult struct {
	Total  int64   // events that match
	Facets []Facet // in the order of the request
	Work   Work
}

// Facet is the frequent values of a field. An event with several resources
// counts once for each of them; an absent value is the empty one.
type Facet struct {
	Field  string
	Values []FacetValue // the most frequent first, equal counts by value

	// Distinct is how many values there are, and Rest the sum of the counts of
	// those that are not listed.
	Distinct int64
	Rest     int64

	// Exact says that everything was counted. Of a field with more than some
	// hundred thousand values the rarest are given up on the way: then Distinct
	// and the counts are the least that it can be, and Rest the most.
	Exact bool
}

// FacetValue is a value and the number of events that have it.
type FacetValue struct {
	Value string
	Count int64
}

// ErrFacet says that a field has no facet.
var ErrFacet error = requestError("there is no facet of that")

// Facets counts the values of all fields in one pass.
func (l *Lake) Facets(ctx context.Context, t account.Tenant, r FacetRequest) (FacetResult, error) {
	fields, err := facetFields(r.Fields)
	if err != nil {
		return FacetResult{}, err
	}
	p := compile(r.Query)
	from, until := p.times(r.From, r.Until)
	result := FacetResult{}
	err = l.consistently(ctx, t, func(parts []Part) error {
		f := newFaceting(fields)
		walk := walk{lake: l, tenant: t, plan: p, from: from, until: until, floor: noFloor}
		work, err := walk.groups(ctx, parts, func(ctx context.Context, g *rowGroup) error {
			return f.group(ctx, newScan(g, p, from, until))
		})
		result = FacetResult{Total: f.total.Load(), Work: work}
		for i := range f.counts {
			result.Facets = append(result.Facets, f.counts[i].facet(r.Fields[i], r.Limit))
		}
		return err
	})
	if err != nil {
		return FacetResult{}, fmt.Errorf("facets: %w", err)
	}
	return result, nil
}

func facetFields(names []string) ([]field, error) {
	if len(names) > MaxFacetFields {
		return nil, fmt.Errorf("%w: %d fields, the most are %d", ErrFacet, len(names), MaxFacetFields)
	}
	fields := make([]field, len(names))
	for i, name := range names {
		f, ok := fieldByName(name)
		if !ok || !hasFacet(f) {
			return nil, fmt.Errorf("%w: %q", ErrFacet, name)
		}
		fields[i] = f
	}
	return fields, nil
}

// hasFacet says whether the values of a field repeat.
func hasFacet(f field) bool {
	return f != fieldTime && f != fieldEventID && f != fieldRequestID && f != fieldSharedEventID
}

// faceting is a count of facets under way. It is safe for concurrent use.
type faceting struct {
	fields []field
	counts []valueCounts // by field
	total  atomic.Int64
}

func newFaceting(fields []field) *faceting {
	f := &faceting{fields: fields, counts: make([]valueCounts, len(fields))}
	for i := range f.counts {
		f.counts[i].numbers = map[string]uint32{}
	}
	return f
}

func (f *faceting) group(ctx context.Context, s *scan) error {
	defer s.close()
	matching, err := s.matching(ctx)
	if err != nil || matching.empty() {
		return err
	}
	f.total.Add(int64(matching.count()))
	for i, field := range f.fields {
		values, counts, err := s.countValues(ctx, field, matching)
		if err != nil {
			return err
		}
		f.counts[i].add(values, counts, anyValue)
	}
	return nil
}

func anyValue(string) bool { return true }

// valueCounts adds up the counts of a field's values. It is safe for
// concurrent use.
type valueCounts struct {
	mu sync.Mutex
	interner
	counts []int64 // by number
	total  int64   // of all that was added
	given  int64   // how many values there were at the least, when some were given up
}

// maxFacetValues is how many values of a field are kept: some ten megabytes.
// Beyond that the rarer half is given up.
const maxFacetValues = 1 << 17

// add adds the counts of those values that are accepted.
func (v *valueCounts) add(values texts, counts []int32, accepts func(string) bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for code, n := range counts {
		if n == 0 || !accepts(asString(values.at(code))) {
			continue
		}
		number := v.number(values.at(code))
		if int(number) == len(v.counts) {
			v.counts = append(v.counts, 0)
		}
		v.counts[number] += int64(n)
		v.total += int64(n)
	}
	if len(v.counts) > maxFacetValues {
		v.giveUp()
	}
}

// giveUp drops the rarer half of the values.
func (v *valueCounts) giveUp() {
	v.given = max(v.given, int64(len(v.counts)))
	kept := v.sorted()
	kept = kept[:len(kept)/2]
	v.numbers, v.values, v.counts = make(map[string]uint32, len(kept)), nil, nil
	for i, value := range kept {
		v.numbers[value.Value] = uint32(i)
		v.values = append(v.values, value.Value)
		v.counts = append(v.counts, value.Count)
	}
}

func (v *valueCounts) sorted() []FacetValue {
	list := make([]FacetValue, len(v.counts))
	for i, n := range v.counts {
		list[i] = FacetValue{v.values[i], n}
	}
	slices.SortFunc(list, func(a, b FacetValue) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Value, b.Value))
	})
	return list
}

func (v *valueCounts) facet(name string, limit int) Facet {
	if limit <= 0 {
		limit = DefaultFacetLimit
	}
	list := v.sorted()
	f := Facet{Field: name, Distinct: max(v.given, int64(len(list))), Rest: v.total, Exact: v.given == 0}
	f.Values = list[:min(limit, len(list)):min(limit, len(list))]
	for _, value := range f.Values {
		f.Rest -= value.Count
	}
	return f
}
