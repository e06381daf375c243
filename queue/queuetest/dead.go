package queuetest

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/kopterio/kopter/queue"
)

func testDeadLetter(t *testing.T, h Harness) {
	b := h.bench(t, policy)
	b.send("poison")
	for i := range policy.MaxReceives {
		m := b.get("poison")["poison"]
		want(t, "receives", m.Receives, i+1)
		must(t, b.Fault(t.Context(), b.name, m.Receipt, "attempt failed"))
		if i == 1 {
			time.Sleep(visibility) // as after a crash of the handler
			continue
		}
		b.handBack(m)
	}
	b.none("after the last delivery")
	time.Sleep(2 * visibility)
	b.none("long after the last delivery")
	letters := b.letters()
	if len(letters) != 1 {
		t.Fatalf("%d dead letters, want 1", len(letters))
	}
	l := letters[0]
	want(t, "dead letter", l, queue.Letter{
		Message: queue.Message{Body: []byte("poison"), Receives: policy.MaxReceives}, Reason: "attempt failed",
	}, cmpopts.IgnoreFields(queue.Message{}, "ID", "Receipt", "Sent", "FirstReceived"), cmpopts.IgnoreFields(queue.Letter{}, "Died"))
	if l.ID == "" || l.Died.Before(l.FirstReceived) || l.FirstReceived.Before(l.Sent) {
		t.Errorf("the letter was sent %v, received %v, and died %v", l.Sent, l.FirstReceived, l.Died)
	}
	want(t, "depth", b.depth(), queue.Depth{Dead: 1})
}

func testLetters(t *testing.T, h Harness) {
	b := h.bench(t, policy)
	want(t, "letters of a new queue", len(b.letters()), 0)
	for _, body := range []string{"first", "second", "third"} {
		b.send(body)
		b.die(body, "reason of "+body)
		time.Sleep(2 * time.Second)
	}
	var got []string
	for _, l := range b.letters() {
		got = append(got, string(l.Body)+": "+l.Reason)
	}
	want(t, "letters", got, []string{"third: reason of third", "second: reason of second", "first: reason of first"})
	newest, err := b.Letters(t.Context(), b.name, 1)
	must(t, err)
	if len(newest) != 1 || string(newest[0].Body) != "third" {
		t.Errorf("the newest letter is %+v, want the third", newest)
	}
}

func testRedrive(t *testing.T, h Harness) {
	b := h.bench(t, policy)
	ctx := t.Context()
	for _, body := range []string{"a", "b", "c"} {
		b.send(body)
		b.die(body, "bad")
	}
	letters := b.letters()
	one := letters[slices.IndexFunc(letters, func(l queue.Letter) bool { return string(l.Body) == "b" })]
	n, err := b.Redrive(ctx, b.name, one.ID, "an id that is not there")
	must(t, err)
	want(t, "redriven by id", n, int64(1))
	got := b.get("b")
	want(t, "receives", got["b"].Receives, 1)
	b.none("while two are dead")
	b.delete(got)

	n, err = b.Redrive(ctx, b.name)
	must(t, err)
	want(t, "redriven", n, int64(2))
	want(t, "letters that are left", len(b.letters()), 0)
	b.delete(b.get("a", "c"))
	n, err = b.Redrive(ctx, b.name)
	must(t, err)
	want(t, "redriven when none is dead", n, int64(0))
	want(t, "depth", b.depth(), queue.Depth{})

	// A redriven message has all its deliveries before it again.
	b.send("d")
	b.die("d", "bad")
	_, err = b.Redrive(ctx, b.name)
	must(t, err)
	b.die("d", "still bad")
	want(t, "reason", b.letters()[0].Reason, "still bad")
}

func testRetention(t *testing.T, h Harness) {
	p := policy
	p.Retention = time.Minute // the least of SQS
	b := h.bench(t, p)
	b.send("dies")
	b.die("dies", "bad")
	b.send("stays")
	time.Sleep(p.Retention + visibility)
	b.none("after the retention")
	want(t, "letters", len(b.letters()), 0)
	n, err := b.Redrive(t.Context(), b.name)
	must(t, err)
	want(t, "redriven", n, int64(0))
	want(t, "depth", b.depth(), queue.Depth{})
	b.send("new")
	b.get("new")
}

func testQueues(t *testing.T, h Harness) {
	second := policy
	second.Name, second.Visibility = "rest", 2*visibility
	qs := h.Open(t).Queues(t, tenant, policy, second)
	must(t, qs.Send(t.Context(),
		queue.Outgoing{Queue: "work", Body: []byte("for work")},
		queue.Outgoing{Queue: "rest", Body: []byte("for rest")}))
	work := bench{Queues: qs, Queue: qs.Queue("work"), t: t, name: "work"}
	rest := bench{Queues: qs, Queue: qs.Queue("rest"), t: t, name: "rest"}
	got := work.get("for work")
	work.none("when the other queue has one")
	errs, err := rest.Delete(t.Context(), receipts(got)...)
	must(t, err)
	want(t, "depth after a delete in the wrong queue, with errors "+describe(errs), work.depth().Hidden, int64(1))
	rest.get("for rest")
	depths, err := qs.Depths(t.Context())
	must(t, err)
	want(t, "queues with depths", len(depths), 2)
	time.Sleep(visibility + time.Second)
	rest.none("in the queue with the longer visibility timeout")
	work.get("for work")
}

func describe(errs []error) string {
	return cmp.Diff(make([]error, len(errs)), errs, cmpopts.EquateErrors())
}

func testTenants(t *testing.T, h Harness) {
	place := h.Open(t)
	mine := place.bench(t, policy)
	theirs := mine
	theirs.Queues = place.Queues(t, other, policy)
	theirs.Queue = theirs.Queues.Queue(policy.Name)

	mine.send("mine", "dead")
	theirs.none("when another tenant has messages")
	got := mine.get("mine", "dead")
	_, err := theirs.Delete(t.Context(), receipts(got)...)
	must(t, err)
	_, err = theirs.Extend(t.Context(), 0, receipts(got)...)
	must(t, err)
	if err := theirs.Fault(t.Context(), policy.Name, got["mine"].Receipt, "x"); err == nil {
		t.Error("a failure was noted in another tenant's queue")
	}
	mine.none("after another tenant tried to hand it back")
	want(t, "hidden", mine.depth().Hidden, int64(2))
	mine.delete(map[string]queue.Message{"mine": got["mine"]})
	mine.handBack(got["dead"])
	for range policy.MaxReceives - 1 {
		mine.handBack(mine.get("dead")["dead"])
	}
	mine.none("after the last delivery")

	want(t, "the other's depth", theirs.depth(), queue.Depth{})
	want(t, "the other's letters", len(theirs.letters()), 0)
	n, err := theirs.Redrive(t.Context(), policy.Name)
	must(t, err)
	want(t, "redriven by the other", n, int64(0))
	want(t, "my letters", len(mine.letters()), 1)
}

func testDepths(t *testing.T, h Harness) {
	b := h.bench(t, policy)
	want(t, "depth of an empty queue", b.depth(), queue.Depth{})
	begin := time.Now()
	b.send("dead")
	b.die("dead", "bad")
	b.send("hidden")
	b.get("hidden")
	time.Sleep(time.Second)
	b.send("ready")
	b.sendDelayed(time.Minute, "d1", "d2")
	d := b.depth()
	near(t, "oldest", d.Oldest, begin)
	d.Oldest = time.Time{}
	want(t, "depth", d, queue.Depth{Ready: 1, Hidden: 1, Delayed: 2, Dead: 1})
}
