package usage

import "slices"

// Life is the timeline of one resource as a Fleet holds it: it says the same
// in a third of the memory, and leaves open how far the sources reach. It is
// never changed.
type Life struct {
	Account, Region, Zone, Resource string
	Launcher                        *Cause // nil when unattributed

	// What most questions are decided by, so that they need not look further.
	ended Seconds // the end of the last interval; 0 while it is open or there is none
	gone  Seconds // from when on it is terminated for ever; 0 for never
	place int32   // in FleetView.last

	stints []stint
	history
	ending
}

// stint is an Interval without what it has in common with its neighbours.
type stint struct {
	shape                        *Shape
	tags                         Tags
	start, end, notAfter, period Seconds
	opened, closed               *act
	evidence                     *[]string
	last, open                   bool
}

// life packs a timeline.
func (p *pool) life(t *Timeline) *Life {
	l := &Life{
		Account: p.text(t.Account), Region: p.text(t.Region), Zone: p.text(t.Zone), Resource: t.Resource,
		Launcher: p.cause(t.Launcher), history: t.history, ending: t.ending,
	}
	l.marks = slices.Clone(l.marks) // to its length
	for i := range l.phases {
		l.phases[i].shape, l.phases[i].tags = p.shape(l.phases[i].shape), p.tagged(l.phases[i].tags)
	}
	l.stints = make([]stint, len(t.Intervals))
	for i := range t.Intervals {
		l.stints[i] = p.stint(&t.Intervals[i])
	}
	if n := len(l.stints); n > 0 && !l.Open() {
		l.ended = l.stints[n-1].end
	}
	l.gone = l.history.gone()
	return l
}

// gone is from when on At says terminated; 0 for never.
func (h *history) gone() Seconds {
	var ran run
	if n := len(h.runs); n > 0 {
		ran = h.runs[n-1]
	}
	for _, m := range h.marks {
		if m.state == stateTerminated && !ran.open && m.at >= ran.end {
			return max(m.at, ran.start)
		}
	}
	return 0
}

// GoneBy says that the resource is terminated at a moment, as At does; it may
// not know.
func (l *Life) GoneBy(at Seconds) bool { return l.gone != 0 && l.gone <= at }

// EndedBefore gives the end of the last interval, if it is known and lies
// before a moment.
func (l *Life) EndedBefore(at Seconds) (Seconds, bool) { return l.ended, l.ended != 0 && l.ended < at }

func (p *pool) stint(i *Interval) stint {
	return stint{
		shape: p.shape(&i.Shape), tags: p.tagged(i.Tags),
		start: i.Start, end: i.End, notAfter: i.NotAfter, period: i.Period,
		opened: p.act(i.Opened), closed: p.act(i.Closed),
		evidence: p.noted(i.Evidence), last: i.Last, open: i.Open,
	}
}

// Len is how many intervals the life has.
func (l *Life) Len() int { return len(l.stints) }

// Open says whether the resource ran when it was last heard of.
func (l *Life) Open() bool { return len(l.stints) > 0 && l.stints[len(l.stints)-1].open }

// interval unpacks one interval into i, under a horizon and without the calls
// that opened and closed it.
func (l *Life) interval(k int, horizon Seconds, i *Interval) {
	s := &l.stints[k]
	*i = Interval{
		Account: l.Account, Region: l.Region, Zone: l.Zone, Resource: l.Resource, Launcher: l.Launcher,
		Shape: *s.shape, Tags: s.tags, Start: s.start, End: s.end, NotAfter: s.notAfter, Period: s.period,
		Last: s.last, Open: s.open,
	}
	if s.open {
		i.End = max(s.start, l.seen, horizon)
		i.NotAfter = i.End
	}
	if s.evidence != nil {
		i.Evidence = *s.evidence
	}
}
