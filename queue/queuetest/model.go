package queuetest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/kopterio/kopter/queue"
)

// testModel does at random what can be done with a queue, and compares every
// answer with a model of it.
func testModel(t *testing.T, h Harness) {
	if !h.Exact {
		t.Log("not compared: the backend does not promise what a model could foretell")
		return
	}
	rapid.Check(inBubble{t}, func(rt *rapid.T) {
		m := newMachine(t, h)
		rt.Repeat(map[string]func(*rapid.T){
			"send": m.send, "receive": m.receive, "delete": m.delete, "extend": m.extend,
			"wait": m.wait, "redrive": m.redrive, "fault": m.fault, "reopen": m.reopen, "": m.check,
		})
	})
}

// inBubble is a test that has no deadline: in a bubble of synctest it must not
// be asked for it.
type inBubble struct{ testing.TB }

// message is one of the model.
type message struct {
	due      time.Time
	receives int
	receipt  string
	reason   string
	dead     bool
}

// machine is a queue and its model. Messages are told apart by their bodies.
type machine struct {
	t        *testing.T
	bench    bench
	sent     int
	messages map[string]*message
	receipts []delivery // all that were ever given
}

type delivery struct{ body, receipt string }

func newMachine(t *testing.T, h Harness) *machine {
	return &machine{t: t, bench: h.bench(t, policy), messages: map[string]*message{}}
}

func (m *machine) send(rt *rapid.T) {
	var list []queue.Outgoing
	for range rapid.IntRange(1, 4).Draw(rt, "messages") {
		delay := time.Duration(rapid.SampledFrom([]int{0, 0, 1, 5}).Draw(rt, "delay")) * time.Second
		m.sent++
		body := fmt.Sprint("m", m.sent)
		list = append(list, queue.Outgoing{Queue: m.bench.name, Body: []byte(body), Delay: delay})
		m.messages[body] = &message{due: time.Now().Add(delay)}
	}
	ok(rt, m.bench.Send(m.t.Context(), list...))
}

// receive takes as many as there may be, or fewer.
func (m *machine) receive(rt *rapid.T) {
	max := rapid.IntRange(1, 6).Draw(rt, "max")
	got, err := m.bench.Receive(m.t.Context(), max, 0)
	ok(rt, err)
	if want := min(max, m.ready()); len(got) != want {
		rt.Fatalf("received %d messages, want %d", len(got), want)
	}
	for _, g := range got {
		x := m.messages[string(g.Body)]
		if x == nil || x.dead || x.due.After(time.Now()) {
			rt.Fatalf("received %q, which is %+v", g.Body, x)
		}
		x.receives++
		if g.Receives != x.receives || x.receives > policy.MaxReceives {
			rt.Fatalf("%q says delivery %d; it is %d of %d", g.Body, g.Receives, x.receives, policy.MaxReceives)
		}
		x.due, x.receipt = time.Now().Add(policy.Visibility), g.Receipt
		m.receipts = append(m.receipts, delivery{string(g.Body), g.Receipt})
	}
	m.bury(rt, len(got) < max)
}

// ready is how many messages may be delivered now.
func (m *machine) ready() (n int) {
	for _, x := range m.messages {
		if !x.dead && !x.due.After(time.Now()) && x.receives < policy.MaxReceives {
			n++
		}
	}
	return n
}

// bury looks for the messages that died since it last looked. Which of those
// that were delivered too often a receive meets is up to the queue, unless it
// looked for more than there were.
func (m *machine) bury(rt *rapid.T, all bool) {
	for _, l := range m.bench.letters() {
		x := m.messages[string(l.Body)]
		if x == nil || !x.dead && !x.spent() || l.Reason != x.reason || l.Receives != policy.MaxReceives {
			rt.Fatalf("letter %+v, which is %+v", l, x)
		}
		x.dead, x.receipt = true, ""
	}
	for body, x := range m.messages {
		if all && !x.dead && x.spent() {
			rt.Fatalf("%s was delivered %d times and is not dead", body, x.receives)
		}
	}
}

// spent says that the next receive that meets the message lets it die.
func (x *message) spent() bool { return !x.due.After(time.Now()) && x.receives >= policy.MaxReceives }

// drawn is one of the deliveries so far, and its message if that is the last.
func (m *machine) drawn(rt *rapid.T) (d delivery, current *message) {
	if len(m.receipts) == 0 {
		rt.Skip("nothing was received")
	}
	d = rapid.SampledFrom(m.receipts).Draw(rt, "delivery")
	if x := m.messages[d.body]; x != nil && x.receipt == d.receipt {
		current = x
	}
	return d, current
}

func (m *machine) delete(rt *rapid.T) {
	d, x := m.drawn(rt)
	errs, err := m.bench.Delete(m.t.Context(), d.receipt)
	ok(rt, err)
	_, there := m.messages[d.body]
	stale(rt, "delete", errs[0], there && x == nil)
	if x != nil {
		delete(m.messages, d.body)
	}
}

func (m *machine) extend(rt *rapid.T) {
	d, x := m.drawn(rt)
	by := time.Duration(rapid.IntRange(0, 6).Draw(rt, "seconds")) * time.Second
	errs, err := m.bench.Extend(m.t.Context(), by, d.receipt)
	ok(rt, err)
	hidden := x != nil && x.due.After(time.Now())
	stale(rt, "extend", errs[0], !hidden)
	if hidden {
		x.due = time.Now().Add(by)
	}
}

func (m *machine) fault(rt *rapid.T) {
	d, x := m.drawn(rt)
	reason := rapid.StringMatching(`[a-z]{0,8}`).Draw(rt, "reason")
	err := m.bench.Fault(m.t.Context(), m.bench.name, d.receipt, reason)
	stale(rt, "fault", err, x == nil)
	if x != nil {
		x.reason = reason
	}
}

func (m *machine) wait(rt *rapid.T) {
	time.Sleep(time.Duration(rapid.IntRange(1, 5).Draw(rt, "seconds")) * time.Second)
}

func (m *machine) redrive(rt *rapid.T) {
	var ids []string
	chosen := map[string]bool{}
	all := rapid.Bool().Draw(rt, "all")
	for _, l := range m.bench.letters() {
		if all || rapid.Bool().Draw(rt, "this one") {
			ids = append(ids, l.ID)
			chosen[string(l.Body)] = true
		}
	}
	if len(ids) == 0 {
		return // no ids would mean all
	}
	n, err := m.bench.Redrive(m.t.Context(), m.bench.name, ids...)
	ok(rt, err)
	if n != int64(len(ids)) {
		rt.Fatalf("%d of %d letters were redriven", n, len(ids))
	}
	for body := range chosen {
		m.messages[body] = &message{due: time.Now()}
	}
}

// reopen is a restart.
func (m *machine) reopen(*rapid.T) {
	m.bench = m.bench.place.Reopen(m.t).bench(m.t, policy)
}

// check compares the depth.
func (m *machine) check(rt *rapid.T) {
	var want queue.Depth
	for _, x := range m.messages {
		switch {
		case x.dead:
			want.Dead++
		case !x.due.After(time.Now()):
			want.Ready++
		case x.receives > 0:
			want.Hidden++
		default:
			want.Delayed++
		}
	}
	got := m.bench.depth()
	got.Oldest = time.Time{}
	if got != want {
		rt.Fatalf("depth %+v, want %+v", got, want)
	}
}

func ok(rt *rapid.T, err error) {
	rt.Helper()
	if err != nil {
		rt.Fatal(err)
	}
}

func stale(rt *rapid.T, what string, err error, want bool) {
	rt.Helper()
	if got := errors.Is(err, queue.ErrReceipt); got != want || err != nil && !got {
		rt.Fatalf("%s: %v, want a stale receipt: %v", what, err, want)
	}
}
