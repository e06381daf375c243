package cost

import (
	"maps"
	"math/bits"
	"slices"

	"github.com/kopterio/kopter/money"
	"github.com/kopterio/kopter/usage"
)

// Measure is the part of a Tally that charts show.
type Measure struct {
	Amount          money.Nano
	Seconds         int64 // that surely ran, priced or not
	UnpricedSeconds int64 // those of Seconds for which there is no price
}

// plus gives m and n times o.
func (m Measure) plus(o Measure, n int64) Measure {
	return Measure{m.Amount + o.Amount*money.Nano(n), m.Seconds + o.Seconds*n, m.UnpricedSeconds + o.UnpricedSeconds*n}
}

func (m Measure) minus(o Measure) Measure { return m.plus(o, -1) }

func (t *Tally) measure() Measure { return Measure{t.Amount, t.Seconds, t.UnpricedSeconds} }

// curve is one series as a running sum: what it had come to at the beginning
// of any hour is found in a few steps, and a stretch of time is a difference
// of two of those. It holds only the hours in which something changes.
type curve struct {
	hours  []int32 // ascending
	points []point // one for each of hours
}

// point is the running sum after an hour, and by how much every further hour
// adds to it, until the next point.
type point struct{ sum, level Measure }

// before gives the running sum of all hours before h.
func (c *curve) before(h int) Measure {
	n := len(c.hours)
	switch { // as most often, when all of time is asked for
	case n == 0 || h <= int(c.hours[0]):
		return Measure{}
	case h > int(c.hours[n-1]):
		return c.sumAt(n, h)
	}
	k, _ := slices.BinarySearch(c.hours, int32(h))
	return c.sumAt(k, h)
}

// sumAt is before where k points lie before h.
func (c *curve) sumAt(k, h int) Measure {
	if k == 0 {
		return Measure{}
	}
	p := &c.points[k-1]
	return p.sum.plus(p.level, int64(h-1-int(c.hours[k-1])))
}

// columns gives what falls between each two neighbours of bounds, which are
// hours in ascending order.
func (c *curve) columns(bounds []int, add func(k int, m Measure)) {
	at, _ := slices.BinarySearch(c.hours, int32(bounds[0]))
	was := c.sumAt(at, bounds[0])
	for k, h := range bounds[1:] {
		for at < len(c.hours) && int(c.hours[at]) < h {
			at++
		}
		sum := c.sumAt(at, h)
		add(k, sum.minus(was))
		was = sum
	}
}

// extent gives the hours first ≤ h < last outside which there is nothing.
func (c *curve) extent() (first, last int) {
	n := len(c.hours)
	if n == 0 {
		return 0, 0
	}
	last = int(c.hours[n-1])
	if c.points[n-1].sum != c.sumAt(n-1, last) {
		last++
	}
	return int(c.hours[0]), last
}

// touch is a cell of an hour, in measures: what falls into it without filling
// it, and by how much the level changes.
type touch struct {
	hour        int
	part, whole Measure
}

func (t touch) plus(u touch) touch {
	return touch{t.hour, t.part.plus(u.part, 1), t.whole.plus(u.whole, 1)}
}

// push appends a touch after all others. One that says nothing is left out.
func (c *curve) push(t touch) {
	if t.part == (Measure{}) && t.whole == (Measure{}) {
		return
	}
	n := len(c.hours)
	level := t.whole
	if n > 0 {
		level = c.points[n-1].level.plus(t.whole, 1)
	}
	sum := c.sumAt(n, t.hour).plus(t.part, 1).plus(level, 1)
	c.hours, c.points = append(c.hours, int32(t.hour)), append(c.points, point{sum, level})
}

// touch gives what was pushed as point k.
func (c *curve) touch(k int) touch {
	p := &c.points[k]
	whole := p.level
	if k > 0 {
		whole = whole.minus(c.points[k-1].level)
	}
	hour := int(c.hours[k])
	return touch{hour, p.sum.minus(p.level).minus(c.sumAt(k, hour)), whole}
}

// cut takes off all points from an hour on, and gives what was pushed as them.
func (c *curve) cut(hour int) []touch {
	from, _ := slices.BinarySearch(c.hours, int32(hour))
	tail := make([]touch, len(c.hours)-from)
	for k := range tail {
		tail[k] = c.touch(from + k)
	}
	c.hours, c.points = c.hours[:from], c.points[:from]
	return tail
}

// edit is changes of a curve that are not yet in it.
type edit map[int]*cell

// at gives the cell of an hour.
func (e edit) at(hour int) *cell {
	c, ok := e[hour]
	if !ok {
		c = &cell{}
		e[hour] = c
	}
	return c
}

// apply takes in an edit. What lies before its first hour is not touched.
func (c *curve) apply(e edit) {
	hours := slices.Sorted(maps.Keys(e))
	if len(hours) == 0 {
		return
	}
	next := func() touch {
		t := touch{hours[0], e[hours[0]].part.measure(), e[hours[0]].whole.measure()}
		hours = hours[1:]
		return t
	}
	for _, t := range c.cut(hours[0]) {
		for len(hours) > 0 && hours[0] < t.hour {
			c.push(next())
		}
		if len(hours) > 0 && hours[0] == t.hour {
			t = t.plus(next())
		}
		c.push(t)
	}
	for len(hours) > 0 {
		c.push(next())
	}
}

// trace gives the curve of a series, and adds it to the cells of a total.
func (p *pen) trace(parts [][]piece, total *pen) *curve {
	p.fit(parts)
	for _, part := range parts {
		for k := range part {
			spread(p, &part[k], Hour, 1)
		}
	}
	c := &curve{}
	c.grow(p.count())
	for hour, cell := range p.touches() {
		if total != nil {
			sum := total.at(hour)
			sum.part.plus(&cell.part, 1)
			sum.whole.plus(&cell.whole, 1)
		}
		c.push(touch{hour, cell.part.measure(), cell.whole.measure()})
	}
	return c
}

func (c *curve) grow(n int) { c.hours, c.points = make([]int32, 0, n), make([]point, 0, n) }

// count is how many cells were touched.
func (p *pen) count() (n int) {
	for _, word := range p.touched {
		n += bits.OnesCount64(word)
	}
	return n
}

// touches yields the cells that were touched, by their buckets, and clears
// them.
func (p *pen) touches() func(yield func(int, *cell) bool) {
	return func(yield func(int, *cell) bool) {
		for k, word := range p.touched {
			for ; word != 0; word &= word - 1 {
				at := k*64 + bits.TrailingZeros64(word)
				yield(p.first+at, &p.cells[at])
				p.cells[at] = cell{}
			}
			p.touched[k] = 0
		}
	}
}

// open makes room for the hours of a stretch of time.
func (p *pen) open(from, until usage.Seconds) {
	p.step, p.first = Hour, Hour.index(from)
	n := Hour.index(until) - p.first + 3
	p.cells, p.touched = make([]cell, n), make([]uint64, (n+63)/64)
}
