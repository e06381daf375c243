package api

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/kopterio/kopter/account"
	"github.com/kopterio/kopter/audit"
	"github.com/kopterio/kopter/query"
)

// fakeLake is a lake's commits without the lake.
type fakeLake struct {
	mu        sync.Mutex
	followers []*fakeFollower // that are open
	follows   int             // of all time
	refuses   error           // instead of a follower
	fails     error           // instead of a page
}

type fakeFollower struct {
	lake    *fakeLake
	tenant  account.Tenant
	wake    chan struct{}
	waiting []audit.Event // the oldest first
}

func (l *fakeLake) follow(t account.Tenant) (follower, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.refuses != nil {
		return nil, l.refuses
	}
	f := &fakeFollower{lake: l, tenant: t, wake: make(chan struct{}, 1)}
	l.followers, l.follows = append(l.followers, f), l.follows+1
	return f, nil
}

func (f *fakeFollower) Close() {
	f.lake.mu.Lock()
	defer f.lake.mu.Unlock()
	f.lake.followers = slices.DeleteFunc(f.lake.followers, func(o *fakeFollower) bool { return o == f })
}

func (f *fakeFollower) signal() {
	select {
	case f.wake <- struct{}{}:
	default:
	}
}

func (f *fakeFollower) Next(ctx context.Context, r audit.FollowRequest) (audit.FollowPage, error) {
	for {
		select {
		case <-ctx.Done():
			return audit.FollowPage{}, ctx.Err()
		case <-f.wake:
		}
		if page, err := f.look(r); err != nil || len(page.Events) > 0 {
			return page, err
		}
	}
}

// look takes an event to match when the query names its name, or nothing.
func (f *fakeFollower) look(r audit.FollowRequest) (page audit.FollowPage, err error) {
	f.lake.mu.Lock()
	defer f.lake.mu.Unlock()
	if f.lake.fails != nil {
		f.signal()
		return page, f.lake.fails
	}
	for i := range f.waiting {
		if text := fmt.Sprint(r.Query); strings.Contains(text, f.waiting[i].Name) || !strings.Contains(text, "name") {
			page.Events = append(page.Events, &f.waiting[i])
		}
	}
	slices.Reverse(page.Events)
	page.Left = int64(max(0, len(page.Events)-r.Limit))
	page.Events, f.waiting = page.Events[:len(page.Events)-int(page.Left)], nil
	return page, nil
}

// commit brings events of these ids, the oldest first.
func (l *fakeLake) commit(t account.Tenant, name string, ids ...string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, f := range l.followers {
		for _, id := range ids {
			var e audit.Event
			e.EventID, e.Name = id, name
			if f.tenant == t {
				f.waiting = append(f.waiting, e)
			}
		}
		f.signal()
	}
}

// counts says how many followers there are, and were.
func (l *fakeLake) counts() (open, ever int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.followers), l.follows
}

func (l *fakeLake) fail(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.fails = err
}

// tailing runs a test of a hub in a synctest bubble.
func tailing(t *testing.T, test func(t *testing.T, l *fakeLake, h *Hub)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		lake := &fakeLake{}
		h := newHub(lake.follow, quiet())
		test(t, lake, h)
		h.Close()
		if open, _ := lake.counts(); open != 0 {
			t.Errorf("%d followers are left open", open)
		}
	})
}

// eventsOf reads a message of the live tail.
func eventsOf(t *testing.T, frame string) StreamEvents {
	t.Helper()
	head, data, _ := strings.Cut(strings.TrimSuffix(frame, "\n\n"), "data: ")
	if head != "event: event\n" || strings.Contains(data, "\n") {
		t.Fatalf("frame %q", frame)
	}
	return conforms[StreamEvents](t, "StreamEvents", data)
}

// someIDs gives n ids that begin with a prefix.
func someIDs(prefix string, n int) (list []string) {
	for i := range n {
		list = append(list, fmt.Sprintf("%s-%04d", prefix, i))
	}
	return list
}

// TestTailFollowsOnce: streams that mean the same share one follower and its
// bytes.
func TestTailFollowsOnce(t *testing.T) {
	tailing(t, func(t *testing.T, lake *fakeLake, h *Hub) {
		a := listen(t, h, "acme", "audit", "name:RunInstances  region:eu-west-1", "")
		b := listen(t, h, "acme", "audit", "name:RunInstances AND (region:eu-west-1)", "")
		all, deaf, foreign := listen(t, h, "acme", "audit", "", ""), listen(t, h, "acme", "cost", "", ""), listen(t, h, "other", "audit", "", "")
		lake.commit("acme", "RunInstances", "e1")
		lake.commit("acme", "StopInstances", "e2")
		synctest.Wait()
		time.Sleep(tailPace)
		synctest.Wait()
		first, second := <-a.frames, <-b.frames
		if &first[0] != &second[0] {
			t.Error("streams that ask for the same have bytes of their own")
		}
		if got := eventsOf(t, string(first)); len(got.Events) != 1 || got.Events[0].EventID != "e1" || got.Skipped != 0 {
			t.Errorf("%+v", got)
		}
		heard := strings.Join(taken(all), "")
		if strings.Count(heard, `"event_id":"e1"`) != 1 || strings.Count(heard, `"event_id":"e2"`) != 1 {
			t.Errorf("who filters nothing hears %s", heard)
		}
		for name, s := range map[string]*stream{"the same again": a, "another topic": deaf, "another tenant": foreign} {
			if got := taken(s); len(got) != 0 {
				t.Errorf("%s: %q", name, got)
			}
		}
		if open, _ := lake.counts(); open != 3 {
			t.Errorf("%d followers, want 3", open)
		}
	})
}

// TestTailIsFollowedWhileSomebodyListens: a follower holds parts back, so it
// must not outlive the last stream.
func TestTailIsFollowedWhileSomebodyListens(t *testing.T) {
	tailing(t, func(t *testing.T, lake *fakeLake, h *Hub) {
		follows := func(wantOpen, wantEver int) {
			t.Helper()
			synctest.Wait()
			if open, ever := lake.counts(); open != wantOpen || ever != wantEver {
				t.Fatalf("%d followers, %d in all; want %d and %d", open, ever, wantOpen, wantEver)
			}
		}
		listen(t, h, "acme", "cost", "", "")
		follows(0, 0)
		first, second := listen(t, h, "acme", "audit", "", ""), listen(t, h, "acme", "audit", "", "")
		follows(1, 1)
		h.leave("acme", first)
		h.leave("acme", first)
		follows(1, 1)
		lake.commit("acme", "RunInstances", "e1")
		if frame, took := wait(second); took != 0 || !strings.Contains(frame, "e1") {
			t.Errorf("after %v: %s", took, frame)
		}
		h.leave("acme", second) // while the tail rests after a message
		follows(0, 1)
		third := listen(t, h, "acme", "audit", "", "")
		follows(1, 2)
		third.credential = "revoked"
		h.drop("acme", "revoked")
		follows(0, 2)
	})
}

func TestTailThatCannotBegin(t *testing.T) {
	tailing(t, func(t *testing.T, lake *fakeLake, h *Hub) {
		lake.refuses = errors.New("disk on fire")
		s := newStream(map[string]bool{topicAudit: true}, query.And{}, "c")
		if err := h.subscribe("acme", s, ""); !errors.Is(err, lake.refuses) || h.Streams() != 0 {
			t.Errorf("%v, %d streams are open", err, h.Streams())
		}
		h.leave("acme", s)
	})
}

// TestTailGathers: a tail that has much to tell tells it four times a second,
// the newest events, and how many more there were.
func TestTailGathers(t *testing.T) {
	tailing(t, func(t *testing.T, lake *fakeLake, h *Hub) {
		s := listen(t, h, "acme", "audit", "name:RunInstances", "")
		lake.commit("acme", "RunInstances", "first")
		if _, took := wait(s); took != 0 {
			t.Errorf("the first event took %v", took)
		}
		synctest.Wait()
		for i := range 5 {
			time.Sleep(tailPace / 10)
			lake.commit("acme", "RunInstances", someIDs(fmt.Sprint(i), 100)...)
			lake.commit("acme", "StopInstances", someIDs(fmt.Sprint("other ", i), 100)...)
		}
		frame, took := wait(s)
		if took != tailPace/2 {
			t.Errorf("the next message came after %v more", took)
		}
		got := eventsOf(t, frame)
		if len(got.Events) != tailed || got.Skipped != 500-tailed || got.Events[0].EventID != "4-0099" {
			t.Errorf("%d events and %d skipped, the newest %s", len(got.Events), got.Skipped, got.Events[0].EventID)
		}
	})
}

// TestTailOfNothing: what does not match is not worth a message.
func TestTailOfNothing(t *testing.T) {
	tailing(t, func(t *testing.T, lake *fakeLake, h *Hub) {
		s := listen(t, h, "acme", "audit", "name:TerminateInstances", "")
		for i := range 100 {
			lake.commit("acme", "RunInstances", fmt.Sprint(i))
			synctest.Wait()
		}
		if got := taken(s); len(got) != 0 || s.lost.Load() != 0 {
			t.Errorf("heard %q, %d lost", got, s.lost.Load())
		}
		lake.commit("acme", "TerminateInstances", "e")
		if frame, took := wait(s); took != 0 || !strings.Contains(frame, `"e"`) {
			t.Errorf("after %v: %s", took, frame)
		}
	})
}

// TestTailThatFails: who tails is told, and has the events when the lake can be
// read again.
func TestTailThatFails(t *testing.T) {
	tailing(t, func(t *testing.T, lake *fakeLake, h *Hub) {
		s := listen(t, h, "acme", "audit", "", "")
		lake.fail(errors.New("disk on fire"))
		lake.commit("acme", "RunInstances", "e1")
		synctest.Wait()
		if n := s.lost.Load(); n != 1 || len(taken(s)) != 0 {
			t.Errorf("%d are known to be lost", n)
		}
		lake.fail(nil)
		frame, took := wait(s)
		if got := eventsOf(t, frame); took != tailRetry || len(got.Events) != 1 || got.Skipped != 0 {
			t.Errorf("%+v after %v", got, took)
		}
		if n := s.lost.Load(); n != 1 {
			t.Errorf("%d are known to be lost", n)
		}
	})
}

// TestTailThatComesBack is told that it missed something, since what a tail
// brings is not kept; what else it listens to it hears from where it was.
func TestTailThatComesBack(t *testing.T) {
	tailing(t, func(t *testing.T, lake *fakeLake, h *Hub) {
		s := listen(t, h, "acme", "audit,pipeline", "", "")
		h.PublishPipeline("acme", numbered(1))
		h.leave("acme", s)
		lake.commit("acme", "RunInstances", "e1")
		h.PublishCost("acme", worldStart, nil, nil)
		h.PublishPipeline("acme", numbered(2))
		back := listen(t, h, "acme", "audit,pipeline", "", idOf(taken(s)[0]))
		got := taken(back)
		if len(got) != 2 || got[0] != "event: lost\ndata: {\"messages\":0}\n\n" || !strings.Contains(got[1], `"events":2,`) {
			t.Errorf("who comes back hears %q", got)
		}
		lake.commit("acme", "RunInstances", "e2")
		if frame, _ := wait(back); !strings.Contains(frame, "e2") || strings.Contains(frame, "e1") {
			t.Errorf("and then %s", frame)
		}
	})
}

// TestTailIsExact follows a real lake that is merged meanwhile: whoever
// listens gets each event that is committed from then on once.
func TestTailIsExact(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	trail := newTrail()
	defer trail.Close()
	h := NewHub(trail.Lake, quiet())
	defer h.Close()
	const each = 12 // all together fewer commits than a tail may leave unread
	var open []*stream
	for i := range 5 {
		open = append(open, listen(t, h, "acme", "audit", "name:RunInstances", ""))
		for n := range each {
			trail.commit(t, "acme", fmt.Sprint(i, "-", n))
			trail.held(t, "acme")
		}
	}
	for i, s := range open {
		if i > 0 && s.key != open[0].key {
			t.Fatal("the streams have tails of their own")
		}
		times := map[string]int{}
		for last := fmt.Sprint(len(open)-1, "-", each-1); times[last] == 0; {
			frame, _ := wait(s)
			got := eventsOf(t, frame)
			if got.Skipped != 0 {
				t.Fatalf("%d events were skipped", got.Skipped)
			}
			for _, e := range got.Events {
				times[e.EventID]++
			}
		}
		for n := range each {
			for from := i; from < len(open); from++ {
				if id := fmt.Sprint(from, "-", n); times[id] != 1 {
					t.Errorf("to stream %d event %s came %d times", i, id, times[id])
				}
			}
		}
	}
}
