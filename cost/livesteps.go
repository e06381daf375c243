package cost

import (
	"cmp"
	"context"
	"fmt"
	"strconv"

	"github.com/kopterio/kopter/money"
	"github.com/kopterio/kopter/usage"
)

// StepsRequest asks for a page of steps.
type StepsRequest struct {
	// StepQuery chooses the steps; its Limit is the length of a page, zero
	// being DefaultPage.
	StepQuery
	// Cursor is Next of the page before; empty for the first.
	Cursor string
}

// DefaultPage is how many rows a page of a listing has.
const DefaultPage = 100

// StepsPage is a page of steps.
type StepsPage struct {
	Version uint64
	Steps   []Step
	// Next leads to the following page; empty on the last. It is a place in
	// the order and stays right while steps come and go.
	Next string
}

// Steps gives a page of steps. Errors are ErrCursor and ctx's.
func (l *Live) Steps(ctx context.Context, r StepsRequest) (StepsPage, error) {
	after, err := afterStep(r)
	if err != nil {
		return StepsPage{}, err
	}
	limit := cmp.Or(r.Limit, DefaultPage)
	tariffs := l.borrow()
	defer l.giveBack(tariffs)
	h := hunter{finder: newFinder(tariffs.Tariffs, r.StepQuery), view: l.fleet.View()}
	h.q.Limit, h.after = limit+1, after
	h.bound()
	if err := h.hunt(ctx); err != nil {
		return StepsPage{}, err
	}
	p := StepsPage{Version: h.view.Version(), Steps: h.found}
	if len(p.Steps) > limit {
		p.Steps = p.Steps[:limit:limit]
		p.Next = r.Order.cursor(&p.Steps[limit-1])
	}
	return p, nil
}

// cursor is the place of a step in an order.
func (o Order) cursor(s *Step) string {
	return encodeCursor(o.listing(), strconv.FormatInt(s.Time, 10), s.Account, s.Resource, string(s.Kind),
		strconv.FormatInt(int64(s.Delta), 10), string(s.Currency), strconv.FormatInt(s.NotAfter, 10))
}

func (o Order) listing() string { return "steps " + strconv.Itoa(int(o)) }

// afterStep reads a cursor; nil for the beginning.
func afterStep(r StepsRequest) (*Step, error) {
	if r.Cursor == "" {
		return nil, nil
	}
	parts, err := decodeCursor(r.Cursor, r.Order.listing(), 8)
	if err != nil {
		return nil, err
	}
	var numbers [3]int64
	for k, text := range []string{parts[1], parts[5], parts[7]} {
		if numbers[k], err = strconv.ParseInt(text, 10, 64); err != nil {
			return nil, fmt.Errorf("cursor %q: %w", r.Cursor, ErrCursor)
		}
	}
	return &Step{
		Time: numbers[0], Account: parts[2], Resource: parts[3], Kind: Kind(parts[4]),
		Delta: money.Rate(numbers[1]), Currency: money.Currency(parts[6]), NotAfter: numbers[2],
	}, nil
}

// hunter finds steps in a fleet without looking at every interval: it goes
// from life to life in the order of the first step that each can have, until
// no other can have one that counts.
type hunter struct {
	finder
	view      *usage.FleetView
	intervals []usage.Interval
	timeline  []*usage.Interval
}

// bound narrows the time to what can follow the cursor.
func (h *hunter) bound() {
	switch {
	case h.after == nil:
	case h.q.Order == Newest:
		h.q.Until = min(h.q.Until, h.after.Time+1)
	case h.q.Order == Oldest:
		h.q.From = max(h.q.From, h.after.Time)
	}
}

// scent is the time of the step of a life that comes first, or a little
// before it in the order.
type scent struct {
	at   usage.Seconds
	life *usage.Life
}

func (h *hunter) hunt(ctx context.Context) error {
	trail, err := h.trail(ctx)
	if err != nil {
		return err
	}
	sign := int64(1) // the least time first
	if h.q.Order == Newest {
		sign = -1
	}
	heap := scents{trail, sign}
	heap.order()
	for n := 0; len(heap.list) > 0; n++ {
		if n%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		first := heap.pop()
		if h.q.Order != Largest && h.settled(first.at*sign, sign) {
			break
		}
		h.life(first.life)
	}
	h.trim(0)
	return nil
}

// settled says that enough steps are found, and none at a time or after it in
// the order counts.
func (h *hunter) settled(at, sign int64) bool {
	n := h.q.Limit
	if len(h.found) >= n {
		h.trim(2 * n)
	}
	if len(h.found) >= n && !h.full {
		h.trim(0)
		h.full = true
	}
	return len(h.found) >= n && h.found[n-1].Time*sign < at
}

// trail lists the lives that have an edge in the time asked for.
func (h *hunter) trail(ctx context.Context) ([]scent, error) {
	lives := h.view.Lives()
	list := make([]scent, 0, len(lives))
	var i usage.Interval
	for k, life := range lives {
		if k%shareSize == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if h.q.Resource != "" && life.Resource != h.q.Resource {
			continue
		}
		if at, ok := h.scent(life, &i); ok {
			list = append(list, scent{at, life})
		}
	}
	return list, nil
}

// scent gives the time of the first step in the order that a life can have;
// false when it has none in the time asked for.
func (h *hunter) scent(life *usage.Life, i *usage.Interval) (usage.Seconds, bool) {
	if h.q.Order == Oldest {
		if !h.view.FirstUntil(life, h.q.From, i) {
			return 0, false
		}
		at := i.Start
		if at < h.q.From {
			at = h.next(i)
		}
		return at, at < h.q.Until
	}
	if end, ended := life.EndedBefore(h.q.Until); ended {
		return end, end >= h.q.From
	}
	if !h.view.LastBefore(life, h.q.Until, i) {
		return 0, false
	}
	at := h.newest(i)
	return at, at >= h.q.From
}

// newest is the time of an interval's last edge or change of price before the
// end of the time asked for; the interval starts before that.
func (h *hunter) newest(i *usage.Interval) usage.Seconds {
	if !i.Open && i.End < h.q.Until {
		return i.End
	}
	t := h.tariffs.of(i)
	return max(i.Start, t.windows[t.at(min(i.End, h.q.Until)-1)].from)
}

// next is the time of the first change of price or the end of an interval
// from the beginning of the time asked for on; the interval starts before it.
func (h *hunter) next(i *usage.Interval) usage.Seconds {
	t := h.tariffs.of(i)
	end := i.End
	if i.Open {
		end = endOfTime
	}
	return min(end, max(h.q.From, t.windows[t.at(h.q.From-1)].until))
}

// life finds the steps of a life.
func (h *hunter) life(l *usage.Life) {
	if !h.mayPass(l) {
		return
	}
	h.intervals = h.view.Intervals(l, h.intervals[:0])
	h.timeline = h.timeline[:0]
	for k := range h.intervals {
		h.timeline = append(h.timeline, &h.intervals[k])
	}
	for k := range h.timeline {
		h.visit(h.timeline, k)
	}
}

// mayPass says whether the filter may let a step of a life pass, before what
// caused them is unpacked.
func (h *hunter) mayPass(l *usage.Life) bool {
	if h.early == nil {
		return true
	}
	h.intervals = h.view.Outline(l, h.intervals[:0])
	for k := range h.intervals {
		if h.early(values{&h.intervals[k]}) {
			return true
		}
	}
	return false
}

// scents is a heap: the one that comes first is first.
type scents struct {
	list []scent
	sign int64
}

func (s *scents) before(a, b int) bool { return s.list[a].at*s.sign < s.list[b].at*s.sign }

func (s *scents) order() {
	for k := len(s.list)/2 - 1; k >= 0; k-- {
		s.sink(k)
	}
}

func (s *scents) pop() scent {
	first, last := s.list[0], len(s.list)-1
	s.list[0] = s.list[last]
	s.list = s.list[:last]
	s.sink(0)
	return first
}

func (s *scents) sink(k int) {
	for {
		child := 2*k + 1
		if child >= len(s.list) {
			return
		}
		if child+1 < len(s.list) && s.before(child+1, child) {
			child++
		}
		if !s.before(child, k) {
			return
		}
		s.list[k], s.list[child] = s.list[child], s.list[k]
		k = child
	}
}
