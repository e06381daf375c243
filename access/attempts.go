package access

import (
	"sync"
	"time"
)

const (
	// maxFailures is how often one place may fail to sign in within
	// failureSpan.
	maxFailures = 10
	failureSpan = time.Minute
	// maxPlaces bounds how many places are told apart; the rest share one
	// count, so that nobody fills the memory by coming from everywhere.
	maxPlaces = 4096
)

// attempts counts failed attempts to sign in by the place they come from.
type attempts struct {
	mu     sync.Mutex
	places map[string]*failures
}

type failures struct {
	since time.Time
	count int
}

// allowed says whether another attempt may be made.
func (a *attempts) allowed(place string, now time.Time) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	f := a.places[a.key(place, now)]
	return f == nil || now.Sub(f.since) >= failureSpan || f.count < maxFailures
}

func (a *attempts) failed(place string, now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	key := a.key(place, now)
	f := a.places[key]
	if f == nil || now.Sub(f.since) >= failureSpan {
		f = &failures{since: now}
		a.places[key] = f
	}
	f.count++
}

// key is the place, or that of all the places for which there is no room.
func (a *attempts) key(place string, now time.Time) string {
	if _, known := a.places[place]; known || len(a.places) < maxPlaces {
		return place
	}
	for p, f := range a.places {
		if now.Sub(f.since) >= failureSpan {
			delete(a.places, p)
		}
	}
	if len(a.places) < maxPlaces {
		return place
	}
	return "" // shared
}
