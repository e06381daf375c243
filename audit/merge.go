package audit

import (
	"cmp"
	"container/heap"
	"context"
	"fmt"
	"slices"
)

// merger moves the rows of parts into stages, from the oldest on. It decides by
// the rows' times alone which of them a stage gets, and then reads the columns
// of one row group after the other; the stage sorts. So it holds the times of
// the row groups that overlap, and pages of one column of one row group.
type merger struct {
	files   Files
	parts   []*openPart
	waiting []*groupCursor // the last one begins first
	open    []*groupCursor // that the merge has reached, in the order of their beginnings
	begun   int            // how many were opened
}

// groupCursor is a row group that is being merged.
type groupCursor struct {
	*rowGroup
	times   []int64
	order   int   // among those that begin at one time
	weight  int64 // that a row takes in a stage, in bytes, on average
	at, end int   // rows before at are merged, those from at to end are taken for the next stage
}

// addPart adds the row groups of a part.
func (m *merger) addPart(ctx context.Context, part Part) error {
	p, err := openPartFile(ctx, m.files, part)
	if err != nil {
		return err
	}
	m.parts = append(m.parts, p)
	for _, g := range p.groups {
		if g.rows > 0 {
			m.waiting = append(m.waiting, &groupCursor{rowGroup: g, weight: g.rowWeight()})
		}
	}
	return nil
}

// rowWeight is the length of a row's strings, on average: as raw records have
// three quarters of it.
func (g *rowGroup) rowWeight() int64 {
	raw := g.columns[fieldRaw]
	if raw == nil {
		return 1
	}
	meta := &raw.File().Metadata().RowGroups[g.index].Columns[raw.Column()].MetaData
	return meta.TotalUncompressedSize / int64(g.rows) * 4 / 3
}

// fill moves the oldest rows into a stage, which is empty, and says whether
// there were any.
func (m *merger) fill(ctx context.Context, s *stage) (bool, error) {
	if m.begun == 0 {
		slices.SortStableFunc(m.waiting, func(a, b *groupCursor) int { return cmp.Compare(b.min, a.min) })
	}
	if err := m.take(ctx); err != nil {
		return false, err
	}
	for _, c := range m.open {
		if s.bytes > maxGroupBytes {
			// The rows are longer than others of their row groups. What is
			// left goes to the next stage.
			c.end = c.at
			continue
		}
		if err := c.copyTo(ctx, s); err != nil {
			return false, err
		}
	}
	m.open = slices.DeleteFunc(m.open, func(c *groupCursor) bool { return c.at == c.rows })
	return len(s.times) > 0, nil
}

// take takes as many rows for the next stage as it has room for.
func (m *merger) take(ctx context.Context) error {
	heads := slices.Clone(cursorHeap(m.open))
	heap.Init(&heads)
	size := int64(0)
	for rows := 0; rows < maxGroupRows && size < maxGroupBytes; rows++ {
		if err := m.reach(ctx, &heads); err != nil {
			return err
		}
		if len(heads) == 0 {
			return nil
		}
		c := heads[0]
		size += c.weight
		if c.end++; c.end < c.rows {
			heap.Fix(&heads, 0)
		} else {
			heap.Pop(&heads)
		}
	}
	return nil
}

// reach opens the row groups that begin no later than the next row.
func (m *merger) reach(ctx context.Context, heads *cursorHeap) error {
	for n := len(m.waiting); n > 0 && (len(*heads) == 0 || m.waiting[n-1].min <= (*heads)[0].time()); n-- {
		c := m.waiting[n-1]
		m.waiting = m.waiting[:n-1]
		err := guard(c.part.name, func() (err error) {
			c.times, err = c.rowGroup.times(ctx)
			return err
		})
		if err != nil {
			return err
		}
		c.order = m.begun
		m.begun++
		m.open = append(m.open, c)
		heap.Push(heads, c)
	}
	return ctx.Err()
}

// time is that of the next row to take.
func (c *groupCursor) time() int64 { return c.times[c.end] }

func (m *merger) close() {
	for _, p := range m.parts {
		p.close()
	}
}

// cursorHeap has the cursor with the oldest row on top.
type cursorHeap []*groupCursor

func (h cursorHeap) Len() int      { return len(h) }
func (h cursorHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h cursorHeap) Less(i, j int) bool {
	return cmp.Or(cmp.Compare(h[i].time(), h[j].time()), cmp.Compare(h[i].order, h[j].order)) < 0
}
func (h *cursorHeap) Push(x any) { *h = append(*h, x.(*groupCursor)) }
func (h *cursorHeap) Pop() any {
	last := len(*h) - 1
	c := (*h)[last]
	*h = (*h)[:last]
	return c
}

// textFields are the columns of a stage, in its order.
var textFields = [textColumns]field{
	fieldAccount, fieldRegion, fieldSource, fieldName, fieldEventType, fieldCategory,
	fieldActor, fieldActorType, fieldPrincipal, fieldSession, fieldAccessKey, fieldInvokedBy,
	fieldIP, fieldUserAgent, fieldErrorCode, fieldErrorMessage,
	fieldEventID, fieldRequestID, fieldSharedEventID, fieldRaw,
}

// copyTo copies the rows that were taken.
func (c *groupCursor) copyTo(ctx context.Context, s *stage) error {
	if c.at == c.end {
		return nil
	}
	err := guard(c.part.name, func() error {
		for column, f := range textFields {
			if err := c.copyTexts(ctx, s, column, f); err != nil {
				return err
			}
		}
		if err := c.copyResources(ctx, s); err != nil {
			return err
		}
		return c.copyFixed(ctx, s)
	})
	if err != nil {
		return fmt.Errorf("merge: %w", err)
	}
	c.at = c.end
	return nil
}

func (c *groupCursor) copyTexts(ctx context.Context, s *stage, column int, f field) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	cells := c.cells(f)
	defer cells.close()
	for row := c.at; row < c.end; row++ {
		value, err := cells.at(row)
		if err != nil {
			return err
		}
		s.addText(column, value)
	}
	return nil
}

// copyResources copies lists page by page.
func (c *groupCursor) copyResources(ctx context.Context, s *stage) error {
	cells := c.cells(fieldResources)
	defer cells.close()
	for row := c.at; row < c.end; {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := cells.load(row); err != nil {
			return err
		}
		end := c.end
		if cells.page != nil {
			end = min(end, cells.first+cells.rows)
			eachElement(cells.page, func(i, value int) {
				if i += cells.first; i < row || i >= end {
					return
				}
				for ; row < i; row++ {
					s.endList()
				}
				s.addElement(cells.value(value))
			})
		}
		for ; row < end; row++ {
			s.endList()
		}
	}
	return nil
}

func (c *groupCursor) copyFixed(ctx context.Context, s *stage) error {
	readOnly, err := c.bools(ctx)
	if err != nil {
		return err
	}
	for row := c.at; row < c.end; row++ {
		s.addFixed(c.times[row], s.identity(uint32(len(s.times))), readOnly.has(row))
	}
	return nil
}
