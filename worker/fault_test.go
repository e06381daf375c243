package worker_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kopterio/kopter/queue"
	"github.com/kopterio/kopter/worker"
)

var errAway = errors.New("the queue is away")

// moody is a queue whose calls fail as long as bad says so, before they were
// carried out or after.
type moody struct {
	queue.Queue
	landed bool

	mu    sync.Mutex
	bad   map[string]bool // by the call's name
	calls map[string][]time.Time
}

func (m *moody) call(name string) (fails bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calls[name] = append(m.calls[name], time.Now())
	return m.bad[name]
}

func (m *moody) set(name string, bad bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.bad[name] = bad
}

func (m *moody) Receive(ctx context.Context, max int, wait time.Duration) ([]queue.Message, error) {
	if m.call("receive") {
		return nil, errAway
	}
	return m.Queue.Receive(ctx, max, wait)
}

func (m *moody) Delete(ctx context.Context, receipts ...string) ([]error, error) {
	return m.maybe("delete", func() ([]error, error) { return m.Queue.Delete(ctx, receipts...) })
}

func (m *moody) Extend(ctx context.Context, d time.Duration, receipts ...string) ([]error, error) {
	return m.maybe("extend", func() ([]error, error) { return m.Queue.Extend(ctx, d, receipts...) })
}

func (m *moody) maybe(name string, do func() ([]error, error)) ([]error, error) {
	if !m.call(name) {
		return do()
	}
	if m.landed {
		if _, err := do(); err != nil {
			return nil, err
		}
	}
	return nil, errAway
}

// TestQueueThatFails lets calls of the queue fail for a while. Everything is
// done in the end; what was deleted without hearing of it only once.
func TestQueueThatFails(t *testing.T) {
	for _, tt := range []struct {
		call   string
		landed bool
		times  int // that the handler is called
	}{
		{"receive", false, 1}, {"delete", false, 2}, {"delete", true, 1}, {"extend", false, 2},
	} {
		synctest.Test(t, func(t *testing.T) {
			qs := openQueues(t, work)
			m := &moody{Queue: qs.Queue(work.Name), landed: tt.landed, bad: map[string]bool{tt.call: true}, calls: map[string][]time.Time{}}
			times := 0
			opt := options(qs, work, func(_ context.Context, batch []queue.Message) queue.Failures {
				times++
				if tt.call == "extend" && times == 1 {
					return queue.Failures{batch[0].ID: errors.New("no luck")}
				}
				return nil
			})
			opt.Queue = m
			send(t, qs, "a")
			stop := start(t, opt)
			time.Sleep(15 * time.Second)
			m.set(tt.call, false)
			waitEmpty(t, qs)
			stop()
			if times != tt.times {
				t.Errorf("%s fails, landed %v: the handler was called %d times, want %d", tt.call, tt.landed, times, tt.times)
			}
			if n := len(m.calls["receive"]); n > 20 {
				t.Errorf("%s fails: the queue was asked %d times", tt.call, n)
			}
		})
	}
}

// A loop that waits for a queue to come back stops at once.
func TestStopWhileTheQueueIsAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		qs := openQueues(t, work)
		opt := options(qs, work, thatPanics)
		opt.Queue = &moody{bad: map[string]bool{"receive": true}, calls: map[string][]time.Time{}}
		stop := start(t, opt)
		time.Sleep(40 * time.Second)
		begin := time.Now()
		stop()
		if d := time.Since(begin); d > 0 {
			t.Errorf("the stop took %v", d)
		}
	})
}

// One missed heartbeat does not give the message to another.
func TestHeartbeatSurvivesAMiss(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		qs := openQueues(t, work)
		m := &moody{Queue: qs.Queue(work.Name), bad: map[string]bool{"extend": true}, calls: map[string][]time.Time{}}
		times := 0
		opt := options(qs, work, func(context.Context, []queue.Message) queue.Failures {
			times++
			time.Sleep(2 * work.Visibility)
			return nil
		})
		opt.Queue = m
		opt.Workers = 2
		send(t, qs, "a")
		begin := time.Now()
		stop := start(t, opt)
		time.Sleep(work.Visibility/3 + time.Second)
		m.set("extend", false)
		waitEmpty(t, qs)
		stop()
		var beats []time.Duration
		for _, at := range m.calls["extend"] {
			beats = append(beats, at.Sub(begin))
		}
		want := []time.Duration{10 * time.Second, 20 * time.Second, 30 * time.Second, 40 * time.Second, 50 * time.Second}
		if times != 1 || !slices.Equal(beats[:min(len(beats), len(want))], want) {
			t.Errorf("%d calls of the handler, heartbeats after %v", times, beats)
		}
	})
}

func TestOptionsThatAreRefused(t *testing.T) {
	good := worker.Options{
		Queue: &moody{}, Office: struct{ queue.Office }{}, Policy: work, Handler: thatPanics,
		Now: time.Now, Log: options(nil, work, nil).Log,
	}
	for name, tt := range map[string]struct {
		change func(*worker.Options)
		words  string
	}{
		"no queue":             {func(o *worker.Options) { o.Queue = nil }, "needed"},
		"no office":            {func(o *worker.Options) { o.Office = nil }, "needed"},
		"no handler":           {func(o *worker.Options) { o.Handler = nil }, "needed"},
		"no clock":             {func(o *worker.Options) { o.Now = nil }, "needed"},
		"no log":               {func(o *worker.Options) { o.Log = nil }, "needed"},
		"a negative batch":     {func(o *worker.Options) { o.Batch = -1 }, "batch"},
		"a batch too large":    {func(o *worker.Options) { o.Batch = queue.MaxBatch + 1 }, "batch"},
		"a negative grace":     {func(o *worker.Options) { o.Grace = -1 }, "grace"},
		"a backoff of days":    {func(o *worker.Options) { o.MaxBackoff = 24 * time.Hour }, "backoff"},
		"a policy without end": {func(o *worker.Options) { o.Policy.MaxReceives = 0 }, "at least once"},
	} {
		opt := good
		tt.change(&opt)
		err := worker.New(opt).Run(t.Context())
		if err == nil || !strings.Contains(err.Error(), tt.words) || !strings.Contains(err.Error(), "work") {
			t.Errorf("%s: %v, want it to say %q and the queue", name, err, tt.words)
		}
	}
}
