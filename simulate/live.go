package simulate

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"
)

// LiveOptions say how an organisation goes on after its history. The same
// options and the same readings of the clock give the same bytes.
type LiveOptions struct {
	// History are the options of the history that was written, or could have
	// been: the same accounts, people and instances go on. Of the options of
	// delivery only Duplicates and EventsPerFile count here.
	History Options
	// Now is the clock. Required.
	Now func() time.Time
	// Wait waits so long, or returns the context's error when that ends
	// earlier. Default: a timer.
	Wait func(ctx context.Context, d time.Duration) error
	// Rate is how many distinct events happen in a second. Default 3, at most
	// MaxRate. Where the stories need more than that, they have it, and the
	// noise makes up for it later.
	Rate int64
	// DeliverEvery is the time between deliveries, whole seconds. Default 1 s.
	// CloudTrail takes minutes; a demo cannot wait that long.
	DeliverEvery time.Duration
	// DescribeEvery is the time between recordings of DescribeInstances, whole
	// seconds from 1 s on; the first is made at the beginning. Default 1 hour;
	// negative for none.
	DescribeEvery time.Duration
}

// MaxRate is the highest LiveOptions.Rate, in events per second.
const MaxRate = 100_000

func (o LiveOptions) withDefaults() LiveOptions {
	o.History = o.History.withDefaults()
	if o.Wait == nil {
		o.Wait = sleep
	}
	o.Rate = orElse(o.Rate, 3)
	o.DeliverEvery = orElse(o.DeliverEvery, time.Second)
	o.DescribeEvery = orElse(o.DescribeEvery, time.Hour)
	return o
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

func (o LiveOptions) validate() error {
	switch {
	case o.Now == nil:
		return fmt.Errorf("%w: a live simulation needs a clock", ErrOptions)
	case o.Rate < 1 || o.Rate > MaxRate:
		return fmt.Errorf("%w: %d events per second: want 1 to %d", ErrOptions, o.Rate, MaxRate)
	case o.DeliverEvery < time.Second || o.DeliverEvery > time.Hour || o.DeliverEvery%time.Second != 0:
		return fmt.Errorf("%w: a delivery every %s: want whole seconds, at most an hour", ErrOptions, o.DeliverEvery)
	case o.DescribeEvery > 0 && o.DescribeEvery%time.Second != 0:
		return fmt.Errorf("%w: a snapshot every %s: want whole seconds", ErrOptions, o.DescribeEvery)
	}
	return o.History.validate()
}

// Live is an organisation that goes on. Run drives it; Truth may be asked at
// any moment, by any goroutine.
type Live struct {
	opt  LiveOptions
	plan *world

	mu        sync.Mutex // held while events are made and delivered
	start     int64      // of the first event; 0 before Run
	until     int64      // what happened before is delivered
	streams   []*stream
	director  *director
	noise     *noise
	snapshots []Snapshot
}

// Events is how many distinct events are delivered by now: that of Truth, at
// next to no cost.
func (l *Live) Events() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.events()
}

// NewLive plans the history again, without writing it, so that the
// organisation is as it was at the history's end.
func NewLive(opt LiveOptions) (*Live, error) {
	opt = opt.withDefaults()
	if err := opt.validate(); err != nil {
		return nil, err
	}
	w, err := plannedWorld(opt.History)
	if err != nil {
		return nil, err
	}
	for _, u := range w.units {
		u.actions = nil
	}
	return &Live{opt: opt, plan: w}, nil
}

// Run writes log files and recordings into sink as they fall due, until ctx
// ends, which is no error. Time begins when Run is called, but not before the
// history's end: what would have happened in between did not happen. A file
// is written completely before it appears, and no delivery is left half done;
// after an error of the sink the truth counts all that the last delivery would
// have held. Run is called once.
func (l *Live) Run(ctx context.Context, sink Sink) error {
	if err := l.begin(sink); err != nil {
		return err
	}
	for {
		next := time.Unix(l.until, 0).Add(l.opt.DeliverEvery)
		if err := l.opt.Wait(ctx, next.Sub(l.opt.Now())); ctx.Err() != nil {
			return nil
		} else if err != nil {
			return fmt.Errorf("wait for the next delivery: %w", err)
		}
		if err := l.advance(ctx, sink, l.opt.Now().Unix()); err != nil {
			return err
		}
	}
}

// endless is the end of a world that goes on.
const endless = 1 << 40

// begin sets the stage at the first reading of the clock. That reading is part
// of every seed, so that a second run after the same history is another one.
func (l *Live) begin(sink Sink) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	w := l.plan
	l.start = max(w.end, l.opt.Now().Unix())
	l.until, w.end = l.start, endless
	if l.opt.DescribeEvery > 0 {
		w.looks = looks{l.firstLook(), int64(l.opt.DescribeEvery / time.Second)}
	}
	for _, u := range w.units {
		s, err := newStream(u, sink)
		if err != nil {
			return err
		}
		s.random, s.lates = random{mix(u.seed, digest("live noise"), uint64(l.start))}, 0
		s.out.random = random{mix(u.seed, digest("live delivery"), uint64(l.start))}
		s.out.every, s.out.last = int64(l.opt.DeliverEvery/time.Second), 0
		l.streams = append(l.streams, s)
	}
	l.noise = newNoise(l.streams, l.opt.Rate, mix(w.seed, digest("live"), uint64(l.start)))
	l.director = newDirector(w, l.start, l.opt.Rate)
	return nil
}

// firstLook is the beginning, or a second later where the history's last
// recording was made at that moment.
func (l *Live) firstLook() int64 {
	if _, found := slices.BinarySearch(l.plan.shots, l.start); found {
		return l.start + 1
	}
	return l.start
}

// longestStep bounds how many seconds are delivered at once after the clock
// has leapt, as it does when a laptop wakes.
const longestStep = 60

// advance delivers what happened before to.
func (l *Live) advance(ctx context.Context, sink Sink, to int64) error {
	step := max(longestStep, int64(l.opt.DeliverEvery/time.Second))
	for l.until < to && ctx.Err() == nil {
		if err := l.deliver(sink, min(to, l.until+step)); err != nil {
			return err
		}
	}
	return nil
}

// deliver makes the events of a stretch of time and writes them.
func (l *Live) deliver(sink Sink, to int64) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	from := l.until
	l.director.play(from, to)
	for _, s := range l.streams {
		s.out.prompt = to
		if err := s.actUntil(to); err != nil {
			return err
		}
	}
	if err := l.noise.make(from, to, l.opt.Rate*(to-l.start)-l.events()); err != nil {
		return err
	}
	for _, s := range l.streams {
		if err := s.out.flush(to + 1); err != nil {
			return err
		}
	}
	l.until = to
	return l.look(sink, from, to)
}

func (l *Live) events() int64 {
	var n int64
	for _, s := range l.streams {
		n += s.events
	}
	return n
}

// actUntil writes the planned events before t, and forgets them.
func (s *stream) actUntil(t int64) error {
	slices.SortStableFunc(s.actions, func(a, b *action) int { return int(a.time - b.time) })
	n := 0
	for n < len(s.actions) && s.actions[n].time < t {
		if err := s.act(s.actions[n]); err != nil {
			return err
		}
		n++
	}
	s.actions = slices.Delete(s.actions, 0, n)
	return nil
}

// look writes the recordings of a stretch of time.
func (l *Live) look(sink Sink, from, to int64) error {
	w := l.plan
	for t := from; t < to; t++ {
		if !w.looks.at(t) {
			continue
		}
		w.shots = append(w.shots, t)
		for _, u := range w.homes() {
			shots, err := u.describe(sink, []int64{t})
			if err != nil {
				return err
			}
			l.snapshots = append(l.snapshots, shots...)
		}
	}
	return nil
}
