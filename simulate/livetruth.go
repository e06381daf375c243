package simulate

import (
	"maps"
	"slices"
)

// Truth is what a perfect reader knows by now who has read the history and all
// that Run has delivered. Events, records, files and what is counted of them
// are those of Run alone, and so are the snapshots; instances and money are
// the organisation's since its history began. Before Run it has no events.
func (l *Live) Truth() *Truth {
	l.mu.Lock()
	defer l.mu.Unlock()
	w := l.plan
	t := &Truth{Seed: w.opt.Seed, Start: l.start, End: l.until, EventsByName: map[string]int64{}, EventsByAccount: map[string]int64{}}
	for i, s := range l.streams {
		t.take(&part{stream: s, instances: w.units[i].instancesAt(l.until, l.reach(s))})
		t.Events += s.events
	}
	maps.DeleteFunc(t.EventsByAccount, func(_ string, n int64) bool { return n == 0 })
	t.Duplicates = t.Records - t.Events
	t.Snapshots = slices.Clone(l.snapshots)
	slices.SortFunc(t.Instances, compareInstances)
	t.sum()
	return t
}

// reach is how far a reader knows the stream's unit: to its newest event, or
// to the newest recording.
func (l *Live) reach(s *stream) int64 {
	shots := s.world.shots
	if !s.home || len(shots) == 0 {
		return s.newest
	}
	return max(s.newest, shots[len(shots)-1])
}

// instancesAt tells the truth about the unit's instances as it was before now.
func (u *unit) instancesAt(now, horizon int64) []Instance {
	var list []Instance
	for _, l := range u.lives {
		if l.born() < now {
			list = append(list, l.past(now).truth(horizon))
		}
	}
	return list
}

// past is the life without what happens to it from t on. Tags need no care:
// nobody changes them live.
func (l *life) past(t int64) *life {
	old := *l
	n := len(l.periods)
	for l.periods[n-1].start >= t {
		n--
	}
	old.periods = slices.Clone(l.periods[:n])
	if p := old.now(); p.end >= t {
		p.end, p.how, p.closed = 0, running, nil
	}
	return &old
}
