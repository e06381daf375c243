// Package workertest is the conformance suite of whatever runs a
// queue.Handler over a queue: a loop in this process, an HTTP worker, a
// function on Lambda.
//
// It says what a handler and its messages may rely on: that done is final,
// that failed is tried again, and that neither a panic nor a stop loses
// anything.
package workertest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kopterio/kopter/queue"
)

// Runner is a queue and what runs handlers over it.
type Runner struct {
	queue.Sender
	queue.Office
	// Start runs a handler until stop, which ends it gracefully and returns
	// when it has ended. It may be called again after that.
	Start func(h queue.Handler) (stop func())
}

// Harness gives the suite its runner.
type Harness struct {
	// Run runs a test where time passes as the runner sees it: synctest.Test
	// for one whose clock can be a fake.
	Run func(t *testing.T, test func(t *testing.T))
	// Open gives a runner on an empty queue of that policy. It hands over
	// several messages at once where there are several, works on one batch at
	// a time, gives handlers Grace when it is stopped, and tries failed
	// messages again within a minute.
	Open func(t *testing.T, p queue.Policy) Runner
}

// Grace is how long a handler of the suite may go on after a stop.
const Grace = 5 * time.Second

// policy is that of the suite's queue.
var policy = queue.Policy{Name: "work", Visibility: 9 * time.Second, MaxReceives: 3}

// patience is how long the suite waits for what must happen.
const patience = 10 * time.Minute

// TestRunner runs the suite.
func TestRunner(t *testing.T, h Harness) {
	tests := []struct {
		name string
		test func(*testing.T, Runner)
	}{
		{"nil is final", testFinal},
		{"an error is tried again", testRetry},
		{"a panic is tried again", testPanic},
		{"deliveries are counted up to the last", testAttempts},
		{"of a batch only what failed comes again", testPartial},
		{"poison dies alone", testPoison},
		{"long work is not handed to another", testLong},
		{"a stop waits for the handler", testStopWaits},
		{"a stop hands back what is not done", testStopHandsBack},
		{"stopping and starting under load loses nothing", testStopsUnderLoad},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h.Run(t, func(t *testing.T) { tt.test(t, h.Open(t, policy)) })
		})
	}
}

// record notes the calls of a handler.
type record struct {
	mu      sync.Mutex
	batches [][]queue.Message
}

func (r *record) note(batch []queue.Message) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.batches = append(r.batches, slices.Clone(batch))
}

// times is how often a message was handed to the handler.
func (r *record) times(body string) int { return len(r.with(body)) }

// with is the batches that held a message.
func (r *record) with(body string) (batches [][]queue.Message) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, batch := range r.batches {
		if slices.ContainsFunc(batch, func(m queue.Message) bool { return string(m.Body) == body }) {
			batches = append(batches, batch)
		}
	}
	return batches
}

// where makes a handler that fails the messages for which fail has an error.
func (r *record) where(fail func(m queue.Message) error) queue.Handler {
	return func(ctx context.Context, batch []queue.Message) queue.Failures {
		r.note(batch)
		return queue.Each(func(_ context.Context, m queue.Message) error { return fail(m) })(ctx, batch)
	}
}

func send(t *testing.T, r Runner, bodies ...string) {
	t.Helper()
	var list []queue.Outgoing
	for _, body := range bodies {
		list = append(list, queue.Outgoing{Queue: policy.Name, Body: []byte(body)})
	}
	if err := r.Send(t.Context(), list...); err != nil {
		t.Fatal(err)
	}
}

func depth(t *testing.T, r Runner) queue.Depth {
	t.Helper()
	depths, err := r.Depths(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	d := depths[policy.Name]
	d.Oldest = time.Time{}
	return d
}

// until waits until the queue is as it should be.
func until(t *testing.T, r Runner, want queue.Depth) {
	t.Helper()
	for begin := time.Now(); depth(t, r) != want; time.Sleep(time.Second) {
		if time.Since(begin) > patience {
			t.Fatalf("the queue holds %+v, want %+v", depth(t, r), want)
		}
	}
}

func letters(t *testing.T, r Runner) []queue.Letter {
	t.Helper()
	list, err := r.Letters(t.Context(), policy.Name, 100)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func want(t *testing.T, what string, got, want any) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s: (-want +got)\n%s", what, d)
	}
}

var errFailed = errors.New("no luck")

func testFinal(t *testing.T, r Runner) {
	var seen record
	defer r.Start(seen.where(func(queue.Message) error { return nil }))()
	send(t, r, "a", "b", "c")
	until(t, r, queue.Depth{})
	time.Sleep(3 * policy.Visibility)
	for _, body := range []string{"a", "b", "c"} {
		want(t, "calls for "+body, seen.times(body), 1)
	}
}

func testRetry(t *testing.T, r Runner) {
	var seen record
	defer r.Start(seen.where(func(m queue.Message) error {
		if m.Receives == 1 {
			return errFailed
		}
		return nil
	}))()
	send(t, r, "a")
	until(t, r, queue.Depth{})
	want(t, "calls", seen.times("a"), 2)
}

func testPanic(t *testing.T, r Runner) {
	var seen record
	defer r.Start(seen.where(func(m queue.Message) error {
		if string(m.Body) == "bad" {
			panic("a hole in the floor")
		}
		return nil
	}))()
	send(t, r, "good", "bad", "fine")
	until(t, r, queue.Depth{Dead: 1})
	l := letters(t, r)[0]
	want(t, "the dead letter", string(l.Body), "bad")
	if !strings.Contains(l.Reason, "a hole in the floor") {
		t.Errorf("the reason is %q, want the text of the panic", l.Reason)
	}
}

func testAttempts(t *testing.T, r Runner) {
	var seen record
	defer r.Start(seen.where(func(m queue.Message) error {
		return fmt.Errorf("%w at time %d", errFailed, m.Receives)
	}))()
	send(t, r, "a")
	until(t, r, queue.Depth{Dead: 1})
	var receives []int
	for _, batch := range seen.with("a") {
		receives = append(receives, batch[0].Receives)
	}
	want(t, "receives", receives, []int{1, 2, 3})
	l := letters(t, r)[0]
	want(t, "receives of the letter", l.Receives, policy.MaxReceives)
	want(t, "its reason", l.Reason, "no luck at time 3")

	if n, err := r.Redrive(t.Context(), policy.Name, l.ID); n != 1 || err != nil {
		t.Fatalf("redrive: %d, %v", n, err)
	}
	until(t, r, queue.Depth{Dead: 1})
	want(t, "calls after a redrive", seen.times("a"), 2*policy.MaxReceives)
}

func testPartial(t *testing.T, r Runner) {
	var seen record
	send(t, r, "a", "b", "c", "d")
	defer r.Start(seen.where(func(m queue.Message) error {
		if m.Receives == 1 && (string(m.Body) == "b" || string(m.Body) == "d") {
			return errFailed
		}
		return nil
	}))()
	until(t, r, queue.Depth{})
	for body, times := range map[string]int{"a": 1, "b": 2, "c": 1, "d": 2} {
		want(t, "calls for "+body, seen.times(body), times)
	}
}

// testPoison lets one message of a batch bring the whole handler down.
func testPoison(t *testing.T, r Runner) {
	var seen record
	send(t, r, "a", "b", "poison", "c", "d")
	defer r.Start(seen.where(func(m queue.Message) error {
		if string(m.Body) == "poison" {
			panic("poisoned")
		}
		return nil
	}))()
	until(t, r, queue.Depth{Dead: 1})
	want(t, "the dead letter", string(letters(t, r)[0].Body), "poison")
	for _, batch := range seen.with("poison") {
		if batch[0].Receives > 1 && len(batch) > 1 {
			t.Errorf("delivery %d of the poison came with %d others", batch[0].Receives, len(batch)-1)
		}
	}
	for _, body := range []string{"a", "b", "c", "d"} {
		if n := seen.times(body); n > 2 {
			t.Errorf("%s was handed over %d times; once beside the poison and once alone is enough", body, n)
		}
	}
}

func testLong(t *testing.T, r Runner) {
	var seen record
	defer r.Start(seen.where(func(queue.Message) error {
		time.Sleep(3*policy.Visibility + time.Second)
		return nil
	}))()
	send(t, r, "a")
	until(t, r, queue.Depth{})
	want(t, "calls", seen.times("a"), 1)
}

func testStopWaits(t *testing.T, r Runner) {
	var seen record
	began := make(chan struct{}, 1)
	stop := r.Start(seen.where(func(queue.Message) error {
		began <- struct{}{}
		time.Sleep(Grace / 2)
		return nil
	}))
	send(t, r, "a")
	<-began
	stop()
	want(t, "depth after the stop", depth(t, r), queue.Depth{})
	want(t, "calls", seen.times("a"), 1)
}

func testStopHandsBack(t *testing.T, r Runner) {
	began := make(chan struct{}, 10)
	stop := r.Start(func(ctx context.Context, batch []queue.Message) queue.Failures {
		began <- struct{}{}
		<-ctx.Done()
		failed := queue.Failures{}
		for _, m := range batch {
			if string(m.Body) != "done" {
				failed[m.ID] = context.Cause(ctx)
			}
		}
		return failed
	})
	send(t, r, "done", "undone")
	<-began
	stop()
	begin := time.Now()
	until(t, r, queue.Depth{Ready: 1})
	if d := time.Since(begin); d > policy.Visibility/3 {
		t.Errorf("what was not done came back after %v only", d)
	}
	var seen record
	defer r.Start(seen.where(func(queue.Message) error { return nil }))()
	until(t, r, queue.Depth{})
	want(t, "calls for what was not done", seen.times("undone"), 1)
}

// testStopsUnderLoad stops and starts while messages are worked on. Each must
// be done at least once; what a stop interrupted may be done again.
func testStopsUnderLoad(t *testing.T, r Runner) {
	const n = 120
	var bodies []string
	for i := range n {
		bodies = append(bodies, fmt.Sprintf("m%03d", i))
	}
	send(t, r, bodies...)
	var done record
	for range 3 {
		stop := r.Start(func(_ context.Context, batch []queue.Message) queue.Failures {
			time.Sleep(700 * time.Millisecond)
			done.note(batch)
			return nil
		})
		time.Sleep(2 * time.Second)
		stop()
	}
	defer r.Start(done.where(func(queue.Message) error { return nil }))()
	until(t, r, queue.Depth{})
	for _, body := range bodies {
		if done.times(body) == 0 {
			t.Errorf("%s was lost", body)
		}
	}
}
