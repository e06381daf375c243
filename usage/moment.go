package usage

import (
	"cmp"
	"slices"
)

// A moment is one thing that a source says happened to an instance's running
// at a time. An event is one moment; a look at an instance is up to three: its
// last launch, its last end, and the look itself.
type moment struct {
	at   Seconds
	what what
	key  string
	s    *statement
}

// what happened, in the order in which things of the same second are taken.
type what uint8

const (
	whatCreated  what = iota // a launch call
	whatLaunched             // a snapshot's LaunchTime
	whatStarted              // StartInstances
	whatNotice               // a state-change notification
	whatEnded                // a snapshot's time of the transition
	whatStopped              // a call or AWS ended it
	whatSeen                 // the state in a snapshot
)

var kindWhat = [kindEnd]what{
	kindLaunch: whatCreated, kindFleet: whatCreated, kindBid: whatCreated,
	kindStart: whatStarted, kindNotice: whatNotice, kindStop: whatStopped,
	kindTerminate: whatStopped, kindEvict: whatStopped,
}

// moments appends what a statement says about running.
func (s *statement) moments(all []moment, key string) []moment {
	switch s.kind {
	case kindModify, kindTag, kindUntag:
		return all
	case kindSeen:
		return s.seenMoments(all, key)
	}
	return append(all, moment{s.at, kindWhat[s.kind], key, s})
}

// seenMoments takes a look apart. A launch that is still pending has not run,
// and what is running has not ended since.
func (s *statement) seenMoments(all []moment, key string) []moment {
	if s.launched > 0 && s.state != statePending {
		all = append(all, moment{s.launched, whatLaunched, key, s})
	}
	if s.ended > 0 && s.state.ended() {
		all = append(all, moment{s.ended, whatEnded, key, s})
	}
	return append(all, moment{s.looked(), whatSeen, key, s})
}

// looked is when a snapshot was taken: a file's time may be wrong, but nothing
// is seen before it happens.
func (s *statement) looked() Seconds { return max(s.at, s.launched, s.ended) }

func (m moment) compare(n moment) int {
	return cmp.Or(cmp.Compare(m.at, n.at), cmp.Compare(m.what, n.what),
		cmp.Compare(m.s.kind, n.s.kind), cmp.Compare(m.key, n.key))
}

func sortMoments(all []moment) { slices.SortFunc(all, moment.compare) }
