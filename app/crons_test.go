package app

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kopterio/kopter/queue"
)

// recorder keeps what is sent.
type recorder struct {
	mu   sync.Mutex
	sent []queue.Outgoing
}

func (r *recorder) Send(_ context.Context, messages ...queue.Outgoing) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sent = append(r.sent, messages...)
	return nil
}

func TestCronsFollowTheClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sent := &recorder{}
		var fired []string
		c := &crons{sender: sent, now: time.Now, log: slog.New(slog.DiscardHandler), fired: func(stage string, at time.Time) {
			fired = append(fired, at.UTC().Format("15:04:05 ")+stage)
		}}
		ctx, stop := context.WithCancel(t.Context())
		var work sync.WaitGroup
		work.Go(func() { c.run(ctx) })
		time.Sleep(150 * time.Minute) // the bubble's clock begins at midnight
		stop()
		work.Wait()
		var want []string
		for _, hour := range []string{"01:00:00 ", "02:00:00 "} {
			for _, stage := range []string{StageDescriber, StagePricing, StageAggregator} {
				want = append(want, hour+stage)
			}
		}
		if diff := cmp.Diff(want, fired); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
		for _, m := range sent.sent {
			if len(m.Body) != 0 {
				t.Errorf("the cron of %s has a body: %s", m.Queue, m.Body)
			}
		}
	})
}

func TestCronsAtTheStart(t *testing.T) {
	sent := &recorder{}
	c := &crons{sender: sent, now: noon, fired: func(string, time.Time) {}}
	if err := c.all(t.Context()); err != nil {
		t.Fatal(err)
	}
	var woken []string
	for _, m := range sent.sent {
		woken = append(woken, m.Queue)
	}
	slices.Sort(woken)
	if diff := cmp.Diff([]string{StageAggregator, StageDescriber, StagePricing}, woken); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
