package usage

import "slices"

// period is a stretch from running to stopped.
type period struct {
	start, end, notAfter Seconds
	open                 bool

	// opened and closed are the statements behind start and end, nil for
	// none.
	opened, closed *statement
	// why says in words what start and end rest on where no event tells.
	whyStart, whyEnd string

	seen        Seconds // the last moment at which it surely ran
	firm        bool    // a source saw it run, so it was more than pending
	hibernating bool    // it saves its memory and is billed until stopped
}

// empty says that a period began and ended in one second: it never came to
// run.
func (p period) empty() bool { return !p.open && p.notAfter <= p.start }

const (
	// sameStart is how far apart two sources may date one start, or one end,
	// in seconds: LaunchTime and StateTransitionReason differ from the call's
	// eventTime by a second or two, seldom by more.
	sameStart = 120
	// longestPending is how long after its call an instance may still be on
	// its way to running, in seconds. Bare metal takes up to twenty minutes.
	longestPending = 30 * 60
)

// walk turns moments, in order, into periods.
type walk struct {
	moments []moment
	next    int // index after the moment being taken
	periods []period
	running bool // the last of periods has not ended
}

func walkMoments(all []moment, periods []period) []period {
	w := walk{moments: all, periods: periods}
	for i := range all {
		w.next = i + 1
		w.take(&all[i])
	}
	if w.running && w.now().hibernating {
		w.end(w.now().seen, nil, "end assumed: hibernated, and no source tells when it had stopped")
	}
	if w.running {
		w.now().open = true
	}
	return slices.DeleteFunc(w.periods, period.empty)
}

func (w *walk) take(m *moment) {
	switch m.what {
	case whatCreated:
		w.created(m)
	case whatLaunched:
		w.launched(m)
	case whatStarted:
		w.started(m)
	case whatNotice:
		w.noticed(m)
	case whatEnded:
		w.ended(m)
	case whatStopped:
		w.stopped(m)
	case whatSeen:
		w.sighted(m)
	}
}

// now is the period that has not ended.
func (w *walk) now() *period { return &w.periods[len(w.periods)-1] }

func (w *walk) begin(at Seconds, by *statement, why string) {
	w.periods = append(w.periods, period{start: at, seen: at, opened: by, whyStart: why})
	w.running = true
}

// end ends the period at a known second. Who sent it into hibernation stays
// the cause of its end.
func (w *walk) end(at Seconds, by *statement, why string) {
	p := w.now()
	p.end, p.notAfter, p.whyEnd = at, at, why
	if p.closed == nil {
		p.closed = by
	}
	w.running = false
}

// lost ends a period whose end nobody told: it lies between when it was last
// seen and at, when it had surely stopped.
func (w *walk) lost(at Seconds) {
	p := w.now()
	p.end, p.notAfter = p.seen, at
	p.whyEnd = boundedEnd(p.seen, at)
	w.running = false
}

// created takes a call that made the instance. Several may tell of one launch:
// a fleet's, and the call that the fleet made.
func (w *walk) created(m *moment) {
	if !w.running {
		w.begin(m.at, m.s, "")
		return
	}
	if m.at-w.now().start <= sameStart {
		w.adopt(m)
	}
}

// adopt lets a call date a start that so far rests on less than a call. Of
// two launch calls the first in order of kind counts.
func (w *walk) adopt(m *moment) {
	p := w.now()
	switch {
	case p.opened == nil || p.opened.kind == kindNotice:
		if !p.firm {
			p.start, p.seen = m.at, max(p.seen, m.at)
		}
		p.opened, p.whyStart = m.s, ""
	case m.s.kind < p.opened.kind && p.opened.kind.launches():
		p.opened = m.s
	}
}

// launched takes the LaunchTime that a snapshot shows: the last start.
func (w *walk) launched(m *moment) {
	if w.running && m.at-w.now().start <= sameStart {
		return
	}
	if w.told(m.at) {
		return
	}
	if w.running {
		w.lost(m.at)
	}
	w.begin(m.at, nil, "start as DescribeInstances tells it (LaunchTime)")
}

// told says that an event soon after at tells of a start, which is then the
// same one and better known.
func (w *walk) told(at Seconds) bool {
	for i := w.next; i < len(w.moments) && w.moments[i].at-at <= sameStart; i++ {
		m := &w.moments[i]
		switch m.what {
		case whatCreated:
			return true
		case whatStarted:
			return m.s.state != stateRunning
		case whatNotice:
			return !m.s.state.ended()
		case whatStopped, whatEnded:
			return false
		}
	}
	return false
}

// started takes StartInstances. Where the instance was thought to run, the
// call's own word decides: it had stopped, or it runs.
func (w *walk) started(m *moment) {
	if !w.running {
		w.begin(m.at, m.s, "")
		return
	}
	p := w.now()
	switch {
	case !m.s.state.ended():
		p.seen = max(p.seen, m.at)
	case m.at-p.start <= sameStart && (p.opened == nil || p.opened.kind == kindNotice):
		w.adopt(m)
	default:
		w.lost(m.at)
		w.begin(m.at, m.s, "")
	}
}

// noticed takes a notification of a state.
func (w *walk) noticed(m *moment) {
	switch m.s.state {
	case statePending:
		w.noticedPending(m)
	case stateRunning:
		w.noticedRunning(m)
	default:
		w.noticedEnd(m)
	}
}

func (w *walk) noticedPending(m *moment) {
	if w.running && m.at-w.now().start <= sameStart {
		return
	}
	if w.running {
		w.lost(m.at)
	}
	w.begin(m.at, m.s, "")
}

// noticedRunning dates the start exactly: a call opens a period when it is
// made, and billing begins when the instance runs.
func (w *walk) noticedRunning(m *moment) {
	switch {
	case !w.running:
		w.begin(m.at, m.s, "")
	case !w.now().firm && m.at-w.now().start <= longestPending:
		if p := w.now(); p.seen == p.start {
			p.start = m.at
		}
	case m.at-w.now().start > sameStart:
		w.lost(m.at)
		w.begin(m.at, m.s, "")
	}
	w.now().firm = true
	w.now().seen = max(w.now().seen, m.at)
}

// noticedEnd takes the states after running. Billing ends when stopping or
// shutting-down begins, for a hibernating instance when it has stopped.
func (w *walk) noticedEnd(m *moment) {
	if !w.running {
		return
	}
	over := m.s.state == stateStopped || m.s.state == stateTerminated
	switch p := w.now(); {
	case p.hibernating == over:
		w.end(m.at, m.s, "")
	case p.hibernating:
		p.seen = m.at
	default:
		w.lost(m.at)
	}
}

// ended takes the time of the transition that a snapshot shows, unless a call
// soon after is the same end and better known.
func (w *walk) ended(m *moment) {
	if !w.running || w.now().hibernating || w.endTold(m.at) {
		return
	}
	if m.s.reason == hibernated {
		w.now().hibernating, w.now().seen = true, m.at
		return
	}
	w.end(m.at, nil, "end as DescribeInstances tells it (StateTransitionReason"+suffix(m.s.reason)+")")
}

// hibernated is the StateReason of an instance that saved its memory: its
// transition's time is when that began.
const hibernated = "Client.UserInitiatedHibernate"

func (w *walk) endTold(at Seconds) bool {
	for i := w.next; i < len(w.moments) && w.moments[i].at-at <= sameStart; i++ {
		m := &w.moments[i]
		switch m.what {
		case whatStopped:
			return !m.s.state.ended()
		case whatNotice:
			return m.s.state.ended()
		case whatCreated, whatStarted, whatLaunched:
			return false
		}
	}
	return false
}

// stopped takes a call, or AWS, that stops or terminates. What was pending
// has never run and is not billed; what had already ended, ended before.
func (w *walk) stopped(m *moment) {
	if !w.running {
		return
	}
	p := w.now()
	switch {
	case m.s.state == statePending && m.at-p.start > longestPending:
		w.lost(m.at) // it had stopped, unseen, and was on its way again
	case m.s.state == statePending && !p.firm && p.seen == p.start:
		w.periods = w.periods[:len(w.periods)-1]
		w.running = false
	case p.hibernating && m.s.state == stateStopping:
		p.seen = m.at
	case m.s.state.ended():
		w.lost(m.at)
	case m.s.hibernate:
		p.hibernating, p.seen, p.closed = true, m.at, m.s
	default:
		w.end(m.at, m.s, "")
	}
}

// sighted takes the state in a snapshot. Running counts for what is known to
// have started; a stop after that start is the newer word.
func (w *walk) sighted(m *moment) {
	switch {
	case m.s.state == stateRunning && w.running:
		w.now().seen = max(w.now().seen, m.at)
		w.now().firm = true
	case m.s.state == stateRunning && m.s.launched == 0:
		w.begin(m.at, nil, "start unknown: first seen running by DescribeInstances")
	case m.s.state == stateStopping && w.running && w.now().hibernating:
		w.now().seen = m.at
	case m.s.state.ended() && w.running:
		w.lost(m.at)
	}
}
