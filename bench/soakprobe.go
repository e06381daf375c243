package main

import (
	"context"
	"net/http"
	"slices"
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
	// probers look for samples of each kind at the same time. Who asked for
	// all that is missing, of a server that has fallen behind, would be its
	// load.
	probers = 6
	// meterEvery is how often the server's consumption is read.
	meterEvery = 2 * time.Second
	// visitEvery is how often a question is asked, one kind after the other.
	visitEvery = 500 * time.Millisecond
	// tellEvery is how often it is told how it goes.
	tellEvery = 30 * time.Second
)

// probe looks for samples of a kind in a server's answers, in their order: a
// late one is never left out.
type probe struct {
	server *server
	path   string
	queue  chan target
	wg     sync.WaitGroup

	mu      sync.Mutex
	took    []float64 // seconds from a file's rename to an answer with what is in it
	missing int       // given up
	failure error     // the first
}

// target is what is looked for, and when it got its name.
type target struct {
	id string
	at time.Time
}

// probeQueue holds more targets than a soak of a day has.
const probeQueue = 1 << 20

func newProbe(ctx context.Context, s *server, path string) *probe {
	p := &probe{server: s, path: path, queue: make(chan target, probeQueue)}
	for range probers {
		p.wg.Go(func() {
			for t := range p.queue {
				found, err := p.until(ctx, t)
				p.note(t, found, err)
			}
		})
	}
	return p
}

// look asks to look for something; an empty id is nothing.
func (p *probe) look(id string, at time.Time) {
	if id != "" {
		p.queue <- target{id, at}
	}
}

// end waits until everything is found or given up.
func (p *probe) end() error {
	close(p.queue)
	p.wg.Wait()
	return p.failure
}

func (p *probe) note(t target, found bool, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.took = append(p.took, time.Since(t.at).Seconds())
	if p.failure == nil {
		p.failure = err
	}
	if !found {
		p.missing++
	}
}

// since gives what took how long, after the first n.
func (p *probe) since(n int) []float64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.took[n:])
}

// until asks for a target until it is there, or for too long.
func (p *probe) until(ctx context.Context, t target) (found bool, err error) {
	again := time.NewTicker(probeEvery)
	defer again.Stop()
	for {
		status, _, err := p.server.ask(ctx, p.path+t.id, nil)
		if err != nil || status == http.StatusOK {
			return err == nil, err
		}
		if time.Since(t.at) > probeLimit {
			return false, nil
		}
		<-again.C
	}
}

// watch reads what a server takes, and asks it what browsers ask, until ctx
// ends.
type watch struct {
	series  []consumption
	parts   []int64 // of the lake, at the same moments
	askings []asking
	tell    func() // how it goes
}

func (w *watch) run(ctx context.Context, s *server) error {
	var first atomic.Pointer[error]
	var wg sync.WaitGroup
	for _, part := range []struct {
		every time.Duration
		do    func(n int) error
	}{
		{meterEvery, func(int) error { return w.meter(ctx, s) }},
		{tellEvery, func(int) error { w.tell(); return nil }},
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
