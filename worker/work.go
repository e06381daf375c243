package worker

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"github.com/kopterio/kopter/queue"
)

// lastWord is how long a handler may take to return after its context has
// ended, before it is left behind.
const lastWord = time.Second

// work handles what was received together. Messages that were delivered before
// go alone, each by itself, after the others.
func (l *Loop) work(receiving, working context.Context, got []queue.Message) {
	h := l.hold(working, got)
	defer h.release()
	for _, batch := range split(got) {
		if receiving.Err() != nil {
			h.handBack(batch)
			continue
		}
		l.batch(working, h, batch)
	}
}

// split parts the messages into the batches that handlers get.
func split(got []queue.Message) (batches [][]queue.Message) {
	var fresh []queue.Message
	for _, m := range got {
		if m.Receives == 1 {
			fresh = append(fresh, m)
		} else {
			batches = append(batches, []queue.Message{m})
		}
	}
	if len(fresh) > 0 {
		batches = slices.Insert(batches, 0, fresh)
	}
	return batches
}

// batch lets the handler work on a batch, and acts on what it says.
func (l *Loop) batch(working context.Context, h *held, batch []queue.Message) {
	ctx, cancel := context.WithTimeoutCause(working, l.opt.MaxWork, ErrTooLong)
	defer cancel()
	begin := l.opt.Now()
	failed, ended := l.call(ctx, batch)
	outcome := Outcome{Took: l.opt.Now().Sub(begin)}
	defer func() { l.opt.Observe(outcome) }()

	switch {
	case errors.Is(context.Cause(ctx), ErrStopped):
		outcome.Handled = h.stopped(batch, failed, ended)
	case !ended:
		outcome.Failed, outcome.Dead = h.abandon(batch, ErrTooLong)
	default:
		outcome.Handled, outcome.Failed, outcome.Dead = h.settle(batch, failed)
	}
}

// call calls the handler. It has not ended when it did not heed the end of its
// context.
func (l *Loop) call(ctx context.Context, batch []queue.Message) (failed queue.Failures, ended bool) {
	result := make(chan queue.Failures, 1)
	go func() { result <- l.guarded(ctx, batch) }()
	select {
	case failed = <-result:
		return failed, true
	case <-ctx.Done():
	}
	timer := time.NewTimer(lastWord)
	defer timer.Stop()
	select {
	case failed = <-result:
		return failed, true
	case <-timer.C:
		l.log.Error("handler_left_behind", "messages", len(batch), "cause", context.Cause(ctx))
		return nil, false
	}
}

// guarded calls the handler and turns a panic into a failure of the batch.
func (l *Loop) guarded(ctx context.Context, batch []queue.Message) (failed queue.Failures) {
	defer func() {
		if r := recover(); r != nil {
			l.log.Error("handler_panicked", "panic", fmt.Sprint(r), "messages", len(batch), "stack", string(debug.Stack()))
			failed = all(batch, fmt.Errorf("panic: %v", r))
		}
	}()
	return l.opt.Handler(ctx, batch)
}

// all is the failure of a whole batch.
func all(batch []queue.Message, reason error) queue.Failures {
	failed := queue.Failures{}
	for _, m := range batch {
		failed[m.ID] = reason
	}
	return failed
}
