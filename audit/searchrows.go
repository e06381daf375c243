package audit

import (
	"context"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"
)

// Raw records are loaded so many at a time until those of a page are longer
// than maxPageBytes; then the page ends.
const (
	rawAtOnce    = 256
	maxPageBytes = 32 << 20
)

// loadEvents reads the events of hits, in their order, with fields that may
// include the raw record. It leaves out the last ones when the records of
// those before are very long, but not the first one.
func loadEvents(ctx context.Context, hits []hit, fields []field) ([]*Event, error) {
	events := make([]*Event, len(hits))
	for i := range events {
		events[i] = &Event{}
	}
	if i := slices.Index(fields, fieldRaw); i >= 0 {
		n, err := loadRaw(ctx, hits, events)
		if err != nil {
			return nil, err
		}
		hits, events = hits[:n], events[:n]
		fields = slices.Delete(slices.Clone(fields), i, i+1)
	}
	return events, loadFields(ctx, hits, events, fields)
}

// loadRaw loads raw records and says of how many events.
func loadRaw(ctx context.Context, hits []hit, events []*Event) (n int, err error) {
	for size := 0; n < len(hits) && size <= maxPageBytes; {
		end := min(n+rawAtOnce, len(hits))
		if err := loadFields(ctx, hits[n:end], events[n:end], []field{fieldRaw}); err != nil {
			return 0, err
		}
		for ; n < end && size <= maxPageBytes; n++ {
			size += len(events[n].Raw)
		}
	}
	return n, nil
}

func loadFields(ctx context.Context, hits []hit, events []*Event, fields []field) error {
	workers, ctx := errgroup.WithContext(ctx)
	workers.SetLimit(runtime.GOMAXPROCS(0))
	for g, picks := range picksByGroup(hits) {
		workers.Go(func() error {
			return guard(g.part.name, func() error { return g.loadAll(ctx, fields, picks, events) })
		})
	}
	return workers.Wait()
}

func (g *rowGroup) loadAll(ctx context.Context, fields []field, picks []pick, events []*Event) error {
	for _, f := range fields {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := g.load(ctx, f, picks, events); err != nil {
			return err
		}
	}
	return nil
}

// pick is a row to load, and the event to load it into.
type pick struct{ row, event int }

// picksByGroup sorts hits by where they are read from; rows ascend.
func picksByGroup(hits []hit) map[*rowGroup][]pick {
	groups := map[*rowGroup][]pick{}
	for i, h := range hits {
		groups[h.group] = append(groups[h.group], pick{int(h.row), i})
	}
	for _, picks := range groups {
		slices.SortFunc(picks, func(a, b pick) int { return a.row - b.row })
	}
	return groups
}

// load reads one column of the picked rows.
func (g *rowGroup) load(ctx context.Context, f field, picks []pick, events []*Event) error {
	switch f {
	case fieldTime:
		times, err := g.times(ctx)
		if err != nil {
			return err
		}
		for _, p := range picks {
			events[p.event].Time = times[p.row]
		}
		return nil
	case fieldReadOnly:
		readOnly, err := g.bools(ctx)
		if err != nil {
			return err
		}
		for _, p := range picks {
			events[p.event].ReadOnly = readOnly.has(p.row)
		}
		return nil
	case fieldResources:
		return g.loadResources(ctx, picks, events)
	}
	return g.loadStrings(ctx, f, picks, events)
}

func (g *rowGroup) loadStrings(ctx context.Context, f field, picks []pick, events []*Event) error {
	cells := g.cells(f)
	defer cells.close()
	last := ""
	for _, p := range picks {
		if err := ctx.Err(); err != nil {
			return err
		}
		value, err := cells.at(p.row)
		if err != nil {
			return err
		}
		if last != asString(value) { // neighbours often share their strings
			last = string(value)
		}
		*events[p.event].text(f) = last
	}
	return nil
}

func (g *rowGroup) loadResources(ctx context.Context, picks []pick, events []*Event) error {
	cells := g.cells(fieldResources)
	defer cells.close()
	for len(picks) > 0 {
		if err := cells.load(picks[0].row); err != nil || cells.page == nil {
			return err
		}
		n := 1
		for n < len(picks) && picks[n].row < cells.first+cells.rows {
			n++
		}
		g.pickElements(cells, picks[:n], events)
		picks = picks[n:]
	}
	return nil
}

// pickElements copies the elements of the picked rows out of one page.
func (g *rowGroup) pickElements(cells *cells, picks []pick, events []*Event) {
	eachElement(cells.page, func(row, value int) {
		row += cells.first
		for len(picks) > 0 && picks[0].row < row {
			picks = picks[1:]
		}
		if len(picks) > 0 && picks[0].row == row {
			e := events[picks[0].event]
			e.Resources = append(e.Resources, string(cells.value(value)))
		}
	})
}
