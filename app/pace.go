package app

import (
	"slices"
	"time"
)

// paceWindow is how far back a pace looks.
const paceWindow = 10 * time.Second

// pace is how fast something goes on. It is not safe for concurrent use.
type pace struct {
	began time.Time
	done  []paceStep
}

type paceStep struct {
	at            time.Time
	events, bytes int64
}

func (p *pace) add(now time.Time, events, bytes int64) {
	if p.began.IsZero() {
		p.began = now
	}
	p.done = append(p.forget(now), paceStep{now, events, bytes})
}

// forget drops what is too long ago to count.
func (p *pace) forget(now time.Time) []paceStep {
	return slices.DeleteFunc(p.done, func(s paceStep) bool { return now.Sub(s.at) > paceWindow })
}

// perSecond gives the events and bytes of a second of late.
func (p *pace) perSecond(now time.Time) (events, bytes float64) {
	p.done = p.forget(now)
	var sum paceStep
	for _, s := range p.done {
		sum.events += s.events
		sum.bytes += s.bytes
	}
	window := min(now.Sub(p.began), paceWindow).Seconds()
	if len(p.done) == 0 || window <= 0 {
		return 0, 0
	}
	return float64(sum.events) / window, float64(sum.bytes) / window
}
