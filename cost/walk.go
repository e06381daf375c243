package cost

// walk adds up a difference array, visited from left to right, to rows.
type walk struct {
	cells       Bucket // the width of a cell
	rows        Bucket // the width of a row, no less
	first, last int    // only the cells first ≤ k < last make rows
	like        Row    // what the rows have in common

	level Tally // per hour, of what fills the cells from next on
	next  int   // the first cell that is not added up
	list  []Row
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
		if n := len(w.list); n > 0 && w.rows.index(w.list[n-1].Start) == w.rows.index(start) {
			w.list[n-1].plus(&t, 1)
			return
		}
		if w.rows != Total {
			start = w.rows.start(w.rows.index(start))
		}
	}
	w.list = append(w.list, w.like)
	r := &w.list[len(w.list)-1]
	r.Start, r.Tally = start, t
}
