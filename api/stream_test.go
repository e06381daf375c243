package api

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/go-json-experiment/json"

	"github.com/kopterio/kopter/cost"
	"github.com/kopterio/kopter/notify"
	"github.com/kopterio/kopter/query"
)

// visited runs the answer of a stream in a synctest bubble.
func visited(h *Hub, ctx context.Context, s *stream) (w *httptest.ResponseRecorder, done chan struct{}) {
	w, done = httptest.NewRecorder(), make(chan struct{})
	go func() {
		defer close(done)
		(&streaming{stream: s, ctx: ctx, leave: func() { h.leave("acme", s) }}).VisitGetStreamResponse(w)
	}()
	return w, done
}

func TestStreamBeatsAndEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHub((&fakeLake{}).follow, quiet())
		defer h.Close()
		w, done := visited(h, t.Context(), listen(t, h, "acme", "", "", ""))
		time.Sleep(streamAge - time.Second)
		synctest.Wait()
		if h.Streams() != 1 {
			t.Errorf("%d streams, just before its end", h.Streams())
		}
		time.Sleep(time.Second)
		<-done
		// The last beat and the end fall on one moment.
		got := w.Body.String()
		if n := strings.Count(got, "event: beat\ndata: {}\n\n"); !strings.HasPrefix(got, "retry: 2000\nid: "+h.id(0)+"\n\n") || n < 59 || n > 60 {
			t.Errorf("%d heartbeats in %v, after %.40q", n, streamAge, got)
		}
		if h.Streams() != 0 || w.Code != 200 || w.Header().Get("Content-Type") != "text/event-stream" || !w.Flushed {
			t.Errorf("%d streams are open; %d %v", h.Streams(), w.Code, w.Header())
		}
	})
}

func TestStreamEndsWithItsClientAndTheHub(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHub((&fakeLake{}).follow, quiet())
		ctx, cancel := context.WithCancel(t.Context())
		_, gone := visited(h, ctx, listen(t, h, "acme", "", "", ""))
		_, closed := visited(h, t.Context(), listen(t, h, "acme", "", "", ""))
		cancel()
		<-gone
		h.Close()
		<-closed
	})
}

// TestStreamSaysWhatIsLost lets a client stall: it takes nothing while more
// comes than there is room for.
func TestStreamSaysWhatIsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHub((&fakeLake{}).follow, quiet())
		s := listen(t, h, "acme", "pipeline", "", "")
		for i := range streamBuffer + 10 {
			h.PublishPipeline("acme", numbered(int64(i)))
		}
		w, done := visited(h, t.Context(), s)
		synctest.Wait()
		h.Close()
		<-done
		got := w.Body.String()
		if n := strings.Count(got, "event: pipeline\n"); n != streamBuffer || strings.Count(got, "event: lost\ndata: {\"messages\":10}\n\n") != 1 {
			t.Errorf("%d messages came: %s", n, got)
		}
	})
}

// brokenClient has gone without a word.
type brokenClient struct{ http.ResponseWriter }

func (brokenClient) Write([]byte) (int, error) { return 0, fmt.Errorf("broken pipe") }

func TestStreamToNobody(t *testing.T) {
	h := newHub((&fakeLake{}).follow, quiet())
	defer h.Close()
	s := listen(t, h, "acme", "", "", "")
	answer := &streaming{stream: s, ctx: t.Context(), leave: func() { h.leave("acme", s) }}
	if err := answer.VisitGetStreamResponse(brokenClient{httptest.NewRecorder()}); err != nil || h.Streams() != 0 {
		t.Errorf("%v, %d streams are left", err, h.Streams())
	}
}

// heard is a message as a client reads it.
type heard struct{ id, event, data string }

// hear opens a stream over a connection; next waits for a message.
func (h *house) hear(credentials, path, lastID string) (next func() heard, response *http.Response) {
	h.t.Helper()
	server := httptest.NewServer(rename(h.handler))
	h.t.Cleanup(server.Close)
	r, err := http.NewRequestWithContext(h.t.Context(), http.MethodGet, server.URL+path, nil)
	if err != nil {
		h.t.Fatal(err)
	}
	name, value, _ := strings.Cut(credentials, ": ")
	r.Header.Set(name, value)
	if lastID != "" {
		r.Header.Set("Last-Event-ID", lastID)
	}
	if response, err = server.Client().Do(r); err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { response.Body.Close() })
	lines := bufio.NewReader(response.Body)
	return func() heard {
		var m heard
		for {
			line, err := lines.ReadString('\n')
			if err != nil {
				return heard{event: "end"}
			}
			name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
			switch name {
			case "id":
				m.id = value
			case "event":
				m.event = value
			case "data":
				m.data = value
			case "":
				if m.event != "" {
					return m
				}
			}
		}
	}, response
}

// conforms holds a message to a schema of the contract.
func conforms[T any](t *testing.T, schema, data string) T {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(Spec)
	if err != nil {
		t.Fatal(err)
	}
	var loose any
	var strict T
	if err := json.Unmarshal([]byte(data), &loose); err != nil {
		t.Fatalf("%v in %s", err, data)
	}
	if err := doc.Components.Schemas[schema].Value.VisitJSON(loose); err != nil {
		t.Errorf("%s: %v", data, err)
	}
	if err := json.Unmarshal([]byte(data), &strict, json.RejectUnknownMembers(true)); err != nil {
		t.Errorf("%v in %s", err, data)
	}
	return strict
}

func TestStreamOverAConnection(t *testing.T) {
	h := newHouse(t)
	hub := h.options.Hub
	bearer := "Authorization: Bearer " + h.token("acme")
	next, response := h.hear(bearer, "/v1/stream", "")
	if response.StatusCode != 200 || response.Header.Get("Content-Type") != "text/event-stream" || response.Header.Get("Content-Encoding") != "" {
		t.Fatalf("%d %v", response.StatusCode, response.Header)
	}
	step := cost.Step{Time: 1_764_072_000, NotAfter: 1_764_072_000, Account: "111122223333", Resource: "i-1", Kind: cost.Open, Delta: 5, Currency: "USD", PriceVersion: "20260101"}
	hub.PublishCost("acme", h.now, []cost.Running{{Currency: "USD", Rate: 1_500_000_000, Count: 3}}, slices.Repeat([]cost.Step{step}, 30))
	hub.PublishNotices("acme", []notify.Notice{sampleNotice("n1", h.now)})
	hub.PublishPipeline("acme", StreamPipeline{At: h.now, Events: 12, EventsPerSecond: 3.5})
	hub.PublishNotices("other", []notify.Notice{sampleNotice("foreign", h.now)})
	first := next()
	c := conforms[StreamCost](t, "StreamCost", first.data)
	if first.event != "cost" || len(c.Steps) != 20 || c.Steps[0].DeltaPerHour != "0.0000000050" || *c.Steps[0].PriceVersion != "20260101" || c.Totals[0].RatePerHour != "1.5000000000" || c.Totals[0].Count != 3 {
		t.Errorf("%+v", first)
	}
	second := next()
	if n := conforms[Notification](t, "Notification", second.data); second.event != "notification" || n.ID != "n1" || *n.DeltaPerHour != "1.5000000000" {
		t.Errorf("%+v", second)
	}
	third := next()
	if p := conforms[StreamPipeline](t, "StreamPipeline", third.data); third.event != "pipeline" || p.Events != 12 {
		t.Errorf("%+v", third)
	}
	again, _ := h.hear(bearer, "/v1/stream?topics=pipeline", first.id)
	if m := again(); m != third {
		t.Errorf("who comes back hears %+v, want %+v", m, third)
	}
	elsewhere, _ := h.hear(bearer, "/v1/stream", "another-1")
	if m := elsewhere(); m.event != "lost" || conforms[StreamLost](t, "StreamLost", m.data).Messages != 0 {
		t.Errorf("from before a restart: %+v", m)
	}
	hub.Close()
	if m := next(); m.event != "end" {
		t.Errorf("after the end: %+v", m)
	}
}

// TestFramesAreOneMessage: whatever a file's name or a reason holds.
func TestFramesAreOneMessage(t *testing.T) {
	n := sampleNotice("n", worldStart)
	n.Title, n.Detail = "a\n\nevent: forged\r\ndata: {}\n\n", "no UTF-8: \xff\xfe"
	text := string(frame("id-1", "notification", notification(&n)))
	_, data, _ := strings.Cut(strings.TrimSuffix(text, "\n\n"), "data: ")
	if strings.Count(text, "\n") != 4 || strings.Contains(text, "\r") {
		t.Errorf("frame %q", text)
	}
	if got := conforms[Notification](t, "Notification", data); got.Title != n.Title || got.Detail != "no UTF-8: \uFFFD\uFFFD" {
		t.Errorf("%+v", got)
	}
}

func TestStreamsEndWithTheirCredentials(t *testing.T) {
	h := newHouse(t)
	cookie, other := h.signIn("acme"), h.signIn("acme")
	made := decode[NewToken](t, h.stranger().do(http.MethodPost, "/v1/tokens", `{"name":"script"}`, "Cookie", cookie))
	script, _ := h.hear("Authorization: Bearer "+made.Secret, "/v1/stream", "")
	browser, _ := h.hear("Cookie: "+cookie, "/v1/stream", "")
	stays, _ := h.hear("Cookie: "+other, "/v1/stream", "")
	h.stranger().do(http.MethodDelete, "/v1/tokens/"+made.Token.ID, "", "Cookie", cookie)
	if m := script(); m.event != "end" {
		t.Errorf("a revoked token hears %+v", m)
	}
	h.stranger().do(http.MethodDelete, "/v1/session", "", "Cookie", cookie)
	if m := browser(); m.event != "end" {
		t.Errorf("who signed out hears %+v", m)
	}
	h.options.Hub.PublishPipeline("acme", StreamPipeline{At: h.now})
	if m := stays(); m.event != "pipeline" {
		t.Errorf("the other session hears %+v", m)
	}
}

func TestStreamsThatAreRefused(t *testing.T) {
	h := newHouse(t)
	c := h.client("acme")
	if p := c.problemOf("/v1/stream", "topics", "audit,weather"); p.Status != 400 || *p.Parameter != "topics" || !strings.Contains(*p.Detail, "weather") {
		t.Errorf("%+v", p)
	}
	if p := c.problemOf("/v1/stream", "topics", "audit", "q", "name:("); p.Status != 400 || p.Offset == nil || *p.Parameter != "q" {
		t.Errorf("%+v", p)
	}
	for range streamsEach {
		if err := h.options.Hub.subscribe("acme", newStream(nil, query.And{}, ""), ""); err != nil {
			t.Fatal(err)
		}
	}
	if p := c.problemOf("/v1/stream"); p.Status != 429 || p.Type != "urn:kopter:problem:too-many-streams" {
		t.Errorf("%+v", p)
	}
}

// BenchmarkPublish sends one message to many streams, whose clients read.
func BenchmarkPublish(b *testing.B) {
	h := newHub((&fakeLake{}).follow, quiet())
	defer h.Close()
	streams := make([]*stream, streamsEach)
	for i := range streams {
		streams[i] = listen(b, h, "acme", "", "", "")
	}
	b.ReportAllocs()
	for b.Loop() {
		h.PublishPipeline("acme", StreamPipeline{At: worldStart, Events: 5})
		for _, s := range streams {
			<-s.frames
		}
	}
}
