package usage

import "iter"

// Timeline is what the sources tell about one resource.
type Timeline struct {
	Account  string
	Region   string // empty when no source names it
	Zone     string // empty when unknown
	Resource string
	// Launcher is who made the resource; nil when unattributed.
	Launcher *Cause
	// Intervals are in order of time and do not overlap.
	Intervals []Interval

	history
	ending

	looks   []look
	periods []period
	causes  []*Cause // of the intervals, each once
}

// ending is what decides how far the last period reaches, where the sources'
// horizon does.
type ending struct {
	unended bool    // no source tells of its end; a complete snapshot may
	seen    Seconds // the last moment at which it surely ran
	sign    Seconds // when the instance last gave any sign of being there
}

// TimelineOf gives the timeline of one resource from all facts about it: a
// pure function of their set and of the horizon. The facts must be of one
// account and resource; their order and repetition mean nothing. An error is
// about a fact that cannot be decoded.
func TimelineOf(facts []Fact, h Horizon) (Timeline, error) {
	var b builder
	return b.build(facts, h)
}

// Timelines gives the timelines of the resources whose facts follow one
// another, as Store.Facts yields them. After an error it stops.
func Timelines(facts iter.Seq2[Fact, error], h Horizon) iter.Seq2[Timeline, error] {
	return func(yield func(Timeline, error) bool) {
		var b builder
		var group []Fact
		flush := func() bool {
			if len(group) == 0 {
				return true
			}
			t, err := b.build(group, h)
			group = group[:0]
			return yield(t, err) && err == nil
		}
		for f, err := range facts {
			if err != nil {
				yield(Timeline{}, err)
				return
			}
			if len(group) > 0 && (group[0].Resource != f.Resource || group[0].Account != f.Account) && !flush() {
				return
			}
			group = append(group, f)
		}
		flush()
	}
}

// builder builds timelines one after the other and keeps its working memory.
type builder struct {
	stated  []stated
	moments []moment
	changes []change
	looks   []look
	periods []period
}

func (b *builder) build(facts []Fact, h Horizon) (Timeline, error) {
	var t Timeline
	if len(facts) == 0 {
		return t, nil
	}
	t.Account, t.Resource = facts[0].Account, facts[0].Resource
	var all []*stated
	var err error
	if b.stated, all, err = settle(b.stated, facts); err != nil {
		return t, err
	}
	t.Region, t.Zone = whereabouts(all)
	launch := launchOf(all)
	if launch != nil {
		t.Launcher = t.cause(launch)
	}
	b.moments = b.moments[:0]
	for i := range all {
		b.moments = all[i].moments(b.moments, all[i].key)
	}
	sortMoments(b.moments)
	b.periods = walkMoments(b.moments, b.periods[:0])
	t.periods, t.marks = b.periods, marks(all)
	t.close(all, h)
	b.changes = changes(b.changes[:0], all, t.periods)
	b.looks = looks(b.looks, b.changes, isWindows(all))
	t.looks = b.looks
	t.Intervals = t.intervals(launch)
	t.keep()
	return t, nil
}

// keep takes what the timeline needs out of the builder's memory: all but the
// statements.
func (t *Timeline) keep() {
	t.phases, t.runs = phasesOf(t.looks), runsOf(t.periods)
	t.looks, t.periods, t.causes = nil, nil, nil
}

// whereabouts gives region and zone as the first statement has them that names
// them; neither changes in an instance's life.
func whereabouts(all []*stated) (region, zone string) {
	for i := range all {
		if region == "" {
			region = all[i].region
		}
		if zone == "" {
			zone = all[i].zone
		}
	}
	return region, zone
}

func isWindows(all []*stated) bool {
	for i := range all {
		if all[i].shape.windows {
			return true
		}
	}
	return false
}

// close ends the last period if a complete snapshot after every sign of the
// instance shows it no more, and gives an open one its horizon. A snapshot
// before a later sign of life missed it: nothing comes back from the dead.
func (t *Timeline) close(all []*stated, h Horizon) {
	if len(t.periods) == 0 {
		return
	}
	p := &t.periods[len(t.periods)-1]
	if !p.open {
		return
	}
	at := place{t.Account, t.Region}
	t.ending = ending{unended: true, seen: p.seen, sign: lastSign(all)}
	if gone, ok := h.lookAfter(at, t.sign); ok {
		p.open = false
		p.end, p.notAfter = p.seen, gone
		p.whyEnd = boundedEnd(p.seen, gone)
		t.marks = append(t.marks, mark{gone, stateTerminated})
		return
	}
	p.end = max(p.start, h.end(at, p.seen))
	p.notAfter = p.end
}

// lastSign is when an instance last gave any sign of being there.
func lastSign(all []*stated) Seconds {
	last := all[0].at
	for i := range all {
		last = max(last, all[i].at, all[i].launched, all[i].ended)
	}
	return last
}

// intervals cuts the periods where the instance changed.
func (t *Timeline) intervals(launch *statement) []Interval {
	if len(t.periods) == 0 {
		return nil
	}
	all := make([]Interval, 0, len(t.periods)+len(t.looks)-1)
	for i := range t.periods {
		all = t.cut(all, &t.periods[i], launch)
	}
	return all
}

func (t *Timeline) cut(all []Interval, p *period, launch *statement) []Interval {
	i := t.lookAt(p.start)
	first := t.interval(p, &t.looks[i])
	first.Start, first.Opened = p.start, t.cause(p.opened)
	first.note(p.whyStart)
	if p.opened != nil && p.opened == launch {
		first.Evidence = append(first.Evidence, launchEvidence(launch, first.Tags)...)
	}
	all = append(all, first)
	for i++; i < len(t.looks) && (p.open || t.looks[i].at < p.end); i++ {
		l := &t.looks[i]
		last := &all[len(all)-1]
		last.End, last.NotAfter, last.Closed = l.at, l.at, t.cause(l.by)
		next := t.interval(p, l)
		next.Start, next.Opened = l.at, t.cause(l.by)
		if l.by.kind == kindSeen {
			next.note("change as DescribeInstances shows it at " + clock(l.by.looked()))
		}
		all = append(all, next)
	}
	t.finish(&all[len(all)-1], p)
	return all
}

// lookAt gives the index of the look that holds at a moment.
func (t *Timeline) lookAt(at Seconds) int {
	i := 0
	for i+1 < len(t.looks) && t.looks[i+1].at <= at {
		i++
	}
	return i
}

func (t *Timeline) interval(p *period, l *look) Interval {
	in := Interval{
		Account: t.Account, Region: t.Region, Zone: t.Zone, Resource: t.Resource,
		Shape: l.shape, Tags: l.tags, Period: p.start, Launcher: t.Launcher,
	}
	if l.shape.OperationAssumed {
		in.note(operationAssumed)
	}
	return in
}

// finish gives a period's last interval the period's end.
func (t *Timeline) finish(in *Interval, p *period) {
	in.End, in.NotAfter, in.Open, in.Last = max(p.end, in.Start), p.notAfter, p.open, !p.open
	in.NotAfter = max(in.NotAfter, in.End)
	in.Closed = t.cause(p.closed)
	in.note(p.whyEnd)
}

func (in *Interval) note(why string) {
	if why != "" {
		in.Evidence = append(in.Evidence, why)
	}
}

// cause gives the call behind a statement, nil for none. Statements of one
// call share it, and it outlives them.
func (t *Timeline) cause(s *statement) *Cause {
	if s == nil || s.cause == (Cause{}) {
		return nil
	}
	for _, c := range t.causes {
		if *c == s.cause {
			return c
		}
	}
	c := s.cause
	t.causes = append(t.causes, &c)
	return &c
}
