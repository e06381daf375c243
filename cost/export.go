package cost

import (
	"bufio"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/zstd"

	"github.com/kopterio/kopter/money"
	"github.com/kopterio/kopter/usage"
)

// ErrFormat says that there is no such format of an export.
var ErrFormat = errors.New("the formats are csv, ndjson and parquet")

// figure is what one series of a chart amounts to in one bucket.
type figure struct {
	start    usage.Seconds
	values   []string
	currency money.Currency
	Measure
}

// figures gives those of a chart that are not empty, by time and then in the
// order of the series.
func (c *Chart) figures() iter.Seq[figure] {
	return func(yield func(figure) bool) {
		for k, start := range c.Starts {
			for i := range c.Series {
				s := &c.Series[i]
				if m := s.at(k); m != (Measure{}) && !yield(figure{start, s.Values, s.Sum.Currency, m}) {
					return
				}
			}
		}
	}
}

// Export writes the chart as rows, one for each bucket and series that has
// anything to show, as "csv", "ndjson" or "parquet": start, the fields that
// it is grouped by under their own names, amount, currency, seconds and
// unpriced_seconds. A chart that is exported has no rest (Top is zero).
//
// The amount is exact: a decimal text, in parquet a DECIMAL(18, 9). Columns of
// parquet are in order of their names. After an error what was written is a
// torso.
func (c *Chart) Export(ctx context.Context, format string, out io.Writer) error {
	var err error
	switch format {
	case "csv":
		err = c.exportCSV(ctx, out)
	case "ndjson":
		err = c.exportNDJSON(ctx, out)
	case "parquet":
		err = c.exportParquet(ctx, out)
	default:
		err = ErrFormat
	}
	if err != nil {
		return fmt.Errorf("export as %s: %w", format, err)
	}
	return nil
}

func (c *Chart) exportCSV(ctx context.Context, out io.Writer) error {
	w := csv.NewWriter(out)
	row := slices.Concat([]string{"start"}, c.By, []string{"amount", "currency", "seconds", "unpriced_seconds"})
	if err := w.Write(row); err != nil {
		return err
	}
	for at := range c.figures() {
		row = append(append(row[:0], clock(at.start)), at.values...)
		row = append(row, at.Amount.String(), string(at.currency),
			strconv.FormatInt(at.Seconds, 10), strconv.FormatInt(at.UnpricedSeconds, 10))
		if err := errors.Join(ctx.Err(), w.Write(row)); err != nil {
			return err
		}
	}
	w.Flush()
	return w.Error()
}

func (c *Chart) exportNDJSON(ctx context.Context, out io.Writer) error {
	w := bufio.NewWriter(out)
	o := object{e: jsontext.NewEncoder(w)}
	for at := range c.figures() {
		o.token(jsontext.BeginObject)
		o.text("start", clock(at.start))
		for k, name := range c.By {
			o.text(name, at.values[k])
		}
		o.text("amount", at.Amount.String())
		o.text("currency", string(at.currency))
		o.number("seconds", at.Seconds)
		o.number("unpriced_seconds", at.UnpricedSeconds)
		o.token(jsontext.EndObject)
		if err := errors.Join(ctx.Err(), o.err); err != nil {
			return err
		}
	}
	return w.Flush()
}

// parquetGroup is how many rows share a row group.
const parquetGroup = 1 << 16

func (c *Chart) exportParquet(ctx context.Context, out io.Writer) error {
	text := func() parquet.Node { return parquet.Encoded(parquet.String(), &parquet.RLEDictionary) }
	columns := parquet.Group{
		"start":    parquet.Timestamp(parquet.Millisecond),
		"amount":   parquet.Decimal(9, 18, parquet.Int64Type),
		"currency": text(), "seconds": parquet.Int(64), "unpriced_seconds": parquet.Int(64),
	}
	for _, name := range c.By {
		columns[name] = text()
	}
	schema := parquet.NewSchema("cost", columns)
	w := parquet.NewGenericWriter[any](out, schema, parquet.Compression(&zstd.Codec{Level: zstd.SpeedFastest}),
		parquet.MaxRowsPerRowGroup(parquetGroup))
	place := map[string]int{}
	for i, path := range schema.Columns() {
		place[path[0]] = i
	}
	row := make(parquet.Row, len(place))
	set := func(name string, v parquet.Value) { row[place[name]] = v.Level(0, 0, place[name]) }
	for at := range c.figures() {
		set("start", parquet.Int64Value(at.start*1000))
		set("amount", parquet.Int64Value(int64(at.Amount)))
		set("currency", parquet.ByteArrayValue([]byte(at.currency)))
		set("seconds", parquet.Int64Value(at.Seconds))
		set("unpriced_seconds", parquet.Int64Value(at.UnpricedSeconds))
		for k, name := range c.By {
			set(name, parquet.ByteArrayValue([]byte(at.values[k])))
		}
		if _, err := w.WriteRows([]parquet.Row{row}); errors.Join(ctx.Err(), err) != nil {
			return errors.Join(ctx.Err(), err)
		}
	}
	return w.Close()
}
