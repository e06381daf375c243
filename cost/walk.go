package cost

import (
	"github.com/kopterio/kopter/money"
	"github.com/kopterio/kopter/usage"
)

// walk adds up a difference array, visited from left to right, to rows.
type walk struct {
	cells       Bucket // the width of a cell
	rows        Bucket // the width of a row, no less
	first, last int    // only the cells first ≤ k < last make rows

	level Tally // per hour, of what fills the cells from next on
	next  int   // the first cell that is not added up
	list  []span
}

// span is what a row of a line shows: all but what the line's rows have in
// common. A line is long, so it is free of pointers.
type span struct {
	start usage.Seconds
	Tally
}

// line is the rows of one series, in order of their starts.
type line struct {
	values   []string
	currency money.Currency
	spans    []span
}

// row gives the row of a span.
func (l *line) row(k int) Row {
	return Row{Start: l.spans[k].start, Values: l.values, Currency: l.currency, Tally: l.spans[k].Tally}
}

// visit goes on to a cell that was touched, by way of all before it.
func (w *walk) visit(at int, c *cell) {
	w.pass(at)
	w.next = at + 1
	w.level.plus(&c.whole, 1)
	w.emit(at, c.part)
}

// pass goes on to a cell by way of all before it: they hold what fills them.
func (w *walk) pass(at int) {
	if w.level == (Tally{}) {
		return
	}
	for w.next = max(w.next, w.first); w.next < min(at, w.last); w.next++ {
		w.emit(w.next, Tally{})
	}
}

// emit adds a cell, of which t does not fill it, to its row.
func (w *walk) emit(at int, t Tally) {
	t.plus(&w.level, w.cells.hours(at))
	if t == (Tally{}) || at < w.first || at >= w.last {
		return
	}
	start := w.cells.start(at)
	if w.rows != w.cells {
		if n := len(w.list); n > 0 && w.rows.index(w.list[n-1].start) == w.rows.index(start) {
			w.list[n-1].plus(&t, 1)
			return
		}
		if w.rows != Total {
			start = w.rows.start(w.rows.index(start))
		}
	}
	w.list = append(w.list, span{start, t})
}
