package access

import (
	"maps"
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
	swept  time.Time // when old places were last let go
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
	if now.Sub(a.swept) < failureSpan {
		return "" // shared
	}
	a.swept = now
	maps.DeleteFunc(a.places, func(_ string, f *failures) bool { return now.Sub(f.since) >= failureSpan })
	if len(a.places) < maxPlaces {
		return place
	}
	return ""
}
