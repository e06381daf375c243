package audit

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"

	"github.com/parquet-go/parquet-go"
)

// leafAccount, leafEventID and leafRaw are leaf columns of Row.
const (
	leafTime    = 0
	leafAccount = 1
	leafEventID = 19
	leafRaw     = 22
)

// openParquet opens a part's Parquet file. The caller closes the reader.
func openParquet(ctx context.Context, files Files, name string) (*parquet.File, FileReader, error) {
	r, err := files.Open(ctx, name)
	if err != nil {
		return nil, nil, fmt.Errorf("open part %s: %w", name, err)
	}
	f, err := parquet.OpenFile(r, r.Size(), parquet.SkipPageIndex(true))
	if err != nil {
		r.Close()
		return nil, nil, fmt.Errorf("open part %s: %w: %w", name, ErrCorrupt, err)
	}
	return f, r, nil
}

// event is what is needed to tell whether two records are one event.
type event struct {
	account, eventID []byte
	time             int64
}

// storedRaw finds the raw record of an event in the lake. Parts that hold the
// event's time are tried first, since that is where it is but for an event
// whose bodies differ in time.
func (w *writing) storedRaw(ctx context.Context, e event) (raw []byte, found bool, err error) {
	const attempts = 3 // a compaction may take a part away between listing and opening
	for range attempts {
		var parts []Part
		parts, err = w.lake.index.Parts(ctx, w.tenant)
		if err != nil {
			return nil, false, fmt.Errorf("list parts: %w", err)
		}
		raw, found, err = w.lake.rawIn(ctx, parts, e)
		if !errors.Is(err, fs.ErrNotExist) {
			return raw, found, err
		}
	}
	return nil, false, err
}

// rawIn finds the raw record of an event in parts.
func (l *Lake) rawIn(ctx context.Context, parts []Part, e event) ([]byte, bool, error) {
	likely := func(p Part) bool { return p.MinTime <= e.time && e.time <= p.MaxTime }
	for _, first := range []bool{true, false} {
		for _, p := range parts {
			if likely(p) != first {
				continue
			}
			raw, err := l.rawInPart(ctx, p.Name, e)
			if raw != nil || err != nil {
				return raw, raw != nil, err
			}
		}
	}
	return nil, false, nil
}

func (l *Lake) rawInPart(ctx context.Context, name string, e event) ([]byte, error) {
	f, r, err := openParquet(ctx, l.files, name)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	id := parquet.ByteArrayValue(e.eventID)
	for _, group := range f.RowGroups() {
		raw, err := rawInGroup(group.ColumnChunks(), id, parquet.ByteArrayValue(e.account))
		if err != nil {
			return nil, fmt.Errorf("look up event %s in part %s: %w", e.eventID, name, err)
		}
		if raw != nil {
			return raw, nil
		}
	}
	return nil, nil
}

func rawInGroup(columns []parquet.ColumnChunk, id, account parquet.Value) ([]byte, error) {
	if bloom := columns[leafEventID].BloomFilter(); bloom != nil {
		if may, err := bloom.Check(id); err != nil || !may {
			return nil, err
		}
	}
	rows, err := rowsEqual(columns[leafEventID], id)
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		value, err := valueAt(columns[leafAccount], row)
		if err != nil {
			return nil, err
		}
		if !parquet.Equal(value, account) {
			continue
		}
		raw, err := valueAt(columns[leafRaw], row)
		return raw.ByteArray(), err
	}
	return nil, nil
}

// rowsEqual lists the rows of a column that hold a value.
func rowsEqual(column parquet.ColumnChunk, want parquet.Value) (rows []int64, err error) {
	err = eachValue(column, func(row int64, v parquet.Value) {
		if parquet.Equal(v, want) {
			rows = append(rows, row)
		}
	})
	return rows, err
}

// eachValue calls fn with every value of a column that has one in every row.
// The value is valid during the call.
func eachValue(column parquet.ColumnChunk, fn func(row int64, v parquet.Value)) error {
	pages := column.Pages()
	defer pages.Close()
	row := int64(0)
	var buf [256]parquet.Value
	for {
		page, err := pages.ReadPage()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		values := page.Values()
		for err == nil {
			var n int
			n, err = values.ReadValues(buf[:])
			for _, v := range buf[:n] {
				fn(row, v)
				row++
			}
		}
		parquet.Release(page)
		if !errors.Is(err, io.EOF) {
			return err
		}
	}
}

// valueAt gives a copy of a column's value in one row.
func valueAt(column parquet.ColumnChunk, row int64) (parquet.Value, error) {
	pages := column.Pages()
	defer pages.Close()
	if err := pages.SeekToRow(row); err != nil {
		return parquet.Value{}, err
	}
	page, err := pages.ReadPage()
	if err != nil {
		return parquet.Value{}, err
	}
	defer parquet.Release(page)
	var buf [1]parquet.Value
	if n, err := page.Values().ReadValues(buf[:]); n == 0 {
		return parquet.Value{}, err
	}
	return parquet.ByteArrayValue(slices.Clone(buf[0].ByteArray())), nil
}
