// Package worker runs the stages: messages of a queue in, a handler called
// with them, and each of them deleted when it is done.
//
// A Loop is a stage in this process. It receives, keeps what it received
// hidden while the handler works, deletes what the handler has done, and lets
// the rest come back later each time. A message is deleted only after the
// handler said that it is done, so whatever ends the loop, nothing is lost.
package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/kopterio/kopter/queue"
)

// Errors that end a handler's context, as its cause.
var (
	// ErrStopped: the loop was stopped, and the grace period is over.
	ErrStopped = errors.New("the worker was stopped")
	// ErrTooLong: the handler worked for longer than Options.MaxWork.
	ErrTooLong = errors.New("the work took too long")
)

// Options are what a loop works on, and how. Queue, Office, Policy, Handler,
// Now and Log must be given.
type Options struct {
	Queue   queue.Queue
	Office  queue.Office
	Policy  queue.Policy // of the queue
	Handler queue.Handler

	Workers int // batches that are handled at the same time; 1 if zero
	Batch   int // messages of a batch at most; 10 if zero, as in SQS

	// MaxWork is how long a handler may work on one batch. Until then its
	// messages are kept hidden, at a third of the visibility timeout each
	// time; then its context ends, and they come back. 15 minutes if zero, as
	// Lambda has it.
	MaxWork time.Duration
	// Grace is how long handlers may go on when the loop is stopped; 10
	// seconds if zero.
	Grace time.Duration
	// Backoff is how long a message that failed is hidden the first time. It
	// doubles with every delivery, up to MaxBackoff. One second and five
	// minutes if zero.
	Backoff, MaxBackoff time.Duration

	Observe func(Outcome) // told of every call of the handler; may be nil
	Now     func() time.Time
	Log     *slog.Logger
}

// Outcome is what came of one call of the handler.
type Outcome struct {
	Handled int // messages that are done
	Failed  int // messages that failed
	Dead    int // of those, the ones that had their last delivery
	Took    time.Duration
}

// withDefaults fills in what is zero.
func (o Options) withDefaults() Options {
	o.Workers = max(o.Workers, 1)
	if o.Batch == 0 {
		o.Batch = 10
	}
	for _, d := range []struct {
		value   *time.Duration
		instead time.Duration
	}{
		{&o.MaxWork, 15 * time.Minute}, {&o.Grace, 10 * time.Second},
		{&o.Backoff, time.Second}, {&o.MaxBackoff, 5 * time.Minute},
	} {
		if *d.value == 0 {
			*d.value = d.instead
		}
	}
	if o.Observe == nil {
		o.Observe = func(Outcome) {}
	}
	return o
}

func (o Options) validate() error {
	if o.Queue == nil || o.Office == nil || o.Handler == nil || o.Now == nil || o.Log == nil {
		return errors.New("a queue, its office, a handler, a clock and a log are needed")
	}
	if o.Batch < 1 || o.Batch > queue.MaxBatch {
		return fmt.Errorf("a batch of %d messages; it takes 1 to %d", o.Batch, queue.MaxBatch)
	}
	if o.MaxWork < 0 || o.Grace < 0 || o.Backoff < 0 || o.MaxBackoff < 0 || o.MaxBackoff > queue.MaxVisibility {
		return fmt.Errorf("work of %v, grace of %v, backoff of %v to %v: none is negative, and no backoff over %v",
			o.MaxWork, o.Grace, o.Backoff, o.MaxBackoff, queue.MaxVisibility)
	}
	return o.Policy.Validate()
}

// Loop runs a handler over a queue.
type Loop struct {
	opt  Options
	log  *slog.Logger
	stop chan struct{} // closed by Stop
	once sync.Once
}

// New makes a loop; Run says what is wrong with the options.
func New(opt Options) *Loop {
	return &Loop{opt: opt.withDefaults(), stop: make(chan struct{})}
}

// Stop ends the loop as the end of its context does, and returns at once.
func (l *Loop) Stop() { l.once.Do(func() { close(l.stop) }) }

// Run works until ctx ends or Stop is called, once. It then receives no more,
// lets running handlers come to their end within the grace period, ends the
// context of those that did not, and hands back what is not done. It returns
// when nothing of the loop runs any more, but for a handler that does not heed
// its context: that one is left behind. An error is about the options; what
// goes wrong on the way is logged, and tried again.
func (l *Loop) Run(ctx context.Context) error {
	if err := l.opt.validate(); err != nil {
		return fmt.Errorf("worker of queue %q: %w", l.opt.Policy.Name, err)
	}
	l.log = l.opt.Log.With("queue", l.opt.Policy.Name)
	receiving, stop := context.WithCancel(ctx)
	defer stop()
	working, end := context.WithCancelCause(context.WithoutCancel(ctx))
	defer end(nil)

	var lanes sync.WaitGroup
	for range l.opt.Workers {
		lanes.Go(func() { l.lane(receiving, working) })
	}
	select {
	case <-ctx.Done():
	case <-l.stop:
		stop()
	}
	grace := time.AfterFunc(l.opt.Grace, func() { end(ErrStopped) })
	defer grace.Stop()
	lanes.Wait()
	return nil
}

// lane receives batches and works on them, one after the other.
func (l *Loop) lane(receiving, working context.Context) {
	failures := 0
	for receiving.Err() == nil {
		got, err := l.opt.Queue.Receive(receiving, l.opt.Batch, queue.MaxWait)
		if err != nil && receiving.Err() == nil {
			l.log.Error("receive_failed", "error", err)
			failures++
			// No longer than a quiet queue lets one wait.
			sleep(receiving, min(l.backoff(failures), queue.MaxWait))
			continue
		}
		failures = 0
		if len(got) > 0 {
			l.work(receiving, working, got)
		}
	}
}

// backoff is how long to wait after something has failed for the nth time.
func (l *Loop) backoff(n int) time.Duration {
	d := l.opt.Backoff
	for ; n > 1 && d < l.opt.MaxBackoff; n-- {
		d *= 2
	}
	return min(d, l.opt.MaxBackoff)
}

func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
