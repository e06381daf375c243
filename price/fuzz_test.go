package price_test

import (
	"bytes"
	"encoding/csv"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/kopterio/kopter/price/pricetest"
)

// plainProduct is a product as a decoder of plain values sees it.
type plainProduct struct {
	SKU        string            `json:"sku"`
	Family     string            `json:"productFamily"`
	Attributes map[string]string `json:"attributes"`
}

// plainOffer is an offer file likewise. Of terms only the keys matter here.
type plainOffer struct {
	Code      string                  `json:"offerCode"`
	Service   any                     `json:"serviceCode"`
	Products  map[string]plainProduct `json:"products"`
	Product   any                     `json:"product"`
	PriceList any                     `json:"PriceList"`
	Terms     struct {
		OnDemand map[string]map[string]struct {
			Dimensions map[string]any `json:"priceDimensions"`
		} `json:"OnDemand"`
	} `json:"terms"`
}

// kept lists "SKU type" of the products that price an instance, by the words
// of spec/ec2-cost.md, once for each price dimension.
func (f *plainOffer) kept() []string {
	var kept []string
	for key, p := range f.Products {
		a := p.Attributes
		tenancy := map[bool]string{true: "Shared"}[strings.Contains(a["usagetype"], "BoxUsage")]
		if strings.Contains(a["usagetype"], "DedicatedUsage") {
			tenancy = "Dedicated"
		}
		if strings.Contains(a["usagetype"], "HostBoxUsage") {
			tenancy = "Host"
		}
		own := a["licenseModel"] == "Bring your own license" && a["operation"] != "RunInstances:0800" && a["operation"] != "RunInstances:00g0"
		if !strings.HasPrefix(p.Family, "Compute Instance") || tenancy == "" || a["tenancy"] != "" && a["tenancy"] != tenancy || own ||
			a["instanceType"] == "" || a["capacitystatus"] != "" && a["capacitystatus"] != "Used" || a["marketoption"] != "" && a["marketoption"] != "OnDemand" {
			continue
		}
		for _, term := range f.Terms.OnDemand[key] {
			for range term.Dimensions {
				kept = append(kept, key+" "+a["instanceType"])
			}
		}
	}
	slices.Sort(kept)
	return slices.Compact(kept)
}

// plain says whether the file has nothing that plainOffer cannot show: SKUs
// that differ from their keys, or have the dots of rate codes.
func (f *plainOffer) plain() bool {
	for key, p := range f.Products {
		if p.SKU != key || strings.Contains(key, ".") {
			return false
		}
	}
	for key := range f.Terms.OnDemand {
		if strings.Contains(key, ".") {
			return false
		}
	}
	return f.Product == nil && f.PriceList == nil && f.Service == nil
}

// FuzzReadJSON compares the reader with a decoder of plain values: an offer
// that both understand has the same instances in it.
func FuzzReadJSON(f *testing.F) {
	rows := []pricetest.Row{{Reserved: 1}, {Type: `q"\é`, Rate: "0.00000000001"}, {Tenancy: "Host"}, {Family: "Storage"}}
	f.Add(string(pricetest.OfferJSON(rows)))
	var reversed bytes.Buffer
	_ = pricetest.Offer{Rows: rows, TermsFirst: true}.WriteJSON(&reversed)
	f.Add(reversed.String())
	f.Add(`{"offerCode":"AmazonEC2","products":{"A":{"sku":"A","productFamily":"Compute Instance","attributes":{"usagetype":"BoxUsage:a","instanceType":"a"}}},"terms":{"OnDemand":{"A":{"A.B":{"priceDimensions":{"A.B.C":{"unit":"Hrs","pricePerUnit":{"USD":"1"}}}}}}}}`)
	f.Add(`{"FormatVersion":"aws_v1","PriceList":["{\"serviceCode\":\"AmazonEC2\",\"product\":{\"sku\":\"A\"},\"terms\":{}}"]}`)
	f.Add(`{"a":[1,-2.5e3,true,null,"\u0041\\",{}],"offerCode":"AmazonEC2","products":{}}`)
	f.Fuzz(func(t *testing.T, text string) {
		sheet, err := read([]byte(text))
		var file plainOffer
		if err != nil || json.Unmarshal([]byte(text), &file) != nil || !file.plain() {
			return
		}
		var got []string
		for r := range sheet.Rows() {
			got = append(got, r.SKU+" "+r.Type)
		}
		slices.Sort(got)
		if got, want := slices.Compact(got), file.kept(); !slices.Equal(got, want) {
			t.Fatalf("rows %q, want %q", got, want)
		}
	})
}

// FuzzSkip lets valid JSON stand where it is of no use: the offer around it is
// read all the same, and nothing that is cut short is.
func FuzzSkip(f *testing.F) {
	for _, s := range []string{`0`, `-1.5e+7`, `"\\\"{"`, `{"a":[{},[],"]"],"b":{"c":null}}`, `[[[["]"]]]]`, `true`, `{"`, `"\`, `[}`} {
		f.Add(s, 3)
	}
	want := mustRead(f, pricetest.OfferJSON([]pricetest.Row{{}})).Encode()
	whole := strings.TrimSpace(string(pricetest.OfferJSON([]pricetest.Row{{}})))
	f.Fuzz(func(t *testing.T, value string, cut int) {
		text := `{"odd" : ` + value + `,` + whole[1:]
		sheet, err := read([]byte(text))
		var any any
		if json.Unmarshal([]byte(value), &any) != nil || len(value) > 1<<10 || nesting(value) > 60 {
			return
		}
		if err != nil || !bytes.Equal(sheet.Encode(), want) {
			t.Fatalf("with %q the offer is read as %v, %v", value, sheet, err)
		}
		if cut = max(0, cut) % len(text); cut > 0 {
			if _, err := read([]byte(text[:cut])); err == nil {
				t.Fatalf("%q is accepted", text[:cut])
			}
		}
	})
}

func nesting(s string) int { return strings.Count(s, "[") + strings.Count(s, "{") }

// FuzzReadCSV compares the reader with encoding/csv: the lines of an offer
// that both understand give the same rows as the same lines written anew.
func FuzzReadCSV(f *testing.F) {
	rows := []pricetest.Row{{Reserved: 1}, {Type: `q"\é`, Rate: "0.00000000001"}, {Tenancy: "Host"}, {Family: "Storage"}}
	f.Add(string(pricetest.OfferCSV(rows)))
	f.Add("\"OfferCode\",\"AmazonEC2\"\nSKU,TermType,PricePerUnit,Currency,Unit,Instance Type,Product Family,usageType\r\n\"A\",OnDemand,1,USD,Hrs,\"a\"\"b\",Compute Instance,BoxUsage\n")
	f.Fuzz(func(t *testing.T, text string) {
		sheet, err := read([]byte(text))
		if err != nil || strings.HasPrefix(strings.TrimSpace(strings.TrimPrefix(text, "\ufeff")), "{") {
			return
		}
		r := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, "\ufeff")))
		r.FieldsPerRecord = -1
		lines, err := r.ReadAll()
		if err != nil || strings.Contains(text, "\r") {
			return // stricter than the reader, in lines that are of no use
		}
		var again strings.Builder
		for _, l := range lines {
			again.WriteString(`"` + strings.Join(quoted(l), `","`) + "\"\n")
		}
		same, err := read([]byte(again.String()))
		if err != nil {
			t.Fatalf("written anew, the offer is refused: %v", err)
		}
		if !bytes.Equal(same.Encode(), sheet.Encode()) {
			t.Fatalf("written anew, the offer has rows\n%s\nwant\n%s", brief(rowsOf(same)), brief(rowsOf(sheet)))
		}
	})
}

func quoted(fields []string) []string {
	var all []string
	for _, f := range fields {
		all = append(all, strings.ReplaceAll(f, `"`, `""`))
	}
	return all
}
