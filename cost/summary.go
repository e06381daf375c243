package cost

import (
	"cmp"
	"slices"
	"strings"

	"github.com/kopterio/kopter/money"
	"github.com/kopterio/kopter/price"
)

// Summary is what a graph adds up to, and what is wrong with it.
type Summary struct {
	// Totals sum all rows, one total for each currency, in order of their
	// codes.
	Totals []Sum
	// Unpriced says for which seconds there is no price, and why; the most
	// seconds first.
	Unpriced []Unpriced
	// Intervals counts those of which the graph shows at least a second.
	Intervals int
	// UnattributedSeconds are the seconds, in all currencies, of resources
	// whose launcher no source names.
	UnattributedSeconds int64
}

// Sum is the sum of all rows of one currency.
type Sum struct {
	Currency money.Currency
	Tally
}

// Unpriced is one reason why seconds have no price.
type Unpriced struct {
	Key      price.Key // what a price was looked for under
	Purchase string    // how the instances were bought: "on-demand", "spot", …
	Status   price.Status
	// Reason explains it and says what would help.
	Reason    string
	Seconds   int64
	Stretches int    // of intervals, between changes of price
	Resource  string // one of the resources: the first in order
}

// gapKey tells reasons apart.
type gapKey struct {
	key      price.Key
	purchase string
	status   price.Status
	reason   string
}

// gap is where the seconds of a quote that is no price are counted.
func (f *Tariffs) gap(k tariffKey, pk price.Key, q price.Quote) *Unpriced {
	if q.Status == price.Priced {
		return nil
	}
	id := gapKey{pk, k.purchase, q.Status, q.Reason}
	if f.gaps[id] == nil {
		f.gaps[id] = &Unpriced{Key: pk, Purchase: k.purchase, Status: q.Status, Reason: q.Reason}
	}
	return f.gaps[id]
}

// count adds stretches of intervals that have no price.
func (u *Unpriced) count(resource string, seconds int64, stretches int) {
	u.Seconds += seconds
	u.Stretches += stretches
	if u.Resource == "" || resource < u.Resource {
		u.Resource = resource
	}
}

// mergeGaps sums the reasons that several Tariffs have counted.
func mergeGaps(all []*Tariffs) []Unpriced {
	sum := map[gapKey]*Unpriced{}
	for _, f := range all {
		for id, u := range f.gaps {
			switch {
			case u.Stretches == 0:
			case sum[id] == nil:
				sum[id] = u
			default:
				sum[id].count(u.Resource, u.Seconds, u.Stretches)
			}
		}
	}
	list := make([]Unpriced, 0, len(sum))
	for _, u := range sum {
		list = append(list, *u)
	}
	slices.SortFunc(list, compareUnpriced)
	return list
}

// compareUnpriced puts the most seconds first.
func compareUnpriced(a, b Unpriced) int {
	return cmp.Or(-cmp.Compare(a.Seconds, b.Seconds), compareKeys(a.Key, b.Key),
		cmp.Compare(a.Purchase, b.Purchase), cmp.Compare(a.Status, b.Status), strings.Compare(a.Reason, b.Reason))
}

func compareKeys(a, b price.Key) int {
	return cmp.Or(strings.Compare(a.Region, b.Region), strings.Compare(a.Type, b.Type),
		strings.Compare(a.Operation, b.Operation), strings.Compare(a.Tenancy, b.Tenancy))
}
