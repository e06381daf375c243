package audit

import (
	"context"

	"github.com/parquet-go/parquet-go"
)

// countValues counts the values of a field among rows: values, and how many
// rows have each. A value may be there more than once.
func (s *scan) countValues(ctx context.Context, f field, rows bitmap) (texts, []int32, error) {
	switch {
	case s.columns[f] == nil && f != fieldReadOnly:
		return absentValue(rows)
	case f == fieldReadOnly:
		return s.countBools(ctx, rows)
	case f == fieldResources:
		return s.countResources(ctx, rows)
	}
	return s.countStrings(ctx, f, rows)
}

// absentValue is the count of a column that is not there.
func absentValue(rows bitmap) (texts, []int32, error) {
	return texts{nil, []uint32{0, 0}}, []int32{int32(rows.count())}, nil
}

func (s *scan) countBools(ctx context.Context, rows bitmap) (texts, []int32, error) {
	bools, err := s.bools(ctx)
	if err != nil {
		return texts{}, nil, err
	}
	bools.and(rows)
	yes := bools.count()
	return texts{[]byte("falsetrue"), []uint32{0, 5, 9}}, []int32{int32(rows.count() - yes), int32(yes)}, nil
}

// countStrings counts codes, and where a page has none, gives its values some.
func (s *scan) countStrings(ctx context.Context, f field, rows bitmap) (texts, []int32, error) {
	pages := s.pages(f)
	defer pages.Close()
	values, whole, err := s.dictionary(f, pages)
	if err != nil {
		return texts{}, nil, err
	}
	if whole && values.len() == 1 {
		return values, []int32{int32(rows.count())}, nil
	}
	if !whole {
		return s.countCoding(ctx, f, rows)
	}
	counts := make([]int32, values.len())
	all := rows.count() == s.rowGroup.rows
	return values, counts, s.eachPage(ctx, pages, func(first int, page parquet.Page) error {
		data := page.Data()
		codes := data.Int32()
		if all {
			for _, code := range codes {
				counts[code]++
			}
			return nil
		}
		rows.eachWithin(first, first+len(codes), func(row int) { counts[codes[row-first]]++ })
		return nil
	})
}

// countCoding counts a column whose dictionary does not hold all values.
func (s *scan) countCoding(ctx context.Context, f field, rows bitmap) (texts, []int32, error) {
	coding, err := s.codeStrings(ctx, f)
	if err != nil {
		return texts{}, nil, err
	}
	counts := make([]int32, coding.values.len())
	rows.each(func(row int) { counts[coding.codes[row]]++ })
	return coding.values, counts, nil
}

// countResources counts every resource of a row once, and the empty value for
// a row without any.
func (s *scan) countResources(ctx context.Context, rows bitmap) (texts, []int32, error) {
	pages := s.pages(fieldResources)
	defer pages.Close()
	values, whole, err := s.dictionary(fieldResources, pages)
	if err != nil {
		return texts{}, nil, err
	}
	if !whole {
		return s.countListCoding(ctx, rows)
	}
	c := listCounts{rows: rows, counts: make([]int32, values.len()), current: -1}
	err = s.eachPage(ctx, pages, func(first int, page parquet.Page) error {
		data := page.Data()
		codes := data.Int32()
		eachElement(page, func(row, value int) { c.add(first+row, codes[value]) })
		return nil
	})
	data, offsets := values.data, append(values.offsets[:len(values.offsets):len(values.offsets)], uint32(len(values.data)))
	return texts{data, offsets}, append(c.counts, int32(rows.count()-c.some)), err
}

// listCounts counts the codes of lists, which come row by row.
type listCounts struct {
	rows    bitmap
	counts  []int32
	current int     // row
	seen    []int32 // codes of the current row
	some    int     // how many rows have a code at all
}

func (c *listCounts) add(row int, code int32) {
	if !c.rows.has(row) {
		return
	}
	if row != c.current {
		c.current, c.seen = row, c.seen[:0]
		c.some++
	}
	before := len(c.seen)
	if c.seen = addCode(c.seen, code); len(c.seen) > before {
		c.counts[code]++
	}
}

func (s *scan) countListCoding(ctx context.Context, rows bitmap) (texts, []int32, error) {
	coding, err := s.codeResources(ctx)
	if err != nil {
		return texts{}, nil, err
	}
	counts := make([]int32, coding.values.len())
	rows.each(func(row int) {
		for _, code := range coding.of(row) {
			counts[code]++
		}
	})
	return coding.values, counts, nil
}
