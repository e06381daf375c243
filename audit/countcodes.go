package audit

import (
	"context"
	"fmt"
	"time"

	"github.com/parquet-go/parquet-go"
)

// countField is a field that events are counted by: a column, or the event's
// time cut down to a part of it.
type countField struct {
	field field
	cut   string // the layout of the time's part; empty for a column
}

// countFields reads the names of fields to count by.
func countFields(names []string) ([]countField, error) {
	if len(names) > MaxCountBy {
		return nil, fmt.Errorf("%w: %d fields, the most is %d", ErrCountBy, len(names), MaxCountBy)
	}
	cuts := map[string]string{"hour": "2006-01-02T15:00:00Z", "day": "2006-01-02", "month": "2006-01",
		"time": "2006-01-02T15:04:05.999Z"}
	fields := make([]countField, len(names))
	for i, name := range names {
		cut, isTime := cuts[name]
		f, ok := fieldByName(name)
		if !ok && !isTime {
			return nil, fmt.Errorf("%w: %q is neither a column nor hour, day or month", ErrCountBy, name)
		}
		fields[i] = countField{f, cut}
	}
	return fields, nil
}

// coding says of every row of a row group which values it has, by codes.
type coding struct {
	values texts
	codes  []int32
	starts []int32 // of a list: where the codes of a row begin, and the end; else nil
}

// of gives the codes of a row.
func (c *coding) of(row int) []int32 {
	if c.starts == nil {
		return c.codes[row : row+1]
	}
	return c.codes[c.starts[row]:c.starts[row+1]]
}

func (f countField) codes(ctx context.Context, s *scan) (coding, error) {
	switch {
	case f.cut != "":
		return s.codeTimes(ctx, f.cut)
	case f.field == fieldReadOnly:
		return s.codeBools(ctx)
	case f.field == fieldResources:
		return s.codeResources(ctx)
	}
	return s.codeStrings(ctx, f.field)
}

// coder gives codes to values that a column does not number itself.
type coder struct {
	numbers map[string]int32
	values  texts
}

func newCoder() *coder {
	return &coder{numbers: map[string]int32{}, values: texts{offsets: []uint32{0}}}
}

func (c *coder) code(value []byte) int32 {
	n, ok := c.numbers[string(value)]
	if !ok {
		n = int32(c.values.len())
		c.numbers[string(value)] = n
		c.values.data = append(c.values.data, value...)
		c.values.offsets = append(c.values.offsets, uint32(len(c.values.data)))
	}
	return n
}

// codeTimes cuts the rows' times. Neighbours mostly share theirs.
func (s *scan) codeTimes(ctx context.Context, layout string) (coding, error) {
	times, err := s.readTimes(ctx)
	if err != nil {
		return coding{}, err
	}
	coder, codes := newCoder(), make([]int32, len(times))
	begin, end, code := int64(0), int64(0), int32(0)
	var text []byte
	for i, t := range times {
		if t < begin || t >= end {
			begin = t - mod(t, unit(layout))
			end = begin + unit(layout)
			text = time.UnixMilli(t).UTC().AppendFormat(text[:0], layout)
			code = coder.code(text)
		}
		codes[i] = code
	}
	return coding{values: coder.values, codes: codes}, nil
}

// unit is a stretch of milliseconds that shares one text of a layout: a month
// is made of whole days.
func unit(layout string) int64 {
	switch layout {
	case "2006-01-02T15:00:00Z":
		return time.Hour.Milliseconds()
	case "2006-01-02", "2006-01":
		return 24 * time.Hour.Milliseconds()
	}
	return 1
}

// mod is the remainder of a floored division.
func mod(a, b int64) int64 { return (a%b + b) % b }

func (s *scan) codeBools(ctx context.Context) (coding, error) {
	bools, err := s.bools(ctx)
	if err != nil {
		return coding{}, err
	}
	codes := make([]int32, s.rowGroup.rows)
	bools.each(func(row int) { codes[row] = 1 })
	return coding{values: texts{[]byte("falsetrue"), []uint32{0, 5, 9}}, codes: codes}, nil
}

// codeStrings takes over the codes of the column's dictionary; pages without
// one get codes after those.
func (s *scan) codeStrings(ctx context.Context, f field) (coding, error) {
	codes := make([]int32, s.rowGroup.rows)
	pages := s.pages(f)
	if pages == nil {
		return coding{values: texts{nil, []uint32{0, 0}}, codes: codes}, nil
	}
	defer pages.Close()
	values, whole, err := s.dictionary(f, pages)
	if err != nil {
		return coding{}, err
	}
	coder := newCoder()
	if !whole {
		for i := range values.len() {
			coder.code(values.at(i))
		}
	}
	err = s.eachPage(ctx, pages, func(first int, page parquet.Page) error {
		if page.Dictionary() != nil {
			data := page.Data()
			copy(codes[first:], data.Int32())
			return nil
		}
		plain := textsOf(page)
		for i := range plain.len() {
			codes[first+i] = coder.code(plain.at(i))
		}
		return nil
	})
	if whole {
		return coding{values: values, codes: codes}, err
	}
	return coding{values: coder.values, codes: codes}, err
}

// codeResources gives every row the codes of its resources, each once; a row
// without any has the empty value.
func (s *scan) codeResources(ctx context.Context) (coding, error) {
	coder := newCoder()
	none := coder.code(nil)
	c := coding{starts: make([]int32, 1, s.rowGroup.rows+1)}
	cells := s.cells(fieldResources)
	defer cells.close()
	for row := 0; row < s.rowGroup.rows; {
		if err := ctx.Err(); err != nil {
			return coding{}, err
		}
		if err := cells.load(row); err != nil {
			return coding{}, err
		}
		rows := s.rowGroup.rows - row // of a column that is not there
		if cells.page != nil {
			rows = cells.rows
		}
		lists := make([][]int32, rows)
		if cells.page != nil {
			eachElement(cells.page, func(i, value int) { lists[i] = addCode(lists[i], coder.code(cells.value(value))) })
		}
		for _, list := range lists {
			if len(list) == 0 {
				list = []int32{none}
			}
			c.codes = append(c.codes, list...)
			c.starts = append(c.starts, int32(len(c.codes)))
		}
		row += rows
	}
	c.values = coder.values
	return c, nil
}

func addCode(list []int32, code int32) []int32 {
	for _, c := range list {
		if c == code {
			return list
		}
	}
	return append(list, code)
}

// flatCombinations is up to how many combinations of codes are counted in an
// array: 2 MiB of it.
const flatCombinations = 1 << 18

// combination is how many rows have one code of each coding.
type combination struct {
	codes [MaxCountBy]int32
	count int64
}

// combine counts the combinations of codes among rows.
func combine(codings []coding, rows bitmap) []combination {
	size, flat := 1, true
	for i := range codings {
		if size > flatCombinations || codings[i].starts != nil {
			flat = false
			break
		}
		size *= codings[i].values.len()
	}
	if flat && size <= flatCombinations {
		return combineFlat(codings, rows, size)
	}
	counts := map[[MaxCountBy]int32]int64{}
	var codes [MaxCountBy]int32
	rows.each(func(row int) {
		eachCombination(codings, row, 0, &codes, func() { counts[codes]++ })
	})
	list := make([]combination, 0, len(counts))
	for codes, n := range counts {
		list = append(list, combination{codes, n})
	}
	return list
}

// combineFlat counts in an array, in which a combination's place is the number
// that has the codes as digits and the codings' sizes as bases.
func combineFlat(codings []coding, rows bitmap, size int) []combination {
	counts := make([]int64, size)
	if len(codings) == 2 { // such as hour and name, the most asked for
		first, second, base := codings[0].codes, codings[1].codes, codings[1].values.len()
		rows.each(func(row int) { counts[int(first[row])*base+int(second[row])]++ })
	} else {
		rows.each(func(row int) {
			place := 0
			for i := range codings {
				place = place*codings[i].values.len() + int(codings[i].codes[row])
			}
			counts[place]++
		})
	}
	list := make([]combination, 0, min(size, rows.count()))
	for place, n := range counts {
		if n == 0 {
			continue
		}
		c := combination{count: n}
		for i := len(codings) - 1; i >= 0; i-- {
			c.codes[i] = int32(place % codings[i].values.len())
			place /= codings[i].values.len()
		}
		list = append(list, c)
	}
	return list
}

// eachCombination calls fn with every combination of a row's values in codes,
// of which those before coding i are set.
func eachCombination(codings []coding, row, i int, codes *[MaxCountBy]int32, fn func()) {
	if i == len(codings) {
		fn()
		return
	}
	for _, code := range codings[i].of(row) {
		codes[i] = code
		eachCombination(codings, row, i+1, codes, fn)
	}
}
