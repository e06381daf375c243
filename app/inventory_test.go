package app

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kopterio/kopter/price"
	"github.com/kopterio/kopter/query"
	"github.com/kopterio/kopter/usage"
)

// TestInventoryFields asks every field of the schema about one instance, so
// that none is listed that cannot be asked for.
func TestInventoryFields(t *testing.T) {
	i := Instance{
		Resource: "i-1", Account: "111111111111", Region: "us-east-1", Zone: "us-east-1a",
		Shape: usage.Shape{Type: "m5.large", Operation: "RunInstances", Tenancy: "Shared", Purchase: "on-demand"},
		State: "running", Since: 1704067200, Quote: price.Quote{Status: price.Priced, Rate: 96_000_000},
		Launcher: usage.Cause{Principal: "arn:aws:iam::111111111111:user/ann", Actor: "ann"},
		Tags:     usage.Tags{"team": "web"},
	}
	asked := map[string]string{
		"resource": "i-1", "account": "111111111111", "region": "us-east-1", "zone": "us-east-1a", "type": "m5.*",
		"operation": "RunInstances", "tenancy": "shared", "purchase": "on-demand", "state": "running", "since": "2024-01-01",
		"rate_per_hour": "<0.1", "principal": "*user/ann", "actor": "ann", "tag.": "",
	}
	for field := range InventorySchema() {
		value, ok := asked[field]
		if !ok {
			t.Errorf("field %s is not tested", field)
		}
		if field == "tag." {
			continue
		}
		if text := field + ":" + value; !holds(t, text, &i) {
			t.Errorf("%s does not hold", text)
		}
	}
	for text, want := range map[string]bool{
		"tag.team:web": true, "tag.team:*": true, "tag.Team:web": false, "-tag.owner:*": true, "web": true, "team": true,
		"ann": true, "m5.large i-1": true, "rate_per_hour:>0.1": false, "since:>2024-01-02": false, "state:stopped": false,
	} {
		if got := holds(t, text, &i); got != want {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
	}
	if holds(t, "rate_per_hour:*", &Instance{}) {
		t.Error("an instance without a price has a rate")
	}
}

func holds(t *testing.T, text string, i *Instance) bool {
	t.Helper()
	node, err := parseQuery(text, InventorySchema())
	if err != nil {
		t.Fatal(err)
	}
	return query.Match(node, instanceValues{i})
}

const recording = `{"Reservations":[{"OwnerId":"111111111111","Instances":[{"InstanceId":"i-0aaaaaaaaaaaaaaaa","InstanceType":"m5.large",
	"LaunchTime":"2024-02-01T10:00:00+00:00","State":{"Code":16,"Name":"running"},"Placement":{"AvailabilityZone":"us-east-1a","Tenancy":"default"},
	"UsageOperation":"RunInstances"}]}]}`

// TestImportInventoryGoesOn imports the good files beside the bad ones, and
// names the bad ones.
func TestImportInventoryGoesOn(t *testing.T) {
	a := open(t, t.TempDir())
	dir := t.TempDir()
	license := write(t, filepath.Join(dir, "LICENSE"), "Free.")
	good := write(t, filepath.Join(dir, "z.json"), recording)
	var told []string
	err := a.ImportInventory(t.Context(), InventoryFiles{Paths: []string{dir}, At: noon()}, func(path string, i RecordedInventory) {
		told = append(told, path)
	})
	if err == nil || strings.Count(err.Error(), license) != 1 {
		t.Errorf("got %v, want the bad file named once", err)
	}
	if !slices.Equal(told, []string{good}) {
		t.Errorf("imported %q", told)
	}
	for at, want := range map[time.Time]int{noon(): 1, {}: 1, noon().AddDate(0, -2, 0): 0} {
		found, err := a.Inventory(t.Context(), at, "type:m5.large")
		if err != nil || len(found) != want {
			t.Errorf("at %v: %v, %v; want %d", at, found, err, want)
		}
	}
}

// TestImportPricesGoesOn does the same with price lists.
func TestImportPricesGoesOn(t *testing.T) {
	a := open(t, t.TempDir())
	dir := t.TempDir()
	bad := write(t, filepath.Join(dir, "a.json"), `{"offerCode":"AmazonRDS","products":{}}`)
	write(t, filepath.Join(dir, "b.csv"), offer)
	var told int
	err := a.ImportPrices(t.Context(), []string{dir}, time.Time{}, func(_ string, s Sheet) { told += s.Rates })
	if err == nil || strings.Count(err.Error(), bad) != 1 || told != 1 {
		t.Errorf("imported %d rates, got %v", told, err)
	}
	prices, err := a.Price(t.Context(), PriceKey{Region: "us-east-1", Type: "m5.large", Operation: "RunInstances:SV001", Tenancy: "default"})
	if err != nil || len(prices) != 2 {
		t.Fatalf("got %v, %v; want a stretch without a price and one with", prices, err)
	}
	if p := prices[0]; p.Priced() || p.From != 0 || p.Until != 1706745600 {
		t.Errorf("before the list: %+v", p)
	}
	if p := prices[1]; !p.Priced() || p.From != 1706745600 || p.Until != 0 || p.Quote.Rate.String() != "0.1000000000" {
		t.Errorf("by the list: %+v", p)
	}
	listed, err := a.Prices(t.Context(), PriceKey{Type: "m5.large"})
	if err != nil || len(listed) != 1 || listed[0].Key.Region != "us-east-1" {
		t.Errorf("listed %v, %v", listed, err)
	}
}

const offer = `"FormatVersion","v1.0"
"Disclaimer","none"
"Publication Date","2024-02-01T00:00:00Z"
"Version","20240201000000"
"OfferCode","AmazonEC2"
"SKU","OfferTermCode","RateCode","TermType","PriceDescription","EffectiveDate","StartingRange","EndingRange","Unit","PricePerUnit","Currency","Product Family","serviceCode","Location","Location Type","Instance Type","Tenancy","Operating System","License Model","usageType","operation","CapacityStatus","Pre Installed S/W","MarketOption","Region Code"
"M5LARGE000000001","JRTCKXETXF","M5LARGE000000001.JRTCKXETXF.6YS6EN2CT7","OnDemand","m5.large","2024-02-01","0","Inf","Hrs","0.1000000000","USD","Compute Instance","AmazonEC2","US East (N. Virginia)","AWS Region","m5.large","Shared","Linux","No License required","BoxUsage:m5.large","RunInstances","Used","NA","OnDemand","us-east-1"
`
