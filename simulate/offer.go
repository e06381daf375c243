package simulate

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"time"
)

// effective is when version v of the price list begins to hold, in seconds
// since 1970: version 0 two years before the simulation, the others at the
// first of a month within it or after.
func (w *world) effective(v int) int64 {
	start := time.Unix(w.start, 0).UTC()
	month := time.Date(start.Year(), start.Month()+time.Month(v), 1, 0, 0, 0, 0, time.UTC)
	if v == 0 {
		month = month.AddDate(-2, 0, 0)
	}
	return month.Unix()
}

// versionAt is the version of the price list that holds at t.
func (w *world) versionAt(t int64) int {
	v := w.opt.PriceVersions - 1
	for v > 0 && w.effective(v) > t {
		v--
	}
	return v
}

func (w *world) writePriceLists(sink Sink) ([]PriceList, error) {
	var list []PriceList
	for v := range w.opt.PriceVersions {
		effective := w.effective(v)
		published := time.Unix(effective, 0).UTC().Add(52 * time.Hour)
		offer := PriceList{Version: published.Format("20060102150405"), Effective: effective}
		offer.File = "prices/AmazonEC2/" + offer.Version + "/index.json"
		if err := w.writePriceList(sink, offer, v, published); err != nil {
			return nil, fmt.Errorf("write %s: %w", offer.File, err)
		}
		list = append(list, offer)
	}
	return list, nil
}

// regions are those in which anything may run.
func (w *world) regions() []string {
	var codes []string
	for _, u := range w.units {
		codes = append(codes, u.region.code)
	}
	return codes
}

func (w *world) writePriceList(sink Sink, list PriceList, version int, published time.Time) error {
	out, err := sink.Create(list.File, published)
	if err != nil {
		return err
	}
	err = WriteOffer(out, Offer{Version: list.Version, Published: published, Effective: time.Unix(list.Effective, 0).UTC(), Changes: version, Regions: w.regions()})
	if closing := out.Close(); err == nil {
		err = closing
	}
	return err
}

// Offer describes a price list to write.
type Offer struct {
	Version              string // "20260103040000"
	Published, Effective time.Time
	// Regions are the regions to price; none means all of Regions().
	Regions []string
	// Changes is how many rounds of price changes it has seen.
	Changes int
	// Filler is how many products to add that no simulation uses: instance
	// types that do not exist, each with a dozen terms of reservation, so that
	// the file has the size of AWS's own. One takes some nine kilobytes.
	Filler int
}

// WriteOffer writes an AmazonEC2 offer file in AWS's format. It prices every
// shape that a simulation can use, and holds what a real one holds besides:
// capacity reservations, licences of one's own, dedicated hosts, volumes,
// data transfer and reservations. Source: spec/ec2-cost.md, "The price list".
func WriteOffer(w io.Writer, o Offer) error {
	out := &offerWriter{Writer: bufio.NewWriterSize(w, 1<<16), offer: o, effective: o.Effective.UTC().Format(time.RFC3339)}
	fmt.Fprintf(out, `{
  "formatVersion" : "v1.0",
  "disclaimer" : "This is a simulated price list. Its prices are invented.",
  "offerCode" : "AmazonEC2",
  "version" : "%s",
  "publicationDate" : "%s",
  "products" : {`, o.Version, o.Published.UTC().Format(time.RFC3339))
	out.each(out.product)
	fmt.Fprint(out, "\n  },\n  \"terms\" : {\n    \"OnDemand\" : {")
	out.first = true
	out.each(out.onDemand)
	fmt.Fprint(out, "\n    },\n    \"Reserved\" : {")
	out.first = true
	out.each(out.reserved)
	fmt.Fprint(out, "\n    }\n  },\n  \"attributesList\" : { }\n}\n")
	return out.Flush()
}

// offerWriter writes the parts of an offer file; bufio keeps the first error
// until Flush.
type offerWriter struct {
	*bufio.Writer
	offer     Offer
	effective string
	first     bool
}

// comma separates the members of an object.
func (w *offerWriter) comma() string {
	if w.first {
		w.first = false
		return ""
	}
	return ","
}

// each calls f with every product of the offer, in the same order each time.
func (w *offerWriter) each(f func(product)) {
	w.first = true
	for r := range regions {
		if len(w.offer.Regions) > 0 && !slices.Contains(w.offer.Regions, regions[r].code) {
			continue
		}
		for m := range machines {
			for _, p := range productsOf(&regions[r], uint8(m), w.offer.Changes) {
				f(p)
			}
		}
		for _, p := range accessories(&regions[r]) {
			f(p)
		}
	}
	for i := range w.offer.Filler {
		f(filler(i))
	}
}

func (w *offerWriter) product(p product) {
	fmt.Fprintf(w, "%s\n    %q : {\n      \"sku\" : %q,\n      \"productFamily\" : %q,\n      \"attributes\" : {\n        \"servicecode\" : %q", w.comma(), p.sku, p.sku, p.family, p.service)
	for _, a := range p.attributes {
		fmt.Fprintf(w, ",\n        %q : %q", a.key, a.value)
	}
	fmt.Fprint(w, "\n      }\n    }")
}

// The codes of on-demand terms and their only rate.
const (
	onDemandTerm = "JRTCKXETXF"
	hourlyRate   = "6YS6EN2CT7"
)

func (w *offerWriter) onDemand(p product) {
	term := p.sku + "." + onDemandTerm
	fmt.Fprintf(w, "%s\n      %q : {\n        %q : {\n", w.comma(), p.sku, term)
	w.term(p.sku, onDemandTerm)
	w.dimension(term+"."+hourlyRate, p.unit, p.description, p.nano, "0", "Inf")
	fmt.Fprint(w, "\n          },\n          \"termAttributes\" : { }\n        }\n      }")
}

func (w *offerWriter) term(sku, code string) {
	fmt.Fprintf(w, "          \"offerTermCode\" : %q,\n          \"sku\" : %q,\n          \"effectiveDate\" : %q,\n          \"priceDimensions\" : {\n", code, sku, w.effective)
}

func (w *offerWriter) dimension(rateCode, unit, description string, nano int64, begin, end string) {
	fmt.Fprintf(w, "            %q : {\n              \"rateCode\" : %q,\n              \"description\" : %q,\n              \"beginRange\" : %q,\n              \"endRange\" : %q,\n              \"unit\" : %q,\n              \"pricePerUnit\" : {\n                \"USD\" : \"%d.%09d0\"\n              },\n              \"appliesTo\" : [ ]\n            }",
		rateCode, rateCode, description, begin, end, unit, nano/1e9, nano%1e9)
}

// reservationTerms are the offers of a reservation: length and payment.
var reservationTerms = [...]struct{ code, length, payment, class string }{
	{"4NA7Y494T4", "1yr", "No Upfront", "standard"}, {"HU7G6KETJZ", "1yr", "Partial Upfront", "standard"},
	{"6QCMYABX3D", "1yr", "All Upfront", "standard"}, {"BPH4J8HBKS", "3yr", "No Upfront", "standard"},
	{"38NPMPTW36", "3yr", "Partial Upfront", "standard"}, {"NQ3QZPMQV9", "3yr", "All Upfront", "standard"},
	{"7NE97W5U4E", "1yr", "No Upfront", "convertible"}, {"CUZHX8X6JH", "1yr", "Partial Upfront", "convertible"},
	{"VJWZNREJX2", "1yr", "All Upfront", "convertible"}, {"Z2E3P23VKM", "3yr", "No Upfront", "convertible"},
	{"R5XV2EPZQZ", "3yr", "Partial Upfront", "convertible"}, {"MZU6U2429S", "3yr", "All Upfront", "convertible"},
}

func (w *offerWriter) reserved(p product) {
	if !p.reservable {
		return
	}
	fmt.Fprintf(w, "%s\n      %q : {", w.comma(), p.sku)
	for i, t := range reservationTerms {
		if i > 0 {
			fmt.Fprint(w, ",")
		}
		term := p.sku + "." + t.code
		fmt.Fprintf(w, "\n        %q : {\n", term)
		w.term(p.sku, t.code)
		w.dimension(term+"."+hourlyRate, "Hrs", p.description+", reserved instance applied", p.nano*int64(70-3*i)/100, "0", "Inf")
		fmt.Fprintf(w, "\n          },\n          \"termAttributes\" : {\n            \"LeaseContractLength\" : %q,\n            \"OfferingClass\" : %q,\n            \"PurchaseOption\" : %q\n          }\n        }", t.length, t.class, t.payment)
	}
	fmt.Fprint(w, "\n      }")
}
