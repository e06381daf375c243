package pricetest

import (
	"bufio"
	"io"
	"strings"
)

// WriteCSV writes the offer as AWS does: five lines about the file, a header,
// and one line for each price dimension, all fields in quotes. Metadata that
// is left out leaves its line out.
func (o Offer) WriteCSV(w io.Writer) error {
	o = o.filled()
	b := bufio.NewWriterSize(w, 64<<10)
	for _, m := range [][2]string{
		{"FormatVersion", "v1.0"}, {"Disclaimer", disclaimer}, {"Publication Date", o.Published},
		{"Version", o.Version}, {"OfferCode", o.Code},
	} {
		if m[1] != "" {
			writeLine(b, m[0], m[1])
		}
	}
	writeLine(b, header()...)
	for _, r := range o.Rows {
		r = r.filled()
		if r.Term != "" {
			writeLine(b, r.onDemandLine()...)
		}
		for _, term := range r.reserved() {
			writeLine(b, r.reservedLine(term)...)
		}
	}
	return b.Flush()
}

func header() []string {
	columns := []string{
		"SKU", "OfferTermCode", "RateCode", "TermType", "PriceDescription", "EffectiveDate",
		"StartingRange", "EndingRange", "Unit", "PricePerUnit", "Currency", "RelatedTo",
		"LeaseContractLength", "PurchaseOption", "OfferingClass", "Product Family",
	}
	for _, a := range (Row{}).attributes() {
		columns = append(columns, a.column)
	}
	return columns
}

func (r Row) onDemandLine() []string {
	return append([]string{
		r.SKU, r.Term, r.rateCode(), "OnDemand", r.description(), r.Effective,
		r.Begin, r.End, r.Unit, r.Rate, r.Currency, "", "", "", "", r.Family,
	}, r.values()...)
}

func (r Row) reservedLine(t reservedTerm) []string {
	return append([]string{
		r.SKU, t.code, r.SKU + "." + t.code + ".6YS6EN2CT7", "Reserved", "Linux/UNIX (Amazon VPC), " + r.Type + " reserved instance applied", r.Effective,
		"0", "Inf", "Hrs", "7.7700000000", r.Currency, "", t.lease, t.option, t.class, r.Family,
	}, r.values()...)
}

func (r Row) values() []string {
	var values []string
	for _, a := range r.attributes() {
		values = append(values, a.value)
	}
	return values
}

func writeLine(b *bufio.Writer, fields ...string) {
	for i, f := range fields {
		if i > 0 {
			_ = b.WriteByte(',')
		}
		_ = b.WriteByte('"')
		_, _ = b.WriteString(strings.ReplaceAll(f, `"`, `""`))
		_ = b.WriteByte('"')
	}
	_ = b.WriteByte('\n')
}
