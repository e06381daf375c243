package price

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
)

// lines reads the records of a CSV file as a stream: lines whose quotes are
// balanced.
type lines struct {
	input
}

// next uses one record, without its line end; it is valid until the next call.
// closed is false for a last record without a line end. io.EOF follows the
// last record.
func (l *lines) next() (record []byte, closed bool, err error) {
	start, from := l.pos, l.pos
	quotes := 0
	for {
		if i := bytes.IndexByte(l.buf[from:l.end], '\n'); i >= 0 {
			quotes += bytes.Count(l.buf[from:from+i], []byte{'"'})
			from += i + 1
			if quotes%2 == 0 {
				l.pos = from
				return bytes.TrimSuffix(l.buf[start:from-1], []byte{'\r'}), true, nil
			}
			continue
		}
		base := l.base
		more := l.more(start)
		start, from = start-int(l.base-base), from-int(l.base-base)
		if more {
			continue
		}
		if l.err != io.EOF {
			return nil, false, l.err
		}
		return l.last(start, quotes+bytes.Count(l.buf[from:l.end], []byte{'"'}))
	}
}

// last uses what follows the last line end. AWS quotes every field, so without
// a quote at its end it was cut off.
func (l *lines) last(start, quotes int) ([]byte, bool, error) {
	l.pos = l.end
	if start == l.end {
		return nil, false, io.EOF
	}
	if quotes%2 != 0 || l.buf[l.end-1] != '"' {
		return nil, false, io.ErrUnexpectedEOF
	}
	return l.buf[start:l.end], false, nil
}

// split cuts a record into fields and appends them to fields; a field with
// doubled quotes is copied, others point into the record.
func split(record []byte, fields [][]byte) ([][]byte, error) {
	for {
		field, rest, more, err := cutField(record)
		if err != nil {
			return nil, err
		}
		fields = append(fields, field)
		if !more {
			return fields, nil
		}
		record = rest
	}
}

// cutField cuts the first field off a record. more says that a comma followed.
func cutField(record []byte) (field, rest []byte, more bool, err error) {
	if len(record) == 0 || record[0] != '"' {
		field, rest, more = bytes.Cut(record, []byte{','})
		if bytes.IndexByte(field, '"') >= 0 {
			return nil, nil, false, fmt.Errorf("quote inside the field %q", field)
		}
		return field, rest, more, nil
	}
	i, doubled := 1, false
	for {
		n := bytes.IndexByte(record[i:], '"')
		if n < 0 {
			return nil, nil, false, io.ErrUnexpectedEOF
		}
		i += n + 1
		if i == len(record) || record[i] != '"' {
			break
		}
		i++
		doubled = true
	}
	field = record[1 : i-1]
	if doubled {
		field = bytes.ReplaceAll(field, []byte(`""`), []byte(`"`))
	}
	if i == len(record) {
		return field, nil, false, nil
	}
	if record[i] != ',' {
		return nil, nil, false, fmt.Errorf("found %q after the field %q, want a comma", record[i], field)
	}
	return field, record[i+1:], true, nil
}

// columns are the positions of the columns that matter; -1 when absent.
type columns struct {
	count int // of all columns
	term  int // "TermType"
	to    []column
}

// column is where a field goes.
type column struct {
	at   int
	dest *[]byte
}

// csvOffer reads an offer in CSV: each line is a product and one price
// dimension of one of its terms.
type csvOffer struct {
	lines
	c      *collector
	cols   columns
	fields [][]byte

	sku, service, effective []byte

	attr attributes
	dim  dimension
}

func readCSV(ctx context.Context, r io.Reader, c *collector) (int64, error) {
	o := &csvOffer{lines: lines{input: newInput(ctx, r)}, c: c}
	err := o.offer()
	return o.offset(), err
}

func (o *csvOffer) offer() error {
	if err := o.preamble(); err != nil {
		return err
	}
	for {
		record, closed, err := o.next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := o.line(record, closed); err != nil {
			return err
		}
	}
}

// maxPreamble bounds the lines before the header: AWS writes five.
const maxPreamble = 64

// preamble reads the lines "name","value" up to and with the header.
func (o *csvOffer) preamble() error {
	for range maxPreamble {
		record, closed, err := o.next()
		if err == io.EOF || err == io.ErrUnexpectedEOF || err == nil && !closed {
			break
		}
		if err != nil {
			return err
		}
		fields, err := split(record, nil)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrNotOffer, err)
		}
		if len(fields) > 2 {
			return o.header(fields)
		}
		if len(fields) == 2 {
			if err := o.metadata(string(fields[0]), string(fields[1])); err != nil {
				return err
			}
		}
	}
	return fmt.Errorf("%w: no header line", ErrNotOffer)
}

func (o *csvOffer) metadata(name, value string) error {
	if err := checkText([]byte(value)); err != nil {
		return err
	}
	switch columnName(name) {
	case "offercode":
		o.c.offer = value
		return checkOffer(value)
	case "version":
		o.c.version = value
	case "publicationdate":
		return o.c.publicationDate(value)
	}
	return nil
}

// columnName makes "Product Family", "productFamily" and "PRODUCT_FAMILY" one.
func columnName(s string) string {
	return strings.NewReplacer(" ", "", "_", "", "-", "").Replace(strings.ToLower(s))
}

// header finds the columns by name; the first of two with one name counts.
func (o *csvOffer) header(fields [][]byte) error {
	names := map[string]int{}
	for i, f := range fields {
		if _, ok := names[columnName(string(f))]; !ok {
			names[columnName(string(f))] = i
		}
	}
	for _, need := range []string{"sku", "termtype", "priceperunit", "currency", "unit", "instancetype", "productfamily"} {
		if _, ok := names[need]; !ok {
			return fmt.Errorf("%w: the header has no column %q", ErrNotOffer, need)
		}
	}
	o.cols = columns{count: len(fields), term: names["termtype"]}
	for name, dest := range o.destinations() {
		if at, ok := names[name]; ok {
			o.cols.to = append(o.cols.to, column{at, dest})
		}
	}
	return nil
}

func (o *csvOffer) destinations() map[string]*[]byte {
	return map[string]*[]byte{
		"sku":            &o.sku,
		"ratecode":       &o.dim.code,
		"effectivedate":  &o.effective,
		"startingrange":  &o.dim.begin,
		"endingrange":    &o.dim.end,
		"unit":           &o.dim.unit,
		"priceperunit":   &o.dim.amount,
		"currency":       &o.dim.currency,
		"productfamily":  &o.attr.family,
		"servicecode":    &o.service,
		"location":       &o.attr.location,
		"instancetype":   &o.attr.typ,
		"tenancy":        &o.attr.tenancy,
		"licensemodel":   &o.attr.license,
		"usagetype":      &o.attr.usage,
		"operation":      &o.attr.operation,
		"capacitystatus": &o.attr.capacity,
		"marketoption":   &o.attr.market,
		"regioncode":     &o.attr.region,
	}
}

// line reads one record. Reserved ones, most of the file, are told by their
// first fields and not looked at further, but for the last of the file: that
// one has to be whole.
func (o *csvOffer) line(record []byte, closed bool) error {
	if len(record) == 0 {
		return nil
	}
	if closed {
		onDemand, err := o.onDemand(record)
		if err != nil || !onDemand {
			return err
		}
	}
	fields, err := split(record, o.fields[:0])
	if err != nil {
		return err
	}
	o.fields = fields
	if len(fields) != o.cols.count {
		if !closed {
			return io.ErrUnexpectedEOF
		}
		return fmt.Errorf("line has %d fields, the header %d", len(fields), o.cols.count)
	}
	if string(fields[o.cols.term]) != "OnDemand" {
		return nil
	}
	return o.rate(fields)
}

func (o *csvOffer) onDemand(record []byte) (bool, error) {
	for i := 0; ; i++ {
		field, rest, more, err := cutField(record)
		if err != nil || i == o.cols.term {
			return string(field) == "OnDemand", err
		}
		if !more {
			return false, fmt.Errorf("line has %d fields, the header %d", i+1, o.cols.count)
		}
		record = rest
	}
}

// rate keeps a line's product and price dimension.
func (o *csvOffer) rate(fields [][]byte) error {
	for _, col := range o.cols.to {
		*col.dest = fields[col.at]
	}
	if !o.attr.wanted() {
		return nil
	}
	for _, col := range o.cols.to {
		if err := checkText(*col.dest); err != nil {
			return err
		}
	}
	if o.c.offer == "" { // the line that names it is missing
		o.c.offer = string(o.service)
	}
	if err := o.c.product(o.sku, &o.attr); err != nil {
		return err
	}
	o.dim.sku = o.sku
	o.dim.currencies = 1
	o.c.term(&o.dim)
	o.c.date(len(o.c.terms)-1, o.effective)
	return nil
}
