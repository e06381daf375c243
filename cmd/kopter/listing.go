package main

import (
	"encoding/csv"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// column is one field of a listing.
type column struct {
	name string
	// in says which formats show it, and how.
	in visibility
}

type visibility uint8

const (
	everywhere visibility = iota
	wide                  // not cut to the width of a cell
	notInTable            // too long for a line: raw records, messages
	onlyInJSON            // no form as one cell
)

// cellWidth bounds a cell of a table, in characters.
const cellWidth = 60

// omitted is the value of a field that a row does not have: it is left out of
// JSON and empty elsewhere.
type omitted struct{}

// listing writes rows in the format that the user asked for. Columns stand in
// one order in every format; JSON field names are a contract.
type listing struct {
	columns []column
	out     rowWriter
}

// rowWriter writes the rows of one format.
type rowWriter interface {
	row(columns []column, values []any) error
	close() error
}

// objectWriter is a rowWriter whose rows are JSON objects.
type objectWriter interface {
	object(text []byte) error
}

// newListing starts a listing. json is one array, ndjson one object a line,
// csv has a header row.
func newListing(format string, w io.Writer, columns ...column) (*listing, error) {
	l := &listing{columns: columns}
	switch format {
	case "json":
		l.out = &jsonRows{w: w}
	case "ndjson":
		l.out = &ndjsonRows{w: w}
	case "csv":
		l.out = newCSVRows(w, columns)
	case "table":
		l.out = newTableRows(w, columns)
	default:
		return nil, usageError{fmt.Errorf("format %q: want table, json, ndjson or csv", format)}
	}
	return l, nil
}

// row adds a row: one value for each column, a string, bool, int64, []string,
// map[string]string, resourceList, jsontext.Value or omitted.
func (l *listing) row(values ...any) error {
	if len(values) != len(l.columns) {
		return fmt.Errorf("listing: %d values for %d columns", len(values), len(l.columns))
	}
	return l.out.row(l.columns, values)
}

// encoded adds a row that knows its own JSON: that is what the JSON formats
// show, and values what the others do.
func (l *listing) encoded(object func() ([]byte, error), values func() []any) error {
	out, isJSON := l.out.(objectWriter)
	if !isJSON {
		return l.row(values()...)
	}
	text, err := object()
	if err != nil {
		return err
	}
	return out.object(text)
}

func (l *listing) close() error { return l.out.close() }

type jsonRows struct {
	w    io.Writer
	rows int
}

func (j *jsonRows) row(columns []column, values []any) error {
	text, err := jsonObject(columns, values)
	if err != nil {
		return err
	}
	return j.object(text)
}

func (j *jsonRows) object(text []byte) error {
	lead := ",\n"
	if j.rows == 0 {
		lead = "[\n"
	}
	j.rows++
	_, err := fmt.Fprintf(j.w, "%s%s", lead, text)
	return err
}

func (j *jsonRows) close() error {
	end := "\n]\n"
	if j.rows == 0 {
		end = "[]\n"
	}
	_, err := io.WriteString(j.w, end)
	return err
}

type ndjsonRows struct{ w io.Writer }

func (n *ndjsonRows) row(columns []column, values []any) error {
	text, err := jsonObject(columns, values)
	if err != nil {
		return err
	}
	return n.object(text)
}

func (n *ndjsonRows) object(text []byte) error {
	_, err := n.w.Write(append(text, '\n'))
	return err
}

func (*ndjsonRows) close() error { return nil }

// jsonObject writes a row as an object whose keys stand in the columns' order.
func jsonObject(columns []column, values []any) ([]byte, error) {
	object := []byte{'{'}
	for i, value := range values {
		if _, none := value.(omitted); none {
			continue
		}
		if len(object) > 1 {
			object = append(object, ',')
		}
		var err error
		if object, err = jsontext.AppendQuote(object, columns[i].name); err != nil {
			return nil, err
		}
		text, err := json.Marshal(value, json.Deterministic(true), json.FormatNilSliceAsNull(false))
		if err != nil {
			return nil, fmt.Errorf("field %s: %w", columns[i].name, err)
		}
		object = append(append(object, ':'), text...)
	}
	return append(object, '}'), nil
}

type csvRows struct{ w *csv.Writer }

func newCSVRows(w io.Writer, columns []column) *csvRows {
	c := &csvRows{w: csv.NewWriter(w)}
	c.w.Write(names(columns, onlyInJSON)) // an error shows at Flush
	return c
}

func (c *csvRows) row(columns []column, values []any) error {
	return c.w.Write(cells(columns, values, onlyInJSON))
}

func (c *csvRows) close() error {
	c.w.Flush()
	return c.w.Error()
}

type tableRows struct {
	w    *tabwriter.Writer
	rows int
}

// aligned is how many rows of a table are lined up with each other: they are
// held in memory until then.
const aligned = 1000

func newTableRows(w io.Writer, columns []column) *tableRows {
	t := &tableRows{w: tabwriter.NewWriter(w, 2, 8, 2, ' ', 0)}
	header := strings.ToUpper(strings.Join(names(columns, notInTable), "\t"))
	fmt.Fprintln(t.w, strings.ReplaceAll(header, "_", " "))
	return t
}

func (t *tableRows) row(columns []column, values []any) error {
	var line []string
	for i, c := range columns {
		if c.in >= notInTable {
			continue
		}
		text := printable(tableCell(values[i]))
		if c.in != wide {
			text = cut(text)
		}
		line = append(line, text)
	}
	if _, err := fmt.Fprintln(t.w, strings.Join(line, "\t")); err != nil {
		return err
	}
	if t.rows++; t.rows%aligned == 0 {
		return t.w.Flush()
	}
	return nil
}

func (t *tableRows) close() error { return t.w.Flush() }

// cut shortens a cell to cellWidth.
func cut(s string) string {
	if utf8.RuneCountInString(s) <= cellWidth {
		return s
	}
	return string([]rune(s)[:cellWidth-1]) + "…"
}

// names gives the columns that a format shows: those hidden less than hide.
func names(columns []column, hide visibility) []string {
	var shown []string
	for _, c := range columns {
		if c.in < hide {
			shown = append(shown, c.name)
		}
	}
	return shown
}

func cells(columns []column, values []any, hide visibility) []string {
	var shown []string
	for i, c := range columns {
		if c.in < hide {
			shown = append(shown, cell(values[i]))
		}
	}
	return shown
}

// resourceList are the resources of an event. Tables show instances first,
// because the line may be cut.
type resourceList []string

// tableCell is the form of a value that is made for reading.
func tableCell(value any) string {
	switch v := value.(type) {
	case resourceList:
		other := func(r string) bool { return !strings.HasPrefix(r, "i-") }
		instances := slices.DeleteFunc(slices.Clone(v), other)
		return strings.Join(append(instances, slices.DeleteFunc(slices.Clone(v), func(r string) bool { return !other(r) })...), " ")
	case delta:
		return v.forTable()
	case map[string]string:
		var pairs []string
		for _, key := range slices.Sorted(maps.Keys(v)) {
			pairs = append(pairs, key+"="+v[key])
		}
		return strings.Join(pairs, " ")
	}
	return cell(value)
}

// cell is a value as it stands in CSV.
func cell(value any) string {
	switch v := value.(type) {
	case omitted:
		return ""
	case string:
		return v
	case []string:
		return strings.Join(v, " ")
	case resourceList:
		return strings.Join(v, " ")
	case map[string]string:
		text, _ := json.Marshal(v, json.Deterministic(true)) // a map of strings always encodes
		return string(text)
	default:
		return fmt.Sprint(v)
	}
}
