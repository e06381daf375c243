package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/kopterio/kopter/account"
	"github.com/kopterio/kopter/ingest"
	"github.com/kopterio/kopter/notify"
	"github.com/kopterio/kopter/queue"
)

func TestNotifications(t *testing.T) {
	h := newHouse(t)
	var notices []notify.Notice
	for i := range 7 {
		n := sampleNotice(fmt.Sprint("n", i), h.now.Add(time.Duration(i)*time.Minute))
		if i == 0 {
			n.Kind, n.Delta, n.Currency, n.Detail = notify.Quarantine, 0, "", "/logs/\xff.json.gz"
		}
		notices = append(notices, n)
	}
	if _, err := h.store.AddNotices(t.Context(), "acme", notices); err != nil {
		t.Fatal(err)
	}
	c := h.client("acme")
	var got []string
	cursor := ""
	for range 10 {
		page := read[NotificationPage](c, "/v1/notifications", "limit", "3", "cursor", cursor)
		if page.Open != 7 {
			t.Errorf("%d are open", page.Open)
		}
		for _, n := range page.Notifications {
			got = append(got, n.ID)
		}
		if page.Next == nil {
			break
		}
		cursor = *page.Next
	}
	if strings.Join(got, " ") != "n6 n5 n4 n3 n2 n1 n0" {
		t.Errorf("pages hold %v", got)
	}
	last := read[NotificationPage](c, "/v1/notifications").Notifications[6]
	if last.DeltaPerHour != nil || last.Region != nil || *last.Account != "111122223333" || last.Detail != "/logs/\uFFFD.json.gz" {
		t.Errorf("%+v", last)
	}
}

func TestNotificationsAreMarked(t *testing.T) {
	h := newHouse(t)
	if _, err := h.store.AddNotices(t.Context(), "acme", []notify.Notice{sampleNotice("n1", h.now), sampleNotice("n2", h.now)}); err != nil {
		t.Fatal(err)
	}
	c := h.client("acme")
	next, _ := h.hear("Authorization: Bearer "+h.token("acme"), "/v1/stream?topics=notifications", "")
	marked := decode[Notification](t, c.do(http.MethodPatch, "/v1/notifications/n1", `{"state":"acknowledged"}`))
	if marked.ID != "n1" || marked.State != "acknowledged" {
		t.Errorf("%+v", marked)
	}
	if m := next(); m.event != "notification" || !strings.Contains(m.data, `"acknowledged"`) {
		t.Errorf("other pages hear %+v", m)
	}
	for state, want := range map[string]string{"": "n2", "open": "n2", "acknowledged": "n1", "all": "n1 n2"} {
		var params, ids []string
		if state != "" {
			params = []string{"state", state}
		}
		page := read[NotificationPage](c, "/v1/notifications", params...)
		for _, n := range page.Notifications {
			ids = append(ids, n.ID)
		}
		if strings.Join(ids, " ") != want || page.Open != 1 {
			t.Errorf("state %q: %v, %d open", state, ids, page.Open)
		}
	}
	for body, want := range map[string]int{`{"state":"gone"}`: 400, `{}`: 400, `[`: 400, ``: 400, `{"state":"open"}`: 404} {
		if a := c.do(http.MethodPatch, "/v1/notifications/none", body); a.status != want {
			t.Errorf("mark %s: %d %s", body, a.status, a.body)
		}
	}
	for _, cursor := range []string{"x", "!", "MSAy", "bm9wZQ"} {
		if p := c.problemOf("/v1/notifications", "cursor", cursor); p.Type != "urn:kopter:problem:cursor" {
			t.Errorf("cursor %s: %+v", cursor, p)
		}
	}
}

// quarantine puts so many entries of each file into the quarantine of acme.
func (h *house) quarantine(files map[string]int) {
	h.t.Helper()
	var c ingest.Commit
	for uri, n := range files {
		c.Files = append(c.Files, ingest.Ingested{Object: ingest.Object{URI: uri, Version: "1"}, At: h.now, Quarantined: int64(n)})
		for i := range n {
			c.Quarantine = append(c.Quarantine, ingest.Quarantine{URI: uri, Offset: int64(i), Reason: "not JSON", Excerpt: []byte("{\xff")})
		}
	}
	if err := h.store.Commit(h.t.Context(), "acme", c); err != nil {
		h.t.Fatal(err)
	}
}

// TestQuarantine pages through it while files come in before and after.
func TestQuarantine(t *testing.T) {
	h := newHouse(t)
	c := h.client("acme")
	if page := read[QuarantinePage](c, "/v1/pipeline/quarantine"); len(page.Entries) != 0 || page.Next != nil {
		t.Errorf("empty: %+v", page)
	}
	h.quarantine(map[string]int{"/logs/b": 3, "/logs/d with a blank": 4})
	for limit := 1; limit <= 8; limit++ {
		var got []string
		cursor := ""
		for range 10 {
			page := read[QuarantinePage](c, "/v1/pipeline/quarantine", "limit", fmt.Sprint(limit), "cursor", cursor)
			for _, e := range page.Entries {
				got = append(got, fmt.Sprint(e.URI, e.Offset))
				if e.Excerpt != "{\uFFFD" || e.Reason != "not JSON" {
					t.Errorf("%+v", e)
				}
			}
			if page.Next == nil {
				break
			}
			cursor = *page.Next
			h.quarantine(map[string]int{fmt.Sprint("/logs/a", limit): 2}) // before what was read
		}
		if text := strings.Join(got, " "); !strings.HasSuffix(text, "/logs/b0 /logs/b1 /logs/b2 /logs/d with a blank0 /logs/d with a blank1 /logs/d with a blank2 /logs/d with a blank3") {
			t.Errorf("pages of %d: %s", limit, text)
		}
	}
	for _, cursor := range []string{"x", "!", "bm9wZQ"} {
		if p := c.problemOf("/v1/pipeline/quarantine", "cursor", cursor); p.Type != "urn:kopter:problem:cursor" {
			t.Errorf("cursor %s: %+v", cursor, p)
		}
	}
}

// dead lays messages of acme aside.
func (h *house) dead(bodies ...string) {
	h.t.Helper()
	ctx := h.t.Context()
	q := h.queues["acme"].Queue(someQueue)
	for _, body := range bodies {
		if err := h.queues["acme"].Send(ctx, queue.Outgoing{Queue: someQueue, Body: []byte(body)}); err != nil {
			h.t.Fatal(err)
		}
		got, err := q.Receive(ctx, 1, 0)
		if err != nil || len(got) != 1 {
			h.t.Fatal(got, err)
		}
		if err := h.queues["acme"].Fault(ctx, someQueue, got[0].Receipt, "disk full"); err != nil {
			h.t.Fatal(err)
		}
		if _, err := q.Extend(ctx, 0, got[0].Receipt); err != nil {
			h.t.Fatal(err)
		}
		if _, err := q.Receive(ctx, 1, 0); err != nil {
			h.t.Fatal(err)
		}
		h.wait(time.Second)
	}
}

func TestLetters(t *testing.T) {
	h := newHouse(t)
	h.dead("first", "second", strings.Repeat("x", letterBody+100))
	c := h.client("acme")
	path := "/v1/pipeline/queues/" + someQueue + "/letters"
	list := read[LetterList](c, path).Letters
	if len(list) != 3 || len(list[0].Body) != letterBody || list[1].Body != "second" || list[2].Body != "first" || list[2].Reason != "disk full" || list[2].Receives != 1 {
		t.Fatalf("%+v", list)
	}
	if one := read[LetterList](c, path, "limit", "1").Letters; len(one) != 1 || one[0].ID != list[0].ID {
		t.Errorf("the newest: %+v", one)
	}
	if others := read[LetterList](h.client("other"), path).Letters; len(others) != 0 {
		t.Errorf("another tenant reads %+v", others)
	}
	if p := c.problemOf("/v1/pipeline/queues/none/letters"); p.Status != 404 {
		t.Errorf("%+v", p)
	}
	redrive := func(body string) int64 {
		return decode[RedriveResult](t, c.do(http.MethodPost, "/v1/pipeline/queues/"+someQueue+"/redrive", body)).Redriven
	}
	if n := redrive(`{"ids":[]}`); n != 0 {
		t.Errorf("none were named, and %d went back", n)
	}
	if n := redrive(`{"ids":["` + list[2].ID + `","none"]}`); n != 1 {
		t.Errorf("one was named, and %d went back", n)
	}
	if n := redrive(`{}`); n != 2 {
		t.Errorf("all that were left: %d went back", n)
	}
	if left := read[LetterList](c, path).Letters; len(left) != 0 {
		t.Errorf("left are %+v", left)
	}
	if a := c.do(http.MethodPost, "/v1/pipeline/queues/none/redrive", `{}`); a.status != 404 {
		t.Errorf("no such queue: %d %s", a.status, a.body)
	}
}

// strictMonitor answers for one tenant.
type strictMonitor struct{ quietMonitor }

func (m strictMonitor) Pipeline(ctx context.Context, t account.Tenant) (Pipeline, error) {
	if t != "acme" {
		return Pipeline{}, errors.New("asked for " + string(t))
	}
	p, err := m.quietMonitor.Pipeline(ctx, t)
	p.Quarantined = 7
	p.Stages = append(p.Stages, PipelineStage{Name: "ingest", Queue: someQueue, Reads: []string{}, Writes: []string{"facts"}, Sends: []string{}, Ready: 3})
	return p, err
}

func TestPipeline(t *testing.T) {
	h := newHouse(t, func(o *Options) { o.Monitor = strictMonitor{} })
	p := read[Pipeline](h.client("acme"), "/v1/pipeline")
	if p.Quarantined != 7 || len(p.Stages) != 1 || p.Stages[0].Ready != 3 {
		t.Errorf("%+v", p)
	}
	if a := h.client("other").get("/v1/pipeline"); a.status != 500 || strings.Contains(a.body, "asked for") {
		t.Errorf("a monitor that fails: %d %s", a.status, a.body)
	}
}
