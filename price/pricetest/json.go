package pricetest

import (
	"bufio"
	"io"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// WriteJSON writes the offer as AWS does: indented, in one object. The same
// offer gives the same bytes.
func (o Offer) WriteJSON(w io.Writer) error {
	o = o.filled()
	p := &printer{w: bufio.NewWriterSize(w, 64<<10)}
	p.open("")
	if o.TermsFirst {
		o.writeTerms(p)
		o.writeProducts(p)
		o.writeMetadata(p)
	} else {
		o.writeMetadata(p)
		o.writeProducts(p)
		o.writeTerms(p)
	}
	p.close()
	p.write("\n")
	return p.w.Flush()
}

func (o Offer) writeMetadata(p *printer) {
	p.text("formatVersion", "v1.0")
	p.text("disclaimer", disclaimer)
	p.text("offerCode", o.Code)
	p.text("version", o.Version)
	p.text("publicationDate", o.Published)
}

func (o Offer) writeProducts(p *printer) {
	p.open("products")
	written := map[string]bool{}
	for _, r := range o.Rows {
		if r = r.filled(); written[r.SKU] {
			continue
		}
		written[r.SKU] = true
		p.open(r.SKU)
		p.text("sku", r.SKU)
		p.text("productFamily", r.Family)
		p.open("attributes")
		for _, a := range r.attributes() {
			p.text(a.name, a.value)
		}
		p.close()
		p.close()
	}
	p.close()
}

func (o Offer) writeTerms(p *printer) {
	p.open("terms")
	p.open("OnDemand")
	for _, group := range bySKU(o.Rows) {
		p.open(group[0].SKU)
		for _, r := range group {
			r.writeOnDemand(p)
		}
		p.close()
	}
	p.close()
	p.open("Reserved")
	for _, r := range o.Rows {
		if r = r.filled(); r.Reserved > 0 {
			p.open(r.SKU)
			for _, term := range r.reserved() {
				r.writeReserved(p, term)
			}
			p.close()
		}
	}
	p.close()
	p.close()
}

// bySKU gathers the rows that have an on-demand term, in their order.
func bySKU(rows []Row) [][]Row {
	var groups [][]Row
	at := map[string]int{}
	for _, r := range rows {
		if r = r.filled(); r.Term == "" {
			continue
		}
		i, ok := at[r.SKU]
		if !ok {
			i = len(groups)
			at[r.SKU] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], r)
	}
	return groups
}

func (r Row) writeOnDemand(p *printer) {
	p.open(r.SKU + "." + r.Term)
	p.text("offerTermCode", r.Term)
	p.text("sku", r.SKU)
	p.text("effectiveDate", r.Effective)
	p.open("priceDimensions")
	p.open(r.rateCode())
	p.text("rateCode", r.rateCode())
	p.text("description", r.description())
	p.text("beginRange", r.Begin)
	p.text("endRange", r.End)
	p.text("unit", r.Unit)
	p.open("pricePerUnit")
	p.text(r.Currency, r.Rate)
	p.close()
	p.empty("appliesTo", "[]")
	p.close()
	p.close()
	p.empty("termAttributes", "{}")
	p.close()
}

func (r Row) writeReserved(p *printer, term reservedTerm) {
	p.open(r.SKU + "." + term.code)
	p.text("offerTermCode", term.code)
	p.text("sku", r.SKU)
	p.text("effectiveDate", r.Effective)
	p.open("priceDimensions")
	r.writeReservedPrice(p, term, "6YS6EN2CT7", "Hrs", "Linux/UNIX (Amazon VPC), "+r.Type+" reserved instance applied")
	if term.option != "No Upfront" {
		r.writeReservedPrice(p, term, "2TG2D8R56U", "Quantity", "Upfront Fee")
	}
	p.close()
	p.open("termAttributes")
	p.text("LeaseContractLength", term.lease)
	p.text("OfferingClass", term.class)
	p.text("PurchaseOption", term.option)
	p.close()
	p.close()
}

func (r Row) writeReservedPrice(p *printer, term reservedTerm, code, unit, description string) {
	p.open(r.SKU + "." + term.code + "." + code)
	p.text("rateCode", r.SKU+"."+term.code+"."+code)
	p.text("description", description)
	p.text("beginRange", "0")
	p.text("endRange", "Inf")
	p.text("unit", unit)
	p.open("pricePerUnit")
	p.text(r.Currency, "7.7700000000")
	p.close()
	p.empty("appliesTo", "[]")
	p.close()
}

// printer writes indented JSON objects. A write that fails is reported when
// the writer is flushed.
type printer struct {
	w       *bufio.Writer
	depth   int
	members int // of the innermost object, so far
	buf     []byte
}

func (p *printer) write(s string) { _, _ = p.w.WriteString(s) }

// member begins a member, or with no name the outermost value.
func (p *printer) member(name string) {
	if p.depth > 0 {
		if p.members > 0 {
			p.write(",")
		}
		p.line()
		p.quoted(name)
		p.write(" : ")
	}
	p.members++
}

func (p *printer) open(name string) {
	p.member(name)
	p.write("{")
	p.depth++
	p.members = 0
}

func (p *printer) close() {
	p.depth--
	if p.members > 0 {
		p.line()
	}
	p.members = 1
	p.write("}")
}

// text writes a member unless it is empty.
func (p *printer) text(name, value string) {
	if value != "" {
		p.member(name)
		p.quoted(value)
	}
}

func (p *printer) empty(name, value string) {
	p.member(name)
	p.write(value)
}

func (p *printer) line() {
	p.write("\n")
	p.write(strings.Repeat("  ", p.depth))
}

func (p *printer) quoted(s string) {
	quoted, err := jsontext.AppendQuote(p.buf[:0], s)
	if err != nil { // not UTF-8: written as it is, for readers to refuse
		quoted = append(append(append(p.buf[:0], '"'), s...), '"')
	}
	p.buf = quoted
	_, _ = p.w.Write(quoted)
}
