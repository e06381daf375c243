package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sync/errgroup"

	"github.com/kopterio/kopter/simulate"
)

// demoFolder is where, in the data folder, a demo's organisation writes.
const demoFolder = "aws"

// NewDemo is NewServer for a server that shows the organisation of Demo, which
// writes into the data folder.
func NewDemo(ctx context.Context, opt ServerOptions) (*Server, error) {
	at := filepath.Join(opt.Data, demoFolder)
	for folder, list := range map[string]*[]string{"logs": &opt.Logs, "describe": &opt.Inventory, "prices": &opt.Prices} {
		path := filepath.Join(at, folder)
		if err := os.MkdirAll(path, 0o755); err != nil {
			return nil, err
		}
		*list = []string{path}
	}
	opt.Demo, opt.InventoryComplete = true, true
	return NewServer(ctx, opt)
}

// Demo runs a server on an organisation that does not exist: its last 90 days
// first, then what goes on there. It ends with ctx, or with the first error of
// either.
func Demo(ctx context.Context, s *Server) error {
	history := simulate.DemoHistory(s.opt.Now())
	sink := simulate.Dir(filepath.Join(s.opt.Data, demoFolder))
	work, ctx := errgroup.WithContext(ctx)
	work.Go(func() error { return s.Run(ctx) })
	work.Go(func() error {
		if _, err := simulate.Write(ctx, sink, history, nil); err != nil {
			return stopped(ctx, fmt.Errorf("simulate the past: %w", err))
		}
		live, err := simulate.NewLive(simulate.LiveOptions{History: history, Now: s.opt.Now})
		if err == nil {
			err = live.Run(ctx, sink)
		}
		return stopped(ctx, err)
	})
	return work.Wait()
}

// stopped turns an error that is only the end of the context into none.
func stopped(ctx context.Context, err error) error {
	if errors.Is(err, context.Canceled) && ctx.Err() != nil {
		return nil
	}
	return err
}
