package access

import (
	"sync"
	"time"

	"github.com/kopterio/kopter/account"
)

const (
	// LinkLifetime is how long a sign-in link is good.
	LinkLifetime = 15 * time.Minute
	// maxLinks bounds the links that are open at a time.
	maxLinks = 1000
)

// links are the sign-in links that nobody has used yet. They lie in memory
// alone: a link is younger than the process that gave it.
type links struct {
	mu   sync.Mutex
	open map[Hash]link
}

type link struct {
	tenant  account.Tenant
	name    string
	expires time.Time
}

func (l *links) add(h Hash, k link, now time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for other, k := range l.open {
		if !now.Before(k.expires) {
			delete(l.open, other)
		}
	}
	if len(l.open) >= maxLinks {
		return ErrFull
	}
	l.open[h] = k
	return nil
}

// take gives the link with the hash and uses it up. All links are compared,
// each in constant time, so that how long it takes depends on their number
// alone.
func (l *links) take(h Hash, now time.Time) (link, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var found link
	known := false
	for other, k := range l.open {
		if equal(h, other) {
			found, known = k, true
		}
	}
	delete(l.open, h)
	return found, known && now.Before(found.expires)
}
