package main

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// probeEvery is how often a sample is looked for: what is measured is too
	// long by half of it in the mean.
	probeEvery = 25 * time.Millisecond
	// probeLimit is when a sample is given up.
	probeLimit = time.Minute
	// meterEvery is how often the server's consumption is read.
	meterEvery = 2 * time.Second
	// visitEvery is how often a question is asked, one kind after the other.
	visitEvery = 500 * time.Millisecond
)

// probing looks for samples in a server's answers.
type probing struct {
	server *server

	wg      sync.WaitGroup
	mu      sync.Mutex
	search  []float64 // seconds from a file's rename to an answer with its event
	graph   []float64 // and to an answer with the instance that it launches
	failure error
}

// look begins to look for a sample.
func (p *probing) look(ctx context.Context, s sample) {
	began := time.Unix(0, s.At)
	for _, target := range []struct {
		path, id string
		took     *[]float64
	}{
		{"/v1/audit/aws/", s.Event, &p.search},
		{"/v1/inventory/", s.Instance, &p.graph},
	} {
		if target.id == "" {
			continue
		}
		p.wg.Go(func() {
			err := p.until(ctx, target.path+target.id)
			p.mu.Lock()
			defer p.mu.Unlock()
			p.failure = errors.Join(p.failure, err)
			*target.took = append(*target.took, time.Since(began).Seconds())
		})
	}
}

var errNeverShown = errors.New("not shown within " + probeLimit.String())

// until asks for a path until there is something.
func (p *probing) until(ctx context.Context, path string) error {
	again := time.NewTicker(probeEvery)
	defer again.Stop()
	late := time.After(probeLimit)
	for {
		status, _, err := p.server.ask(ctx, path, nil)
		if err != nil || status == http.StatusOK {
			return err
		}
		select {
		case <-late:
			return errNeverShown
		case <-again.C:
		}
	}
}

// watch reads what a server takes, and asks it what browsers ask, until ctx
// ends.
type watch struct {
	series  []consumption
	parts   []int64 // of the lake, at the same moments
	askings []asking
}

func (w *watch) run(ctx context.Context, s *server) error {
	var first atomic.Pointer[error]
	var wg sync.WaitGroup
	for _, part := range []struct {
		every time.Duration
		do    func(n int) error
	}{
		{meterEvery, func(int) error { return w.meter(ctx, s) }},
		{visitEvery, func(n int) error { return w.askings[n%len(w.askings)].once(ctx, s, n) }},
	} {
		wg.Go(func() {
			tick := time.NewTicker(part.every)
			defer tick.Stop()
			for n := 0; ; n++ {
				if err := part.do(n); err != nil && ctx.Err() == nil {
					first.CompareAndSwap(nil, &err)
					return
				}
				select {
				case <-ctx.Done():
					return
				case <-tick.C:
				}
			}
		})
	}
	wg.Wait()
	if err := first.Load(); err != nil {
		return *err
	}
	return nil
}

func (w *watch) meter(ctx context.Context, s *server) error {
	c, err := consumptionOf(s.cmd.Process.Pid)
	if err != nil {
		return err
	}
	var p pipelineState
	if err := s.get(ctx, "/v1/pipeline", nil, &p); err != nil {
		return err
	}
	w.series, w.parts = append(w.series, c), append(w.parts, p.Lake.Parts)
	return nil
}
