package api

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/kopterio/kopter/account"
	"github.com/kopterio/kopter/audit"
	"github.com/kopterio/kopter/query"
)

// fakeTail finds one event in each part, whose id is the part's name.
type fakeTail struct {
	mu       sync.Mutex
	requests []audit.Request
	fail     error
	extra    int64 // events beyond those that are given
}

func (f *fakeTail) Search(_ context.Context, _ account.Tenant, r audit.Request) (audit.Result, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.requests = append(f.requests, r)
	if f.fail != nil {
		return audit.Result{}, f.fail
	}
	var result audit.Result
	for _, part := range r.Parts {
		if fmt.Sprint(r.Query) == "nothing" {
			break
		}
		e := &audit.Event{}
		e.EventID = part
		result.Events = append(result.Events, e)
	}
	result.Total = int64(len(result.Events)) + f.extra
	return result, nil
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// listen opens a stream on a hub.
func listen(t rapid.TB, h *Hub, tenant account.Tenant, topics, q, lastID string) *stream {
	t.Helper()
	filter, err := query.Parse(q, audit.Schema())
	if err != nil {
		t.Fatal(err)
	}
	named, err := topicsOf(topics)
	if err != nil {
		t.Fatal(err)
	}
	s := newStream(named, filter, "credential")
	if err := h.subscribe(context.Background(), tenant, s, lastID); err != nil {
		t.Fatal(err)
	}
	return s
}

// taken gives the frames that wait for a stream's client.
func taken(s *stream) []string {
	var frames []string
	for _, f := range s.backlog {
		frames = append(frames, string(f))
	}
	s.backlog = nil
	for {
		select {
		case f := <-s.frames:
			frames = append(frames, string(f))
		default:
			return frames
		}
	}
}

// idOf gives the id of a frame.
func idOf(frame string) string {
	line, _, _ := strings.Cut(frame, "\n")
	id, _ := strings.CutPrefix(line, "id: ")
	return id
}

func numbered(n int64) StreamPipeline { return StreamPipeline{Events: n} }

func TestTopics(t *testing.T) {
	h := NewHub(&fakeTail{}, quiet())
	defer h.Close()
	all, cost := listen(t, h, "acme", "", "", ""), listen(t, h, "acme", "cost", "", "")
	other := listen(t, h, "other", "cost,notifications,pipeline,audit", "", "")
	h.PublishCost("acme", worldStart, nil, nil)
	h.PublishPipeline("acme", numbered(1))
	if got := taken(all); len(got) != 2 || !strings.Contains(got[0], "\nevent: cost\n") || !strings.Contains(got[1], "\nevent: pipeline\n") {
		t.Errorf("all topics: %q", got)
	}
	if got := taken(cost); len(got) != 1 || !strings.HasSuffix(got[0], "\n\n") {
		t.Errorf("cost alone: %q", got)
	}
	if got := taken(other); len(got) != 0 {
		t.Errorf("another tenant hears %q", got)
	}
}

// TestTailAsksOnce: streams that mean the same share one search and its bytes.
func TestTailAsksOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tail := &fakeTail{extra: 7}
		h := NewHub(tail, quiet())
		defer h.Close()
		a, b := listen(t, h, "acme", "audit", "name:RunInstances  region:eu-west-1", ""), listen(t, h, "acme", "audit", "name:RunInstances AND (region:eu-west-1)", "")
		c, deaf := listen(t, h, "acme", "audit", "", ""), listen(t, h, "acme", "cost", "", "")
		h.PublishEvents("acme", []string{"p1", "p2"})
		synctest.Wait()
		first, second, third := <-a.frames, <-b.frames, <-c.frames
		if &first[0] != &second[0] {
			t.Error("streams that ask for the same have bytes of their own")
		}
		if !strings.Contains(string(third), `"event_id":"p1"`) || !strings.Contains(string(third), `"skipped":7}`) {
			t.Errorf("message %s", third)
		}
		if len(tail.requests) != 2 || len(taken(deaf)) != 0 {
			t.Errorf("%d searches, want 2", len(tail.requests))
		}
		for _, r := range tail.requests {
			if r.Limit != 200 || !r.Total || strings.Join(r.Parts, " ") != "p1 p2" {
				t.Errorf("searched for %+v", r)
			}
		}
	})
}

func TestTailThatNobodyFollows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tail := &fakeTail{}
		h := NewHub(tail, quiet())
		defer h.Close()
		listen(t, h, "acme", "cost", "", "")
		h.PublishEvents("acme", []string{"p1"})
		h.PublishEvents("acme", nil)
		synctest.Wait()
		if len(tail.requests) != 0 {
			t.Errorf("searched %d times for nobody", len(tail.requests))
		}
	})
}

func TestTailThatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := NewHub(&fakeTail{fail: errors.New("disk on fire")}, quiet())
		defer h.Close()
		s := listen(t, h, "acme", "audit", "", "")
		h.PublishEvents("acme", []string{"p1"})
		synctest.Wait()
		if s.lost.Load() != 1 || len(taken(s)) != 0 {
			t.Errorf("%d are known to be lost", s.lost.Load())
		}
	})
}

// TestTailIsBounded publishes more than anybody can search for, before the
// tail has begun.
func TestTailIsBounded(t *testing.T) {
	h := &Hub{wake: make(chan struct{}, 1), tenants: map[account.Tenant]*channel{}}
	s := listen(t, h, "acme", "audit", "", "")
	for i := range 3 * maxPending {
		h.PublishEvents("acme", []string{fmt.Sprint(i)})
	}
	parts := h.takePending()["acme"]
	if len(parts) != maxPending || parts[0] != fmt.Sprint(2*maxPending) || s.lost.Load() == 0 {
		t.Errorf("%d parts wait, %d losses are known", len(parts), s.lost.Load())
	}
}

// TestSlowStreams: nobody waits for a client that does not read.
func TestSlowStreams(t *testing.T) {
	h := NewHub(&fakeTail{}, quiet())
	defer h.Close()
	slow, quick := listen(t, h, "acme", "", "", ""), listen(t, h, "acme", "", "", "")
	const n = 1000
	heard := 0
	for i := range n {
		h.PublishPipeline("acme", numbered(int64(i)))
		heard += len(taken(quick))
	}
	if got := taken(slow); len(got) != streamBuffer || slow.lost.Load() != n-streamBuffer {
		t.Errorf("%d wait, %d are lost, of %d", len(got), slow.lost.Load(), n)
	}
	if heard != n || quick.lost.Load() != 0 {
		t.Errorf("the other one heard %d of %d", heard, n)
	}
}

func TestStreamsAreBounded(t *testing.T) {
	h := NewHub(&fakeTail{}, quiet())
	defer h.Close()
	var last *stream
	for range streamsEach {
		last = listen(t, h, "acme", "", "", "")
	}
	listen(t, h, "other", "", "", "")
	one := newStream(map[string]bool{}, query.And{}, "c")
	if err := h.subscribe(t.Context(), "acme", one, ""); !errors.Is(err, errStreams) {
		t.Errorf("one too many: %v", err)
	}
	h.leave("acme", last)
	h.leave("acme", last)
	if err := h.subscribe(t.Context(), "acme", one, ""); err != nil {
		t.Errorf("after one left: %v", err)
	}
	if h.Streams() != streamsEach+1 {
		t.Errorf("%d streams", h.Streams())
	}
}

func TestCloseEndsEverything(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	h := NewHub(&fakeTail{}, quiet())
	s := listen(t, h, "acme", "audit", "", "")
	h.PublishEvents("acme", []string{"p1"})
	h.Close()
	<-s.gone
	h.PublishEvents("acme", []string{"p2"})
	h.PublishPipeline("acme", numbered(1))
	if err := h.subscribe(t.Context(), "acme", newStream(nil, query.And{}, "c"), ""); !errors.Is(err, errBusy) {
		t.Errorf("subscribe: %v", err)
	}
	h.leave("acme", s)
	h.Close()
}

func TestDrop(t *testing.T) {
	h := NewHub(&fakeTail{}, quiet())
	defer h.Close()
	gone, stays, foreign := listen(t, h, "acme", "", "", ""), listen(t, h, "acme", "", "", ""), listen(t, h, "other", "", "", "")
	stays.credential = "another"
	h.drop("acme", "credential")
	<-gone.gone
	for _, s := range []*stream{stays, foreign} {
		select {
		case <-s.gone:
			t.Error("a stream of another credential is over")
		default:
		}
	}
}

// TestResumption is a client that loses its connection now and then: it hears
// every message once and in order, or is told that some are lost.
func TestResumption(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := NewHub(&fakeTail{}, quiet())
		defer h.Close()
		s := listen(t, h, "acme", "pipeline", "", "")
		next, expected := int64(0), int64(0) // to be published, to be heard
		publish := func(n int) {
			for range n {
				h.PublishPipeline("acme", numbered(next))
				next++
			}
		}
		last, missed := "", 0
		hear := func() {
			for _, f := range taken(s) {
				last, missed = idOf(f), 0
				if strings.Contains(f, "\nevent: lost\n") {
					expected = next
				} else if want := fmt.Sprintf(`"events":%d,`, expected); !strings.Contains(f, want) {
					t.Fatalf("heard %q, want %s", f, want)
				} else {
					expected++
				}
			}
			if last != "" && expected != next {
				t.Fatalf("heard up to %d of %d", expected, next)
			}
		}
		for range rapid.IntRange(1, 6).Draw(t, "turns") {
			publish(rapid.IntRange(0, streamBuffer).Draw(t, "heard"))
			hear()
			h.leave("acme", s)
			away := rapid.SampledFrom([]int{0, 1, 100, replayed - 1, replayed, replayed + 1, 2 * replayed}).Draw(t, "away")
			publish(away)
			missed += away
			s = listen(t, h, "acme", "pipeline", "", last)
			lost := len(s.backlog) > 0 && strings.Contains(string(s.backlog[0]), "\nevent: lost\n")
			if want := last != "" && missed > replayed; lost != want {
				t.Fatalf("after %d messages: told of a loss: %v, want %v", missed, lost, want)
			}
			if last == "" {
				expected = next
			}
			hear()
		}
	})
}

func TestResumptionElsewhere(t *testing.T) {
	before := NewHub(&fakeTail{}, quiet())
	before.PublishPipeline("acme", numbered(1))
	before.Close()
	h := NewHub(&fakeTail{}, quiet())
	defer h.Close()
	h.PublishPipeline("acme", numbered(1))
	for _, id := range []string{before.id(1), h.id(2), h.id(1) + "x", "garbage", "-1", h.epoch + "-", h.epoch + "-18446744073709551615"} {
		s := listen(t, h, "acme", "pipeline", "", id)
		if got := taken(s); len(got) != 1 || got[0] != "id: "+h.id(1)+"\nevent: lost\ndata: {\"messages\":0}\n\n" {
			t.Errorf("after %s: %q", id, got)
		}
	}
}

// TestTailResumes searches, for a client that comes back, in the parts that
// came while it was away, and in no others.
func TestTailResumes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tail := &fakeTail{}
		h := NewHub(tail, quiet())
		defer h.Close()
		s := listen(t, h, "acme", "audit", "", "")
		publish := func(part string) {
			h.PublishEvents("acme", []string{part})
			synctest.Wait()
		}
		publish("p1")
		last := idOf(taken(s)[0])
		h.leave("acme", s)
		publish("p2")
		h.PublishCost("acme", worldStart, nil, nil)
		publish("p3")
		s = listen(t, h, "acme", "audit", "", last)
		got := taken(s)
		if r := tail.requests[len(tail.requests)-1]; strings.Join(r.Parts, " ") != "p2 p3" || len(got) != 1 {
			t.Fatalf("searched in %v, heard %q", r.Parts, got)
		}
		h.leave("acme", s)
		s = listen(t, h, "acme", "audit", "", idOf(got[0]))
		if again := taken(s); len(again) != 0 {
			t.Errorf("the same again: %q", again)
		}
		publish("p4")
		if got := taken(s); len(got) != 1 || !strings.Contains(got[0], `"p4"`) {
			t.Errorf("what comes next: %q", got)
		}
	})
}

// TestStreamsThatComeMeanwhile: a stream that comes while the tail searches is
// told of the parts, too.
func TestStreamsThatComeMeanwhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tail := &slowTail{fakeTail: fakeTail{}, took: time.Second}
		h := NewHub(tail, quiet())
		defer h.Close()
		first := listen(t, h, "acme", "audit", "", "")
		h.PublishEvents("acme", []string{"p1"})
		synctest.Wait() // it searches
		late := listen(t, h, "acme", "audit", "name:x", "")
		time.Sleep(3 * time.Second)
		for name, s := range map[string]*stream{"first": first, "late": late} {
			if got := taken(s); len(got) != 1 {
				t.Errorf("the %s stream hears %q", name, got)
			}
		}
	})
}

type slowTail struct {
	fakeTail
	took time.Duration
}

func (s *slowTail) Search(ctx context.Context, t account.Tenant, r audit.Request) (audit.Result, error) {
	select {
	case <-time.After(s.took):
		return s.fakeTail.Search(ctx, t, r)
	case <-ctx.Done():
		return audit.Result{}, ctx.Err()
	}
}

// TestConcurrentHub has everybody do everything at once.
func TestConcurrentHub(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	h := NewHub(&fakeTail{}, quiet())
	var all sync.WaitGroup
	for i := range 8 {
		tenant := account.Tenant([]string{"acme", "other"}[i%2])
		all.Go(func() {
			for n := range 200 {
				h.PublishPipeline(tenant, numbered(int64(n)))
				h.PublishEvents(tenant, []string{fmt.Sprint(n)})
				h.PublishCost(tenant, worldStart, nil, nil)
			}
		})
		all.Go(func() {
			last := ""
			for range 50 {
				s := listen(t, h, tenant, "audit,pipeline", "", last)
				for _, f := range taken(s) {
					last = idOf(f)
				}
				h.leave(tenant, s)
			}
		})
		all.Go(func() {
			for range 50 {
				h.drop(tenant, "credential")
				h.Streams()
			}
		})
	}
	all.Wait()
	h.Close()
}
