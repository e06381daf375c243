package app

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

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
