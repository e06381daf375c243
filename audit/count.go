package audit

import (
	"context"
	"fmt"
	"slices"
	"strings"
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
	ErrCountBy error = requestError("cannot count by that")
	// ErrTooManyRows says that a count has more than MaxCountRows rows.
	ErrTooManyRows error = requestError("too many different values to count; narrow the query or the time")
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
		walk := walk{lake: l, tenant: t, plan: p, from: from, until: until, floor: noFloor}
		_, err := walk.groups(ctx, parts, func(ctx context.Context, g *rowGroup) error {
			return tally.group(ctx, newScan(g, p, from, until))
		})
		if err != nil {
			return err
		}
		rows, err = tally.rows(ctx)
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
	counts *countTable
}

// tallyKey is a combination of values, each by its number in an interner.
type tallyKey [2]uint64

// keyBits is the room of a number: of MaxCountRows of them, and those that one
// row group adds before that is noticed. MaxCountBy of them fit into a key.
const keyBits = 21

// keyPlace is where the number of field i of n lies in a key: the last field
// in the lowest bits, so that keys order as their numbers do.
func keyPlace(i, n int) (word, shift int) {
	const perWord = MaxCountBy / len(tallyKey{})
	fromEnd := n - 1 - i
	return len(tallyKey{}) - 1 - fromEnd/perWord, fromEnd % perWord * keyBits
}

func (k *tallyKey) add(i, n int, number uint32) {
	word, shift := keyPlace(i, n)
	k[word] |= uint64(number) << shift
}

func (k tallyKey) number(i, n int) uint32 {
	word, shift := keyPlace(i, n)
	return uint32(k[word]>>shift) & (1<<keyBits - 1)
}

// interner numbers the values of a field.
type interner struct {
	numbers map[string]uint32
	values  []string
}

func newTally(by []countField) *tally {
	t := &tally{by: by, values: make([]interner, len(by)), counts: newCountTable()}
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
	matching, err := s.matching(ctx)
	if err != nil || matching.empty() {
		return err
	}
	codings := make([]coding, len(t.by))
	for i, by := range t.by {
		if codings[i], err = by.codes(ctx, s); err != nil {
			return err
		}
	}
	return t.merge(codings, combine(codings, matching))
}

// merge adds the counts of a row group, in which values go by their codes.
func (t *tally) merge(codings []coding, counts []combination) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	numbers := make([][]uint32, len(codings)) // by code; 0 is not yet numbered
	for i, c := range codings {
		if len(t.values[i].values)+c.values.len() >= 1<<keyBits {
			return ErrTooManyRows
		}
		numbers[i] = make([]uint32, c.values.len())
	}
	for _, c := range counts {
		var key tallyKey
		for i := range codings {
			number := &numbers[i][c.codes[i]]
			if *number == 0 {
				*number = t.values[i].number(codings[i].values.at(int(c.codes[i]))) + 1
			}
			key.add(i, len(codings), *number-1)
		}
		t.counts.add(key, c.count)
	}
	if t.counts.used > MaxCountRows {
		return ErrTooManyRows
	}
	return nil
}

// rows sorts the counts. Values are compared by their ranks, not one by one.
func (t *tally) rows(ctx context.Context) ([]CountRow, error) {
	ranks := make([][]uint32, len(t.by)) // by number
	for i := range t.values {
		ranks[i] = t.values[i].rank(ctx)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	list := t.counts.list()
	for i := range list {
		var key tallyKey
		for j := range ranks {
			key.add(j, len(ranks), ranks[j][list[i].key.number(j, len(ranks))])
		}
		list[i].key = key
	}
	list = sortCounts(ctx, list)
	rows, cells := make([]CountRow, len(list)), make([]string, len(list)*len(ranks))
	for i := range list {
		for j := range ranks {
			cells[j] = t.values[j].values[list[i].key.number(j, len(ranks))]
		}
		rows[i] = CountRow{Values: cells[:len(ranks):len(ranks)], Count: list[i].count}
		cells = cells[len(ranks):]
	}
	return rows, ctx.Err()
}

// rank sorts the values and gives for each number its place; numbers are
// places from then on. When the context ends the order is any.
func (in *interner) rank(ctx context.Context) []uint32 {
	const often = 4096
	compared, ended := 0, false
	slices.SortFunc(in.values, func(a, b string) int {
		if compared++; compared%often == 0 {
			ended = ctx.Err() != nil
		}
		if ended {
			return 0
		}
		return strings.Compare(a, b)
	})
	ranks := make([]uint32, len(in.values))
	for place, value := range in.values {
		ranks[in.numbers[value]] = uint32(place)
	}
	return ranks
}
