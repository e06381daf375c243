package cost

import (
	"context"
	"math"
	"runtime"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/kopterio/kopter/money"
	"github.com/kopterio/kopter/price"
	"github.com/kopterio/kopter/query"
	"github.com/kopterio/kopter/usage"
)

// journal is the graph of one filter and grouping as curves, which follows a
// fleet: before it is read it takes out what the resources that have changed
// had come to, and takes in what they come to now. One that nobody reads costs
// nothing but its memory.
type journal struct {
	prices  price.Prices
	by      []string
	readers []func(*usage.Interval) string
	keep    func(query.Values) bool // nil keeps all

	mu     sync.RWMutex
	base   *usage.FleetView // what it shows; nil before it is first drawn
	meter  meter
	groups *groups
	curves []*curve                  // by series
	totals map[money.Currency]*curve // of all series of a currency
	tab    *tab
	sum    Summary // of tab

	points  atomic.Int64  // of all curves, 52 bytes each
	version atomic.Uint64 // of base; 0 before it is first drawn
}

func newJournal(prices price.Prices, by []string, keep query.Node) (*journal, error) {
	readers, err := grouping(by)
	if err != nil {
		return nil, err
	}
	return &journal{prices: prices, by: by, readers: readers, keep: filter(keep)}, nil
}

// read calls fn when the journal shows a view at least as new as v. What fn is
// given may only be read, and only until it returns.
func (j *journal) read(ctx context.Context, v *usage.FleetView, fn func(*journal) error) error {
	if !j.shows(v) {
		if err := j.follow(ctx, v); err != nil {
			return err
		}
	}
	j.mu.RLock()
	defer j.mu.RUnlock()
	return fn(j)
}

func (j *journal) shows(v *usage.FleetView) bool {
	j.mu.RLock()
	defer j.mu.RUnlock()
	return j.base != nil && j.base.Version() >= v.Version()
}

// follow brings the journal up to a view.
func (j *journal) follow(ctx context.Context, v *usage.FleetView) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.base != nil && j.base.Version() >= v.Version() {
		return nil // another reader was quicker
	}
	if j.base != nil {
		if keys, known := v.ChangedSince(j.base.Version()); known && len(keys) <= 1000+len(v.Lives())/8 {
			j.amend(v, keys)
			return nil
		}
	}
	return j.draw(ctx, v)
}

// scribe draws a share of the lives.
type scribe struct {
	share
	tab    *tab
	latest usage.Seconds
}

func (s *scribe) read(ctx context.Context, v *usage.FleetView, lives []*usage.Life) error {
	var intervals []usage.Interval
	if s.keep == nil {
		n := 0
		for _, life := range lives {
			n += life.Len()
		}
		s.pieces = make([]piece, 0, n+n/8)
	}
	for k, life := range lives {
		if k%shareSize == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		intervals = v.Outline(life, intervals[:0])
		for k := range intervals {
			s.add(&intervals[k])
		}
	}
	s.sort()
	return nil
}

func (s *scribe) add(i *usage.Interval) {
	if s.keep != nil && !s.keep(values{i}) {
		return
	}
	if s.scratch = s.meter.cut(i, s.scratch[:0]); len(s.scratch) == 0 {
		return
	}
	s.tab.count(i, s.scratch, 1)
	node := s.groups.node(i)
	for k := range s.scratch {
		p := &s.scratch[k]
		p.series = s.groups.line(node, p.window.quote.Currency)
		s.pieces = append(s.pieces, p.piece)
		s.earliest, s.latest = min(s.earliest, p.from), max(s.latest, p.until)
	}
}

// draw makes the journal from scratch, in parallel.
func (j *journal) draw(ctx context.Context, v *usage.FleetView) error {
	lives := v.Lives()
	n := max(1, min(runtime.GOMAXPROCS(0), len(lives)/256))
	scribes := make([]*scribe, n)
	work, shared := errgroup.WithContext(ctx)
	for k := range scribes {
		scribes[k] = &scribe{share: share{
			meter: newMeter(j.prices, 0, 0), groups: newGroups(j.readers), keep: j.keep, earliest: math.MaxInt64,
		}, tab: newTab()}
		part := lives[len(lives)*k/n : len(lives)*(k+1)/n]
		work.Go(func() error { return scribes[k].read(shared, v, part) })
	}
	if err := work.Wait(); err != nil {
		return err
	}
	j.join(scribes)
	j.show(v)
	return nil
}

// join makes curves of what scribes have written.
func (j *journal) join(scribes []*scribe) {
	shares := make([]*share, len(scribes))
	earliest, latest := scribes[0].earliest, scribes[0].latest
	for k, s := range scribes {
		shares[k] = &s.share
		earliest, latest = min(earliest, s.earliest), max(latest, s.latest)
		if k > 0 {
			scribes[0].tab.add(s.tab)
		}
	}
	var parts [][][]piece
	j.groups, parts = together(shares)
	j.meter, j.tab = scribes[0].meter, scribes[0].tab
	j.trace(parts, earliest, latest)
}

// show ends a change: from here on the journal shows a view.
func (j *journal) show(v *usage.FleetView) {
	n := 0
	for _, c := range j.curves {
		n += len(c.points)
	}
	j.base, j.sum = v, j.tab.summary()
	j.points.Store(int64(n))
	j.version.Store(v.Version())
}

// trace draws the curves of all series, and sums them by currency.
func (j *journal) trace(parts [][][]piece, earliest, latest usage.Seconds) {
	j.curves, j.totals = make([]*curve, len(parts)), map[money.Currency]*curve{}
	pens := make([]map[money.Currency]*pen, max(1, min(runtime.GOMAXPROCS(0), len(parts))))
	var next atomic.Int64
	var work sync.WaitGroup
	for k := range pens {
		pens[k] = map[money.Currency]*pen{}
		work.Go(func() {
			own := pen{step: Hour}
			for s := int(next.Add(1) - 1); s < len(parts); s = int(next.Add(1) - 1) {
				c := j.groups.series[s].currency
				if pens[k][c] == nil {
					pens[k][c] = &pen{}
					pens[k][c].open(earliest, latest)
				}
				j.curves[s] = own.trace(parts[s], pens[k][c])
			}
		})
	}
	work.Wait()
	for _, pen := range pens {
		for c, total := range pen {
			j.total(c).apply(total.edit())
		}
	}
}

// edit gives what a pen has drawn.
func (p *pen) edit() edit {
	e := edit{}
	for hour, c := range p.touches() {
		*e.at(hour) = *c
	}
	return e
}

func (j *journal) total(c money.Currency) *curve {
	t, ok := j.totals[c]
	if !ok {
		t = &curve{}
		j.totals[c] = t
	}
	return t
}

// amendment collects what is to change in a journal.
type amendment struct {
	*journal
	series  map[uint32]edit
	totals  map[money.Currency]edit
	one     [1]usage.Interval
	scratch []stretch
}

// amend replaces what the changed resources come to, and moves the ends of
// what still runs.
func (j *journal) amend(v *usage.FleetView, changed []usage.ResourceKey) {
	a := amendment{journal: j, series: map[uint32]edit{}, totals: map[money.Currency]edit{}}
	isChanged := make(map[*usage.Life]bool, len(changed))
	var intervals []usage.Interval
	for _, k := range changed {
		if life := j.base.Life(k); life != nil {
			intervals = j.base.Outline(life, intervals[:0])
			a.post(intervals, -1)
		}
		if life := v.Life(k); life != nil {
			isChanged[life] = true
			intervals = v.Outline(life, intervals[:0])
			a.post(intervals, 1)
		}
	}
	for _, life := range v.Lives() {
		if life.Open() && !isChanged[life] && v.Horizon(life) != j.base.Horizon(life) {
			a.extend(v, life)
		}
	}
	a.close()
	j.show(v)
}

// extend moves the end of a life that still runs. What lies an hour and more
// before the earlier end stays as it is.
func (a *amendment) extend(v *usage.FleetView, life *usage.Life) {
	i := &a.one[0]
	a.base.OpenInterval(life, i)
	was := i.End
	v.OpenInterval(life, i)
	if i.End == was {
		return // it was seen after both horizons
	}
	end := i.End
	a.meter.from = was - 1 - (was-1)%secondsPerHour
	i.End, i.NotAfter = was, was
	a.post(a.one[:], -1)
	i.End, i.NotAfter = end, end
	a.post(a.one[:], 1)
	a.meter.from = 0
}

// post adds intervals, n times.
func (a *amendment) post(intervals []usage.Interval, n int64) {
	for k := range intervals {
		i := &intervals[k]
		if a.keep != nil && !a.keep(values{i}) {
			continue
		}
		if a.scratch = a.meter.cut(i, a.scratch[:0]); len(a.scratch) == 0 {
			continue
		}
		a.tab.count(i, a.scratch, n)
		node := a.groups.node(i)
		for k := range a.scratch {
			p := &a.scratch[k]
			currency := p.window.quote.Currency
			spread(a.edit(a.groups.line(node, currency)), &p.piece, Hour, n)
			spread(a.totalEdit(currency), &p.piece, Hour, n)
		}
	}
}

func (a *amendment) edit(series uint32) edit {
	for int(series) >= len(a.curves) {
		a.curves = append(a.curves, &curve{})
	}
	e, ok := a.series[series]
	if !ok {
		e = edit{}
		a.series[series] = e
	}
	return e
}

func (a *amendment) totalEdit(c money.Currency) edit {
	e, ok := a.totals[c]
	if !ok {
		e = edit{}
		a.totals[c] = e
	}
	return e
}

// close writes the changes into the journal.
func (a *amendment) close() {
	for s, e := range a.series {
		a.curves[s].apply(e)
	}
	for c, e := range a.totals {
		a.total(c).apply(e)
	}
}
