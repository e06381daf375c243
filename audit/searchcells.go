package audit

import (
	"context"

	"github.com/parquet-go/parquet-go"
)

// cells reads single values of a string column. It keeps the page that it
// read last, so rows are best asked for in order, up or down.
type cells struct {
	group  *rowGroup
	field  field
	pages  *parquet.FilePages
	page   parquet.Page
	starts []int // the first row of every page of the column
	first  int   // the page's first row
	rows   int   // in the page
	values texts // of the page, or of the dictionary
	codes  []int32
}

// at gives the value of a row; it is valid until the next call.
func (c *cells) at(row int) ([]byte, error) {
	if err := c.load(row); err != nil || c.pages == nil {
		return nil, err
	}
	return c.value(row - c.first), nil
}

// value gives a value of the current page.
func (c *cells) value(i int) []byte {
	if c.codes != nil {
		i = int(c.codes[i])
	}
	return c.values.at(i)
}

// load makes the page that holds a row the current one.
func (c *cells) load(row int) error {
	if c.page != nil && row >= c.first && row < c.first+c.rows {
		return nil
	}
	if c.pages == nil {
		if c.group.columns[c.field] == nil {
			return nil
		}
		if err := c.open(); err != nil {
			return err
		}
	}
	c.drop()
	start := c.pageStart(row)
	if err := c.pages.SeekToRow(int64(start)); err != nil {
		return c.group.wrap(err)
	}
	page, err := c.pages.ReadPage()
	if err != nil {
		return c.group.wrap(err)
	}
	c.page, c.first, c.rows = page, start, int(page.NumRows())
	return c.decode()
}

// open reads the index of pages, so that seeking needs to read no page before
// the one that is asked for.
func (c *cells) open() error {
	column := c.group.columns[c.field]
	index, err := column.OffsetIndexFrom(c.group.part.file)
	if err != nil {
		return c.group.wrap(err)
	}
	c.starts = make([]int, index.NumPages())
	for i := range c.starts {
		c.starts[i] = int(index.FirstRowIndex(i))
	}
	c.pages = column.PagesFrom(c.group.part.file)
	return nil
}

func (c *cells) pageStart(row int) (start int) {
	for _, s := range c.starts {
		if s <= row {
			start = s
		}
	}
	return start
}

func (c *cells) decode() error {
	if c.page.Dictionary() == nil {
		c.values, c.codes = textsOf(c.page), nil
		return nil
	}
	values := c.page.Data()
	c.values, c.codes = textsOf(c.page.Dictionary().Page()), values.Int32()
	return nil
}

func (c *cells) drop() {
	if c.page != nil {
		parquet.Release(c.page)
		c.page = nil
	}
}

func (c *cells) close() {
	c.drop()
	if c.pages != nil {
		c.pages.Close()
		c.pages = nil
	}
}

// rawReader reads raw records. Their pages are large, so it looks at the
// context before each.
type rawReader struct{ cells }

func (r *rawReader) at(ctx context.Context, row int) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return r.cells.at(row)
}
