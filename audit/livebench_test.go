package audit_test

import (
	"context"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/kopterio/kopter/account"
	"github.com/kopterio/kopter/audit"
	"github.com/kopterio/kopter/audit/audittest"
)

// BenchmarkLiveWriting writes what a server gets in KOPTER_LIVE_SECONDS seconds
// at a thousand events per second, or in five minutes, in commits of three
// hundred, and compacts after every commit that makes enough fresh parts. It
// reports what was written for each byte that came in, how many parts there
// were at the most, how long the newest hundred events took at the most, and
// the memory that Go held at the most beyond what it held before.
func BenchmarkLiveWriting(b *testing.B) {
	seconds, err := strconv.Atoi(os.Getenv("KOPTER_LIVE_SECONDS"))
	if err != nil {
		seconds = 300
	}
	for b.Loop() {
		live := newLive(b, seconds*1000)
		live.run(b, seconds*1000)
	}
}

type live struct {
	root            string
	lake            *audit.Lake
	index           *audittest.Memory
	world           *benchWorld
	arrived, merged int64 // bytes of parts
	fresh, parts    int   // at the most
	slowest         time.Duration
}

func newLive(b *testing.B, events int) *live {
	root, index := b.TempDir(), audittest.NewMemory()
	return &live{root: root, lake: audit.New(folder{root: root}, index), index: index, world: newBenchWorld(events * benchDays)}
}

func (l *live) run(b *testing.B, events int) {
	defer l.lake.Close()
	peak := peakOf(func() {
		for range events / 300 {
			l.commit(b, 300)
			l.compact(b)
			l.look(b)
		}
	})
	b.ReportMetric(float64(l.arrived+l.merged)/float64(l.arrived), "written/byte")
	b.ReportMetric(float64(l.fresh), "fresh-parts")
	b.ReportMetric(float64(l.parts), "parts")
	b.ReportMetric(float64(l.slowest.Microseconds())/1000, "newest-100-ms")
	b.ReportMetric(float64(peak)/(1<<20), "peak-MiB")
}

func (l *live) commit(b *testing.B, n int) {
	ctx := context.Background()
	batch, err := l.lake.Begin(account.Local)
	failOn(b, err)
	for range n {
		_, err := batch.Add(ctx, l.world.next(0), "bench")
		failOn(b, err)
	}
	change, err := batch.Finish(ctx)
	failOn(b, err)
	failOn(b, l.index.Apply(ctx, account.Local, change))
	batch.Committed()
	for _, p := range change.AddParts {
		l.arrived += p.Bytes
	}
}

func (l *live) compact(b *testing.B) {
	bounds, err := l.lake.Bounds(context.Background(), account.Local)
	failOn(b, err)
	l.fresh, l.parts = max(l.fresh, bounds.Fresh), max(l.parts, bounds.Parts)
	report, err := l.lake.Compact(context.Background(), account.Local, audit.CompactPolicy{MinFresh: 64})
	failOn(b, err)
	l.merged += report.Bytes
}

func (l *live) look(b *testing.B) {
	begin := time.Now()
	_, err := l.lake.Search(context.Background(), account.Local, audit.Request{})
	failOn(b, err)
	l.slowest = max(l.slowest, time.Since(begin))
}

// peakOf is how much more memory Go holds while fn runs than before.
func peakOf(fn func()) uint64 {
	before, stop := resident(), make(chan struct{})
	peak := before
	var sampler sync.WaitGroup
	sampler.Go(func() {
		for tick := time.NewTicker(5 * time.Millisecond); ; {
			select {
			case <-stop:
				return
			case <-tick.C:
				peak = max(peak, residentNow())
			}
		}
	})
	fn()
	close(stop)
	sampler.Wait()
	return peak - before
}

// resident is the memory that Go holds when all garbage is gone, in bytes.
func resident() uint64 {
	debug.FreeOSMemory()
	return residentNow()
}

func residentNow() uint64 {
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	return memory.Sys - memory.HeapReleased
}

// BenchmarkCompactOverlapping merges parts that all stretch over the same day,
// as the logs of many accounts do, and reports rows per second and the memory
// that Go held at the most beyond what it held before.
func BenchmarkCompactOverlapping(b *testing.B) {
	const parts, rows = 16, 30_000
	for b.Loop() {
		live := newLive(b, rows)
		for range parts {
			live.commit(b, rows)
		}
		live.lake.Close()
		lake := audit.New(folder{root: live.root}, live.index)
		var report audit.CompactReport
		peak := peakOf(func() {
			var err error
			report, err = lake.Compact(context.Background(), account.Local, audit.CompactPolicy{})
			failOn(b, err)
		})
		failOn(b, lake.Close())
		if report.Rows < parts*rows {
			b.Fatalf("%+v, want %d rows merged", report, parts*rows)
		}
		b.ReportMetric(float64(peak)/(1<<20), "peak-MiB")
	}
}
