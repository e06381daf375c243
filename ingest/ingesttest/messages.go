package ingesttest

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/kopterio/kopter/account"
	"github.com/kopterio/kopter/ingest"
	"github.com/kopterio/kopter/queue"
)

// policy is that of the queue to which commits of the suite send.
var policy = queue.Policy{Name: "ec2-events", Visibility: time.Hour, MaxReceives: 1000}

// messages receives all that there is to be received, and hands it back.
func (h Harness) messages(t *testing.T, b Backend, tenant account.Tenant) (bodies []string) {
	t.Helper()
	q := h.Queue(t, b, tenant, policy)
	var receipts []string
	for {
		got, err := q.Receive(t.Context(), 10, 0)
		if err != nil {
			t.Fatal(err)
		}
		if len(got) == 0 {
			break
		}
		for _, m := range got {
			bodies = append(bodies, string(m.Body))
			receipts = append(receipts, m.Receipt)
		}
	}
	if _, err := q.Extend(t.Context(), 0, receipts...); err != nil {
		t.Fatal(err)
	}
	slices.Sort(bodies)
	return bodies
}

func bodies(c ingest.Commit) (list []string) {
	for _, m := range c.Messages {
		list = append(list, string(m.Body))
	}
	slices.Sort(list)
	return list
}

func testBadMessage(t *testing.T, h Harness) {
	b := h.Open(t)
	c := sample(1)
	c.Messages = append(c.Messages, queue.Outgoing{Queue: policy.Name, Body: make([]byte, queue.MaxBody+1)})
	if err := b.Commit(t.Context(), tenant, c); !errors.Is(err, queue.ErrTooLarge) {
		t.Errorf("commit: %v, want ErrTooLarge", err)
	}
	want(t, "state", h.read(t, b, tenant), state{})
}

func testWakes(t *testing.T, h Harness) {
	b := h.Open(t)
	q := h.Queue(t, b, tenant, policy)
	type received struct {
		messages []queue.Message
		err      error
	}
	got := make(chan received, 1)
	begin := time.Now()
	go func() {
		messages, err := q.Receive(t.Context(), 10, queue.MaxWait)
		got <- received{messages, err}
	}()
	c := sample(1)
	c.Messages = c.Messages[:1]
	commit(t, b, tenant, c)
	r := <-got
	if r.err != nil || len(r.messages) != 1 || string(r.messages[0].Body) != "came 1" {
		t.Fatalf("received %v and %v", r.messages, r.err)
	}
	if d := time.Since(begin); d > queue.MaxWait/2 {
		t.Errorf("the receiver was woken after %v", d)
	}
}
