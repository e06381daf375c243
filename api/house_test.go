package api

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kopterio/kopter/access"
	"github.com/kopterio/kopter/account"
	"github.com/kopterio/kopter/audit"
	"github.com/kopterio/kopter/local"
	"github.com/kopterio/kopter/queue"
)

// house is an empty server of a test's own, which it may change.
type house struct {
	t       *testing.T
	store   *local.Store
	queues  map[account.Tenant]*local.Queues
	log     *journal
	options Options
	handler http.Handler

	mu  sync.Mutex
	now time.Time
}

// journal is a log that is kept.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(b)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

const someQueue = "cloudtrail-ingest"

// newHouse opens a house; change alters its options before it opens.
func newHouse(t *testing.T, change ...func(*Options)) *house {
	t.Helper()
	h := &house{t: t, log: &journal{}, queues: map[account.Tenant]*local.Queues{}, now: time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)}
	var err error
	if h.store, err = local.Open(t.Context(), t.TempDir(), local.Options{Now: h.clock}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.store.Close() })
	for _, tenant := range []account.Tenant{"acme", "other"} {
		if h.queues[tenant], err = h.store.Queues(t.Context(), tenant, queue.Policy{Name: someQueue, Visibility: time.Minute, MaxReceives: 1}); err != nil {
			t.Fatal(err)
		}
	}
	log := slog.New(slog.NewTextHandler(h.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	lake := audit.New(h.store, h.store)
	hub := NewHub(lake, log)
	t.Cleanup(hub.Close)
	h.options = Options{
		Lake: lake, Index: h.store, Prices: h.store, Ingested: h.store, Notices: h.store,
		Queues:  func(tenant account.Tenant) queue.Office { return h.queues[tenant] },
		Monitor: quietMonitor{}, Hub: hub, Access: access.New(h.store), Now: h.clock, Log: log,
		BaseURL: "http://127.0.0.1:8480", Version: "v1.2.3",
	}
	for _, alter := range change {
		alter(&h.options)
	}
	if h.handler, err = New(h.options); err != nil {
		t.Fatal(err)
	}
	return h
}

func (h *house) clock() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

func (h *house) wait(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = h.now.Add(d)
}

// token gives one of a tenant.
func (h *house) token(tenant account.Tenant) string {
	h.t.Helper()
	_, secret, err := h.options.Access.NewToken(h.t.Context(), access.Identity{Tenant: tenant, Via: access.Session}, "script", 24*time.Hour, h.clock())
	if err != nil {
		h.t.Fatal(err)
	}
	return secret
}

// client asks with a token of a tenant; every answer is held to the contract.
func (h *house) client(tenant account.Tenant) *client {
	return newClient(h.t, h.handler, h.token(tenant))
}

// stranger asks without credentials.
func (h *house) stranger() *client { return newClient(h.t, h.handler, "") }

// invite gives the secret of a sign-in link.
func (h *house) invite(tenant account.Tenant) string {
	h.t.Helper()
	secret, _, err := h.options.Access.Invite(tenant, "ann", h.clock())
	if err != nil {
		h.t.Fatal(err)
	}
	return secret
}

// signIn gives the cookie of a new session, as a request sends it.
func (h *house) signIn(tenant account.Tenant) (cookie string) {
	h.t.Helper()
	a := h.stranger().do(http.MethodPost, "/v1/session", `{"secret":"`+h.invite(tenant)+`"}`)
	if a.status != http.StatusOK {
		h.t.Fatalf("sign in: %d %s", a.status, a.body)
	}
	cookie, _, _ = strings.Cut(a.header.Get("Set-Cookie"), ";")
	return cookie
}

// ask sends a request past all networks: without a contract, a connection or
// names.
func (h *house) ask(method, path string, header ...string) *httptest.ResponseRecorder {
	h.t.Helper()
	return h.send(httptest.NewRequestWithContext(context.Background(), method, path, nil), header...)
}

func (h *house) send(r *http.Request, header ...string) *httptest.ResponseRecorder {
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.handler.ServeHTTP(w, r)
	return w
}
