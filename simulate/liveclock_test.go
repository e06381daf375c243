package simulate

import (
	"context"
	"testing"
	"time"
)

// fakeClock is a clock that passes when somebody waits, and tells when it is
// enough.
type fakeClock struct {
	at, end time.Time
	late    []time.Duration // how much longer than asked each wait takes, in turn
	enough  context.CancelFunc
}

func (c *fakeClock) now() time.Time { return c.at }

func (c *fakeClock) wait(ctx context.Context, d time.Duration) error {
	if len(c.late) > 0 {
		d += c.late[0]
		c.late = append(c.late[1:], c.late[0])
	}
	if c.at = c.at.Add(max(d, 0)); !c.at.Before(c.end) {
		c.enough()
	}
	return ctx.Err()
}

// past is a small history with everything that a live simulation goes on with.
func past(seed uint64) Options {
	end := time.Date(2026, 6, 17, 10, 20, 30, 0, time.UTC)
	return Options{Seed: seed, Organisation: true, Accounts: 7, Events: 20_000, Instances: 200, Story: true, Start: end.AddDate(0, 0, -8), End: end, FileEvery: 24 * time.Hour}
}

// goOn lets an organisation go on for a while.
func goOn(t testing.TB, sink Sink, opt LiveOptions, length time.Duration, late ...time.Duration) *Live {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	clock := &fakeClock{at: opt.History.End.Add(300 * time.Millisecond), late: late, enough: cancel}
	clock.end = clock.at.Add(length)
	opt.Now, opt.Wait = clock.now, clock.wait
	live, err := NewLive(opt)
	if err != nil {
		t.Fatal(err)
	}
	if err := live.Run(ctx, sink); err != nil {
		t.Fatal(err)
	}
	return live
}

// lively is what a live simulation wrote.
func lively(t testing.TB, opt LiveOptions, length time.Duration, late ...time.Duration) (simulated, *Live) {
	t.Helper()
	sink := &memory{}
	live := goOn(t, sink, opt, length, late...)
	return simulated{sink, live.Truth(), opt.History.withDefaults()}, live
}
