package api

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kopterio/kopter/account"
	"github.com/kopterio/kopter/audit"
	"github.com/kopterio/kopter/cost"
	"github.com/kopterio/kopter/price"
)

func TestWhatIsNoOperationIsAProblem(t *testing.T) {
	c := sharedWorld(t).client(t)
	for _, row := range []struct {
		method, path, body string
		status             int
		kind, allow        string
	}{
		{"GET", "/v1/none", "", 404, "no-operation", ""},
		{"GET", "/v1/", "", 404, "no-operation", ""},
		{"DELETE", "/v1/cost/graph", "", 405, "method", "GET"},
		{"PUT", "/v1/session", "", 405, "method", "DELETE, GET, POST"},
		{"PATCH", "/v1/notifications/x", `{"state":"gone"}`, 400, "request", ""},
		{"PATCH", "/v1/notifications/x", `{"state":`, 400, "request", ""},
		{"PATCH", "/v1/notifications/x", `{}`, 400, "request", ""},
		{"PATCH", "/v1/notifications/x", "", 400, "request", ""},
		{"PATCH", "/v1/notifications/x", `{"state":"` + strings.Repeat("x", maxBody) + `"}`, 413, "body-too-large", ""},
		{"PATCH", "/v1/notifications/x", `{"state":"open"}`, 404, "", ""},
	} {
		a := c.do(row.method, row.path, row.body)
		p := decode[Problem](t, a)
		if a.status != row.status || !strings.HasSuffix(p.Type, ":"+row.kind) && row.kind != "" || a.header.Get("Allow") != row.allow {
			t.Errorf("%s %s: %d %s, Allow %q", row.method, row.path, a.status, describe(p), a.header.Get("Allow"))
		}
	}
}

func TestAnswersAreCompressed(t *testing.T) {
	w := sharedWorld(t)
	ask := func(path, accepts string) *httptest.ResponseRecorder {
		r := httptest.NewRequest("GET", path, nil)
		r.Host = "127.0.0.1:8480"
		r.Header.Set("Authorization", "Bearer "+w.token)
		r.Header.Set("Accept-Encoding", accepts)
		rec := httptest.NewRecorder()
		w.handler.ServeHTTP(rec, r)
		return rec
	}
	for _, row := range []struct {
		path, accepts string
		zipped        bool
	}{
		{"/v1/audit/aws?limit=50", "gzip", true},
		{"/v1/audit/aws?limit=50", "br, gzip;q=0.5", true},
		{"/v1/audit/aws?limit=50", "", false},
		{"/v1/audit/aws?limit=50", "br, gzip;q=0", false},
		{"/v1/audit/aws?q=name:none", "gzip", false}, // too short
		{"/v1/audit/aws/export?format=ndjson", "gzip", false},
		{"/v1/none", "gzip", false},
	} {
		rec := ask(row.path, row.accepts)
		if zipped := rec.Header().Get("Content-Encoding") == "gzip"; zipped != row.zipped {
			t.Errorf("%s for %q: compressed %v", row.path, row.accepts, zipped)
			continue
		}
		var body io.Reader = rec.Body
		if row.zipped {
			var err error
			if body, err = gzip.NewReader(rec.Body); err != nil {
				t.Fatal(err)
			}
		}
		text, err := io.ReadAll(body)
		if err != nil || !row.zipped && len(text) == 0 {
			t.Errorf("%s for %q: %d bytes, %v", row.path, row.accepts, len(text), err)
		}
		if row.zipped && (!json.Valid(text) || !slices.Contains(rec.Header()["Vary"], "Accept-Encoding")) {
			t.Errorf("%s for %q: %.40q, Vary %q", row.path, row.accepts, text, rec.Header()["Vary"])
		}
	}
}

func TestETags(t *testing.T) {
	w := sharedWorld(t)
	opt := w.options
	var mu sync.Mutex
	now := w.now
	opt.Now = func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		return now
	}
	opt.Metrics = NewMetrics()
	handler, err := New(opt)
	if err != nil {
		t.Fatal(err)
	}
	c := newClient(t, handler, w.token)
	event := read[EventPage](c, "/v1/audit/aws", "limit", "1").Events[0]
	for _, row := range []struct {
		path string
		ages bool // the answer is another one a minute later
	}{
		{"/v1/audit/aws?limit=2", false},
		{"/v1/audit/aws?limit=2&from=now-3d", true},
		{"/v1/audit/aws/" + event.EventID, false},
		{"/v1/cost/graph?by=account", true},
		{"/v1/cost/rate", true},
		{"/v1/cost/changes", true},
		{"/v1/inventory?limit=2", true},
		{"/v1/inventory/" + w.truth.Instances[0].ID, true},
	} {
		first := c.do("GET", row.path, "")
		tag := first.header.Get("ETag")
		if first.status != 200 || tag == "" || first.header.Get("Cache-Control") != "private, no-cache" {
			t.Errorf("%s: %d %v", row.path, first.status, first.header)
			continue
		}
		for _, match := range []string{tag, `"x", ` + tag, "*", strings.TrimPrefix(tag, "W/")} {
			if again := c.do("GET", row.path, "", "If-None-Match", match); again.status != 304 || again.body != "" || again.header.Get("ETag") != tag {
				t.Errorf("%s with %s: %d %q", row.path, match, again.status, again.body)
			}
		}
		if other := c.do("GET", row.path, "", "If-None-Match", `W/"0"`); other.status != 200 || other.body != first.body {
			t.Errorf("%s with another tag: %d", row.path, other.status)
		}
		mu.Lock()
		now = now.Add(time.Minute)
		mu.Unlock()
		if later := c.do("GET", row.path, "", "If-None-Match", tag); (later.status == 200) != row.ages {
			t.Errorf("%s a minute later: %d", row.path, later.status)
		}
	}
	before := c.do("GET", "/v1/cost/rate", "").header.Get("ETag")
	book, err := price.Load(t.Context(), w.options.Prices, account.Local)
	if err != nil {
		t.Fatal(err)
	}
	w.options.Live(account.Local).SetPrices(book)
	if repriced := c.do("GET", "/v1/cost/rate", "", "If-None-Match", before); repriced.status != 200 {
		t.Errorf("with new prices: %d", repriced.status)
	}
	if refused := c.do("GET", "/v1/cost/graph?by=none", ""); refused.header.Get("ETag") != "" {
		t.Error("a refusal has a tag")
	}
}

func TestOtherOrigins(t *testing.T) {
	w := sharedWorld(t)
	opt := w.options
	opt.Metrics, opt.Origins = NewMetrics(), []string{"https://dash.example.com"}
	handler, err := New(opt)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		handler        http.Handler
		method, origin string
		status         int
		allowed        string
	}{
		{handler, "OPTIONS", "https://dash.example.com", 204, "https://dash.example.com"},
		{handler, "GET", "https://dash.example.com", 200, "https://dash.example.com"},
		{handler, "GET", "", 200, ""},
		{handler, "OPTIONS", "https://evil.example.com", 401, ""},
		{handler, "GET", "https://evil.example.com", 200, ""}, // whose page may not read it
		{w.handler, "OPTIONS", "https://dash.example.com", 401, ""},
		{w.handler, "GET", "https://dash.example.com", 200, ""},
	} {
		r := httptest.NewRequest(row.method, "/v1/cost/rate", nil)
		r.Host = "127.0.0.1:8480"
		if row.origin != "" {
			r.Header.Set("Origin", row.origin)
		}
		if row.method == "OPTIONS" {
			r.Header.Set("Access-Control-Request-Method", "GET")
		} else {
			r.Header.Set("Authorization", "Bearer "+w.token)
		}
		rec := httptest.NewRecorder()
		row.handler.ServeHTTP(rec, r)
		if rec.Code != row.status || rec.Header().Get("Access-Control-Allow-Origin") != row.allowed || rec.Header().Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("%s from %q: %d, allowed %q", row.method, row.origin, rec.Code, rec.Header().Get("Access-Control-Allow-Origin"))
		}
	}
}

// slowIndex answers when the context ends.
type slowIndex struct{ audit.Index }

func (slowIndex) Parts(ctx context.Context, _ account.Tenant) ([]audit.Part, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func TestQueriesThatTakeTooLong(t *testing.T) {
	w := sharedWorld(t)
	opt := w.options
	opt.Metrics, opt.QueryTime = NewMetrics(), 10*time.Millisecond
	opt.Lake = audit.New(nil, slowIndex{opt.Index})
	handler, err := New(opt)
	if err != nil {
		t.Fatal(err)
	}
	p := newClient(t, handler, w.token).problemOf("/v1/audit/aws/count")
	if p.Status != 503 || p.Type != "urn:kopter:problem:too-slow" || *p.Detail != "the query took longer than 10ms: narrow the time or add a field" {
		t.Errorf("got %s", describe(p))
	}
}

func TestSlots(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSlots(2)
		first, err := s.take(t.Context(), "a")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.take(t.Context(), "a"); err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		if _, err := s.take(t.Context(), "a"); !errors.Is(err, errBusy) || time.Since(begin) != patience {
			t.Errorf("a third one: %v after %v", err, time.Since(begin))
		}
		if release, err := s.take(t.Context(), "b"); err != nil {
			t.Errorf("another tenant: %v", err)
		} else {
			release()
		}
		go func() {
			time.Sleep(time.Second)
			first()
		}()
		begin = time.Now()
		if _, err := s.take(t.Context(), "a"); err != nil || time.Since(begin) != time.Second {
			t.Errorf("when one has ended: %v after %v", err, time.Since(begin))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := s.take(ctx, "a"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("who went away: %v", err)
		}
	})
}

// TestFaultsStayInside sees to it that a client learns nothing of a fault but
// the request's id, which the log names once.
func TestFaultsStayInside(t *testing.T) {
	w := sharedWorld(t)
	for name, live := range map[string]func(account.Tenant) *cost.Live{
		"panic": func(account.Tenant) *cost.Live { panic("secret of the house") },
	} {
		var log bytes.Buffer
		opt := w.options
		opt.Metrics, opt.Live, opt.Log = NewMetrics(), live, slog.New(slog.NewJSONHandler(&log, nil))
		handler, err := New(opt)
		if err != nil {
			t.Fatal(err)
		}
		a := newClient(t, handler, w.token).get("/v1/accounts")
		id := a.header.Get("X-Request-Id")
		if a.status != 500 || strings.Contains(a.body, "secret") || !strings.Contains(a.body, id) {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
		if got := log.String(); strings.Count(got, id) != 1 || !strings.Contains(got, "secret of the house") {
			t.Errorf("%s: the log says %s", name, got)
		}
	}
}

func TestEveryProblemHasOneRow(t *testing.T) {
	for _, row := range problems {
		if row.status < 400 || row.kind == "" || row.title == "" || row.fits == nil {
			t.Errorf("row %+v", row)
		}
	}
	if row := rowOf(errors.New("the disk is gone")); row.status != 500 {
		t.Errorf("an unknown error is %+v", row)
	}
}
