package simulate

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"golang.org/x/sync/errgroup"
)

// Progress tells how far a simulation has come.
type Progress struct {
	Events int64 // distinct events written
	Of     int64
}

// Write simulates an organisation into sink: logs/ (CloudTrail), describe/
// (DescribeInstances), prices/ (the price list) and truth.json, the returned
// Truth. progress may be nil; it is called often, by one goroutine at a time.
//
// An error leaves the sink with whatever was written by then. ErrOptions is
// returned before anything is written.
func Write(ctx context.Context, sink Sink, opt Options, progress func(Progress)) (*Truth, error) {
	opt = opt.withDefaults()
	if err := opt.validate(); err != nil {
		return nil, err
	}
	w, err := plannedWorld(opt)
	if err != nil {
		return nil, err
	}
	truth := &Truth{Seed: opt.Seed, Start: w.start, End: w.end, Events: opt.Events, EventsByName: map[string]int64{}, EventsByAccount: map[string]int64{}}
	if err := w.writeUnits(ctx, sink, truth, progress); err != nil {
		return nil, err
	}
	if truth.PriceLists, err = w.writePriceLists(sink); err != nil {
		return nil, err
	}
	truth.sum()
	return truth, writeTruth(sink, w, truth)
}

// plannedWorld is the organisation with all that is planned in it.
func plannedWorld(opt Options) (*world, error) {
	w := newWorld(opt)
	w.planLives()
	if planned := w.planned(); planned > opt.Events {
		return nil, fmt.Errorf("%w: %d events are too few for the plan's %d: want more events, fewer instances or fewer days", ErrOptions, opt.Events, planned)
	}
	return w, nil
}

func (w *world) planned() int64 {
	var n int64
	for _, u := range w.units {
		n += int64(len(u.actions))
	}
	return n
}

// part is what one unit adds to the truth.
type part struct {
	stream    *stream
	snapshots []Snapshot
	instances []Instance
}

// writeUnits writes the units side by side, the loudest first.
func (w *world) writeUnits(ctx context.Context, sink Sink, truth *Truth, progress func(Progress)) error {
	parts := make([]part, len(w.units))
	report := reporter(w.opt.Events, progress)
	noise := w.shareNoise()
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for _, i := range w.loudest() {
		group.Go(func() (err error) {
			parts[i], err = w.units[i].write(ctx, sink, noise[i], report)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for i := range parts {
		truth.take(&parts[i])
	}
	slices.SortFunc(truth.Instances, compareInstances)
	return nil
}

func (u *unit) write(ctx context.Context, sink Sink, noise int64, report func(int64)) (part, error) {
	s, err := newStream(u, sink)
	if err != nil {
		return part{}, err
	}
	if err := s.run(ctx, noise, report); err != nil {
		return part{}, fmt.Errorf("simulate %s in %s: %w", u.account.id, u.region.code, err)
	}
	p := part{stream: s, instances: u.instances(s.newest)}
	if u.home {
		p.snapshots, err = u.describe(sink, u.world.shots)
	}
	return p, err
}

func (t *Truth) take(p *part) {
	s := p.stream
	for name, n := range s.counts {
		t.EventsByName[name] += n
		t.EventsByAccount[s.account.id] += n
	}
	t.Duplicates += s.twice
	t.Records += s.out.records
	t.Files += s.out.files
	t.Bytes += s.out.bytes
	t.Snapshots = append(t.Snapshots, p.snapshots...)
	t.Instances = append(t.Instances, p.instances...)
}

// shareNoise gives each unit its part of the events that are not planned.
func (w *world) shareNoise() []int64 {
	var total, before uint64
	for _, u := range w.units {
		total += u.weight
	}
	all := w.opt.Events - w.planned()
	noise := make([]int64, len(w.units))
	for i, u := range w.units {
		noise[i] = apportion(all, before+u.weight, total) - apportion(all, before, total)
		before += u.weight
	}
	return noise
}

func (w *world) loudest() []int {
	order := make([]int, len(w.units))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		if w.units[a].weight != w.units[b].weight {
			return int(w.units[b].weight) - int(w.units[a].weight)
		}
		return a - b
	})
	return order
}

func reporter(of int64, progress func(Progress)) func(int64) {
	if progress == nil {
		return func(int64) {}
	}
	var mu sync.Mutex
	var done int64
	return func(n int64) {
		mu.Lock()
		defer mu.Unlock()
		done += n
		progress(Progress{done, of})
	}
}

func writeTruth(sink Sink, w *world, truth *Truth) error {
	out, err := sink.Create("truth.json", w.opt.End)
	if err != nil {
		return err
	}
	err = json.MarshalWrite(out, truth, json.Deterministic(true), jsontext.WithIndent(" "))
	if closing := out.Close(); err == nil {
		err = closing
	}
	if err != nil {
		return fmt.Errorf("write truth.json: %w", err)
	}
	return nil
}
