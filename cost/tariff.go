package cost

import (
	"hash/maphash"
	"slices"
	"strings"

	"github.com/kopterio/kopter/account"
	"github.com/kopterio/kopter/money"
	"github.com/kopterio/kopter/price"
	"github.com/kopterio/kopter/usage"
)

// The lengths to which a running period is charged. Source: spec/ec2-cost.md,
// "When an instance is billed".
const (
	minimumSeconds = 60                  // of every period
	suse           = "RunInstances:000g" // every started hour is a full hour
)

// charged is how many seconds a running period of n seconds is charged for.
func (f *tariff) charged(n int64) int64 {
	if f.fullHours {
		return (n + secondsPerHour - 1) / secondsPerHour * secondsPerHour
	}
	return max(n, minimumSeconds)
}

// The operations whose price holds no licence, so that CPU options leave it as
// it is. Source: spec/ec2-cost.md, "Which SKU".
var unlicensed = []string{"RunInstances", "RunInstances:00g0", "RunInstances:0800"}

// homeCurrency is the currency that AWS bills a price region in. It stands for
// stretches that have no price.
func homeCurrency(region string) money.Currency {
	switch {
	case strings.HasPrefix(region, "cn-"):
		return money.CNY
	case strings.HasPrefix(region, "eusc-"):
		return "EUR"
	}
	return money.USD
}

// window is a price and when it holds: from ≤ t < until. Adjacent windows of a
// tariff differ in more than the version of the offer file.
type window struct {
	from, until int64
	quote       price.Quote
	// gap collects the seconds without a price; nil when there is one.
	gap *Unpriced
}

// tariff is what the seconds of a shape in a place cost over all of time.
type tariff struct {
	key       tariffKey
	windows   []window // from Always to Forever without gaps
	fullHours bool     // every hour that a period has begun is charged in full
}

// at finds the window of t. There are few, since most prices seldom change.
func (f *tariff) at(t usage.Seconds) int {
	k := 0
	for k < len(f.windows)-1 && t >= f.windows[k].until {
		k++
	}
	return k
}

// tariffKey is all of an interval that its price depends on.
type tariffKey struct {
	place                              string // price region
	kind, operation, tenancy, purchase string
	cpus                               bool
}

// slots is how many tariffs are found without hashing all of their keys: more
// than a company has, so that they seldom share one.
const slots = 4096

// Tariffs looks up what intervals cost per hour, and remembers. It is not safe
// for concurrent use.
type Tariffs struct {
	prices price.Prices
	known  map[tariffKey]*tariff
	recent [slots]*tariff
	seed   maphash.Seed // of the slots
	gaps   map[gapKey]*Unpriced
}

// NewTariffs answers from a fixed set of sheets.
func NewTariffs(prices price.Prices) *Tariffs {
	return &Tariffs{prices: prices, known: map[tariffKey]*tariff{}, seed: maphash.MakeSeed(), gaps: map[gapKey]*Unpriced{}}
}

// At is what an hour of the interval's shape costs at moment t, or why that is
// not known. The quote's currency is never empty.
func (f *Tariffs) At(i *usage.Interval, t usage.Seconds) price.Quote {
	found := f.of(i)
	return found.windows[found.at(t)].quote
}

func (f *Tariffs) of(i *usage.Interval) *tariff {
	k := tariffKey{place(i), i.Shape.Type, i.Shape.Operation, i.Shape.Tenancy, i.Shape.Purchase, i.Shape.CPUs != 0}
	slot := &f.recent[f.slot(&k)]
	if *slot != nil && (*slot).key == k {
		return *slot
	}
	t, ok := f.known[k]
	if !ok {
		t = f.build(k)
		f.known[k] = t
	}
	*slot = t
	return t
}

// slot is a number below slots that keys seldom share: it is made of what
// most keys differ in.
func (f *Tariffs) slot(k *tariffKey) uint64 {
	return (maphash.String(f.seed, k.kind) + 3*maphash.String(f.seed, k.place)) % slots
}

// place is the price region of an interval.
func place(i *usage.Interval) string {
	if len(i.Zone) == len(i.Region)+1 && strings.HasPrefix(i.Zone, i.Region) {
		return i.Region // an ordinary zone, as nearly all are
	}
	return account.PriceRegion(i.Region, i.Zone)
}

func (f *Tariffs) build(k tariffKey) *tariff {
	pk := price.Key{
		Region:    k.place,
		Type:      k.kind,
		Operation: price.Operation(k.operation),
		Tenancy:   k.tenancy,
	}
	t := &tariff{key: k, fullHours: pk.Operation == suse}
	for _, w := range f.quotes(k, pk) {
		if w.Quote.Status != price.Priced || w.Quote.Currency == "" {
			w.Quote.Rate, w.Quote.Currency = 0, homeCurrency(k.place)
		}
		if n := len(t.windows); n > 0 && sameRate(t.windows[n-1].quote, w.Quote) {
			t.windows[n-1].until = w.Until
			continue
		}
		t.windows = append(t.windows, window{w.From, w.Until, w.Quote, f.gap(k, pk, w.Quote)})
	}
	return t
}

// quotes are the price list's windows, or one window over all of time where
// the price list does not decide.
func (f *Tariffs) quotes(k tariffKey, pk price.Key) []price.Window {
	if k.tenancy == "Host" {
		return always(price.Quote{Status: price.Priced, Reason: "the dedicated host is billed, not the instance"})
	}
	if why := unpriceable(k, pk); why != "" {
		return always(price.Quote{Status: price.Absent, Reason: why})
	}
	return f.prices.Windows(pk)
}

func always(q price.Quote) []price.Window {
	return []price.Window{{From: price.Always, Until: price.Forever, Quote: q}}
}

// unpriceable says why an on-demand sheet cannot price a shape; empty when it
// can. What is not known is never guessed.
func unpriceable(k tariffKey, pk price.Key) string {
	switch {
	case k.kind == "":
		return "the instance type is not known: import a DescribeInstances recording that shows the instance"
	case pk.Region == "":
		return "the region is not known"
	case k.purchase == "":
		return "it is not known whether the instance is on-demand or spot: import a DescribeInstances recording that shows it"
	case k.purchase != "on-demand":
		return k.purchase + " is not priced by the on-demand price list"
	case k.operation == "":
		return "the platform is not known: import a DescribeInstances recording that shows the instance"
	case k.tenancy == "":
		return "the tenancy is not known: import a DescribeInstances recording that shows the instance"
	case k.cpus && !slices.Contains(unlicensed, pk.Operation):
		return "CPU options change the licence's part of the price, which the price list does not state"
	}
	return ""
}

// sameRate says whether two quotes charge alike. Two without a price do when
// they give the same reason.
func sameRate(a, b price.Quote) bool {
	return a.Status == b.Status && a.Rate == b.Rate && a.Currency == b.Currency &&
		(a.Status == price.Priced || a.Reason == b.Reason)
}
