package app

import (
	"context"
	"path/filepath"
	"sync"
	"time"

	"github.com/kopterio/kopter/account"
	"github.com/kopterio/kopter/api"
	"github.com/kopterio/kopter/ingest"
	"github.com/kopterio/kopter/queue"
	"github.com/kopterio/kopter/worker"
)

// Kinds of sources.
const (
	sourceLogs      = api.PipelineSourceKindLogs
	sourceInventory = api.PipelineSourceKindInventory
	sourcePrices    = api.PipelineSourceKindPrices
)

// monitor knows how the pipeline is doing since the process began. It
// implements api.Monitor.
type monitor struct {
	opt     *ServerOptions
	began   time.Time
	app     *App
	office  queue.Office
	metrics *api.Metrics

	searchable, graphed latency

	mu       sync.Mutex
	stages   map[string]*stageState
	sources  []api.PipelineSource
	backfill api.Backfill
	pace     pace
}

// stageState is what became of a stage's messages.
type stageState struct {
	handled, failed int64
	lastError       string
	lastErrorAt     time.Time
	lastRun         time.Time // of its cron
}

func newMonitor(opt *ServerOptions, a *App, office queue.Office, metrics *api.Metrics) *monitor {
	m := &monitor{opt: opt, began: opt.Now(), app: a, office: office, metrics: metrics, stages: map[string]*stageState{}}
	for _, s := range Pipeline {
		m.stages[s.Name] = &stageState{}
	}
	m.watch(sourceLogs, opt.Logs)
	m.watch(sourceInventory, opt.Inventory)
	m.watch(sourcePrices, opt.Prices)
	return m
}

func (m *monitor) watch(kind api.PipelineSourceKind, places []string) {
	for _, place := range places {
		m.sources = append(m.sources, api.PipelineSource{Kind: kind, Place: place})
	}
}

// found counts files that are to be ingested.
func (m *monitor) found(files, bytes int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.backfill.Files += files
	m.backfill.Bytes += bytes
}

// came notes that something came from a source.
func (m *monitor) came(kind api.PipelineSourceKind, path string) {
	now := m.opt.Now()
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := range m.sources {
		if s := &m.sources[i]; s.Kind == kind && within(path, s.Place) {
			s.Last = &now
		}
	}
}

// within says whether a path is, or lies below, another.
func within(path, place string) bool {
	abs, err := filepath.Abs(place)
	if err != nil {
		return false
	}
	rel, err := filepath.Rel(abs, path)
	return err == nil && filepath.IsLocal(rel)
}

// ingested counts files that were committed, or were known already, and what
// they held.
func (m *monitor) ingested(r ingest.Report, files []foundFile) {
	now := m.opt.Now()
	var bytes int64
	for _, f := range files {
		found := time.UnixMilli(f.Seen)
		m.searchable.add(found, now)
		m.metrics.FileToSearch.Observe(max(0, now.Sub(found)).Seconds())
		m.came(sourceLogs, f.URI)
		bytes += f.Size
	}
	m.metrics.Files.Add(float64(r.Files))
	m.metrics.FileBytes.Add(float64(r.Bytes))
	m.metrics.Events.Add(float64(r.Events))
	m.metrics.EventsAdded.Add(float64(r.Added))
	m.metrics.Quarantined.Add(float64(r.Quarantined))
	m.mu.Lock()
	defer m.mu.Unlock()
	m.backfill.FilesDone += int64(len(files))
	m.backfill.BytesDone += bytes
	m.backfill.Events += r.Added
	m.pace.add(now, r.Events, bytes)
}

// shown notes that the graph shows what a file brought.
func (m *monitor) shown(found time.Time) {
	now := m.opt.Now()
	m.graphed.add(found, now)
	m.metrics.FileToGraph.Observe(max(0, now.Sub(found)).Seconds())
}

// measureEvery is how often the depths of the queues go into the metrics.
const measureEvery = 5 * time.Second

// measure keeps the metrics current until ctx ends.
func (m *monitor) measure(ctx context.Context) {
	tick := time.NewTicker(measureEvery)
	defer tick.Stop()
	for {
		if depths, err := m.office.Depths(ctx); err == nil {
			m.metrics.Depths(depths)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// cron notes that the clock woke a stage.
func (m *monitor) cron(stage string, at time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.stages[stage].lastRun = at
}

// outcome counts what came of messages.
func (m *monitor) outcome(stage string, o worker.Outcome) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.stages[stage].handled += int64(o.Handled)
	m.stages[stage].failed += int64(o.Failed)
	m.metrics.Batch(stage, o.Handled, o.Failed, o.Dead, o.Took)
}

// failed notes why a stage could not handle a message.
func (m *monitor) failed(stage string, err error) {
	now := m.opt.Now()
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.stages[stage]
	s.lastError, s.lastErrorAt = err.Error(), now
}

// Pipeline implements api.Monitor.
func (m *monitor) Pipeline(ctx context.Context, t account.Tenant) (api.Pipeline, error) {
	p := api.Pipeline{Now: m.opt.Now(), Version: m.opt.Version, Started: m.began}
	depths, err := m.office.Depths(ctx)
	if err != nil {
		return p, err
	}
	if p.Lake, err = m.lakeState(ctx, t); err != nil {
		return p, err
	}
	if p.Quarantined, p.Conflicts, err = m.app.store.Unread(ctx, t); err != nil {
		return p, err
	}
	p.Latency = []api.Latency{
		asLatency(api.LatencyWhatSearch, m.searchable.read(p.Now)),
		asLatency(api.LatencyWhatGraph, m.graphed.read(p.Now)),
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := range Pipeline {
		p.Stages = append(p.Stages, m.stage(&Pipeline[i], depths[Pipeline[i].Name], p.Now))
	}
	p.Sources = append([]api.PipelineSource{}, m.sources...)
	p.Backfill = m.progress(p.Now)
	return p, nil
}

func (m *monitor) lakeState(ctx context.Context, t account.Tenant) (api.Lake, error) {
	b, err := m.app.lake.Bounds(ctx, t)
	if err != nil {
		return api.Lake{}, err
	}
	l := api.Lake{Rows: b.Rows, Bytes: b.Bytes, Parts: int64(b.Parts), FreshParts: int64(b.Fresh)}
	if b.Rows > 0 {
		oldest, newest := time.UnixMilli(b.Oldest).UTC(), time.UnixMilli(b.Newest).UTC()
		l.Oldest, l.Newest = &oldest, &newest
	}
	return l, nil
}

func asLatency(what api.LatencyWhat, p percentiles) api.Latency {
	return api.Latency{What: what, Count: p.count, P50Seconds: p.p50.Seconds(), P99Seconds: p.p99.Seconds(), MaxSeconds: p.max.Seconds()}
}

// stage describes a stage; m is locked.
func (m *monitor) stage(s *Stage, d queue.Depth, now time.Time) api.PipelineStage {
	state := m.stages[s.Name]
	row := api.PipelineStage{
		Name: s.Name, Queue: s.Name,
		Reads: orEmpty(s.Reads), Writes: orEmpty(s.Writes), Sends: orEmpty(s.Sends),
		Ready: d.Ready, Hidden: d.Hidden, Delayed: d.Delayed, Dead: d.Dead, Oldest: timeOrNil(d.Oldest),
		Handled: state.handled, Failed: state.failed, LastRun: timeOrNil(state.lastRun),
	}
	if s.Cron != "" {
		row.Cron = &s.Cron
		if at, err := nextTick(s.Cron, now); err == nil {
			row.NextRun = &at
		} // a test holds every schedule to be one
	}
	if state.lastError != "" {
		text, at := state.lastError, state.lastErrorAt
		row.LastError, row.LastErrorAt = &text, &at
	}
	return row
}

// orEmpty keeps a missing list from becoming null.
func orEmpty(list []string) []string { return append([]string{}, list...) }

func timeOrNil(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// progress is how far the files found are read; m is locked.
func (m *monitor) progress(now time.Time) api.Backfill {
	b := m.backfill
	events, bytes := m.pace.perSecond(now)
	if events > 0 {
		b.EventsPerSecond = &events
	}
	if left := b.Bytes - b.BytesDone; left > 0 && bytes > 0 {
		eta := float64(left) / bytes
		b.EtaSeconds = &eta
	}
	return b
}

// stream is what browsers are told of the pipeline as it moves.
func (m *monitor) stream() api.StreamPipeline {
	now := m.opt.Now()
	m.mu.Lock()
	defer m.mu.Unlock()
	events, _ := m.pace.perSecond(now)
	return api.StreamPipeline{
		At: now.UTC(), Events: m.backfill.Events, EventsPerSecond: events,
		FilesLeft: max(0, m.backfill.Files-m.backfill.FilesDone),
	}
}
