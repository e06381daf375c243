package audit

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

// texts is a list of strings as Parquet keeps them: value i is
// data[offsets[i]:offsets[i+1]].
type texts struct {
	data    []byte
	offsets []uint32
}

func (t texts) len() int        { return max(len(t.offsets)-1, 0) }
func (t texts) at(i int) []byte { return t.data[t.offsets[i]:t.offsets[i+1]] }

// textsOf gives the strings of a page without a dictionary.
func textsOf(page parquet.Page) texts {
	values := page.Data()
	data, offsets := values.ByteArray()
	return texts{data, offsets}
}

// eachPage calls fn with the pages of a column and the number of rows before
// each. A page is valid during the call. It looks at the context before each
// page, so that a search ends within a page of its deadline.
func (g *rowGroup) eachPage(ctx context.Context, pages *parquet.FilePages, fn func(first int, page parquet.Page) error) error {
	first := 0
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		page, err := pages.ReadPage()
		if err != nil {
			if errors.Is(err, io.EOF) {
				err = g.checkRows(first)
			}
			return g.wrap(err)
		}
		rows := int(page.NumRows())
		if err = g.checkRows(max(g.rows, first+rows)); err == nil {
			err = fn(first, page)
		}
		parquet.Release(page)
		if err != nil {
			return g.wrap(err)
		}
		first += rows
	}
}

func (g *rowGroup) checkRows(n int) error {
	if n != g.rows {
		return fmt.Errorf("%w: a column of %d rows in a row group of %d", ErrCorrupt, n, g.rows)
	}
	return nil
}

func (g *rowGroup) wrap(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("read part %s, row group %d: %w", g.part.name, g.index, err)
}

// guard runs fn, which decodes a part. The decoder panics at some of the bytes
// that no writer wrote; such a part must cost the search and not the process.
func guard(part string, fn func() error) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("read part %s: %w: %v", part, ErrCorrupt, cause)
		}
	}()
	return fn()
}

// pages opens a column for reading; nil when the part has no such column.
func (g *rowGroup) pages(f field) *parquet.FilePages {
	if g.columns[f] == nil {
		return nil
	}
	return g.columns[f].PagesFrom(g.part.file)
}

// dictionary gives the distinct values of a column, and whether all of its
// pages refer to them. A column without a dictionary has none.
func (g *rowGroup) dictionary(f field, pages *parquet.FilePages) (values texts, whole bool, err error) {
	dict, err := pages.ReadDictionary()
	if err != nil || dict == nil {
		return texts{}, false, g.wrap(err)
	}
	return textsOf(dict.Page()), g.allInDictionary(f), nil
}

func (g *rowGroup) allInDictionary(f field) bool {
	column := g.columns[f]
	meta := &column.File().Metadata().RowGroups[g.index].Columns[column.Column()].MetaData
	for _, s := range meta.EncodingStats {
		if s.PageType != format.DictionaryPage && s.Encoding != format.RLEDictionary {
			return false
		}
	}
	return len(meta.EncodingStats) > 0
}

// matchStrings tests every row of a string column, each distinct value once
// where the column has a dictionary.
func (g *rowGroup) matchStrings(ctx context.Context, f field, accepts func(string) bool) (bitmap, error) {
	hits := newBitmap(g.rows)
	pages := g.pages(f)
	if pages == nil {
		return hits, nil
	}
	defer pages.Close()
	values, whole, err := g.dictionary(f, pages)
	if err != nil {
		return nil, err
	}
	verdicts, yes := judge(values, accepts)
	if whole && yes == 0 {
		return hits, nil
	}
	if whole && yes == len(verdicts) {
		hits.fill(g.rows)
		return hits, nil
	}
	return hits, g.eachPage(ctx, pages, func(first int, page parquet.Page) error {
		if page.Dictionary() != nil {
			values := page.Data()
			hits.mark(first, values.Int32(), verdicts)
			return nil
		}
		plain := textsOf(page)
		for i := range plain.len() {
			if accepts(asString(plain.at(i))) {
				hits.set(first + i)
			}
		}
		return nil
	})
}

// judge tests values, and counts those that are accepted.
func judge(values texts, accepts func(string) bool) (verdicts []uint8, yes int) {
	verdicts = make([]uint8, values.len())
	for i := range verdicts {
		if accepts(asString(values.at(i))) {
			verdicts[i] = 1
			yes++
		}
	}
	return verdicts, yes
}

// mark sets the rows from first on whose code has a verdict of 1.
func (b bitmap) mark(first int, codes []int32, verdicts []uint8) {
	for i, code := range codes {
		row := first + i
		b[row/64] |= uint64(verdicts[code]) << (row % 64)
	}
}

// matchResources finds the rows of which any resource is accepted.
func (g *rowGroup) matchResources(ctx context.Context, accepts func(string) bool) (bitmap, error) {
	hits := newBitmap(g.rows)
	pages := g.pages(fieldResources)
	if pages == nil {
		return hits, nil
	}
	defer pages.Close()
	values, whole, err := g.dictionary(fieldResources, pages)
	if err != nil {
		return nil, err
	}
	verdicts, yes := judge(values, accepts)
	if whole && yes == 0 {
		return hits, nil
	}
	return hits, g.eachPage(ctx, pages, func(first int, page parquet.Page) error {
		values := page.Data()
		if page.Dictionary() != nil {
			codes := values.Int32()
			eachElement(page, func(row, value int) { hits.mark(first+row, codes[value:value+1], verdicts) })
			return nil
		}
		plain := textsOf(page)
		eachElement(page, func(row, value int) {
			if accepts(asString(plain.at(value))) {
				hits.set(first + row)
			}
		})
		return nil
	})
}

// eachElement calls fn with the elements of a page of lists: the row of each,
// counted from the page's first, and its place among the page's values.
func eachElement(page parquet.Page, fn func(row, value int)) {
	repetition, definition := page.RepetitionLevels(), page.DefinitionLevels()
	present := byte(0)
	for _, d := range definition {
		present = max(present, d)
	}
	if page.NumValues() == page.NumNulls() {
		return
	}
	row, value := -1, 0
	for i, r := range repetition {
		if r == 0 {
			row++
		}
		if definition[i] == present {
			fn(row, value)
			value++
		}
	}
}

// matchBools finds the rows whose read_only is accepted.
func (g *rowGroup) matchBools(ctx context.Context, accepts func(string) bool) (bitmap, error) {
	yes, no := accepts("true"), accepts("false")
	if yes == no || g.columns[fieldReadOnly] == nil {
		hits := newBitmap(g.rows)
		if yes || no && g.columns[fieldReadOnly] == nil {
			hits.fill(g.rows)
		}
		return hits, nil
	}
	hits, err := g.bools(ctx)
	if err != nil || yes {
		return hits, err
	}
	return hits.not(g.rows), nil
}

// bools gives the rows that are read-only.
func (g *rowGroup) bools(ctx context.Context) (bitmap, error) {
	hits := newBitmap(g.rows)
	pages := g.pages(fieldReadOnly)
	if pages == nil {
		return hits, nil
	}
	defer pages.Close()
	return hits, g.eachPage(ctx, pages, func(first int, page parquet.Page) error {
		values := page.Data()
		packed := values.Boolean()
		for i := range int(page.NumRows()) {
			hits[(first+i)/64] |= uint64(packed[i/8]>>(i%8)&1) << ((first + i) % 64)
		}
		return nil
	})
}

// times gives the time of every row, in milliseconds since 1970.
func (g *rowGroup) times(ctx context.Context) ([]int64, error) {
	times := make([]int64, g.rows)
	pages := g.pages(fieldTime)
	if pages == nil {
		return nil, g.wrap(fmt.Errorf("%w: there is no column time", ErrCorrupt))
	}
	defer pages.Close()
	return times, g.eachPage(ctx, pages, func(first int, page parquet.Page) error {
		values := page.Data()
		copy(times[first:], values.Int64())
		return nil
	})
}
