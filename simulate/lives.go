package simulate

// life is an instance from its launch to its end.
type life struct {
	unit      *unit
	id        uint64 // i-0 and these 16 digits
	zone      byte
	platform  uint8
	dedicated bool
	spot      bool
	before    bool   // launched before the first log; only recordings know it
	launcher  *actor // nil when before
	group     string // auto scaling group
	name      string
	team      string
	extraTag  string // cost-center, tagged later on
	taggedAt  int64
	periods   []period
	gone      int64 // when it was terminated; 0 while it exists
}

// period is a stretch of running.
type period struct {
	start, end     int64 // end is 0 while running
	machine        uint8
	resized        int64 // when it became this machine, if that was before start
	opened, closed *action
	how            ending
}

// ending is how a period ended.
type ending uint8

const (
	running ending = iota
	stopped
	hibernated // stopped with its memory on disk; billed until it is
	terminated
	evicted         // taken back by the spot market
	stoppedInside   // shut down by its own system: no event
	destroyedInside // the same, and set to terminate at that: no event
)

// ends says that no later period can follow.
func (e ending) ends() bool { return e == terminated || e == evicted || e == destroyedInside }

// quiet says that CloudTrail does not tell.
func (e ending) quiet() bool { return e == stoppedInside || e == destroyedInside }

func (l *life) now() *period    { return &l.periods[len(l.periods)-1] }
func (l *life) isRunning() bool { return l.now().how == running }
func (l *life) born() int64     { return l.periods[0].start }

// deed is what a planned action does.
type deed uint8

const (
	runDeed deed = iota
	startDeed
	stopDeed
	hibernateDeed
	terminateDeed
	againDeed // terminates what is terminated already
	rebootDeed
	resizeDeed
	tagDeed
	evictDeed
	failDeed // RunInstances with an error
	callDeed // a call of the catalogue
)

// action is a planned event.
type action struct {
	time    int64
	deed    deed
	actor   *actor
	agent   string
	id      pair
	shared  pair
	lives   []*life
	machine uint8
	count   int64
	err     *failure
	call    *call
	granted *actor // the session whose key an AssumeRole answers
	group   string // the auto scaling group that a call is about
}

// failure is an error that a launch ends with.
type failure struct{ code, text string }

// free moves a moment off the moments of recordings, which would see a change
// half made.
func (u *unit) free(t int64) int64 {
	if u.world.looksAt(t) {
		return t + 1
	}
	return t
}

// plan draws an action; false when it would fall out of the simulation.
func (u *unit) plan(r *random, t int64, d deed, by *actor, lives ...*life) *action {
	if t < u.world.start || t >= u.world.end {
		return nil
	}
	a := &action{time: t, deed: d, actor: by, agent: pick(r, by.agents), id: r.pair(), lives: lives}
	u.actions = append(u.actions, a)
	return a
}

// launch starts n instances in one call; nil when the simulation is over.
func (u *unit) launch(r *random, t int64, by *actor, m uint8, n int, dress func(*life)) []*life {
	t = u.free(t)
	a := u.plan(r, t, runDeed, by)
	if a == nil {
		return nil
	}
	for range n {
		l := u.create(r, t, m)
		l.launcher, l.now().opened = by, a
		dress(l)
		a.lives = append(a.lives, l)
	}
	a.machine = m
	return a.lives
}

func (u *unit) create(r *random, t int64, m uint8) *life {
	l := &life{unit: u, id: r.next(), zone: "abc"[r.below(3)], team: teams[int(digest(u.account.name)%uint64(len(teams)))]}
	l.periods = []period{{start: t, machine: m}}
	u.lives = append(u.lives, l)
	return l
}

// finish ends the running period of instances in one call. What would happen
// after the simulation does not happen.
func (u *unit) finish(r *random, t int64, by *actor, how ending, lives ...*life) {
	t = u.free(t)
	a := u.plan(r, t, endingDeeds[how], by, lives...)
	if a == nil {
		return
	}
	for _, l := range lives {
		p := l.now()
		p.end, p.how, p.closed = t, how, a
		if how.ends() {
			l.gone = t
		}
	}
}

var endingDeeds = [...]deed{stopped: stopDeed, hibernated: hibernateDeed, terminated: terminateDeed, evicted: evictDeed}

// shutdown ends the running period from inside.
func (u *unit) shutdown(t int64, l *life, how ending) {
	t = u.free(t)
	if t >= u.world.end {
		return
	}
	l.now().end, l.now().how = t, how
	if how.ends() {
		l.gone = t
	}
}

// wake starts a stopped instance, as another machine if m differs.
func (u *unit) wake(r *random, t int64, by *actor, l *life, m uint8) {
	t = u.free(t)
	if t >= u.world.end {
		return
	}
	next := period{start: t, machine: m}
	if was := l.now(); was.machine != m {
		next.resized = u.free(max(t-90, was.end+60))
		u.plan(r, next.resized, resizeDeed, by, l).machine = m
	}
	next.opened = u.plan(r, t, startDeed, by, l)
	l.periods = append(l.periods, next)
}

// seen says whether a recording at t shows the instance.
func (l *life) seen(t int64) bool {
	return t >= l.born() && (l.gone == 0 || t < l.gone+visibleAfter)
}

// visibleAfter is how long DescribeInstances shows a terminated instance, in
// seconds.
const visibleAfter = 3600
