package api

import (
	"context"
	"crypto/rand"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"time"

	"github.com/kopterio/kopter/access"
	"github.com/kopterio/kopter/account"
	"github.com/kopterio/kopter/audit"
	"github.com/kopterio/kopter/cost"
	"github.com/kopterio/kopter/ingest"
	"github.com/kopterio/kopter/notify"
	"github.com/kopterio/kopter/price"
	"github.com/kopterio/kopter/queue"
)

// Options are what the server answers from.
type Options struct {
	Lake      *audit.Lake
	Index     audit.Index // for conflicts
	Live      func(account.Tenant) *cost.Live
	Prices    price.Store
	Ingested  ingest.Store
	Notices   notify.Store
	Queues    func(account.Tenant) queue.Office
	Monitor   Monitor
	Hub       *Hub
	Access    *access.Gatekeeper
	Web       fs.FS    // the web app; nil when it was not built
	Metrics   *Metrics // that others count in, too; new ones when nil
	Profiling bool     // serve /debug/pprof
	Now       func() time.Time
	Log       *slog.Logger
	Version   string // of Kopter
	Demo      bool   // what is shown does not exist
	// BaseURL is where browsers reach the server: "http://127.0.0.1:8480".
	// Links begin with it, and cookies are Secure when it is https.
	BaseURL string
	// Origins are the other web sites whose pages may call the API with a
	// token, such as "https://dash.example.com"; none by default.
	Origins []string
	// QueryTime bounds a query; 30 seconds when zero. Exports and streams are
	// bounded by their connection.
	QueryTime time.Duration
	// QueriesAtOnce bounds the queries of one tenant that run at the same
	// time; 8 when zero. Further ones wait a moment, and then are refused.
	QueriesAtOnce int
}

// Monitor tells how the pipeline of a tenant is doing.
type Monitor interface {
	// Pipeline describes every stage in the order of the flow.
	Pipeline(ctx context.Context, t account.Tenant) (Pipeline, error)
}

// server answers the operations of openapi.yaml. Its methods lie in the file of
// their subject.
type server struct {
	Options
	contract contract
	slots    *slots // of queries
	exports  *slots
	run      string // tells this server from the ones before
}

// New gives the handler of everything that Kopter serves: the API below /v1/,
// the web app, health and metrics.
func New(o Options) (http.Handler, error) {
	if o.QueryTime == 0 {
		o.QueryTime = 30 * time.Second
	}
	if o.QueriesAtOnce == 0 {
		o.QueriesAtOnce = 8
	}
	contract, err := readContract(Spec)
	if err != nil {
		return nil, fmt.Errorf("openapi.yaml: %w", err)
	}
	if o.Metrics == nil {
		o.Metrics = NewMetrics()
	}
	if err := o.Metrics.watch(o.Hub); err != nil {
		return nil, fmt.Errorf("metrics of streams: %w", err)
	}
	s := &server{Options: o, contract: contract, slots: newSlots(o.QueriesAtOnce), exports: newSlots(exportsAtOnce), run: rand.Text()}
	return s.handler(), nil
}

// handler puts the doors before the rooms. A request passes the layers from the
// last line of this function to the first.
func (s *server) handler() http.Handler {
	root := http.NewServeMux()
	root.Handle("/v1/", s.operations())
	s.serveRest(root)          // web.go: the app, health, metrics, profiles
	h := s.authenticated(root) // access.go: who asks; 401 for what is not open to all
	h = compressed(h)          // compress.go
	h = limitBody(h)           // limits.go
	h = s.crossOrigin(h)       // cors.go
	h = s.secured(h)           // web.go: security headers
	return s.observed(h)       // observe.go: request ids, panics
}

// operations is the generated router with the checks around each operation.
func (s *server) operations() http.Handler {
	strict := NewStrictHandlerWithOptions(s, []StrictMiddlewareFunc{s.bounded, s.conditional},
		StrictHTTPServerOptions{RequestErrorHandlerFunc: s.badBody, ResponseErrorHandlerFunc: s.fail})
	mux := http.NewServeMux()
	HandlerWithOptions(strict, StdHTTPServerOptions{
		BaseRouter:       mux,
		Middlewares:      []MiddlewareFunc{s.checked},
		ErrorHandlerFunc: s.badParameter,
	})
	return s.known(mux)
}
