package audit

import (
	"container/heap"
	"context"
	"runtime"
	"sync/atomic"

	"github.com/kopterio/kopter/account"
	"golang.org/x/sync/errgroup"
)

// walk goes through the row groups that a query needs to look at, those with
// the newest events first.
type walk struct {
	lake        *Lake
	tenant      account.Tenant
	plan        *plan
	from, until int64
	floor       func() int64 // row groups older than that are needed no more

	parts []Part // not yet opened, newest first
	ready groupHeap
	work  struct{ parts, groups, rows atomic.Int64 }
}

// groupHeap has the row group with the newest event on top. Each of them
// keeps its part open.
type groupHeap []*rowGroup

func (h groupHeap) Len() int           { return len(h) }
func (h groupHeap) Less(i, j int) bool { return h[i].max > h[j].max }
func (h groupHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *groupHeap) Push(x any)        { *h = append(*h, x.(*rowGroup)) }
func (h *groupHeap) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}

// groups calls visit with row groups. The first is visited alone, since it
// often is enough; then as many at a time as there are processors.
func (w *walk) groups(ctx context.Context, parts []Part, visit func(context.Context, *rowGroup) error) (Work, error) {
	w.parts = parts
	defer w.dropReady()
	err := w.visitNext(ctx, visit)
	if err == nil {
		err = w.visitRest(ctx, visit)
	}
	return Work{Parts: w.work.parts.Load(), Groups: w.work.groups.Load(), Rows: w.work.rows.Load()}, err
}

func (w *walk) visitNext(ctx context.Context, visit func(context.Context, *rowGroup) error) error {
	g, err := w.next(ctx)
	if err != nil || g == nil {
		return err
	}
	return w.visit(ctx, g, visit)
}

func (w *walk) visitRest(ctx context.Context, visit func(context.Context, *rowGroup) error) error {
	workers, ctx := errgroup.WithContext(ctx)
	workers.SetLimit(runtime.GOMAXPROCS(0))
	for {
		g, err := w.next(ctx)
		if err != nil || g == nil {
			if failed := workers.Wait(); failed != nil {
				return failed // the cause, where err only says that all was called off
			}
			return err
		}
		workers.Go(func() error { return w.visit(ctx, g, visit) })
	}
}

func (w *walk) visit(ctx context.Context, g *rowGroup, visit func(context.Context, *rowGroup) error) error {
	defer w.lake.open.release(g.part)
	if err := ctx.Err(); err != nil {
		return err
	}
	if g.max < w.floor() {
		return nil
	}
	w.work.groups.Add(1)
	w.work.rows.Add(int64(g.rows))
	return guard(g.part.name, func() error { return visit(ctx, g) })
}

// next gives the row group with the newest event of those not yet visited, or
// nil. Its part must be released.
func (w *walk) next(ctx context.Context) (*rowGroup, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	floor := w.floor()
	for len(w.parts) > 0 && w.parts[0].MaxTime >= floor && (len(w.ready) == 0 || w.parts[0].MaxTime >= w.ready[0].max) {
		part := w.parts[0]
		w.parts = w.parts[1:]
		if part.MaxTime < w.from || part.MinTime >= w.until {
			continue
		}
		if err := w.open(ctx, part); err != nil {
			return nil, err
		}
	}
	if len(w.ready) == 0 || w.ready[0].max < floor {
		return nil, nil
	}
	return heap.Pop(&w.ready).(*rowGroup), nil
}

// open makes the row groups of a part ready that may hold what is looked for.
func (w *walk) open(ctx context.Context, part Part) error {
	cache := &w.lake.open
	p, err := cache.acquire(ctx, w.lake.files, w.tenant, part)
	if err != nil {
		return err
	}
	defer cache.release(p)
	w.work.parts.Add(1)
	for _, g := range p.groups {
		if g.max < w.from || g.min >= w.until || p.tokens != nil && !w.plan.mayHold(w.plan.root, p.tokens, g.index) {
			continue
		}
		cache.retain(p)
		heap.Push(&w.ready, g)
	}
	return nil
}

func (w *walk) dropReady() {
	for _, g := range w.ready {
		w.lake.open.release(g.part)
	}
	w.ready = nil
}
