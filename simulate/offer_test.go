package simulate

import (
	"bytes"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
)

// shape is what an on-demand price is for.
type shape struct{ region, machine, operation, tenancy string }

// offerFile is what the tests read of a price list.
type offerFile struct {
	OfferCode string `json:"offerCode"`
	Version   string `json:"version"`
	Products  map[string]struct {
		SKU        string            `json:"sku"`
		Family     string            `json:"productFamily"`
		Attributes map[string]string `json:"attributes"`
	} `json:"products"`
	Terms struct {
		OnDemand map[string]map[string]offerTerm
		Reserved map[string]map[string]offerTerm
	} `json:"terms"`
}

type offerTerm struct {
	SKU           string    `json:"sku"`
	EffectiveDate time.Time `json:"effectiveDate"`
	Dimensions    map[string]struct {
		Unit  string            `json:"unit"`
		Price map[string]string `json:"pricePerUnit"`
	} `json:"priceDimensions"`
}

// offers reads the on-demand prices of each price list, as a reader of
// spec/ec2-cost.md would.
func (s simulated) offers(t *testing.T) []map[shape]*big.Rat {
	t.Helper()
	var lists []map[shape]*big.Rat
	for _, list := range s.truth.PriceLists {
		offer := readOffer(t, s.files[list.File])
		if offer.Version != list.Version {
			t.Errorf("%s is of version %s", list.File, offer.Version)
		}
		lists = append(lists, offer.prices(t, list.Effective))
	}
	return lists
}

func readOffer(t *testing.T, text []byte) *offerFile {
	t.Helper()
	var offer offerFile
	if err := json.Unmarshal(text, &offer); err != nil {
		t.Fatalf("price list: %v", err)
	}
	if offer.OfferCode != "AmazonEC2" {
		t.Errorf("offer %q", offer.OfferCode)
	}
	return &offer
}

func (o *offerFile) prices(t *testing.T, effective int64) map[shape]*big.Rat {
	t.Helper()
	prices := map[shape]*big.Rat{}
	for id, p := range o.Products {
		a := p.Attributes
		if p.Family != "Compute Instance" || a["capacitystatus"] != "Used" || a["marketoption"] != "OnDemand" || a["licenseModel"] == "Bring your own license" {
			continue
		}
		key := shape{a["regionCode"], a["instanceType"], a["operation"], a["tenancy"]}
		if prices[key] != nil || p.SKU != id {
			t.Errorf("%v is priced twice, or %s has the key %s", key, p.SKU, id)
		}
		if !strings.Contains(a["usagetype"], map[string]string{"Shared": "BoxUsage:", "Dedicated": "DedicatedUsage:", "Host": "HostBoxUsage:"}[a["tenancy"]]) {
			t.Errorf("%v has the usage type %s", key, a["usagetype"])
		}
		prices[key] = onlyPrice(t, o.Terms.OnDemand[id], effective)
	}
	return prices
}

func onlyPrice(t *testing.T, terms map[string]offerTerm, effective int64) *big.Rat {
	t.Helper()
	for _, term := range terms {
		for _, d := range term.Dimensions {
			price, ok := new(big.Rat).SetString(d.Price["USD"])
			if len(terms) == 1 && len(term.Dimensions) == 1 && ok && d.Unit == "Hrs" && term.EffectiveDate.Unix() == effective {
				return price
			}
		}
	}
	t.Fatalf("not one on-demand price: %+v", terms)
	return nil
}

func TestPriceListCoversEveryShape(t *testing.T) {
	s := richSimulation(t)
	for i, prices := range s.offers(t) {
		for _, in := range s.truth.Instances {
			for _, p := range in.Periods {
				price := prices[shape{in.Region, p.Type, in.Operation, in.Tenancy}]
				if price == nil || price.Sign() <= 0 {
					t.Errorf("list %d: %s of %s in %s costs %v", i, p.Type, in.Operation, in.Region, price)
				}
			}
		}
	}
}

func TestOfferHoldsWhatPricesNoInstance(t *testing.T) {
	var text bytes.Buffer
	err := WriteOffer(&text, Offer{Version: "20260103040000", Regions: []string{"eu-west-1"}, Filler: 3})
	if err != nil {
		t.Fatal(err)
	}
	offer := readOffer(t, text.Bytes())
	seen := map[string]int{}
	for _, p := range offer.Products {
		for _, v := range []string{p.Family, p.Attributes["capacitystatus"], p.Attributes["licenseModel"], p.Attributes["tenancy"]} {
			seen[v]++
		}
		if strings.HasPrefix(p.Attributes["instanceType"], "x10") {
			seen["filler"]++
		} else if p.Attributes["regionCode"] != "eu-west-1" {
			t.Errorf("%s is of %s", p.SKU, p.Attributes["regionCode"])
		}
	}
	for _, want := range []string{"Storage", "NAT Gateway", "Dedicated Host", "UnusedCapacityReservation", "AllocatedCapacityReservation", "Bring your own license", "Host"} {
		if seen[want] == 0 {
			t.Errorf("no product is %q", want)
		}
	}
	if seen["filler"] != 3 || len(offer.Terms.Reserved) == 0 {
		t.Errorf("%d fillers, %d reservable", seen["filler"], len(offer.Terms.Reserved))
	}
}
