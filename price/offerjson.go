package price

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"unicode/utf8"
)

// maxText bounds what is kept of an offer: no attribute that matters is longer.
const maxText = 4 << 10

// jsonOffer reads an offer in JSON. Its methods are the levels of the file,
// outermost first; each uses exactly the value that it is named for.
type jsonOffer struct {
	scanner
	c *collector

	sku       []byte // of the product being read
	attr      attributes
	dim       dimension
	effective []byte // date of the term being read

	known    bool // that this is an offer: products or terms were seen
	products bool // seen
	stranger string
}

// strangers are files of the price list, and others, that users take for an
// offer file, by a key that only they have at the top.
var strangers = map[string]string{
	"versions":     "a version index: import the file that its offerVersionUrl names",
	"regions":      "a region index: import the file that its currentVersionUrl names",
	"offers":       "the index of all offers: import the file that an offer's currentVersionUrl names",
	"Records":      "a CloudTrail log file",
	"Reservations": "DescribeInstances output: import it as an inventory",
	"instances":    "not of AWS's price list",
}

func readJSON(ctx context.Context, r io.Reader, c *collector) (int64, error) {
	o := &jsonOffer{scanner: scanner{input: newInput(ctx, r)}, c: c}
	err := o.offer()
	if err == nil {
		err = o.endOfFile()
	}
	return o.offset(), err
}

func (o *jsonOffer) offer() error {
	if err := o.object(o.top); err != nil {
		return err
	}
	if o.known {
		return nil
	}
	if o.stranger != "" {
		return fmt.Errorf("%w: this is %s", ErrNotOffer, o.stranger)
	}
	return fmt.Errorf("%w: neither products nor terms in it", ErrNotOffer)
}

// endOfFile refuses anything after the offer.
func (o *jsonOffer) endOfFile() error {
	if _, err := o.peek(); err == nil {
		return o.syntax("the end of the file")
	} else if err != io.ErrUnexpectedEOF || o.err != io.EOF {
		return err
	}
	return nil
}

func (o *jsonOffer) top(key []byte) error {
	switch string(key) {
	case "offerCode", "serviceCode":
		return o.offerCode()
	case "version":
		return o.word(&o.c.version)
	case "publicationDate":
		return o.publicationDate()
	case "products":
		return o.allProducts()
	case "product":
		o.known = true
		o.sku = o.sku[:0]
		return o.productBody()
	case "terms":
		o.known = true
		return o.object(o.termType)
	case "PriceList":
		o.known = true
		return o.array(o.listed)
	}
	if s, ok := strangers[string(key)]; ok {
		o.stranger = s
	}
	return o.skip()
}

// allProducts reads the products. Those of a second list could belong to terms
// that were left out, so there must be none.
func (o *jsonOffer) allProducts() error {
	if o.products {
		return fmt.Errorf("products occur twice")
	}
	o.known, o.products = true, true
	if err := o.object(o.product); err != nil {
		return err
	}
	o.c.complete = len(o.c.terms) == 0
	return nil
}

// listed reads one element of GetProducts' PriceList: an offer of a single
// product, as an object or as the text of one.
func (o *jsonOffer) listed() error {
	o.c.complete = false
	if c, err := o.peek(); err != nil || c == '{' {
		if err != nil {
			return err
		}
		return o.object(o.top)
	}
	text, err := o.text()
	if err != nil {
		return err
	}
	item := &jsonOffer{scanner: scanner{input: newInput(o.ctx, bytes.NewReader(text))}, c: o.c}
	if err := item.offer(); err != nil {
		return fmt.Errorf("product list entry, byte %d of its text: %w", item.offset(), err)
	}
	return item.endOfFile()
}

func (o *jsonOffer) offerCode() error {
	if err := o.word(&o.c.offer); err != nil {
		return err
	}
	return checkOffer(o.c.offer)
}

func (o *jsonOffer) publicationDate() error {
	var date string
	if err := o.word(&date); err != nil {
		return err
	}
	return o.c.publicationDate(date)
}

func (c *collector) publicationDate(date string) error {
	at, err := parseDate(date)
	if err != nil {
		return fmt.Errorf("publication date %q is not a time", date)
	}
	c.published = at.Unix()
	return nil
}

func (o *jsonOffer) product(sku []byte) error {
	o.sku = append(o.sku[:0], sku...)
	return o.productBody()
}

// productBody reads a product and keeps it if it prices an instance. Of other
// families, the attributes are skipped where the family comes first.
func (o *jsonOffer) productBody() error {
	o.attr.reset()
	if err := o.object(o.productMember); err != nil {
		return err
	}
	return o.c.product(o.sku, &o.attr)
}

func (o *jsonOffer) productMember(key []byte) error {
	switch string(key) {
	case "sku":
		return o.keep(&o.sku)
	case "productFamily":
		return o.keep(&o.attr.family)
	case "attributes":
		if len(o.attr.family) > 0 && !wantedFamily(o.attr.family) {
			return o.skip()
		}
		return o.object(o.attribute)
	}
	return o.skip()
}

func (o *jsonOffer) attribute(key []byte) error {
	switch string(key) {
	case "capacitystatus":
		return o.keep(&o.attr.capacity)
	case "marketoption":
		return o.keep(&o.attr.market)
	case "tenancy":
		return o.keep(&o.attr.tenancy)
	case "usagetype":
		return o.keep(&o.attr.usage)
	case "instanceType":
		return o.keep(&o.attr.typ)
	case "operation":
		return o.keep(&o.attr.operation)
	case "licenseModel":
		return o.keep(&o.attr.license)
	case "regionCode":
		return o.keep(&o.attr.region)
	case "location":
		return o.keep(&o.attr.location)
	}
	return o.skip()
}

func (o *jsonOffer) termType(key []byte) error {
	if string(key) == "OnDemand" {
		return o.object(o.onDemand)
	}
	return o.skip()
}

// onDemand reads what is filed under a SKU in an offer file: its terms by
// "SKU.TERM". In GetProducts' answer there is no such level.
func (o *jsonOffer) onDemand(key []byte) error {
	sku, _, flat := bytes.Cut(key, []byte("."))
	if !o.c.wants(sku) {
		return o.skip()
	}
	o.dim.sku = append(o.dim.sku[:0], sku...)
	if flat {
		return o.term(key)
	}
	return o.object(o.term)
}

// term reads one term. The effective date may come after the dimensions that
// it dates.
func (o *jsonOffer) term([]byte) error {
	o.effective = o.effective[:0]
	first := len(o.c.terms)
	if err := o.object(o.termMember); err != nil {
		return err
	}
	o.c.date(first, o.effective)
	return nil
}

func (o *jsonOffer) termMember(key []byte) error {
	switch string(key) {
	case "effectiveDate":
		return o.keep(&o.effective)
	case "priceDimensions":
		return o.object(o.dimension)
	}
	return o.skip()
}

func (o *jsonOffer) dimension(code []byte) error {
	o.dim.reset()
	o.dim.code = append(o.dim.code, code...)
	if err := o.object(o.dimensionMember); err != nil {
		return err
	}
	o.c.term(&o.dim)
	return nil
}

func (o *jsonOffer) dimensionMember(key []byte) error {
	switch string(key) {
	case "unit":
		return o.keep(&o.dim.unit)
	case "beginRange":
		return o.keep(&o.dim.begin)
	case "endRange":
		return o.keep(&o.dim.end)
	case "pricePerUnit":
		return o.object(o.amount)
	}
	return o.skip()
}

func (o *jsonOffer) amount(currency []byte) error {
	o.dim.currencies++
	o.dim.currency = append(o.dim.currency[:0], currency...)
	return o.keep(&o.dim.amount)
}

// keep copies the text that follows; null is the empty text.
func (o *jsonOffer) keep(to *[]byte) error {
	*to = (*to)[:0]
	c, err := o.peek()
	if err != nil {
		return err
	}
	if c == 'n' {
		return o.skip()
	}
	text, err := o.text()
	if err != nil {
		return err
	}
	if err := checkText(text); err != nil {
		return err
	}
	*to = append(*to, text...)
	return nil
}

func (o *jsonOffer) word(to *string) error {
	var text []byte
	err := o.keep(&text)
	*to = string(text)
	return err
}

func checkText(text []byte) error {
	if len(text) > maxText {
		return fmt.Errorf("%w: %d bytes", errToken, len(text))
	}
	if !utf8.Valid(text) {
		return fmt.Errorf("%q is not UTF-8", text)
	}
	return nil
}
