package notify

import (
	"fmt"
	"time"

	"github.com/kopterio/kopter/account"
	"github.com/kopterio/kopter/money"
)

// Watch turns values of the domain into notices for one tenant at one moment.
// Zero values of its limits stand for the defaults.
type Watch struct {
	Tenant account.Tenant
	Now    time.Time

	// Step and CriticalStep are from which change of the run-rate on, per
	// hour and in whichever currency, a call is noticed and is critical:
	// DefaultStep and DefaultCriticalStep.
	Step, CriticalStep money.Rate
	// Recent is how long ago a step or the last sign of life may be to be
	// noticed; DefaultRecent. Whoever ingests the logs of years is not told of
	// every instance that they ever started.
	Recent time.Duration
	// Silence is how long an account must not have been heard of at least;
	// DefaultSilence. See Silent for the whole rule.
	Silence time.Duration
}

// The defaults of a Watch.
const (
	DefaultStep         money.Rate = 1_000_000_000 // one unit per hour
	DefaultCriticalStep money.Rate = 10_000_000_000
	DefaultRecent                  = 48 * time.Hour
	DefaultSilence                 = 2 * time.Hour
)

// maxEach bounds the notices that one call gives of input and letters; what is
// beyond becomes one notice that counts it.
const maxEach = 20

func (w *Watch) withDefaults() Watch {
	d := *w
	if d.Step == 0 {
		d.Step = DefaultStep
	}
	if d.CriticalStep == 0 {
		d.CriticalStep = DefaultCriticalStep
	}
	if d.Recent == 0 {
		d.Recent = DefaultRecent
	}
	if d.Silence == 0 {
		d.Silence = DefaultSilence
	}
	return d
}

// notice completes a notice: its id, state, and when it was noticed.
func (w *Watch) notice(n Notice) Notice {
	n.ID, n.State, n.Noticed = id(w.Tenant, n.Kind, n.Key), Open, w.Now.UTC()
	n.Time = n.Time.UTC()
	return n
}

// recent says whether a moment is near enough to now to be worth a notice.
// One ahead of now is: clocks differ.
func (w *Watch) recent(at time.Time) bool { return w.Now.Sub(at) <= w.Recent }

// rest is the notice of those for which there was no room.
func (w *Watch) rest(kind Kind, severity Severity, n int, of, where string) Notice {
	return w.notice(Notice{
		Kind: kind, Severity: severity, Time: w.Now,
		Title:  fmt.Sprintf("%d more %s", n, of),
		Detail: where,
		Key:    "more " + w.Now.UTC().Truncate(time.Hour).Format(time.RFC3339),
	})
}
