package cost

import (
	"cmp"
	"context"
	"math"
	"math/bits"
	"runtime"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/kopterio/kopter/usage"
)

// draw turns pieces into lines, series by series and in parallel; the lines
// are in order of their values and currency.
func draw(ctx context.Context, shares []*share, q Query) ([]line, error) {
	g, parts := together(shares)
	order, values := g.sorted()
	lines := make([]line, len(order))
	start, limit := totalStart(shares, q), int64(cmp.Or(q.MaxRows, DefaultMaxRows))
	var next, rows atomic.Int64
	work, ctx := errgroup.WithContext(ctx)
	for range min(runtime.GOMAXPROCS(0), len(lines)) {
		work.Go(func() error {
			pen := pen{step: q.Step, total: start}
			for k := next.Add(1) - 1; k < int64(len(lines)); k = next.Add(1) - 1 {
				s := order[k]
				lines[k] = line{values[s], g.series[s].currency, pen.draw(parts[s])}
				if rows.Add(int64(len(lines[k].spans))) > limit {
					return ErrTooManyRows
				}
				if ctx.Err() != nil {
					return ctx.Err()
				}
			}
			return nil
		})
	}
	return lines, work.Wait()
}

// together finds the pieces of each series in every share.
func together(shares []*share) (*groups, [][][]piece) {
	g := shares[0].groups
	lines := make([][]uint32, len(shares))
	for k, s := range shares[1:] {
		lines[k+1] = g.adopt(s.groups)
	}
	n := len(shares)
	all, parts := make([][]piece, len(g.series)*n), make([][][]piece, len(g.series))
	for s := range parts {
		parts[s] = all[s*n : (s+1)*n]
	}
	for k, s := range shares {
		for line := range uint32(len(s.ends) - 1) {
			at := line
			if k > 0 {
				at = lines[k][line]
			}
			parts[at][k] = s.of(line)
		}
	}
	return g, parts
}

// totalStart is the start of a Total's rows.
func totalStart(shares []*share, q Query) usage.Seconds {
	if q.From > 0 {
		return q.From
	}
	earliest := shares[0].earliest
	for _, s := range shares {
		earliest = min(earliest, s.earliest)
	}
	return earliest - earliest%secondsPerHour
}

// pen draws one series after the other on the same difference array.
type pen struct {
	step  Bucket
	total usage.Seconds // what the rows of a Total start with
	first int           // the bucket of cells[0]
	cells []cell
	// touched has a bit for every cell that may not be zero, so that long
	// empty stretches cost nothing.
	touched []uint64
}

// at gives the cell of a bucket.
func (p *pen) at(bucket int) *cell {
	k := bucket - p.first
	p.touched[k/64] |= 1 << (k % 64)
	return &p.cells[k]
}

// draw gives the rows of a series.
func (p *pen) draw(parts [][]piece) []span {
	most := p.fit(parts)
	for _, part := range parts {
		for k := range part {
			spread(p, &part[k], p.step, 1)
		}
	}
	w := walk{cells: p.step, rows: p.step, last: math.MaxInt, list: make([]span, 0, most)}
	for k, word := range p.touched {
		for ; word != 0; word &= word - 1 {
			at := k*64 + bits.TrailingZeros64(word)
			w.visit(p.first+at, &p.cells[at])
			p.cells[at] = cell{}
		}
		p.touched[k] = 0
	}
	if p.step == Total {
		for k := range w.list {
			w.list[k].start = p.total
		}
	}
	return w.list
}

// fit makes room for all buckets that the pieces touch, and says how many
// that are at most.
func (p *pen) fit(parts [][]piece) (most int) {
	from, until := endOfTime, usage.Seconds(0)
	for _, part := range parts {
		for k := range part {
			q := &part[k]
			from, until = min(from, q.from), max(until, q.until)
			most += p.step.index(q.until-1) - p.step.index(q.from) + 1
		}
	}
	p.first = p.step.index(from)
	n := p.step.index(until) - p.first + 2
	if n > len(p.cells) {
		p.cells = make([]cell, n)
		p.touched = make([]uint64, (n+63)/64)
	}
	return min(most, n)
}
