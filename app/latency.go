package app

import (
	"slices"
	"sync"
	"time"
)

// Bounds of a latency.
const (
	latencyWindow = 10 * time.Minute
	latencyCount  = 20_000 // of samples that are kept
)

// latency is how long things took in the last ten minutes.
type latency struct {
	mu      sync.Mutex
	samples []sample // in order of time
}

type sample struct {
	at   time.Time // when it ended
	took time.Duration
}

// add notes that something that began at a moment has ended.
func (l *latency) add(began, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.forget(now)
	if len(l.samples) == latencyCount {
		l.samples = slices.Delete(l.samples, 0, latencyCount/2)
	}
	l.samples = append(l.samples, sample{now, max(0, now.Sub(began))})
}

func (l *latency) forget(now time.Time) {
	old := slices.IndexFunc(l.samples, func(s sample) bool { return now.Sub(s.at) <= latencyWindow })
	if old < 0 {
		old = len(l.samples)
	}
	l.samples = slices.Delete(l.samples, 0, old)
}

// percentiles are how long it took half of all, 99 of 100, and the slowest.
type percentiles struct {
	count         int64
	p50, p99, max time.Duration
}

// read gives the percentiles of the samples that are there.
func (l *latency) read(now time.Time) percentiles {
	l.mu.Lock()
	l.forget(now)
	took := make([]time.Duration, len(l.samples))
	for i, s := range l.samples {
		took[i] = s.took
	}
	l.mu.Unlock()
	if len(took) == 0 {
		return percentiles{}
	}
	slices.Sort(took)
	at := func(share int) time.Duration { return took[(len(took)-1)*share/100] }
	return percentiles{int64(len(took)), at(50), at(99), took[len(took)-1]}
}
