package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/kopterio/kopter/access"
	"github.com/kopterio/kopter/account"
	"github.com/kopterio/kopter/api"
	"github.com/kopterio/kopter/cost"
	"github.com/kopterio/kopter/local"
	"github.com/kopterio/kopter/queue"
	"github.com/kopterio/kopter/usage"
	"github.com/kopterio/kopter/web"
)

// ServerOptions say what a server watches and where it listens.
type ServerOptions struct {
	Options
	// Listen is the address, HOST:PORT; port 0 takes a free one.
	Listen string
	// BaseURL is where browsers reach the server; by default http:// and the
	// address.
	BaseURL string
	// Logs are folders with CloudTrail logs, Inventory with recordings of
	// DescribeInstances, Prices with price lists.
	Logs, Inventory, Prices []string
	// InventoryComplete says that what a recording does not show did not
	// exist.
	InventoryComplete bool
	Profiling         bool // serve /debug/pprof to who is signed in
	Demo              bool // what is shown does not exist
	Version           string
	Log               *slog.Logger
}

// Server is Kopter as it runs: watchers, queues, stages, crons, and the API
// and web app over what they keep.
type Server struct {
	opt      ServerOptions
	app      *App
	queues   *local.Queues
	fleet    *usage.Fleet
	live     *cost.Live
	keeper   *access.Gatekeeper
	hub      *api.Hub
	monitor  *monitor
	metrics  *api.Metrics
	listener net.Listener
	web      *http.Server
	cleanUps []cleanUp // the last one first
}

// cleanUp undoes a step of NewServer.
type cleanUp struct {
	name string
	do   func() error
}

// stopTime is how long requests and stages have to end when a server stops.
const stopTime = 10 * time.Second

// NewServer opens the data folder, reads what the price graph is made of and
// takes the address. Run does the rest; whoever does not get so far calls
// Close.
func NewServer(ctx context.Context, opt ServerOptions) (s *Server, err error) {
	s = &Server{opt: opt}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
			s = nil
		}
	}()
	for _, step := range []func(context.Context) error{s.listen, s.open, s.load, s.serve} {
		if err := step(ctx); err != nil {
			return s, err
		}
	}
	return s, nil
}

func (s *Server) onClose(name string, do func() error) {
	s.cleanUps = append(s.cleanUps, cleanUp{name, do})
}

// Close lets go of everything.
func (s *Server) Close() error {
	var errs []error
	for len(s.cleanUps) > 0 {
		last := len(s.cleanUps) - 1
		c := s.cleanUps[last]
		s.cleanUps = s.cleanUps[:last]
		if err := c.do(); err != nil {
			errs = append(errs, fmt.Errorf("close %s: %w", c.name, err))
		}
	}
	return errors.Join(errs...)
}

// listen takes the address first: a second server on it should fail before it
// touches anything.
func (s *Server) listen(ctx context.Context) error {
	var config net.ListenConfig
	l, err := config.Listen(ctx, "tcp", s.opt.Listen)
	if err != nil {
		return err
	}
	s.listener = l
	s.onClose("listener", func() error {
		if err := l.Close(); !errors.Is(err, net.ErrClosed) {
			return err
		}
		return nil
	})
	if s.opt.BaseURL == "" {
		s.opt.BaseURL = "http://" + l.Addr().String()
	}
	return nil
}

func (s *Server) open(ctx context.Context) (err error) {
	s.opt.Write = true
	if s.app, err = Open(ctx, s.opt.Options); err != nil {
		return err
	}
	s.onClose("data folder", s.app.Close)
	s.queues, err = s.app.store.Queues(ctx, s.app.tenant, policies()...)
	return err
}

// load reads the fleet and the price lists.
func (s *Server) load(ctx context.Context) error {
	s.fleet = usage.NewFleet(s.app.store, s.app.tenant)
	if err := s.fleet.Load(ctx); err != nil {
		return err
	}
	s.live = cost.NewLive(s.fleet, nil)
	return loadPrices(ctx, s.app.store, s.app.tenant, s.live)
}

func (s *Server) serve(context.Context) error {
	s.keeper = access.New(s.app.store)
	s.metrics = api.NewMetrics()
	s.hub = api.NewHub(s.app.lake, s.opt.Log)
	s.monitor = newMonitor(&s.opt, s.app, s.queues, s.metrics)
	handler, err := api.New(api.Options{
		Lake: s.app.lake, Index: s.app.store, Prices: s.app.store, Ingested: s.app.store, Notices: s.app.store,
		Live:    func(account.Tenant) *cost.Live { return s.live },
		Queues:  func(account.Tenant) queue.Office { return s.queues },
		Monitor: s.monitor, Hub: s.hub, Access: s.keeper, Metrics: s.metrics,
		Web: web.Files(), Profiling: s.opt.Profiling, Now: s.opt.Now, Log: s.opt.Log,
		Version: s.opt.Version, Demo: s.opt.Demo, BaseURL: s.opt.BaseURL,
	})
	if err != nil {
		return err
	}
	s.web = &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second, ErrorLog: slog.NewLogLogger(s.opt.Log.Handler(), slog.LevelWarn)}
	return nil
}

// URL is where browsers reach the server.
func (s *Server) URL() string { return s.opt.BaseURL }

// SignInLink makes a link that signs a browser in, once and for a short while.
func (s *Server) SignInLink() (string, error) {
	secret, _, err := s.keeper.Invite(s.app.tenant, "owner", s.opt.Now())
	return api.SignInURL(s.opt.BaseURL, secret), err
}

// Run serves until ctx ends, and then stops in the order of the flow: nothing
// new comes in, what is being worked on is finished or handed back, and
// requests end. It closes the server.
func (s *Server) Run(ctx context.Context) (err error) {
	defer func() { err = errors.Join(err, s.Close()) }()
	p, err := s.pipeline()
	if err != nil {
		return err
	}
	serving := make(chan error, 1)
	go func() { serving <- s.web.Serve(s.listener) }()
	working, stopWork := context.WithCancel(ctx)
	defer stopWork()
	worked := make(chan error, 1)
	go func() { worked <- p.run(working) }()
	select {
	case err = <-serving:
		stopWork()
		return errors.Join(err, <-worked)
	case err = <-worked:
	}
	return errors.Join(err, s.shutdown(), ignoreClosed(<-serving))
}

// shutdown ends streams, then lets requests end.
func (s *Server) shutdown() error {
	s.hub.Close()
	ctx, cancel := context.WithTimeout(context.Background(), stopTime)
	defer cancel()
	if err := s.web.Shutdown(ctx); err != nil {
		return errors.Join(err, s.web.Close())
	}
	return nil
}

func ignoreClosed(err error) error {
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}
