package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// The bars of a server under load.
const (
	shownTime    = 2    // seconds from a file's arrival until people see what is in it
	memoryGrowth = 1.25 // of the last third of the time over the first
	openAtMost   = 512  // descriptors: half of what a process may have open by default
)

// settleLimit is how long a server may take to read an organisation's past, or
// what is left at the end.
const settleLimit = 5 * time.Minute

// ratios are written as such.
var ratios = unit{format: func(v float64) string { return short(v) + "×" }, less: true}

// cores are processors kept busy.
var cores = unit{format: short, less: true}

// counts are just numbers.
var counts = unit{format: func(v float64) string { return grouped(int64(v)) }, less: true}

// soak runs a server under a steady load and measures from outside, through
// its API, what people see.
func (b *bench) soak(ctx context.Context) (tables []table, err error) {
	dir, err := os.MkdirTemp(b.cache, "soak-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	job := feed{Dir: filepath.Join(dir, "aws"), End: time.Now().Unix(), Rate: b.rate, Seconds: int64(b.soaking.Seconds())}
	past, _, err := child[feed, fed](ctx, "past", job)
	if err != nil {
		return nil, err
	}
	s, err := b.serve(ctx, filepath.Join(dir, "data"), job.watching()...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	b.say("%s events of the past", grouped(past.Events))
	if err := s.settled(ctx, past.Events); err != nil {
		return nil, err
	}
	b.say("%s events per second for %s", grouped(b.rate), b.soaking)
	r, err := b.load(ctx, s, job)
	if err != nil {
		return nil, err
	}
	if r.final, err = s.atRest(ctx, past.Events+r.fed.Events); err != nil {
		return nil, err
	}
	return []table{r.seen(b), r.taken(), r.asked()}, nil
}

// soaked is what came of a soak.
type soaked struct {
	fed           fed
	search, graph *probe
	watch         watch
	final         pipelineState
}

// load feeds a server and watches it meanwhile.
func (b *bench) load(ctx context.Context, s *server, job feed) (*soaked, error) {
	r := &soaked{search: newProbe(ctx, s, "/v1/audit/aws/"), graph: newProbe(ctx, s, "/v1/inventory/")}
	r.watch = watch{askings: askings(liveVisits()), tell: b.progress(r)}
	f, err := startFeed(ctx, job)
	if err != nil {
		return nil, err
	}
	watching, stop := context.WithCancel(ctx)
	defer stop()
	watched := make(chan error, 1)
	go func() { watched <- r.watch.run(watching, s) }()
	err = f.each(func(found sample) {
		at := time.Unix(0, found.At)
		r.search.look(found.Event, at)
		r.graph.look(found.Instance, at)
	})
	stop()
	if err = errors.Join(err, r.search.end(), r.graph.end(), <-watched); err != nil {
		return nil, err
	}
	r.fed, err = f.wait()
	return r, err
}

// progress tells what was found since it told the last time.
func (b *bench) progress(r *soaked) func() {
	var seen [2]int
	began := time.Now()
	return func() {
		text := fmt.Sprintf("%4.0f s", time.Since(began).Seconds())
		for n, p := range []*probe{r.search, r.graph} {
			took := p.since(seen[n])
			seen[n] += len(took)
			text += fmt.Sprintf("  %s %d: p50 %.2f s, p99 %.2f s", p.path, len(took), percentile(took, 50), percentile(took, 99))
		}
		b.say("%s%s", text, strings.TrimSuffix(load(), " at the start"))
	}
}

// settled waits until a server knows so many events and has no more work.
func (s *server) settled(ctx context.Context, events int64) error {
	_, err := s.atRest(ctx, events)
	return err
}

// atRest waits until a server knows so many events and its queues are empty.
func (s *server) atRest(ctx context.Context, events int64) (p pipelineState, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, settleLimit, fmt.Errorf("kopter serve is not at rest after %s", settleLimit))
	defer cancel()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		n, err := s.events(ctx)
		if err == nil {
			err = s.get(ctx, "/v1/pipeline", nil, &p)
		}
		if err != nil {
			return p, errors.Join(err, context.Cause(ctx))
		}
		if n > events {
			return p, fmt.Errorf("the server knows %d events, %d have happened", n, events)
		}
		if n == events && p.waiting() == 0 {
			return p, nil
		}
		select {
		case <-ctx.Done():
			return p, fmt.Errorf("%w: it knows %d of %d events, %d messages wait", context.Cause(ctx), n, events, p.waiting())
		case <-tick.C:
		}
	}
}

// waiting counts the messages in all queues.
func (p *pipelineState) waiting() (n int64) {
	for _, s := range p.Stages {
		n += s.Ready + s.Hidden + s.Delayed
	}
	return n
}

// seen are the times until people see what has come.
func (r *soaked) seen(b *bench) table {
	t := table{
		title: fmt.Sprintf("Live: %s events/s for %s, one process, seen through the API", grouped(b.rate), b.soaking),
		notes: []string{fmt.Sprintf("%s events in %s files. From the moment at which a file gets its name until an answer has what is in it; asked every %s.",
			grouped(r.fed.Events), grouped(r.fed.Files), probeEvery)},
	}
	for _, what := range []struct {
		name string
		*probe
	}{{"file → one of its events", r.search}, {"file → an instance launched in it", r.graph}} {
		t.figures = append(t.figures,
			figure{what: fmt.Sprintf("%s, 99th percentile of %d", what.name, len(what.took)), unit: seconds, bar: below(shownTime), kopter: percentile(what.took, 99)},
			figure{what: what.name + ", median", unit: seconds, kopter: percentile(what.took, 50)},
			figure{what: what.name + ", slowest", unit: seconds, kopter: percentile(what.took, 100)},
			figure{what: what.name + ", not within " + probeLimit.String(), unit: counts, bar: atMost(0), kopter: float64(what.missing)})
	}
	t.figures = append(t.figures,
		figure{what: "quarantined, in conflict, or dead letters", unit: counts, bar: atMost(0), kopter: float64(r.final.Quarantined + r.final.Conflicts + r.final.dead())})
	return t
}

// taken is what the server took meanwhile.
func (r *soaked) taken() table {
	series := r.watch.series
	first, last := series[0], series[len(series)-1]
	most := slices.MaxFunc(series, func(a, b consumption) int { return int(a.resident - b.resident) })
	widest := slices.MaxFunc(series, func(a, b consumption) int { return a.files - b.files })
	return table{
		title: "What the server takes meanwhile",
		figures: []figure{
			{what: "resident memory, last third over first", unit: ratios, bar: atMost(memoryGrowth), kopter: growth(series, resident)},
			{what: "resident memory at the beginning", unit: mebibytes, kopter: inMebibytes(first.resident)},
			{what: "resident memory at the end", unit: mebibytes, kopter: inMebibytes(last.resident)},
			{what: "resident memory at most", unit: mebibytes, kopter: inMebibytes(most.resident)},
			{what: "processors", unit: cores, kopter: (last.cpu - first.cpu).Seconds() / last.at.Sub(first.at).Seconds()},
			{what: "open files at most", unit: counts, bar: atMost(openAtMost), kopter: float64(widest.files)},
			{what: "open files, last third over first", unit: ratios, kopter: growth(series, openFiles)},
			{what: "parts of the lake at most", unit: counts, kopter: float64(slices.Max(r.watch.parts))},
			{what: "parts of the lake at the end", unit: counts, kopter: float64(r.watch.parts[len(r.watch.parts)-1])},
		},
	}
}

// asked is how the API answered meanwhile.
func (r *soaked) asked() table {
	t := table{title: "What browsers ask meanwhile"}
	refused := 0
	for n := range r.watch.askings {
		t.figures = append(t.figures, r.watch.askings[n].figures()...)
		refused += r.watch.askings[n].refused
	}
	t.figures = append(t.figures, figure{what: "refused, because too much was asked at once", unit: counts, bar: atMost(0), kopter: float64(refused)})
	return t
}
