package local

import (
	"context"
	"sync"
	"time"

	"github.com/kopterio/kopter/account"
	"github.com/kopterio/kopter/queue"
)

// line is what the receivers of one queue wait in. It is of this process: the
// only one that writes, so whatever makes a message receivable passes it.
type line struct {
	mu      sync.Mutex
	changed chan struct{} // closed at the next change; nil when nobody waits
	expired time.Time     // when what was kept too long was last removed
}

// lineKey names a queue.
type lineKey struct {
	tenant account.Tenant
	queue  string
}

// listen gives a channel that is closed at the next change of the queue.
func (l *line) listen() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.changed == nil {
		l.changed = make(chan struct{})
	}
	return l.changed
}

// wake lets all receivers look again. The first of them to be carried out gets
// the messages; what the others do changes nothing and so costs no write.
func (l *line) wake() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.changed != nil {
		close(l.changed)
		l.changed = nil
	}
}

// expiry says whether it is time again to remove what was kept too long.
func (l *line) expiry(now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.expired.IsZero() && now.Sub(l.expired) < expireEvery {
		return false
	}
	l.expired = now
	return true
}

// expireEvery is how often messages that were kept too long are looked for.
// They are not delivered meanwhile.
const expireEvery = time.Hour

// wakeReceivers wakes those who wait for one of the messages.
func (s *Store) wakeReceivers(t account.Tenant, messages []queue.Outgoing) {
	for i, m := range messages {
		if i == 0 || m.Queue != messages[i-1].Queue {
			s.queues.line(t, m.Queue).wake()
		}
	}
}

// pause waits until the queue changes or the time has passed; the caller then
// looks again. Its error is the context's.
func pause(ctx context.Context, changed <-chan struct{}, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-changed:
	case <-timer.C:
	case <-ctx.Done():
	}
	return ctx.Err()
}
