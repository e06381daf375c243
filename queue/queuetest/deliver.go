package queuetest

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/kopterio/kopter/queue"
)

func testLife(t *testing.T, h Harness) {
	b := h.bench(t, policy)
	b.none("before anything was sent")
	b.send("a")
	got := b.get("a")
	if m := got["a"]; m.ID == "" || m.Receipt == "" || m.Receives != 1 {
		t.Errorf("received %+v, want an id, a receipt and one delivery", m)
	}
	b.none("while it is hidden")
	b.delete(got)
	time.Sleep(2 * visibility)
	b.none("after it was deleted")
	want(t, "depth", b.depth(), queue.Depth{})
}

func testBatch(t *testing.T, h Harness) {
	b := h.bench(t, policy)
	all := numbered("m", 250)
	b.send(all...)
	got := b.get(all...)
	ids := map[string]bool{}
	for _, m := range got {
		ids[m.ID] = true
	}
	want(t, "ids", len(ids), len(all))
	b.delete(got)
	time.Sleep(2 * visibility)
	b.none("after all were deleted")
	must(t, b.Send(t.Context()))
	errs, err := b.Delete(t.Context())
	must(t, err)
	want(t, "errors of no receipts", errs, []error{})
}

func testTimes(t *testing.T, h Harness) {
	b := h.bench(t, policy)
	begin := time.Now()
	b.send("a")
	time.Sleep(2 * time.Second)
	first := b.get("a")["a"]
	near(t, "sent", first.Sent, begin)
	near(t, "first received", first.FirstReceived, begin.Add(2*time.Second))
	time.Sleep(visibility)
	second := b.get("a")["a"]
	want(t, "id", second.ID, first.ID)
	want(t, "receives", second.Receives, 2)
	if !second.Sent.Equal(first.Sent) || !second.FirstReceived.Equal(first.FirstReceived) {
		t.Errorf("the second delivery says sent %v, first received %v; the first said %v and %v",
			second.Sent, second.FirstReceived, first.Sent, first.FirstReceived)
	}
}

// near allows for what a call over a network takes.
func near(t *testing.T, what string, got, want time.Time) {
	t.Helper()
	if d := got.Sub(want); d < -time.Second || d > 3*time.Second {
		t.Errorf("%s at %v, want %v", what, got, want)
	}
}

func testDelay(t *testing.T, h Harness) {
	b := h.bench(t, policy)
	begin := time.Now()
	b.sendDelayed(6*time.Second, "later")
	b.send("now")
	b.delete(b.get("now"))
	b.none("before the delay has passed")
	b.delete(b.get("later"))
	if waited := time.Since(begin); waited < 5*time.Second {
		t.Errorf("it came after %v, want 6s", waited)
	}
}

func testVisibility(t *testing.T, h Harness) {
	b := h.bench(t, policy)
	b.send("a", "b")
	got := b.get("a", "b")
	b.delete(map[string]queue.Message{"b": got["b"]})
	time.Sleep(visibility / 2)
	b.none("before the visibility timeout has passed")
	again := b.get("a")["a"]
	want(t, "receives", again.Receives, 2)
	if again.Receipt == got["a"].Receipt {
		t.Error("two deliveries have one receipt")
	}
}

func testExtend(t *testing.T, h Harness) {
	b := h.bench(t, policy)
	b.send("a")
	got := b.get("a")
	for range 3 {
		time.Sleep(visibility / 2)
		errs, err := b.Extend(t.Context(), visibility, got["a"].Receipt)
		must(t, err)
		want(t, "errors of the receipt", errs, []error{nil})
	}
	b.none("hidden for longer than one visibility timeout")
	want(t, "receives", b.get("a")["a"].Receives, 2)
	ctx := t.Context()
	for _, d := range []time.Duration{-time.Second, queue.MaxVisibility + time.Second} {
		if _, err := b.Extend(ctx, d, got["a"].Receipt); err == nil {
			t.Errorf("extending by %v was taken", d)
		}
	}
}

func testHandBack(t *testing.T, h Harness) {
	b := h.bench(t, policy)
	b.send("a")
	begin := time.Now()
	b.handBack(b.get("a")["a"])
	want(t, "receives", b.get("a")["a"].Receives, 2)
	if waited := time.Since(begin); waited >= visibility {
		t.Errorf("it came back after %v only", waited)
	}
}

func testStale(t *testing.T, h Harness) {
	b := h.bench(t, policy)
	ctx := t.Context()
	b.send("a", "b")
	old := b.get("a", "b")
	time.Sleep(visibility)
	current := b.get("a", "b")
	stale := []string{old["a"].Receipt, current["b"].Receipt, "no receipt at all"}
	errs, err := b.Extend(ctx, visibility, stale...)
	must(t, err)
	want(t, "extend", errs, []error{queue.ErrReceipt, nil, queue.ErrReceipt})
	errs, err = b.Delete(ctx, stale...)
	must(t, err)
	want(t, "delete", errs, []error{queue.ErrReceipt, nil, queue.ErrReceipt})
	if err := b.Fault(ctx, b.name, old["a"].Receipt, "too late"); !errors.Is(err, queue.ErrReceipt) {
		t.Errorf("fault: %v, want ErrReceipt", err)
	}
	want(t, "receives of the one that is left", b.get("a")["a"].Receives, 3)
}

func testDeleteTwice(t *testing.T, h Harness) {
	b := h.bench(t, policy)
	b.send("a")
	got := b.get("a")
	b.delete(got)
	b.delete(got)
	errs, err := b.Extend(t.Context(), visibility, got["a"].Receipt)
	must(t, err)
	want(t, "extending what was deleted", errs, []error{queue.ErrReceipt})
}

func testRefused(t *testing.T, h Harness) {
	b := h.bench(t, policy)
	ctx := t.Context()
	whole := strings.Repeat("x", queue.MaxBody)
	b.send(whole)
	b.delete(b.get(whole))
	b.send("")
	b.delete(b.get(""))
	err := b.Send(ctx, queue.Outgoing{Queue: b.name, Body: []byte(whole + "x")})
	if !errors.Is(err, queue.ErrTooLarge) {
		t.Errorf("a body of one byte too much: %v, want ErrTooLarge", err)
	}
	for _, m := range []queue.Outgoing{
		{Queue: "", Body: []byte("x")},
		{Queue: b.name, Body: []byte("x"), Delay: -1},
		{Queue: b.name, Body: []byte("x"), Delay: queue.MaxDelay + time.Second},
	} {
		if err := b.Send(ctx, m); err == nil {
			t.Errorf("%+v was taken", m)
		}
	}
	for _, max := range []int{0, -1, queue.MaxBatch + 1} {
		if _, err := b.Receive(ctx, max, 0); err == nil {
			t.Errorf("receiving %d messages was taken", max)
		}
	}
	b.none("after nothing was taken")
	testUndeclared(t, b)
}

// testUndeclared asks for a queue that nobody declared.
func testUndeclared(t *testing.T, b bench) {
	ctx := t.Context()
	q := b.Queues.Queue("nowhere")
	_, receiveErr := q.Receive(ctx, 1, 0)
	_, deleteErr := q.Delete(ctx, "x")
	_, extendErr := q.Extend(ctx, 0, "x")
	_, lettersErr := b.Letters(ctx, "nowhere", 1)
	_, redriveErr := b.Redrive(ctx, "nowhere")
	for what, err := range map[string]error{
		"send":    b.Send(ctx, queue.Outgoing{Queue: "nowhere", Body: []byte("x")}),
		"receive": receiveErr, "delete": deleteErr, "extend": extendErr,
		"letters": lettersErr, "redrive": redriveErr, "fault": b.Fault(ctx, "nowhere", "x", "y"),
	} {
		if !errors.Is(err, queue.ErrNoQueue) {
			t.Errorf("%s in a queue that is not there: %v, want ErrNoQueue", what, err)
		}
	}
}

func testWait(t *testing.T, h Harness) {
	b := h.bench(t, policy)
	begin := time.Now()
	want(t, "received", len(b.receive(1, 3*time.Second)), 0)
	if d := time.Since(begin); d < 2*time.Second || d > patience {
		t.Errorf("it waited for %v, want 3s", d)
	}
	ctx, cancel := soon(t)
	defer cancel()
	got, err := b.Receive(ctx, 1, time.Hour)
	must(t, err)
	want(t, "received", len(got), 0)
}

// testWake lets a receiver wait before there is anything, for everything that
// makes a message receivable.
func testWake(t *testing.T, h Harness) {
	b := h.bench(t, policy)
	var held queue.Message
	nothing := func() {}
	hold := func() { b.send("a"); held = b.get("a")["a"] }
	wakes := []struct {
		name         string
		prepare, act func()
		within       time.Duration // of act
	}{
		{"a message is sent", nothing, func() { b.send("a") }, 2 * time.Second},
		{"a delayed message is sent", nothing, func() { b.sendDelayed(2*time.Second, "a") }, 4 * time.Second},
		{"a visibility timeout passes", hold, nothing, visibility + time.Second},
		{"a message is handed back", hold, func() { b.handBack(held) }, visibility - 2*time.Second},
		{"a hidden message is extended for a moment", hold, func() {
			_, err := b.Extend(t.Context(), time.Second, held.Receipt)
			must(t, err)
		}, visibility - time.Second - time.Millisecond},
		{"a dead letter is redriven", func() { b.send("a"); b.die("a", "bad") }, func() {
			_, err := b.Redrive(t.Context(), b.name)
			must(t, err)
		}, 2 * time.Second},
	}
	for _, w := range wakes {
		w.prepare()
		got := b.waiting()
		time.Sleep(time.Second)
		begin := time.Now()
		w.act()
		m := <-got
		if d := time.Since(begin); d > w.within {
			t.Errorf("%s: received after %v, want it within %v", w.name, d, w.within)
		}
		b.delete(map[string]queue.Message{"a": m})
	}
}

// waiting is a receiver that waits.
func (b bench) waiting() <-chan queue.Message {
	got := make(chan queue.Message, 1)
	go func() {
		messages, err := b.Receive(b.t.Context(), 1, queue.MaxWait)
		if err != nil || len(messages) != 1 {
			b.t.Errorf("the receiver that waits got %d messages and %v", len(messages), err)
			messages = make([]queue.Message, 1)
		}
		got <- messages[0]
	}()
	return got
}

func testCancel(t *testing.T, h Harness) {
	b := h.bench(t, policy)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		_, err := b.Receive(ctx, 1, queue.MaxWait)
		ended <- err
	}()
	time.Sleep(time.Second)
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("receive: %v, want context.Canceled", err)
	}
	b.send("a")
	if _, err := b.Receive(ctx, 1, 0); !errors.Is(err, context.Canceled) {
		t.Errorf("receive with a context that has ended: %v", err)
	}
	b.get("a")
	if err := b.Send(ctx, queue.Outgoing{Queue: b.name, Body: []byte("b")}); !errors.Is(err, context.Canceled) {
		t.Errorf("send with a context that has ended: %v", err)
	}
	b.none("after nothing was sent")
}
