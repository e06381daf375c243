package price

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/kopterio/kopter/money"
)

// product is what is kept of a product that prices an instance.
type product struct {
	sku                             uint32
	region, typ, operation, tenancy uint32
	license, problem                uint32
}

// term is what is kept of an on-demand term: one price dimension.
type term struct {
	sku, code         uint32
	currency, problem uint32
	rate              money.Rate
	from              int64
}

// attributes are the words of a product that decide whether it is kept. They
// are reused from one product to the next.
type attributes struct {
	family, capacity, market, tenancy, usage  []byte
	typ, operation, license, region, location []byte
}

func (a *attributes) reset() {
	for _, f := range []*[]byte{
		&a.family, &a.capacity, &a.market, &a.tenancy, &a.usage,
		&a.typ, &a.operation, &a.license, &a.region, &a.location,
	} {
		*f = (*f)[:0]
	}
}

// dimension is a price dimension as the file has it, reused likewise.
type dimension struct {
	sku, code, unit, begin, end []byte
	currency, amount            []byte
	currencies                  int // that it is priced in
}

func (d *dimension) reset() {
	for _, f := range []*[]byte{&d.code, &d.unit, &d.begin, &d.end, &d.currency, &d.amount} {
		*f = (*f)[:0]
	}
	d.currencies = 0
}

// collector gathers products and terms in whatever order they come, and joins
// them at the end.
type collector struct {
	words    *words
	products map[uint32]product // by SKU
	// complete says that every product was seen before the terms, so that
	// terms of other SKUs are of no use.
	complete bool
	terms    []term
	override *int64 // of every beginning; nil for the file's own dates

	offer, version string
	published      int64
}

func newCollector(override *time.Time) *collector {
	c := &collector{words: newWords(), products: map[uint32]product{}}
	if override != nil {
		at := override.Unix()
		c.override = &at
	}
	return c
}

// wantedFamily says whether products of the family are instances. The family
// is unknown while it is empty.
func wantedFamily(family []byte) bool {
	switch string(family) {
	case "Compute Instance", "Compute Instance (bare metal)":
		return true
	}
	return false
}

// usageTenancy is the tenancy that a usage type stands for, or "" when it is
// not that of a running instance. The region's prefix is ignored.
func usageTenancy(usage []byte) string {
	s := string(usage)
	switch {
	case strings.Contains(s, "HostBoxUsage"):
		return Host
	case strings.Contains(s, "DedicatedUsage"):
		return Dedicated
	case strings.Contains(s, "BoxUsage"):
		return Shared
	}
	return ""
}

// byol is the licence model of who brings a licence along.
const byol = "Bring your own license"

// ownLicense are the operations whose platform is one with the user's own
// licence; of all others, such a product is not what an instance is billed by.
var ownLicense = map[string]bool{"RunInstances:0800": true, "RunInstances:00g0": true}

// wanted says whether a product is what an on-demand instance is billed by.
// Source: spec/ec2-cost.md, "Which SKU".
func (a *attributes) wanted() bool {
	tenancy := usageTenancy(a.usage)
	return wantedFamily(a.family) &&
		(len(a.capacity) == 0 || string(a.capacity) == "Used") &&
		(len(a.market) == 0 || string(a.market) == "OnDemand") &&
		tenancy != "" && (len(a.tenancy) == 0 || string(a.tenancy) == tenancy) &&
		len(a.typ) > 0 &&
		(string(a.license) != byol || ownLicense[string(a.operation)])
}

// product keeps a product if it prices an instance.
func (c *collector) product(sku []byte, a *attributes) error {
	if !a.wanted() {
		return nil
	}
	p := product{
		sku:       c.words.add(sku),
		typ:       c.words.add(a.typ),
		operation: c.words.addString(Operation(string(a.operation))),
		tenancy:   c.words.addString(usageTenancy(a.usage)),
		license:   c.words.add(a.license),
	}
	p.region, p.problem = c.region(a)
	if old, ok := c.products[p.sku]; ok && old != p {
		return fmt.Errorf("product %s occurs twice and differs", sku)
	}
	c.products[p.sku] = p
	return nil
}

// region is the price region of a product. Files before 2021 have only the
// location's name; one that is not known is a problem of that product, filed
// under the name.
func (c *collector) region(a *attributes) (region, problem uint32) {
	if len(a.region) > 0 {
		return c.words.add(a.region), 0
	}
	if code, ok := locations[string(a.location)]; ok {
		return c.words.addString(code), 0
	}
	return c.words.add(a.location), c.words.addString(fmt.Sprintf("no region code, and location %q is not known", a.location))
}

// wants says whether terms of a SKU are of use.
func (c *collector) wants(sku []byte) bool {
	if !c.complete {
		return true
	}
	n, ok := c.words.index[string(sku)]
	if !ok {
		return false
	}
	_, ok = c.products[n]
	return ok
}

// term keeps one price dimension of a SKU that is wanted; date completes it.
func (c *collector) term(d *dimension) {
	t := term{sku: c.words.add(d.sku)}
	t.code, t.problem = c.rateCode(string(d.sku), string(d.code))
	if err := t.price(c, d); err != nil {
		t.problem = c.words.addString(err.Error())
	}
	c.terms = append(c.terms, t)
}

// date sets the effective date of the terms from first on.
func (c *collector) date(first int, date []byte) {
	from, problem := c.since(date)
	for i := first; i < len(c.terms); i++ {
		c.terms[i].from = from
		if problem != 0 {
			c.terms[i].problem = problem
		}
	}
}

// rateCode takes the SKU off a rate code.
func (c *collector) rateCode(sku, code string) (rest, problem uint32) {
	if code == "" {
		return 0, 0
	}
	after, ok := strings.CutPrefix(code, sku+".")
	if !ok {
		return 0, c.words.addString(fmt.Sprintf("rate code %s does not belong to SKU %s", code, sku))
	}
	return c.words.addString(after), 0
}

// price reads the dimension's hourly rate.
func (t *term) price(c *collector, d *dimension) error {
	if err := d.hourly(); err != nil {
		return err
	}
	rate, err := money.ParseRate(string(d.amount))
	if err != nil {
		return fmt.Errorf("price per unit: %w", err)
	}
	if rate < 0 {
		return fmt.Errorf("price per unit %s is negative", d.amount)
	}
	t.rate, t.currency = rate, c.words.add(d.currency)
	return nil
}

// hourly refuses what has no place in one rate per hour: tiers, other units,
// several currencies.
func (d *dimension) hourly() error {
	switch {
	case string(d.unit) != "Hrs":
		return fmt.Errorf("priced by %q, not by the hour", d.unit)
	case len(d.begin) > 0 && string(d.begin) != "0" || len(d.end) > 0 && string(d.end) != "Inf":
		return fmt.Errorf("price holds only from %s to %s hours", d.begin, d.end)
	case d.currencies > 1:
		return errors.New("priced in several currencies")
	case len(d.currency) == 0:
		return errors.New("price without a currency")
	}
	return nil
}

// since reads an effective date, unless the user stated another.
func (c *collector) since(date []byte) (from int64, problem uint32) {
	if c.override != nil {
		return *c.override, 0
	}
	at, err := parseDate(string(date))
	if err != nil {
		return 0, c.words.addString(fmt.Sprintf("effective date %q is not a time", date))
	}
	return at.Unix(), 0
}

// parseDate reads a date as offer files have it: in full, as in JSON, or the
// day alone, as in CSV, which begins at midnight UTC.
func parseDate(date string) (time.Time, error) {
	if at, err := time.Parse(time.DateOnly, date); err == nil {
		return at, nil
	}
	return time.Parse(time.RFC3339, date)
}

// sheet joins terms with their products.
func (c *collector) sheet() *Sheet {
	rows := make([]row, 0, len(c.products))
	for _, t := range c.terms {
		p, ok := c.products[t.sku]
		if !ok {
			continue
		}
		r := row{
			region: p.region, typ: p.typ, operation: p.operation, tenancy: p.tenancy,
			license: p.license, sku: t.sku, code: t.code,
			currency: t.currency, problem: t.problem, rate: t.rate, from: t.from,
		}
		if p.problem != 0 {
			r.problem = p.problem
		}
		rows = append(rows, r)
	}
	return newSheet(c.offer, c.version, c.published, c.words.texts, rows)
}
