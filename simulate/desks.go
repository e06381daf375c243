package simulate

// desks are machines that people work on: on in the morning, off in the
// evening, some forgotten over the weekend.
func (p *planner) desks(n int64) {
	if n == 0 {
		return
	}
	// A desk has dozens of events; a twentieth of all is enough for them.
	events := p.w.opt.Events / 20 * int64(p.u.weight) / 100_000
	n = max(1, min(n, events/(2*p.days)))
	p.turns = max(3, min(p.days, events/(2*n)))
	for range n {
		p.desk()
	}
}

func (p *planner) desk() {
	who := pick(p.r, p.staff)
	day := p.w.start - p.w.start%86400 + p.r.below(max(1, p.days/3))*86400
	m := machineOf(pick(p.r, []string{"t3.large", "m6i.large", "m6i.xlarge"}))
	lives := p.u.launch(p.r, max(p.w.start+300, day+p.morning()), who, m, 1, p.dress("desk-"+who.name))
	if lives == nil {
		return
	}
	l := lives[0]
	p.furnish(l)
	how := stopped
	if p.r.chance(250) {
		how = hibernated
	}
	for range p.turns {
		if !l.isRunning() || !p.evening(l, who, how) {
			return
		}
	}
	if p.r.chance(500) {
		p.u.finish(p.r, l.now().start+p.r.between(3600, 30_000), who, terminated, l)
	}
}

// evening ends a desk's day and begins the next; false when it stays off.
func (p *planner) evening(l *life, who *actor, how ending) bool {
	today := l.now().start - l.now().start%86400
	off := max(today+16*3600+p.r.below(4*3600), l.now().start+120)
	switch {
	case p.r.chance(30):
		off += p.r.between(1, 3) * 86400 // forgotten
	case len(p.w.shots) > 0 && p.r.chance(35):
		p.u.shutdown(off, l, stoppedInside)
		return false
	}
	p.u.finish(p.r, off, who, how, l)
	if l.isRunning() {
		return false
	}
	next := off - off%86400 + 86400
	for rhythm(next+12*3600) < 50 {
		next += 86400
	}
	m := l.now().machine
	if p.r.chance(60) {
		m = machineOf(pick(p.r, []string{"m6i.xlarge", "m6i.2xlarge", "t3.large"}))
	}
	p.u.wake(p.r, next+p.morning(), who, l, m)
	return l.isRunning()
}

func (p *planner) morning() int64 { return 7*3600 + p.r.below(3*3600) }
