package queuetest

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/kopterio/kopter/queue"
)

// testConcurrent lets many send and many receive at the same time. A third of
// the deliveries is left alone, so that the messages come again.
func testConcurrent(t *testing.T, h Harness) {
	const senders, receivers, each = 8, 6, 60
	p := policy
	p.MaxReceives = 100
	b := h.bench(t, p)
	done := newTally(senders * each)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var wg sync.WaitGroup
	for s := range senders {
		wg.Go(func() {
			for _, body := range numbered(fmt.Sprintf("s%d-", s), each) {
				if err := b.Send(ctx, queue.Outgoing{Queue: b.name, Body: []byte(body)}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for range receivers {
		wg.Go(func() { b.consume(ctx, done) })
	}
	select {
	case <-done.all:
	case <-time.After(time.Minute):
		t.Errorf("%d of %d messages were handled within a minute", done.len(), senders*each)
	}
	cancel()
	wg.Wait()
	time.Sleep(2 * visibility)
	b.none("after all were deleted")
	want(t, "depth", b.depth(), queue.Depth{})
}

// consume deletes two of three deliveries until the context ends.
func (b bench) consume(ctx context.Context, done *tally) {
	for n := 0; ctx.Err() == nil; {
		got, err := b.Receive(ctx, 7, 2*time.Second)
		if err != nil && ctx.Err() == nil {
			b.t.Error(err)
			return
		}
		for _, m := range got {
			if n++; n%3 == 0 {
				continue
			}
			// A delete that was cancelled may have landed or not.
			errs, err := b.Delete(context.WithoutCancel(ctx), m.Receipt)
			if err != nil || errs[0] != nil {
				b.t.Errorf("delete: %v, %v", errs, err)
				return
			}
			done.add(string(m.Body))
		}
	}
}

// tally counts what was handled.
type tally struct {
	mu   sync.Mutex
	seen map[string]int
	want int
	all  chan struct{} // closed when everything was
}

func newTally(want int) *tally {
	return &tally{seen: map[string]int{}, want: want, all: make(chan struct{})}
}

func (a *tally) add(body string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.seen[body]++
	if len(a.seen) == a.want && a.seen[body] == 1 {
		close(a.all)
	}
}

func (a *tally) len() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.seen)
}

// testReopen: what was sent stays, what was received and not deleted comes
// back, what was deleted does not, and dead letters stay dead.
func testReopen(t *testing.T, h Harness) {
	b := h.bench(t, policy)
	b.send("dead")
	b.die("dead", "bad")
	b.send("deleted", "held")
	got := b.get("deleted", "held")
	b.delete(map[string]queue.Message{"deleted": got["deleted"]})
	b.send("sent")
	b.sendDelayed(2*visibility, "delayed")

	b = b.place.Reopen(t).bench(t, policy)
	b.delete(b.get("sent"))
	// The receipt holds over a restart, so that whoever still works goes on.
	errs, err := b.Extend(t.Context(), visibility, got["held"].Receipt)
	must(t, err)
	want(t, "errors of the receipt", errs, []error{nil})
	held := b.get("held")
	want(t, "receives", held["held"].Receives, 2)
	b.delete(held)
	b.delete(b.get("delayed"))
	b.none("after everything was handled")
	letters := b.letters()
	if len(letters) != 1 || string(letters[0].Body) != "dead" || letters[0].Reason != "bad" {
		t.Errorf("letters: %+v", letters)
	}
}
