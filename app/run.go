package app

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/kopterio/kopter/ingest"
	"github.com/kopterio/kopter/local"
	"github.com/kopterio/kopter/queue"
	"github.com/kopterio/kopter/worker"
)

// pipeline is the stages of Pipeline with what feeds them.
type pipeline struct {
	loops    []*worker.Loop
	crons    *crons
	watchers []*local.Watcher
	monitor  *monitor
}

// pipeline wires the stages.
func (s *Server) pipeline() (*pipeline, error) {
	p := &pipeline{monitor: s.monitor, crons: &crons{sender: s.queues, now: s.opt.Now, log: s.opt.Log, fired: s.monitor.cron}}
	in := &intake{store: s.app.store, tenant: s.app.tenant, sender: s.queues, monitor: s.monitor, now: s.opt.Now, sent: map[string]string{}}
	handlers := s.handlers(in)
	for i := range Pipeline {
		handle, ok := handlers[Pipeline[i].Name]
		if !ok {
			return nil, fmt.Errorf("stage %s has no handler", Pipeline[i].Name)
		}
		p.loops = append(p.loops, s.loop(&Pipeline[i], handle))
	}
	return p, s.watch(p, in)
}

// handlers are what the stages do, by their names.
func (s *Server) handlers(in *intake) map[string]queue.Handler {
	logs := &ingestStage{lake: s.app.lake, store: s.app.store, tenant: s.app.tenant, told: in, opt: ingest.Options{Now: s.opt.Now}}
	parts := &auditStage{lake: s.app.lake, tenant: s.app.tenant, sender: s.queues, log: s.opt.Log}
	timelines := &timelineStage{fleet: s.fleet, sender: s.queues}
	graph := &graphStage{store: s.app.store, tenant: s.app.tenant, live: s.live, sender: s.queues, shown: s.monitor.shown}
	news := &newsStage{tenant: s.app.tenant, store: s.app.store, lake: s.app.lake, live: s.live, office: s.queues, hub: s.hub, monitor: s.monitor, now: s.opt.Now}
	return map[string]queue.Handler{
		StageIngest:        logs.handle,
		StageAuditLog:      parts.handle,
		StageDescriber:     queue.Each(s.describer().handle),
		StagePricing:       queue.Each(s.pricing().handle),
		StageEC2Events:     timelines.handle,
		StageAggregator:    graph.handle,
		StageNotifications: news.handle,
	}
}

// watch makes the watchers of the folders that feed the pipeline.
func (s *Server) watch(p *pipeline, in *intake) error {
	for _, w := range []struct {
		paths []string
		found func(context.Context, []ingest.Input) error
	}{
		{s.opt.Logs, in.found},
		{s.opt.Inventory, s.passOn(StageDescriber)},
		{s.opt.Prices, s.passOn(StagePricing)},
	} {
		if len(w.paths) == 0 {
			continue
		}
		watcher, err := local.NewWatcher(w.paths, s.opt.Now, s.opt.Log, w.found)
		if err != nil {
			return err
		}
		p.watchers = append(p.watchers, watcher)
	}
	return nil
}

// passOn sends the files that a watcher found to a stage that imports them.
func (s *Server) passOn(stage string) func(context.Context, []ingest.Input) error {
	return func(ctx context.Context, files []ingest.Input) error {
		var m filesMessage
		for _, f := range files {
			m.Paths = append(m.Paths, f.URI)
		}
		return s.queues.Send(ctx, encode(stage, m))
	}
}

// run feeds and works the pipeline until ctx ends or a part of it fails.
// Sources end first, so that nothing new comes in while the stages finish.
func (p *pipeline) run(ctx context.Context) error {
	stages, ctx := errgroup.WithContext(ctx)
	for _, l := range p.loops {
		stages.Go(func() error { return l.Run(ctx) })
	}
	stages.Go(func() error {
		if err := p.crons.all(ctx); err != nil {
			return stopped(ctx, err)
		}
		p.crons.run(ctx)
		return nil
	})
	stages.Go(func() error {
		p.monitor.measure(ctx)
		return nil
	})
	for _, w := range p.watchers {
		stages.Go(func() error { return w.Run(ctx) })
	}
	return stages.Wait()
}

// loop makes the loop of a stage, and tells the monitor how it fares.
func (s *Server) loop(stage *Stage, handle queue.Handler) *worker.Loop {
	return worker.New(worker.Options{
		Queue: s.queues.Queue(stage.Name), Office: s.queues, Policy: stage.policy(),
		Handler: func(ctx context.Context, batch []queue.Message) queue.Failures {
			failed := handle(ctx, batch)
			for _, err := range failed {
				s.monitor.failed(stage.Name, err)
			}
			return failed
		},
		Workers: stage.Workers, Batch: stage.Batch,
		Observe: func(o worker.Outcome) { s.monitor.outcome(stage.Name, o) },
		Now:     s.opt.Now, Log: s.opt.Log,
	})
}
