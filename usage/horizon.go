package usage

import (
	"math"
	"slices"
)

// Horizon is how far the sources reach: up to when an instance that nobody
// stopped is known to have run, and when someone looked at all instances. Under
// the zero Horizon what is open has no length.
type Horizon struct {
	last  map[place]Seconds
	looks map[place][]Seconds // of complete snapshots, ascending
	until Seconds
}

// place is where snapshots are complete and freshness is counted.
type place struct{ account, region string }

// NoLimit as NewHorizon's until leaves the horizon to the sources.
const NoLimit Seconds = math.MaxInt64

// NewHorizon gives the horizon of a store's freshness and snapshots, nowhere
// later than until. The order of neither matters.
func NewHorizon(fresh []Freshness, snaps []Snapshot, until Seconds) Horizon {
	h := Horizon{last: map[place]Seconds{}, looks: map[place][]Seconds{}, until: until}
	for _, f := range fresh {
		h.reach(place{f.Account, f.Region}, f.Last)
	}
	for _, s := range snaps {
		at := place{s.Account, s.Region}
		h.reach(at, s.At)
		if s.Complete {
			h.looks[at] = append(h.looks[at], s.At)
		}
	}
	for _, looks := range h.looks {
		slices.Sort(looks)
	}
	return h
}

func (h Horizon) reach(at place, last Seconds) { h.last[at] = max(h.last[at], last) }

// end gives the end of what still runs, having been seen running at seen. The
// sources' own word counts where the freshness is behind it.
func (h Horizon) end(at place, seen Seconds) Seconds {
	return min(max(h.last[at], seen), h.until)
}

// lookAfter gives the first complete look later than after, if there is one.
func (h Horizon) lookAfter(at place, after Seconds) (Seconds, bool) {
	looks := h.looks[at]
	i, _ := slices.BinarySearch(looks, after+1)
	if i == len(looks) {
		return 0, false
	}
	return looks[i], true
}
