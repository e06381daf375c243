package cost

import (
	"cmp"
	"fmt"
	"slices"
	"sync"

	"github.com/kopterio/kopter/price"
	"github.com/kopterio/kopter/query"
	"github.com/kopterio/kopter/usage"
)

// Ledger is a graph that follows its resources: it keeps the difference arrays
// of every series by the hour, so that a change of one resource costs
// microseconds and any stretch of time can be read at any width. What it shows
// equals Graph over the same intervals, to the last digit. New prices need a
// new Ledger. It is safe for concurrent use.
type Ledger struct {
	// MaxRows bounds what Rows gives; zero is DefaultMaxRows. It is set before
	// the first use.
	MaxRows int

	keep func(query.Values) bool

	mu     sync.Mutex
	meter  meter
	groups *groups
	lines  []*strip // by series
	posted map[resourceKey][]piece
}

type resourceKey struct{ account, resource string }

// NewLedger begins a ledger of the intervals that the filter lets pass,
// grouped by fields of Schema. Its error is an unknown field.
func NewLedger(prices price.Prices, by []string, keep query.Node) (*Ledger, error) {
	readers, err := grouping(by)
	if err != nil {
		return nil, err
	}
	return &Ledger{
		keep:   filter(keep),
		meter:  newMeter(prices, 0, 0),
		groups: newGroups(readers),
		posted: map[resourceKey][]piece{},
	}, nil
}

// Set replaces all intervals of a resource; none removes it.
func (l *Ledger) Set(account, resource string, intervals []usage.Interval) {
	l.mu.Lock()
	defer l.mu.Unlock()
	k := resourceKey{account, resource}
	for _, p := range l.posted[k] {
		spread(l.lines[p.series], &p, Hour, -1)
	}
	pieces := l.pieces(intervals)
	for _, p := range pieces {
		spread(l.lines[p.series], &p, Hour, 1)
	}
	if len(pieces) == 0 {
		delete(l.posted, k)
		return
	}
	l.posted[k] = pieces
}

// pieces cuts intervals and gives every piece its series, making those that
// are new.
func (l *Ledger) pieces(intervals []usage.Interval) (out []piece) {
	var cut []stretch
	for k := range intervals {
		i := &intervals[k]
		if l.keep != nil && !l.keep(values{i}) {
			continue
		}
		node := l.groups.node(i)
		cut = l.meter.cut(i, cut[:0])
		for _, p := range cut {
			p.series = l.groups.line(node, p.window.quote.Currency)
			if int(p.series) == len(l.lines) {
				l.lines = append(l.lines, &strip{cells: map[int]*cell{}})
			}
			out = append(out, p.piece)
		}
	}
	return out
}

// Rows reads the graph from ≤ t < until at any width, as Graph gives it. Both
// must be full hours; zero is unbounded.
func (l *Ledger) Rows(from, until usage.Seconds, step Bucket) ([]Row, error) {
	if from%secondsPerHour != 0 || until%secondsPerHour != 0 {
		return nil, fmt.Errorf("ledger from %d until %d: want full hours", from, until)
	}
	if until <= 0 {
		until = endOfTime
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	order, values := l.groups.sorted()
	lines := make([]line, 0, len(order))
	n := 0
	for _, s := range order {
		spans := l.lines[s].read(Hour.index(from), Hour.index(until), step)
		if n += len(spans); n > cmp.Or(l.MaxRows, DefaultMaxRows) {
			return nil, ErrTooManyRows
		}
		lines = append(lines, line{values[s], l.groups.series[s].currency, spans})
	}
	if step == Total {
		startTotals(lines, from)
	}
	return byStart(lines, step), nil
}

// startTotals gives the rows of a Total, which begin with their own first
// hours, the start that they have in common.
func startTotals(lines []line, from usage.Seconds) {
	start := from
	if start == 0 {
		start = endOfTime
		for _, l := range lines {
			for k := range l.spans {
				start = min(start, l.spans[k].start)
			}
		}
	}
	for _, l := range lines {
		for k := range l.spans {
			l.spans[k].start = start
		}
	}
}

// strip is the hourly difference array of one series, of which only the cells
// that were ever touched are held.
type strip struct {
	cells map[int]*cell
	order []hourCell // the same cells, sorted by hour unless stale
	stale bool
}

type hourCell struct {
	hour int
	*cell
}

// at gives the cell of an hour.
func (s *strip) at(hour int) *cell {
	c, ok := s.cells[hour]
	if !ok {
		c = &cell{}
		s.cells[hour] = c
		s.order = append(s.order, hourCell{hour, c})
		s.stale = true
	}
	return c
}

// read gives the rows of the hours first ≤ h < last. A Total's row starts with
// its first hour.
func (s *strip) read(first, last int, step Bucket) []span {
	if s.stale {
		slices.SortFunc(s.order, func(a, b hourCell) int { return a.hour - b.hour })
		s.stale = false
	}
	w := walk{cells: Hour, rows: step, first: first, last: last}
	for _, c := range s.order {
		if c.hour >= last {
			break
		}
		w.visit(c.hour, c.cell)
	}
	w.pass(last)
	return w.list
}
