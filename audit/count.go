package audit

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"

	"github.com/kopterio/kopter/account"
	"github.com/kopterio/kopter/query"
)

// CountRequest asks how many events there are of each combination of values.
type CountRequest struct {
	Query       query.Node // nil for every event
	From, Until int64      // as in Request

	// By are columns of Schema, or the hour, day or month of the event, UTC.
	// An event with several resources counts once for each of them. Without
	// any there is one row, the total.
	By []string
}

// CountRow is a combination of values, in the order of By, and how many events
// have it. Times are written like 2023-07-10T11:00:00Z, 2023-07-10, 2023-07.
type CountRow struct {
	Values []string
	Count  int64
}

// MaxCountBy and MaxCountRows bound a count.
const (
	MaxCountBy   = 6
	MaxCountRows = 1 << 20
)

var (
	// ErrCountBy says that a count asks for a field that is none, or for too
	// many.
	ErrCountBy = errors.New("cannot count by that")
	// ErrTooManyRows says that a count has more than MaxCountRows rows.
	ErrTooManyRows = errors.New("too many different values to count; narrow the query or the time")
)

// Count counts the events that match, by the values of some fields: the most
// frequent first, equal counts by value.
func (l *Lake) Count(ctx context.Context, t account.Tenant, r CountRequest) ([]CountRow, error) {
	by, err := countFields(r.By)
	if err != nil {
		return nil, err
	}
	p := compile(r.Query)
	from, until := p.times(r.From, r.Until)
	var rows []CountRow
	err = l.consistently(ctx, t, func(parts []Part) error {
		tally := newTally(by)
		walk := walk{lake: l, tenant: t, plan: p, from: from, until: until,
			floor: func() int64 { return math.MinInt64 }}
		_, err := walk.groups(ctx, parts, func(ctx context.Context, g *rowGroup) error {
			return tally.group(ctx, newScan(g, p, from, until))
		})
		rows = tally.rows()
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("count: %w", err)
	}
	return rows, nil
}

// tally adds up the counts of row groups. It is safe for concurrent use.
type tally struct {
	by []countField

	mu     sync.Mutex
	values []interner // by field
	counts map[tallyKey]int64
}

// tallyKey is a combination of values, each by its number in an interner.
type tallyKey [MaxCountBy]uint32

// interner numbers the values of a field.
type interner struct {
	numbers map[string]uint32
	values  []string
}

func newTally(by []countField) *tally {
	t := &tally{by: by, values: make([]interner, len(by)), counts: map[tallyKey]int64{}}
	for i := range t.values {
		t.values[i].numbers = map[string]uint32{}
	}
	return t
}

func (in *interner) number(value []byte) uint32 {
	if n, ok := in.numbers[string(value)]; ok {
		return n
	}
	n := uint32(len(in.values))
	in.values = append(in.values, string(value))
	in.numbers[in.values[n]] = n
	return n
}

// group counts one row group.
func (t *tally) group(ctx context.Context, s *scan) error {
	defer s.close()
	yes, maybe, err := s.rows()
	if err != nil || maybe.empty() {
		return err
	}
	matching, err := s.settle(ctx, yes, maybe)
	if err != nil || matching.empty() {
		return err
	}
	codings := make([]coding, len(t.by))
	for i, by := range t.by {
		if codings[i], err = by.codes(s); err != nil {
			return err
		}
	}
	return t.merge(codings, combine(codings, matching))
}

// merge adds the counts of a row group, in which values go by their codes.
func (t *tally) merge(codings []coding, counts map[uint64]int64) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	numbers := make([][]uint32, len(codings)) // by code; 0 is not yet numbered
	for i, c := range codings {
		numbers[i] = make([]uint32, c.values.len())
	}
	for combined, n := range counts {
		var key tallyKey
		for i := len(codings) - 1; i >= 0; i-- {
			size := uint64(codings[i].values.len())
			code := combined % size
			combined /= size
			if numbers[i][code] == 0 {
				numbers[i][code] = t.values[i].number(codings[i].values.at(int(code))) + 1
			}
			key[i] = numbers[i][code] - 1
		}
		t.counts[key] += n
	}
	if len(t.counts) > MaxCountRows {
		return ErrTooManyRows
	}
	return nil
}

func (t *tally) rows() []CountRow {
	rows := make([]CountRow, 0, len(t.counts))
	for key, n := range t.counts {
		values := make([]string, len(t.by))
		for i := range values {
			values[i] = t.values[i].values[key[i]]
		}
		rows = append(rows, CountRow{values, n})
	}
	slices.SortFunc(rows, func(a, b CountRow) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), slices.Compare(a.Values, b.Values))
	})
	return rows
}
