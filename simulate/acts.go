package simulate

import (
	"fmt"
	"strings"
)

// adopt gives an end to what the history left running for a while: builds,
// batches and the day's growth of groups. The others run on.
func (p *planner) adopt(t int64) {
	for _, l := range p.u.lives {
		switch {
		case !l.isRunning():
		case l.name == "runner":
			p.u.finish(p.r, t+p.r.between(5, 1200), p.build, terminated, l)
		case l.name == "batch" && p.r.chance(300):
			p.u.finish(p.r, t+p.r.between(20, 4000), p.market(), evicted, l)
		case l.name == "batch":
			p.u.finish(p.r, t+p.r.between(20, 9000), p.batch, terminated, l)
		case l.group != "" && !p.u.world.isFleet(l.group):
			p.u.finish(p.r, t+p.r.between(60, 8*3600), p.scale, terminated, l)
		}
	}
}

func (w *world) isFleet(group string) bool {
	for _, f := range w.fleets {
		if f.name == group {
			return true
		}
	}
	return false
}

// breathe lets a fleet follow the hour, give or take one instance.
func (d *director) breathe(t int64) {
	if len(d.w.fleets) > 0 {
		f := pick(&d.random, d.w.fleets)
		f.breathe(t, max(1, f.wanted(t)+d.random.between(-1, 1)))
	}
}

// ship lets a team ship, unless it just does.
func (d *director) ship(t int64) {
	if len(d.w.fleets) == 0 {
		return
	}
	if f := pick(&d.random, d.w.fleets); t >= f.busy {
		f.ship(t)
	}
}

// build is a machine that runs one build, for some minutes.
func (d *director) build(t int64) {
	p := d.yards[0]
	for _, other := range d.yards {
		if d.random.below(p.u.account.runners+other.u.account.runners) < other.u.account.runners {
			p = other
		}
	}
	m := machineOf(pick(p.r, []string{"c6i.large", "c6i.xlarge", "c6i.xlarge", "t3.medium", "c6i.4xlarge", "m7g.large"}))
	lives := p.u.launch(p.r, t, p.build, m, 1, p.dress("runner"))
	p.u.finish(p.r, lives[0].born()+p.r.between(30, 420), p.build, terminated, lives...)
}

// batch is work on spot instances, the first of which the market takes back.
func (d *director) batch(t int64) {
	p := pick(&d.random, d.homes)
	m := machineOf(pick(p.r, []string{"c6i.4xlarge", "r6i.4xlarge", "m6i.2xlarge", "g5.xlarge"}))
	lives := p.u.launch(p.r, t, p.batch, m, int(p.r.between(2, 4)), func(l *life) { l.spot, l.name = true, "batch" })
	p.u.finish(p.r, t+p.r.between(60, 200), p.market(), evicted, lives[0])
	for _, l := range lives[1:] {
		p.u.finish(p.r, t+p.r.between(120, 900), p.batch, terminated, l)
	}
}

// mistake is somebody whose launch fails.
func (d *director) mistake(t int64) {
	p := pick(&d.random, d.homes)
	machine := pick(p.r, []string{"p5.48xlarge", "p4d.24xlarge", "g5.48xlarge", "m6i.2xlarge"})
	p.fail(t, p.person(), machine, p.r.between(1, 8), &failures[p.r.below(int64(len(failures)))])
}

// signIn is a person at the console's door.
func (d *director) signIn(t int64) {
	home := pick(&d.random, d.homes)
	d.crew(home.u.account.id, d.w.opt.Regions[0]).signIn(t)
}

// larger and smaller sizes that an instance may become; both run the same
// programs.
var sizes = map[string]string{
	"t3.micro": "t3.small", "t3.small": "t3.medium", "t3.medium": "t3.large", "t3.large": "t3.medium",
	"m5.large": "m6i.large", "m6i.large": "m6i.xlarge", "m6i.xlarge": "m6i.2xlarge", "m6i.2xlarge": "m6i.large",
	"r6i.xlarge": "r6i.4xlarge", "r6i.4xlarge": "r6i.xlarge", "c6i.large": "c6i.xlarge", "c6i.xlarge": "c6i.large",
}

// settled is for how long, in seconds, an instance has been as it is before
// somebody changes it.
const settled = 300

// pet says that an instance is somebody's own, and not a group's, a build's or
// a batch's.
func (l *life) pet() bool {
	return l.group == "" && !l.spot && l.name != "runner" && sizes[machines[l.now().machine].name] != ""
}

// resize is an instance that is stopped, made another size, and started.
func (d *director) resize(t int64) {
	p, l := d.candidate(func(l *life) bool { return l.pet() && l.isRunning() && l.now().start < t-settled })
	if l == nil {
		return
	}
	who := p.person()
	p.u.finish(p.r, t, who, stopped, l)
	p.u.wake(p.r, t+95, who, l, machineOf(sizes[machines[l.now().machine].name]))
}

// desk is a person who switches a machine on, or off.
func (d *director) desk(t int64) {
	p, l := d.candidate(func(l *life) bool {
		n := l.now()
		return strings.HasPrefix(l.name, "desk-") && n.start < t-settled && (n.how == running || n.how == stopped && n.end < t-settled)
	})
	switch {
	case l == nil:
	case l.isRunning():
		p.u.finish(p.r, t, l.launcher, stopped, l)
	default:
		p.u.wake(p.r, t, l.launcher, l, l.now().machine)
	}
}

// tryModel is a machine with accelerators that somebody forgets; somebody else
// finds it after a quarter of an hour or so. The history's is found by nobody.
func (d *director) tryModel(t int64) {
	u := d.w.laboratory()
	p := d.crew(u.account.id, u.region.code)
	lives := p.tryModel(t)
	p.u.finish(p.r, t+p.r.between(700, 1300), p.person(), terminated, lives...)
}

// leak is a stolen access key, used from an address that nobody knows in a
// region where nobody works: refused at first, then not, until the people of
// security end it.
func (d *director) leak(t int64) {
	p := d.crew(d.w.faults.account.id, d.w.faults.region.code)
	hall := d.crew(d.w.faults.account.id, d.w.opt.Regions[0])
	thief := p.u.user(p.r, "reporting-robot", commandAgents[1:])
	thief.address = fmt.Sprintf("203.0.113.%d", p.r.between(67, 99))
	p.call(t, thief, "GetCallerIdentity")
	hall.call(t+8, thief, "ListUsers")
	if a := hall.call(t+15, thief, "CreateUser"); a != nil {
		a.err = &failure{"AccessDenied", denied}
	}
	p.call(t+21, thief, "DescribeInstances")
	p.fail(t+33, thief, "p5.48xlarge", 8, &failures[2])
	p.fail(t+47, thief, "p5.48xlarge", 8, &failures[1])
	p.fail(t+58, thief, "p4d.24xlarge", 8, &failures[1])
	loot := p.u.launch(p.r, t+76, thief, machineOf("g5.12xlarge"), 4, p.dress(""))
	loot = append(loot, p.u.launch(p.r, t+104, thief, machineOf("g5.48xlarge"), 2, p.dress(""))...)
	guard := p.assume(t+220, p.person(), "incident-response", fmt.Sprintf("incident-%d", p.r.between(100, 999)), commandAgents[:1])
	p.call(t+229, guard, "DescribeInstances")
	p.u.finish(p.r, t+251+p.r.below(20), guard, terminated, loot...)
	if a := hall.stage(t+283, guard, lockKey, ""); a != nil {
		a.granted = thief
	}
}
