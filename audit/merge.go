package audit

import (
	"cmp"
	"container/heap"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/parquet-go/parquet-go"
)

// merger yields the rows of row groups in order. A row group is opened when
// the merge reaches its first row's time, so those that do not overlap in time
// take no memory together.
type merger struct {
	ctx     context.Context
	files   Files
	open    []FileReader
	waiting []groupCursor // the last one begins first
	heads   cursorHeap
	started bool
	current *groupCursor // whose row was given last
}

// groupCursor reads a row group.
type groupCursor struct {
	part  string
	group parquet.RowGroup
	min   int64 // time of its first row

	reader *parquet.GenericReader[Row]
	buf    []Row
	at, n  int
	ended  bool
}

// addPart adds the row groups of a part.
func (m *merger) addPart(name string) error {
	f, r, err := openParquet(m.ctx, m.files, name)
	if err != nil {
		return err
	}
	m.open = append(m.open, r)
	for _, group := range f.RowGroups() {
		chunk, ok := group.ColumnChunks()[leafTime].(*parquet.FileColumnChunk)
		if !ok {
			return fmt.Errorf("part %s: unexpected kind of column", name)
		}
		first, _, ok := chunk.Bounds()
		if !ok {
			return fmt.Errorf("part %s: %w: a row group has no bounds of time", name, ErrCorrupt)
		}
		m.waiting = append(m.waiting, groupCursor{part: name, group: group, min: first.Int64()})
	}
	return nil
}

// next gives the next row, valid until the call after, or io.EOF.
func (m *merger) next() (*Row, error) {
	if !m.started {
		m.started = true
		slices.SortStableFunc(m.waiting, func(a, b groupCursor) int { return cmp.Compare(b.min, a.min) })
	}
	if m.current != nil {
		if err := m.advance(); err != nil {
			return nil, err
		}
	}
	for n := len(m.waiting); n > 0 && (len(m.heads) == 0 || m.waiting[n-1].min <= m.heads[0].row().Time); n-- {
		cursor := m.waiting[n-1]
		m.waiting = m.waiting[:n-1]
		if err := m.start(&cursor); err != nil {
			return nil, err
		}
	}
	if len(m.heads) == 0 {
		return nil, io.EOF
	}
	m.current = m.heads[0]
	return m.current.row(), nil
}

func (m *merger) start(c *groupCursor) error {
	c.reader = parquet.NewGenericRowGroupReader[Row](c.group)
	c.buf = make([]Row, readRows)
	c.at = -1
	ok, err := c.step()
	if ok {
		heap.Push(&m.heads, c)
	}
	return err
}

// advance steps the cursor at the top of the heap.
func (m *merger) advance() error {
	ok, err := m.current.step()
	if err != nil {
		return err
	}
	if ok {
		heap.Fix(&m.heads, 0)
	} else {
		heap.Pop(&m.heads)
	}
	m.current = nil
	return m.ctx.Err()
}

// step moves to the next row, if any.
func (c *groupCursor) step() (bool, error) {
	for c.at++; c.at >= c.n; c.at = 0 {
		if c.ended {
			return false, c.reader.Close()
		}
		n, err := c.reader.Read(c.buf)
		if err != nil && !errors.Is(err, io.EOF) {
			return false, fmt.Errorf("read part %s: %w: %w", c.part, ErrCorrupt, err)
		}
		c.n, c.ended = n, err != nil
	}
	return true, nil
}

func (c *groupCursor) row() *Row { return &c.buf[c.at] }

func (m *merger) close() {
	for _, c := range m.heads {
		c.reader.Close()
	}
	for _, f := range m.open {
		f.Close()
	}
}

// cursorHeap has the cursor with the least row on top.
type cursorHeap []*groupCursor

func (h cursorHeap) Len() int      { return len(h) }
func (h cursorHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h cursorHeap) Less(i, j int) bool {
	a, b := h[i].row(), h[j].row()
	return cmp.Or(cmp.Compare(a.Time, b.Time), strings.Compare(a.EventID, b.EventID), strings.Compare(a.Account, b.Account)) < 0
}
func (h *cursorHeap) Push(x any) { *h = append(*h, x.(*groupCursor)) }
func (h *cursorHeap) Pop() any {
	last := len(*h) - 1
	c := (*h)[last]
	*h = (*h)[:last]
	return c
}
