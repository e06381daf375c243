package usage

import (
	"cmp"
	"slices"
)

// Status is what an instance was like at one moment.
type Status struct {
	// State is "running", "stopped", "terminated" or, when no source tells,
	// "unknown".
	State string
	Since Seconds // when State began, as far as the sources tell
	Shape Shape
	Tags  Tags
}

// mark is a word about the state of an instance that does not run.
type mark struct {
	at    Seconds
	state state
}

// marks lists, by time, what the statements say about being stopped or
// terminated.
func marks(all []*stated) []mark {
	var m []mark
	for i := range all {
		s := &all[i].statement
		switch {
		case s.kind == kindStop:
			m = append(m, mark{s.at, stateStopped})
		case s.kind == kindTerminate:
			m = append(m, mark{s.at, stateTerminated})
		case s.kind == kindNotice && s.state.ended():
			m = append(m, mark{s.at, s.state.atRest()})
		case s.kind == kindSeen && s.state.ended():
			m = append(m, mark{s.restedSince(), s.state.atRest()})
		}
	}
	slices.SortStableFunc(m, func(a, b mark) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.state, b.state))
	})
	return m
}

// atRest is where a state leads that is on its way to another.
func (s state) atRest() state {
	switch s {
	case stateStopping:
		return stateStopped
	case stateShuttingDown:
		return stateTerminated
	}
	return s
}

// restedSince is when the state that a snapshot shows began.
func (s *statement) restedSince() Seconds {
	if s.ended > 0 {
		return s.ended
	}
	return s.looked()
}

// history is what a timeline keeps beside its intervals: how it answers At.
type history struct {
	phases []phase
	runs   []run
	marks  []mark
}

// phase is what an instance was like from a moment on, running or not.
type phase struct {
	at    Seconds
	shape *Shape
	tags  Tags
}

// run is a stretch from running to stopped.
type run struct {
	start, end, notAfter Seconds
	open                 bool
}

func phasesOf(looks []look) []phase {
	phases, shapes := make([]phase, len(looks)), make([]Shape, len(looks))
	for i := range looks {
		shapes[i] = looks[i].shape
		phases[i] = phase{looks[i].at, &shapes[i], looks[i].tags}
	}
	return phases
}

func runsOf(periods []period) []run {
	runs := make([]run, len(periods))
	for i := range periods {
		p := &periods[i]
		runs[i] = run{p.start, p.end, p.notAfter, p.open}
	}
	return runs
}

// At gives the resource's status at a moment. Before the first word about its
// state that is unknown.
func (h *history) At(at Seconds) Status {
	s := Status{State: stateUnknown.String()}
	if len(h.phases) == 0 {
		return s
	}
	is := h.phase(at)
	s.Shape, s.Tags = *is.shape, is.tags
	ran := h.lastRun(at)
	if ran != nil && (ran.open || at < ran.end) {
		s.State, s.Since = stateRunning.String(), ran.start
		return s
	}
	if ran != nil {
		s.Since = ran.notAfter
	}
	h.atRest(&s, ran, at)
	return s
}

// phase is the one that holds at a moment.
func (h *history) phase(at Seconds) *phase {
	i := 0
	for i+1 < len(h.phases) && h.phases[i+1].at <= at {
		i++
	}
	return &h.phases[i]
}

// lastRun is the last that had begun at a moment, nil if there is none.
func (h *history) lastRun(at Seconds) *run {
	for i := len(h.runs) - 1; i >= 0; i-- {
		if h.runs[i].start <= at {
			return &h.runs[i]
		}
	}
	return nil
}

// atRest tells stopped from terminated: terminated for ever after the first
// word of it that follows the last run.
func (h *history) atRest(s *Status, ran *run, at Seconds) {
	for _, m := range h.marks {
		if m.at > at || ran != nil && m.at < ran.end {
			continue
		}
		if s.State == stateTerminated.String() {
			return
		}
		if s.State == stateUnknown.String() || m.state == stateTerminated {
			s.State, s.Since = m.state.String(), m.at
		}
	}
}
