package ingest

import (
	"cmp"
	"slices"
	"time"

	"github.com/kopterio/kopter/cloudtrail"
	"github.com/kopterio/kopter/usage"
)

// maxLead is how far ahead of the clock an event may be for its time to count
// as a sign of life; one further ahead is kept like any other.
const maxLead = 24 * time.Hour

// freshness gathers the newest time by account and region.
type freshness struct {
	until usage.Seconds // later times are not believed
	last  map[place]*usage.Seconds
	// here is the place of the record before: most records follow one of the
	// same place.
	here   place
	newest *usage.Seconds // of here
}

type place struct{ account, region string }

func newFreshness(now time.Time) freshness {
	return freshness{until: now.Add(maxLead).Unix(), last: map[place]*usage.Seconds{}}
}

// sign notes a record as a sign of life of its account and region.
func (f *freshness) sign(rec *cloudtrail.Record) {
	at := rec.Time / 1000
	if at > f.until {
		return
	}
	if f.newest == nil || f.here.account != string(rec.Account) || f.here.region != string(rec.Region) {
		f.move(place{string(rec.Account), string(rec.Region)}, at)
	}
	*f.newest = max(*f.newest, at)
}

// move turns to another place, which is as fresh as at if it is new.
func (f *freshness) move(to place, at usage.Seconds) {
	if f.last[to] == nil {
		f.last[to] = &at
	}
	f.here, f.newest = to, f.last[to]
}

// list gives what was gathered, by account and region.
func (f *freshness) list() []usage.Freshness {
	list := make([]usage.Freshness, 0, len(f.last))
	for p, last := range f.last {
		list = append(list, usage.Freshness{Account: p.account, Region: p.region, Last: *last})
	}
	slices.SortFunc(list, func(a, b usage.Freshness) int {
		return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Region, b.Region))
	})
	return list
}
