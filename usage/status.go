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

// At gives the resource's status at a moment. Before the first word about its
// state that is unknown.
func (t *Timeline) At(at Seconds) Status {
	s := Status{State: stateUnknown.String()}
	if len(t.looks) == 0 {
		return s
	}
	l := &t.looks[t.lookAt(at)]
	s.Shape, s.Tags = l.shape, l.tags
	var ran *period
	for i := range t.periods {
		if t.periods[i].start <= at {
			ran = &t.periods[i]
		}
	}
	if ran != nil && (ran.open || at < ran.end) {
		s.State, s.Since = stateRunning.String(), ran.start
		return s
	}
	if ran != nil {
		s.Since = ran.notAfter
	}
	t.atRest(&s, ran, at)
	return s
}

// atRest tells stopped from terminated: terminated for ever after the first
// word of it that follows the last run.
func (t *Timeline) atRest(s *Status, ran *period, at Seconds) {
	for _, m := range t.marks {
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
