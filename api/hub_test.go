package api

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/kopterio/kopter/account"
	"github.com/kopterio/kopter/audit"
	"github.com/kopterio/kopter/audit/audittest"
	"github.com/kopterio/kopter/cloudtrail"
	"github.com/kopterio/kopter/query"
)

// trail is a lake in memory into which a test commits.
type trail struct {
	*audit.Lake
	memory *audittest.Memory
}

func newTrail() *trail {
	m := audittest.NewMemory()
	return &trail{audit.New(m, m), m}
}

// commit brings events of these ids.
func (l *trail) commit(t rapid.TB, tenant account.Tenant, ids ...string) {
	t.Helper()
	b, err := l.Begin(tenant)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		record := cloudtrail.Record{
			Time: worldStart.UnixMilli(), Account: []byte("111122223333"), EventID: []byte(id), Name: []byte("RunInstances"), Raw: []byte("{}"),
		}
		if _, err := b.Add(context.Background(), &record, "file"); err != nil {
			t.Fatal(err)
		}
	}
	change, err := b.Finish(context.Background())
	if err == nil {
		err = l.memory.Apply(context.Background(), tenant, change)
	}
	if err != nil {
		t.Fatal(err)
	}
	b.Committed()
}

// held says how many of a tenant's parts are not merged when all could be.
func (l *trail) held(t testing.TB, tenant account.Tenant) int {
	t.Helper()
	if _, err := l.Compact(context.Background(), tenant, audit.CompactPolicy{}); err != nil {
		t.Fatal(err)
	}
	b, err := l.Bounds(context.Background(), tenant)
	if err != nil {
		t.Fatal(err)
	}
	return b.Fresh
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
	if err := h.subscribe(tenant, s, lastID); err != nil {
		t.Fatal(err)
	}
	return s
}

// wait gives the next frame, and how long that took.
func wait(s *stream) (string, time.Duration) {
	begin := time.Now()
	frame := <-s.frames
	return string(frame), time.Since(begin)
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
	h := newHub((&fakeLake{}).follow, quiet())
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

// TestSlowStreams: nobody waits for a client that does not read.
func TestSlowStreams(t *testing.T) {
	h := newHub((&fakeLake{}).follow, quiet())
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
	h := newHub((&fakeLake{}).follow, quiet())
	defer h.Close()
	var last *stream
	for range streamsEach {
		last = listen(t, h, "acme", "", "", "")
	}
	listen(t, h, "other", "", "", "")
	one := newStream(map[string]bool{}, query.And{}, "c")
	if err := h.subscribe("acme", one, ""); !errors.Is(err, errStreams) {
		t.Errorf("one too many: %v", err)
	}
	h.leave("acme", last)
	h.leave("acme", last)
	if err := h.subscribe("acme", one, ""); err != nil {
		t.Errorf("after one left: %v", err)
	}
	if h.Streams() != streamsEach+1 {
		t.Errorf("%d streams", h.Streams())
	}
}

func TestCloseEndsEverything(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	trail := newTrail()
	h := NewHub(trail.Lake, quiet())
	s := listen(t, h, "acme", "audit,pipeline", "", "")
	trail.commit(t, "acme", "e1")
	h.Close()
	<-s.gone
	trail.commit(t, "acme", "e2")
	h.PublishPipeline("acme", numbered(1))
	if held := trail.held(t, "acme"); held != 0 {
		t.Errorf("%d parts are held by nobody", held)
	}
	if err := h.subscribe("acme", newStream(nil, query.And{}, "c"), ""); !errors.Is(err, errBusy) {
		t.Errorf("subscribe: %v", err)
	}
	h.leave("acme", s)
	h.Close()
}

func TestDrop(t *testing.T) {
	h := newHub((&fakeLake{}).follow, quiet())
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
		h := newHub((&fakeLake{}).follow, quiet())
		defer h.Close()
		s := listen(t, h, "acme", "pipeline", "", "")
		next, expected := int64(0), int64(0) // to be published, to be heard
		publish := func(n int) {
			for range n {
				h.PublishPipeline("acme", numbered(next))
				next++
			}
		}
		last, missed := s.from, 0
		hear := func() {
			for _, f := range taken(s) {
				if strings.HasPrefix(f, "event: lost\n") {
					expected = next
					continue
				}
				last, missed = idOf(f), 0
				if want := fmt.Sprintf(`"events":%d,`, expected); !strings.Contains(f, want) {
					t.Fatalf("heard %q, want %s", f, want)
				} else {
					expected++
				}
			}
			if expected != next {
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
			lost := len(s.backlog) > 0 && strings.HasPrefix(string(s.backlog[0]), "event: lost\n")
			if want := missed > replayed; lost != want {
				t.Fatalf("after %d messages: told of a loss: %v, want %v", missed, lost, want)
			}
			last, missed = s.from, int(next-expected)
			if lost {
				missed = 0
			}
			hear()
		}
	})
}

func TestResumptionElsewhere(t *testing.T) {
	before := newHub((&fakeLake{}).follow, quiet())
	before.PublishPipeline("acme", numbered(1))
	before.Close()
	h := newHub((&fakeLake{}).follow, quiet())
	defer h.Close()
	h.PublishPipeline("acme", numbered(1))
	for _, id := range []string{before.id(1), h.id(2), h.id(1) + "x", "garbage", "-1", h.epoch + "-", h.epoch + "-18446744073709551615"} {
		s := listen(t, h, "acme", "pipeline", "", id)
		if got := taken(s); len(got) != 1 || got[0] != "event: lost\ndata: {\"messages\":0}\n\n" || s.from != h.id(1) {
			t.Errorf("after %s: %q from %s", id, got, s.from)
		}
	}
}

// TestConcurrentHub has everybody do everything at once.
func TestConcurrentHub(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	trail := newTrail()
	h := NewHub(trail.Lake, quiet())
	tenants := []account.Tenant{"acme", "other"}
	var all sync.WaitGroup
	for i := range 8 {
		tenant := tenants[i%2]
		all.Go(func() {
			for n := range 200 {
				h.PublishPipeline(tenant, numbered(int64(n)))
				h.PublishCost(tenant, worldStart, nil, nil)
			}
		})
		all.Go(func() {
			for n := range 20 {
				trail.commit(t, tenant, fmt.Sprint(i, "-", n))
			}
		})
		all.Go(func() {
			last := ""
			for range 50 {
				s := listen(t, h, tenant, "audit,pipeline", "", last)
				last = s.from
				taken(s)
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
	for _, tenant := range tenants {
		if held := trail.held(t, tenant); held != 0 {
			t.Errorf("%d parts of %s are held by nobody", held, tenant)
		}
	}
}
