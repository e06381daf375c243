package app

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/adhocore/gronx"

	"github.com/kopterio/kopter/queue"
)

// crons wakes stages by the clock: it sends an empty message to a stage's queue
// whenever its schedule says so. What was due while nobody ran is not made up
// for; a server begins with one round of all of them instead.
type crons struct {
	sender queue.Sender
	now    func() time.Time
	log    *slog.Logger
	// fired is told of each message that was sent.
	fired func(stage string, at time.Time)
}

// all sends a message to every stage that has a schedule.
func (c *crons) all(ctx context.Context) error {
	for _, s := range Pipeline {
		if s.Cron != "" {
			if err := c.fire(ctx, s.Name); err != nil {
				return err
			}
		}
	}
	return nil
}

// run follows the clock until ctx ends.
func (c *crons) run(ctx context.Context) {
	for {
		due, stages, err := nextCrons(c.now())
		if err != nil {
			c.log.Error("cron_stopped", "error", err)
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(due.Sub(c.now())):
		}
		for _, stage := range stages {
			if err := c.fire(ctx, stage); err != nil && ctx.Err() == nil {
				c.log.Error("cron_failed", "stage", stage, "error", err)
			}
		}
	}
}

func (c *crons) fire(ctx context.Context, stage string) error {
	if err := c.sender.Send(ctx, queue.Outgoing{Queue: stage}); err != nil {
		return fmt.Errorf("cron of %s: %w", stage, err)
	}
	c.fired(stage, c.now())
	return nil
}

// nextCrons gives the next moment after now at which stages are due, and which.
func nextCrons(now time.Time) (due time.Time, stages []string, err error) {
	for _, s := range Pipeline {
		if s.Cron == "" {
			continue
		}
		at, err := nextTick(s.Cron, now)
		if err != nil {
			return due, nil, fmt.Errorf("schedule %q of %s: %w", s.Cron, s.Name, err)
		}
		if due.IsZero() || at.Before(due) {
			due, stages = at, nil
		}
		if at.Equal(due) {
			stages = append(stages, s.Name)
		}
	}
	return due, stages, nil
}

// nextTick is the next moment after now that a schedule names.
func nextTick(schedule string, now time.Time) (time.Time, error) {
	return gronx.NextTickAfter(schedule, now.UTC(), false)
}
