package cost

import (
	"context"
	"math"
	"runtime"

	"golang.org/x/sync/errgroup"

	"github.com/kopterio/kopter/price"
	"github.com/kopterio/kopter/query"
	"github.com/kopterio/kopter/usage"
)

// shareSize is how many intervals are worth a goroutine of their own, and how
// many are read between two looks at the context.
const shareSize = 1 << 14

// share is what one goroutine has made of its share of the intervals.
type share struct {
	meter  meter
	groups *groups
	keep   func(query.Values) bool // nil keeps all

	pieces []piece // in order of their series when collected
	ends   []int   // by series, where its pieces end

	earliest     usage.Seconds // of all pieces
	intervals    int
	unattributed int64

	scratch []stretch
}

// collect cuts intervals into pieces, in parallel.
func collect(ctx context.Context, all []usage.Interval, prices price.Prices, readers []func(*usage.Interval) string, q Query) ([]*share, error) {
	n := max(1, min(runtime.GOMAXPROCS(0), len(all)/shareSize))
	shares := make([]*share, n)
	keep := filter(q.Filter)
	work, ctx := errgroup.WithContext(ctx)
	for k := range shares {
		s := &share{meter: newMeter(prices, q.From, q.Until), groups: newGroups(readers), keep: keep, earliest: math.MaxInt64}
		shares[k] = s
		part := all[len(all)*k/n : len(all)*(k+1)/n]
		work.Go(func() error { return s.read(ctx, part) })
	}
	return shares, work.Wait()
}

func (s *share) read(ctx context.Context, part []usage.Interval) error {
	s.pieces = make([]piece, 0, len(part)+len(part)/8)
	for k := range part {
		if k%shareSize == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		s.add(&part[k])
	}
	s.sort()
	return nil
}

func (s *share) add(i *usage.Interval) {
	if s.keep != nil && !s.keep(values{i}) {
		return
	}
	s.scratch = s.meter.cut(i, s.scratch[:0])
	if len(s.scratch) == 0 {
		return
	}
	s.intervals++
	node := s.groups.node(i)
	for k := range s.scratch {
		p := &s.scratch[k]
		p.series = s.groups.line(node, p.window.quote.Currency)
		s.pieces = append(s.pieces, p.piece)
		s.earliest = min(s.earliest, p.from)
		if p.marks&unpriced != 0 {
			p.window.gap.count(i.Resource, p.until-p.from, 1)
		}
		if p.marks&ran != 0 && principal(i.Launcher) == "" {
			s.unattributed += p.until - p.from
		}
	}
}

// sort brings the pieces of each series together.
func (s *share) sort() {
	starts := make([]int, len(s.groups.series)+1)
	for k := range s.pieces {
		starts[s.pieces[k].series+1]++
	}
	for k := range starts[1:] {
		starts[k+1] += starts[k]
	}
	sorted := make([]piece, len(s.pieces))
	for k := range s.pieces {
		at := &starts[s.pieces[k].series]
		sorted[*at] = s.pieces[k]
		*at++
	}
	s.pieces, s.ends = sorted, starts // each start has moved to its end
}

// of gives the pieces of a series.
func (s *share) of(series uint32) []piece {
	from := 0
	if series > 0 {
		from = s.ends[series-1]
	}
	return s.pieces[from:s.ends[series]]
}
