package price_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"
	"github.com/kopterio/kopter/account"
	"github.com/kopterio/kopter/internal/shareddata"
	"github.com/kopterio/kopter/money"
	"github.com/kopterio/kopter/price"
	"github.com/kopterio/kopter/price/pricetest"
	"github.com/ulikunitz/xz"
)

// official are the files of the official format in the shared data, and what
// reading them must end in.
var official = []struct {
	file   string
	skus   []string
	err    error
	reason string
}{
	{file: "jimroth-ice-PriceListTestData.json", skus: []string{
		"35AEEWH98DECPC35", "8X7RVDXN67YREJTH", "K85NNPWP7ZVFM9N2", "SMS2RQFVUU6VDNFP", "VA8Q43DVPX4YV6NG",
	}},
	{file: "lyft-awspricing-ec2-offer-v1.0-slice.json", skus: []string{"4C7N4APU9GEUZ6H6"}},
	{file: "instance-selector-GetProducts-m5_large.json", skus: []string{"6C86BEPQVG73ZGGR"}},
	{file: "jimroth-ice-RdsPriceListTestData.json", err: price.ErrOtherOffer, reason: "AmazonRDS"},
	{file: "jimroth-ice-VersionIndex.json", err: price.ErrNotOffer, reason: "offerVersionUrl"},
	{file: "lyft-awspricing-ec2-offer.json", err: price.ErrNotOffer, reason: "neither products nor terms"},
}

// TestOfficialFiles reads each file, and whatever it holds once more into
// plain values: the rows must say the same.
func TestOfficialFiles(t *testing.T) {
	for _, tc := range official {
		t.Run(tc.file, func(t *testing.T) {
			text := sharedFile(t, "prices/pricelist-official-format/"+tc.file)
			sheet, err := price.ReadOffer(context.Background(), tc.file, bytes.NewReader(text), price.ReadOptions{})
			if !errors.Is(err, tc.err) {
				t.Fatalf("error %v, want %v", err, tc.err)
			}
			if err != nil {
				if !strings.Contains(err.Error(), tc.reason) || !strings.Contains(err.Error(), tc.file) {
					t.Errorf("error %q does not say %q and the file", err, tc.reason)
				}
				return
			}
			var skus []string
			for r := range sheet.Rows() {
				skus = append(skus, r.SKU)
				wantAsInFile(t, text, r)
			}
			sort.Strings(skus)
			if diff := cmp.Diff(tc.skus, skus); diff != "" {
				t.Errorf("SKUs (-want +got):\n%s", diff)
			}
		})
	}
}

// member goes down an object of plain values by names.
func member(v any, names ...string) any {
	for _, n := range names {
		object, _ := v.(map[string]any)
		v = object[n]
	}
	return v
}

// wantAsInFile compares a row with the file's own words for its SKU.
func wantAsInFile(t *testing.T, text []byte, r price.Row) {
	t.Helper()
	var file any
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	product, term := member(file, "products", r.SKU), member(file, "terms", "OnDemand", r.SKU, r.SKU+".JRTCKXETXF")
	if product == nil { // an answer of GetProducts
		product, term = member(file, "product"), member(file, "terms", "OnDemand", r.SKU+".JRTCKXETXF")
	}
	regions := map[any]string{"US East (N. Virginia)": "us-east-1", "Asia Pacific (Singapore)": "ap-southeast-1"}
	want := map[string]any{
		"region":    regions[member(product, "attributes", "location")],
		"type":      member(product, "attributes", "instanceType"),
		"operation": member(product, "attributes", "operation"),
		"tenancy":   member(product, "attributes", "tenancy"),
		"license":   member(product, "attributes", "licenseModel"),
		"price":     member(term, "priceDimensions", r.SKU+".JRTCKXETXF.6YS6EN2CT7", "pricePerUnit", "USD"),
		"from":      member(term, "effectiveDate"),
		"problem":   "",
	}
	got := map[string]any{
		"region": r.Region, "type": r.Type, "operation": r.Operation, "tenancy": r.Tenancy, "license": r.License,
		"price": r.Rate.String(), "from": time.Unix(r.From, 0).UTC().Format(time.RFC3339), "problem": r.Problem,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("row of %s (-file +row):\n%s", r.SKU, diff)
	}
}

func sharedFile(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(shareddata.Path(t, path))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// shopRow is a price of the shared ec2shop data.
type shopRow struct {
	RateCode string `json:"rateCode"`
	Price    string `json:"price"`
	Location string `json:"Location"`
	Type     string `json:"Instance Type"`
	License  string `json:"License Model"`
}

// shopRows reads the on-demand prices of April 2025 as rows of an offer.
func shopRows(t *testing.T) []pricetest.Row {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(shareddata.Path(t, "prices/ec2shop-2025-04/ec2"), "*-ondemand.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("files of on-demand prices: %d, %v", len(files), err)
	}
	var rows []pricetest.Row
	for _, f := range files {
		region := strings.TrimSuffix(strings.TrimSuffix(filepath.Base(f), "-ondemand.json"), "-previousgen")
		var file struct {
			Regions map[string]map[string]shopRow `json:"regions"`
		}
		text, err := os.ReadFile(f)
		if err == nil {
			err = json.Unmarshal(text, &file)
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, products := range file.Regions {
			for _, p := range products {
				code := strings.Split(p.RateCode, ".")
				rows = append(rows, pricetest.Row{
					SKU: code[0], Term: code[1], Code: code[2], Region: region, Location: p.Location,
					Type: p.Type, License: p.License, Rate: p.Price, Effective: "2025-04-01T00:00:00Z",
				})
			}
		}
	}
	return rows
}

// TestShopPrices looks 16,233 real prices of 99 regions and zones up, read
// from an offer file in either format.
func TestShopPrices(t *testing.T) {
	rows := shopRows(t)
	if len(rows) != 16_233 {
		t.Errorf("%d prices, want 16,233", len(rows))
	}
	for name, text := range map[string][]byte{"JSON": pricetest.OfferJSON(rows), "CSV": pricetest.OfferCSV(rows)} {
		sheet := mustRead(t, text)
		if n := len(sheet.Regions()); n != 99 || sheet.Len() != len(rows) {
			t.Errorf("%s: %d rows of %d regions, want %d of 99", name, sheet.Len(), n, len(rows))
		}
		book := price.NewBook(sheet)
		at := time.Date(2025, 4, 15, 0, 0, 0, 0, time.UTC).Unix()
		for _, r := range rows {
			q := book.At(price.Key{Region: r.Region, Type: r.Type, Operation: "RunInstances", Tenancy: "Shared"}, at)
			code := r.SKU + "." + r.Term + "." + r.Code
			if q.Status != price.Priced || q.Rate.String() != r.Rate || q.Currency != money.USD || q.RateCode != code {
				t.Fatalf("%s: %s in %s: %+v, want %s %s", name, r.Type, r.Region, q, r.Rate, code)
			}
		}
	}
}

// TestLocations reads the same prices without region codes, as files before
// 2021 are: regions of that time are known by their location.
func TestLocations(t *testing.T) {
	known := map[string]bool{}
	seen := map[string]bool{}
	for _, r := range shopRows(t) {
		if seen[r.Region] {
			continue
		}
		seen[r.Region] = true
		region := r.Region
		r.Region = "-"
		for row := range mustRead(t, pricetest.OfferJSON([]pricetest.Row{r})).Rows() {
			switch {
			case row.Problem == "" && row.Region != region:
				t.Errorf("location %q is read as %s, and is %s", r.Location, row.Region, region)
			case row.Problem == "":
				known[region] = true
			case row.Region != r.Location:
				t.Errorf("unknown location %q is filed under %q", r.Location, row.Region)
			}
		}
	}
	for _, region := range strings.Fields(`us-east-1 us-east-2 us-west-1 us-west-2 ca-central-1 sa-east-1 eu-west-1 eu-west-2
		eu-west-3 eu-central-1 eu-north-1 eu-south-1 af-south-1 me-south-1 ap-south-1 ap-southeast-1 ap-southeast-2
		ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-east-1 us-gov-west-1 us-gov-east-1 us-west-2-lax-1`) {
		if !known[region] {
			t.Errorf("location of %s is not known", region)
		}
	}
}

// version is one state of the price history of a region.
type version struct {
	region string
	at     time.Time
	rates  map[string]money.Rate // by instance type
}

// history reads the shared history of on-demand prices, oldest first.
func history(t *testing.T) []version {
	t.Helper()
	packed, err := xz.NewReader(bytes.NewReader(sharedFile(t, "prices/karpenter/ondemand-history.csv.xz")))
	if err != nil {
		t.Fatal(err)
	}
	lines, err := csv.NewReader(packed).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var versions []version
	for _, l := range lines[1:] {
		at, err := time.Parse(time.RFC3339, l[0])
		if err != nil {
			t.Fatal(err)
		}
		rate, err := money.ParseRate(l[3])
		if err != nil {
			t.Fatal(err)
		}
		n := len(versions)
		if n == 0 || versions[n-1].region != l[1] || !versions[n-1].at.Equal(at) {
			versions = append(versions, version{l[1], at, map[string]money.Rate{}})
			n++
		}
		versions[n-1].rates[l[2]] = rate
	}
	slices.SortStableFunc(versions, func(a, b version) int { return a.at.Compare(b.at) })
	return versions
}

// sheet is the version as a sheet, published and effective at its time.
func (v version) sheet() *price.Sheet {
	currency := money.USD
	if v.region == "cn-north-1" {
		currency = money.CNY
	}
	var rows []price.Row
	for kind, rate := range v.rates {
		rows = append(rows, price.Row{
			Key: price.Key{Region: v.region, Type: kind, Operation: "RunInstances", Tenancy: "Shared"},
			SKU: v.region + " " + kind, Rate: rate, Currency: currency, From: v.at.Unix(),
		})
	}
	return price.NewSheet(price.Offer, v.at.Format("20060102150405"), v.at.Unix(), rows)
}

// TestHistory imports all versions of four regions in a random order: at any
// time, a price is that of the last version before, and prices of China are in
// its own currency.
func TestHistory(t *testing.T) {
	versions := history(t)
	store, count := &pricetest.Mem{}, map[string]int{}
	for _, i := range rand.Perm(len(versions)) {
		v := versions[i]
		count[v.region]++
		encoded := v.sheet().Encode()
		if err := store.PutSheet(context.Background(), account.Local, v.sheet().Info(encoded, v.region), encoded); err != nil {
			t.Fatal(err)
		}
	}
	if count["us-east-1"] != 105 || count["cn-north-1"] != 22 {
		t.Errorf("versions by region: %v, want 105 of us-east-1 and 22 of cn-north-1", count)
	}
	book, err := price.Load(context.Background(), store, account.Local)
	if err != nil {
		t.Fatal(err)
	}
	current, changes, windows := map[price.Key]money.Rate{}, 0, map[price.Key][]price.Window{}
	for _, v := range versions {
		for kind, rate := range v.rates {
			key := price.Key{Region: v.region, Type: kind, Operation: "RunInstances", Tenancy: "Shared"}
			if windows[key] == nil {
				windows[key] = book.Windows(key)
			}
			if old, ok := current[key]; ok && old != rate {
				changes++
				wantRate(t, windows[key], key, v.at.Unix()-1, old)
			}
			current[key] = rate
			wantRate(t, windows[key], key, v.at.Unix(), rate)
		}
	}
	for key, rate := range current {
		wantRate(t, windows[key], key, time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC).Unix(), rate)
	}
	t.Logf("%d versions, %d prices, %d changes", len(versions), len(current), changes)
}

// wantRate looks a time up among windows.
func wantRate(t *testing.T, windows []price.Window, k price.Key, at int64, want money.Rate) {
	t.Helper()
	currency := money.USD
	if k.Region == "cn-north-1" {
		currency = money.CNY
	}
	for _, w := range windows {
		if w.From <= at && at < w.Until {
			if q := w.Quote; q.Status != price.Priced || q.Rate != want || q.Currency != currency {
				t.Fatalf("%s in %s at %s: %+v, want %s %s", k.Type, k.Region, time.Unix(at, 0).UTC(), q, want, currency)
			}
		}
	}
}

// platforms are the columns of the shared prices of 2017 by operation.
var platforms = map[string]string{
	"linux": "RunInstances", "mswin": "RunInstances:0002", "rhel": "RunInstances:0010", "sles": "RunInstances:000g",
	"mswinSQL": "RunInstances:0006", "mswinSQLWeb": "RunInstances:0202", "mswinSQLEnterprise": "RunInstances:0102",
}

// TestPlatforms looks up every platform's price of 2017: no platform gets
// another's.
func TestPlatforms(t *testing.T) {
	var types []struct {
		Type    string                               `json:"instance_type"`
		Pricing map[string]map[string]map[string]any `json:"pricing"`
	}
	text := sharedFile(t, "prices/vantage/instances-2017-11-12.json")
	if err := json.Unmarshal(text, &types, json.WithUnmarshalers(json.UnmarshalFunc(surcharge))); err != nil {
		t.Fatal(err)
	}
	var rows []pricetest.Row
	for _, kind := range types {
		for region, byPlatform := range kind.Pricing {
			for platform, prices := range byPlatform {
				rate, _ := prices["ondemand"].(string)
				if operation, ok := platforms[platform]; ok && strings.Trim(rate, "0123456789.") == "" && rate != "" {
					rows = append(rows, pricetest.Row{Region: region, Type: kind.Type, Operation: operation, Rate: rate})
				}
			}
		}
	}
	if len(rows) < 5_000 {
		t.Fatalf("%d prices, want more than 5,000", len(rows))
	}
	book := price.NewBook(mustRead(t, pricetest.OfferJSON(rows)))
	for _, r := range rows {
		want, err := money.ParseRate(r.Rate)
		if err != nil {
			t.Fatal(err)
		}
		q := book.At(price.Key{Region: r.Region, Type: r.Type, Operation: r.Operation, Tenancy: "default"}, day(1))
		if q.Status != price.Priced || q.Rate != want {
			t.Fatalf("%s %s in %s: %+v, want %s", r.Type, r.Operation, r.Region, q, want)
		}
	}
	t.Logf("%d prices of %d types", len(rows), len(types))
}

// surcharge reads what is a text where others are objects: the surcharge for
// EBS optimisation, which is no platform.
func surcharge(text []byte, to *map[string]any) error {
	if text[0] == '"' {
		return nil
	}
	return json.Unmarshal(text, (*map[string]any)(to))
}
