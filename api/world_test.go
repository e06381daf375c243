package api

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/kopterio/kopter/access"
	"github.com/kopterio/kopter/account"
	"github.com/kopterio/kopter/audit"
	"github.com/kopterio/kopter/cost"
	"github.com/kopterio/kopter/ingest"
	checks "github.com/kopterio/kopter/internal/contract"
	"github.com/kopterio/kopter/local"
	"github.com/kopterio/kopter/price"
	"github.com/kopterio/kopter/queue"
	"github.com/kopterio/kopter/simulate"
	"github.com/kopterio/kopter/usage"
)

// world is a simulated organisation in a store, and a server over it.
type world struct {
	truth   *simulate.Truth
	now     time.Time
	options Options
	token   string
	handler http.Handler
}

// shared is the world that tests look at; none of them changes it.
var shared = sync.OnceValues(func() (*world, error) { return newWorld(context.Background()) })

// folder is where the shared world lies; TestMain removes it.
var folder string

func TestMain(m *testing.M) {
	var err error
	if folder, err = os.MkdirTemp("", "kopter-api"); err != nil {
		panic(err)
	}
	code := m.Run()
	os.RemoveAll(folder)
	os.Exit(code)
}

func sharedWorld(t testing.TB) *world {
	t.Helper()
	w, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	return w
}

var worldStart = time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)

func newWorld(ctx context.Context) (*world, error) {
	w := &world{now: worldStart.AddDate(0, 0, 10)}
	opt := simulate.Options{
		Seed: 3, Start: worldStart, End: w.now, Events: 6000, Accounts: 3, Instances: 80, FilesPerHour: 1, PriceVersions: 2,
	}
	aws := filepath.Join(folder, "aws")
	var err error
	if w.truth, err = simulate.Write(ctx, simulate.Dir(aws), opt, nil); err != nil {
		return nil, err
	}
	clock := func() time.Time { return w.now }
	store, err := local.Open(ctx, filepath.Join(folder, "data"), local.Options{Now: clock})
	if err != nil {
		return nil, err
	}
	lake := audit.New(store, store)
	if err := fill(ctx, store, lake, aws, clock); err != nil {
		return nil, err
	}
	fleet := usage.NewFleet(store, account.Local)
	if err := fleet.Load(ctx); err != nil {
		return nil, err
	}
	book, err := price.Load(ctx, store, account.Local)
	if err != nil {
		return nil, err
	}
	live := cost.NewLive(fleet, book)
	queues, err := store.Queues(ctx, account.Local, queue.Policy{Name: "cloudtrail-ingest", Visibility: time.Minute, MaxReceives: 1})
	if err != nil {
		return nil, err
	}
	log := slog.New(slog.DiscardHandler)
	keeper := access.New(store)
	w.options = Options{
		Lake: lake, Index: store, Live: func(account.Tenant) *cost.Live { return live }, Prices: store, Ingested: store, Notices: store,
		Queues:  func(account.Tenant) queue.Office { return queues },
		Monitor: quietMonitor{}, Hub: NewHub(lake, log), Access: keeper, Now: clock, Log: log, BaseURL: "http://127.0.0.1:8480",
	}
	if w.handler, err = New(w.options); err != nil {
		return nil, err
	}
	who := access.Identity{Tenant: account.Local, Name: "test", Via: access.Session}
	_, w.token, err = keeper.NewToken(ctx, who, "test", 24*time.Hour, w.now)
	return w, err
}

// fill reads a simulation into a store.
func fill(ctx context.Context, store *local.Store, lake *audit.Lake, aws string, now func() time.Time) error {
	if _, err := ingest.Run(ctx, lake, store, account.Local, local.Walk(filepath.Join(aws, "logs")), ingest.Options{Now: now}); err != nil {
		return err
	}
	return filepath.WalkDir(aws, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		switch {
		case strings.Contains(path, "/describe/"):
			info, err := d.Info()
			if err != nil {
				return err
			}
			found, err := usage.ReadInventory(path, f, usage.InventoryOptions{At: info.ModTime().Unix(), Complete: true})
			if err != nil {
				return err
			}
			return store.AddSnapshots(ctx, account.Local, found.Snapshots, found.Facts)
		case strings.Contains(path, "/prices/"):
			_, err := price.Import(ctx, store, account.Local, path, f, price.ReadOptions{})
			return err
		}
		return nil
	})
}

// quietMonitor knows of no stage.
type quietMonitor struct{}

func (quietMonitor) Pipeline(context.Context, account.Tenant) (Pipeline, error) {
	return Pipeline{
		Now: worldStart, Started: worldStart, Stages: []PipelineStage{}, Latency: []Latency{}, Sources: []PipelineSource{},
	}, nil
}

// checker holds all answers to the contract.
var checker = sync.OnceValues(func() (*checks.Checker, error) { return checks.New(Spec) })

// client asks a handler as somebody with a token, and lets no answer pass that
// is not as openapi.yaml says.
type client struct {
	t     testing.TB
	url   string
	http  *http.Client
	token string
}

func (w *world) client(t testing.TB) *client { return newClient(t, w.handler, w.token) }

func newClient(t testing.TB, handler http.Handler, token string) *client {
	t.Helper()
	check, err := checker()
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(rename(handler))
	t.Cleanup(server.Close)
	transport := check.Transport(server.Client().Transport, func(err error) { t.Error(err) })
	return &client{t: t, url: server.URL, http: &http.Client{Transport: transport}, token: token}
}

// rename lets requests to a test's port look like requests to the server's own
// name.
func rename(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Host = "127.0.0.1:8480"
		next.ServeHTTP(w, r)
	})
}

// answered is what came back.
type answered struct {
	status int
	header http.Header
	body   string
	err    error // of reading the body
}

func (c *client) do(method, path string, body string, header ...string) answered {
	c.t.Helper()
	r, err := http.NewRequest(method, c.url+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if c.token != "" {
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	response, err := c.http.Do(r)
	if err != nil {
		c.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return answered{response.StatusCode, response.Header, string(text), err}
}

// get asks for a path with query parameters, "name", "value", …
func (c *client) get(path string, params ...string) answered {
	c.t.Helper()
	return c.do(http.MethodGet, path+asked(params), "")
}

func asked(params []string) string {
	values := url.Values{}
	for i := 0; i < len(params); i += 2 {
		values.Add(params[i], params[i+1])
	}
	if len(values) == 0 {
		return ""
	}
	return "?" + values.Encode()
}

// read asks for something that must be there.
func read[T any](c *client, path string, params ...string) T {
	c.t.Helper()
	a := c.get(path, params...)
	if a.status != http.StatusOK {
		c.t.Fatalf("GET %s%s: %d %s", path, asked(params), a.status, a.body)
	}
	return decode[T](c.t, a)
}

func decode[T any](t testing.TB, a answered) T {
	t.Helper()
	var v T
	if err := json.Unmarshal([]byte(a.body), &v, json.RejectUnknownMembers(true)); err != nil {
		t.Fatalf("%v in %s", err, a.body)
	}
	return v
}

// problemOf asks for something that is refused.
func (c *client) problemOf(path string, params ...string) Problem {
	c.t.Helper()
	a := c.get(path, params...)
	if a.header.Get("Content-Type") != "application/problem+json" {
		c.t.Fatalf("GET %s%s: want a problem, got %d %s", path, asked(params), a.status, a.body)
	}
	p := decode[Problem](c.t, a)
	if p.Status != a.status || p.RequestID == nil || *p.RequestID != a.header.Get("X-Request-Id") {
		c.t.Errorf("the problem says %+v, the answer %d %v", p, a.status, a.header)
	}
	return p
}
