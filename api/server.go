package api

import (
	"context"
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
	View      func(account.Tenant) *cost.View
	Prices    price.Store
	Ingested  ingest.Store
	Notices   notify.Store
	Queues    func(account.Tenant) queue.Office
	Monitor   Monitor
	Hub       *Hub
	Access    access.Store
	Web       fs.FS        // the web app; nil when it was not built
	Metrics   http.Handler // Prometheus' text format
	Profiling bool         // serve /debug/pprof
	Now       func() time.Time
	Log       *slog.Logger
	Version   string // of Kopter
	Demo      bool   // what is shown does not exist
	// BaseURL is where browsers reach the server: "http://127.0.0.1:8480".
	// Links begin with it, and cookies are Secure when it is https.
	BaseURL string
	// QueryTime bounds a query; 30 seconds when zero. Exports and streams are
	// bounded by their connection.
	QueryTime time.Duration
}

// Monitor tells how the pipeline of a tenant is doing.
type Monitor interface {
	// Pipeline describes every stage in the order of the flow.
	Pipeline(ctx context.Context, t account.Tenant) (Pipeline, error)
}
