package audit

import (
	"bufio"
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/kopterio/kopter/account"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/zstd"
)

// ErrFormat says that there is no such format of an export.
var ErrFormat error = requestError("the formats are csv, ndjson and parquet")

// exportGroup is how many events of a Parquet export share a row group; they
// are held in memory until it is written.
const exportGroup = 8 << 10

// Export writes all events that match, in the order of Search, as "csv",
// "ndjson" or "parquet". It holds a few thousand events at a time. After an
// error what was written is a torso.
//
// ndjson has the listing's object of an event per line, with the raw record if
// Request.Raw asks for it. csv has a line of headings and the same columns,
// with resources separated by spaces. parquet has all columns of Row.
//
// Every cell is exactly what the lake holds. A cell of CSV that begins with
// =, +, - or @ is therefore not disarmed, although a spreadsheet may take it
// for a formula: evidence that was changed to suit one program is evidence no
// more. Import such a file with the columns declared to be text.
func (l *Lake) Export(ctx context.Context, t account.Tenant, r Request, format string, out io.Writer) error {
	var err error
	switch format {
	case "csv":
		err = l.exportCSV(ctx, t, r, out)
	case "ndjson":
		err = l.exportNDJSON(ctx, t, r, out)
	case "parquet":
		err = l.exportParquet(ctx, t, r, out)
	default:
		return fmt.Errorf("export as %q: %w", format, ErrFormat)
	}
	if err != nil {
		return fmt.Errorf("export as %s: %w", format, err)
	}
	return nil
}

func (l *Lake) exportNDJSON(ctx context.Context, t account.Tenant, r Request, out io.Writer) error {
	w := bufio.NewWriter(out)
	var line []byte
	for e, err := range l.Each(ctx, t, r) {
		if err != nil {
			return err
		}
		line = append(e.AppendJSON(line[:0]), '\n')
		if _, err := w.Write(line); err != nil {
			return err
		}
	}
	return w.Flush()
}

func (l *Lake) exportCSV(ctx context.Context, t account.Tenant, r Request, out io.Writer) error {
	w, fields := csv.NewWriter(out), listed(r.Raw)
	cells := make([]string, len(fields))
	for i, f := range fields {
		cells[i] = f.String()
	}
	if err := w.Write(cells); err != nil {
		return err
	}
	for e, err := range l.Each(ctx, t, r) {
		if err != nil {
			return err
		}
		for i, f := range fields {
			cells[i] = e.cell(f)
		}
		if err := w.Write(cells); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}

// cell is the text of a field in a table.
func (e *Event) cell(f field) string {
	switch f {
	case fieldTime:
		return formatTime(e.Time)
	case fieldReadOnly:
		return strconv.FormatBool(e.ReadOnly)
	case fieldResources:
		return strings.Join(e.Resources, " ")
	}
	return *e.text(f)
}

func (l *Lake) exportParquet(ctx context.Context, t account.Tenant, r Request, out io.Writer) error {
	w := parquet.NewGenericWriter[Row](out, parquet.Compression(&zstd.Codec{Level: zstd.SpeedFastest}))
	rows := 0
	for e, err := range l.each(ctx, t, r, allFields()) {
		if err != nil {
			return err
		}
		if _, err := w.Write([]Row{e.Row}); err != nil {
			return err
		}
		if rows++; rows%exportGroup == 0 {
			if err := w.Flush(); err != nil {
				return err
			}
		}
	}
	return w.Close()
}
