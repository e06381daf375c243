// Package queuetest is the conformance suite of queues: what every backend of
// queue.Queue, queue.Sender and queue.Office must do, and no more than SQS
// promises.
//
// Nothing here relies on an order, or on a message being delivered only once
// where nobody deleted it. Time passes by itself: a backend whose clock is the
// one of testing/synctest runs the suite in an instant, one that is real runs
// it in real seconds.
package queuetest

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/kopterio/kopter/account"
	"github.com/kopterio/kopter/queue"
)

// Queues are the queues of one tenant.
type Queues interface {
	queue.Sender
	queue.Office
	Queue(name string) queue.Queue
}

// Place is where a backend keeps the queues of all tenants.
type Place struct {
	// Queues gives the queues of a tenant, which has those of the policies.
	Queues func(t testing.TB, tenant account.Tenant, policies ...queue.Policy) Queues
	// Reopen gives the same place as another process finds it after this one
	// was stopped.
	Reopen func(t testing.TB) Place
}

// Harness gives the suite its backend.
type Harness struct {
	// Run runs a test where time passes as the backend sees it: synctest.Test
	// for one whose clock can be a fake.
	Run func(t *testing.T, test func(t *testing.T))
	// Open gives an empty place, closed at the end of the test.
	Open func(t testing.TB) Place
	// Exact says that Run is synctest.Test and that the backend delivers what
	// it holds at once, all of it and in time, so that it can be compared with
	// a model step by step. SQS does not promise that.
	Exact bool
}

const (
	tenant account.Tenant = "acme"
	other  account.Tenant = "other"
)

// Times of the suite: whole seconds, because SQS knows no parts of them, and
// far enough apart for a backend on a slow network.
const (
	visibility = 4 * time.Second
	patience   = 10 * time.Second // within which everything that is due must come
)

// policy is that of the queue of most tests.
var policy = queue.Policy{Name: "work", Visibility: visibility, MaxReceives: 3}

// TestQueues runs the suite.
func TestQueues(t *testing.T, h Harness) {
	tests := []struct {
		name string
		test func(*testing.T, Harness)
	}{
		{"what is sent is received until it is deleted", testLife},
		{"a batch is sent, received and deleted", testBatch},
		{"a message says when it was sent and received", testTimes},
		{"a delayed message comes later", testDelay},
		{"what is not deleted comes back", testVisibility},
		{"extending hides for longer", testExtend},
		{"a message can be handed back", testHandBack},
		{"a receipt holds for one delivery", testStale},
		{"deleting twice is no error", testDeleteTwice},
		{"what fails again and again becomes a dead letter", testDeadLetter},
		{"dead letters are listed, the newest first", testLetters},
		{"dead letters go back to their queue", testRedrive},
		{"nothing is kept too long", testRetention},
		{"a receiver waits no longer than it says", testWait},
		{"a receiver that waits is woken", testWake},
		{"a receiver that is cancelled gets nothing", testCancel},
		{"queues do not mix", testQueues},
		{"tenants do not see each other", testTenants},
		{"what no queue takes is refused", testRefused},
		{"depths count every message once", testDepths},
		{"many senders and receivers lose nothing", testConcurrent},
		{"a restart loses nothing", testReopen},
		{"it is as its model says", testModel},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h.Run(t, func(t *testing.T) { tt.test(t, h) })
		})
	}
}

// bench is a tenant's queues and the one that a test looks at.
type bench struct {
	Queues
	queue.Queue
	t     testing.TB
	place Place
	name  string
}

func (h Harness) bench(t testing.TB, p queue.Policy) bench { return h.Open(t).bench(t, p) }

func (place Place) bench(t testing.TB, p queue.Policy) bench {
	qs := place.Queues(t, tenant, p)
	return bench{Queues: qs, Queue: qs.Queue(p.Name), t: t, place: place, name: p.Name}
}

// send sends a message for each body.
func (b bench) send(bodies ...string) {
	b.t.Helper()
	b.sendDelayed(0, bodies...)
}

func (b bench) sendDelayed(delay time.Duration, bodies ...string) {
	b.t.Helper()
	var messages []queue.Outgoing
	for _, body := range bodies {
		messages = append(messages, queue.Outgoing{Queue: b.name, Body: []byte(body), Delay: delay})
	}
	must(b.t, b.Send(b.t.Context(), messages...))
}

// none fails when there is a message to be received now.
func (b bench) none(when string) {
	b.t.Helper()
	if got := b.receive(10, 0); len(got) > 0 {
		b.t.Fatalf("%s: received %q", when, bodies(got))
	}
}

func (b bench) receive(max int, wait time.Duration) []queue.Message {
	b.t.Helper()
	got, err := b.Receive(b.t.Context(), max, wait)
	must(b.t, err)
	return got
}

// get receives the messages with the bodies, in any order and any number of
// batches, and nothing else.
func (b bench) get(bodies ...string) map[string]queue.Message {
	b.t.Helper()
	got := map[string]queue.Message{}
	for len(got) < len(bodies) {
		batch := b.receive(min(len(bodies)-len(got), queue.MaxBatch), patience)
		if len(batch) == 0 {
			b.t.Fatalf("%d of %d messages came within %v", len(got), len(bodies), patience)
		}
		for _, m := range batch {
			if !slices.Contains(bodies, string(m.Body)) {
				b.t.Fatalf("received %q, want one of %q", m.Body, bodies)
			}
			got[string(m.Body)] = m
		}
	}
	return got
}

// delete deletes messages that may be deleted.
func (b bench) delete(messages map[string]queue.Message) {
	b.t.Helper()
	errs, err := b.Delete(b.t.Context(), receipts(messages)...)
	must(b.t, err)
	want(b.t, "errors of receipts", errs, make([]error, len(messages)))
}

// die lets a message be received until it is a dead letter.
func (b bench) die(body, reason string) {
	b.t.Helper()
	for range policy.MaxReceives {
		m := b.get(body)[body]
		must(b.t, b.Fault(b.t.Context(), b.name, m.Receipt, reason))
		b.handBack(m)
	}
	b.none("after the last delivery of " + body)
}

func (b bench) handBack(m queue.Message) {
	b.t.Helper()
	errs, err := b.Extend(b.t.Context(), 0, m.Receipt)
	must(b.t, err)
	want(b.t, "errors of the receipt", errs, []error{nil})
}

func (b bench) depth() queue.Depth {
	b.t.Helper()
	depths, err := b.Depths(b.t.Context())
	must(b.t, err)
	d, there := depths[b.name]
	if !there {
		b.t.Fatalf("the depths %v say nothing of queue %s", depths, b.name)
	}
	return d
}

func (b bench) letters() []queue.Letter {
	b.t.Helper()
	letters, err := b.Letters(b.t.Context(), b.name, 100)
	must(b.t, err)
	return letters
}

func receipts(messages map[string]queue.Message) (list []string) {
	for _, m := range messages {
		list = append(list, m.Receipt)
	}
	return list
}

func bodies(messages []queue.Message) (list []string) {
	for _, m := range messages {
		list = append(list, string(m.Body))
	}
	return list
}

// numbered gives n bodies.
func numbered(prefix string, n int) (bodies []string) {
	for i := range n {
		bodies = append(bodies, fmt.Sprintf("%s%04d", prefix, i))
	}
	return bodies
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func want(t testing.TB, what string, got, want any, opts ...cmp.Option) {
	t.Helper()
	if d := cmp.Diff(want, got, append(opts, cmpopts.EquateEmpty(), cmpopts.EquateErrors())...); d != "" {
		t.Errorf("%s: (-want +got)\n%s", what, d)
	}
}

// soon is a context for one call that must not hang.
func soon(t testing.TB) (context.Context, context.CancelFunc) {
	return context.WithTimeout(t.Context(), queue.MaxWait+patience)
}
