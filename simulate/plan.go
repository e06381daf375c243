package simulate

import (
	"slices"
	"sort"
)

// planner fills the units with instance lives.
type planner struct {
	w     *world
	u     *unit
	r     *random
	days  int64
	turns int64 // most mornings on which a desk is switched on
	build *actor
	scale *actor
	batch *actor
	staff []*actor
}

// planLives plans every unit's instances and what happens to them.
func (w *world) planLives() {
	homes := w.homes()
	var total, before uint64
	for _, u := range homes {
		total += u.appetite()
	}
	for _, u := range homes {
		from := apportion(int64(w.opt.Instances), before, total)
		before += u.appetite()
		newPlanner(u, "lives").fill(apportion(int64(w.opt.Instances), before, total) - from)
	}
	w.tellStories()
	for _, u := range w.units {
		u.settle()
	}
}

// ssoStaff is how many of a planner's staff work through the identity center;
// they come first.
const ssoStaff = 6

// appetite is how many instances a unit launches, relative to others: builds
// launch many.
func (u *unit) appetite() uint64 { return u.weight * uint64(1000+4*u.account.runners) / 1000 }

func newPlanner(u *unit, purpose string) *planner {
	r := &random{mix(u.seed, digest(purpose))}
	p := &planner{w: u.world, u: u, r: r, days: max(1, (u.world.end-u.world.start)/86400)}
	p.build = u.builder(r)
	p.scale = u.linked(r, "autoscaling.amazonaws.com", "AWSServiceRoleForAutoScaling", "AutoScaling")
	p.batch = u.instanceRole(r)
	for range ssoStaff {
		p.staff = append(p.staff, u.ssoSession(r, pick(r, u.world.people)))
	}
	p.staff = append(p.staff, u.user(r, pick(r, u.world.people).name, commandAgents))
	return p
}

func (p *planner) fill(n int64) {
	t := p.u.account.trade
	for range n * t.runners / 1000 {
		p.runner()
	}
	for left := n * t.groups / 1000; left > 0; {
		left -= p.groupMember()
	}
	for left := n * t.spot / 1000; left > 0; {
		left -= p.spotJob()
	}
	p.desks(n * t.desks / 1000)
	for range min(n*t.servants/1000, 8+n/40) + 1 {
		p.servant()
	}
	for range n / 90 {
		p.mistake()
	}
}

// workTime draws a moment at which people and their builds are busy.
func (p *planner) workTime() int64 {
	for {
		t := p.w.start + p.r.below(p.w.end-p.w.start)
		if p.r.below(100) < int64(rhythm(t)) {
			return t
		}
	}
}

func (p *planner) dress(name string) func(*life) {
	return func(l *life) { l.name = name }
}

// runner is a machine that runs one build. Some builds fail at once and stay
// below the minute that AWS bills at least.
func (p *planner) runner() {
	m := machineOf(pick(p.r, []string{"c6i.large", "c6i.large", "c6i.xlarge", "t3.medium", "c6i.4xlarge", "m7g.large"}))
	lives := p.u.launch(p.r, p.workTime(), p.build, m, 1, p.dress("runner"))
	if lives == nil {
		return
	}
	length := p.r.between(240, 2400)
	if p.r.chance(60) {
		length = p.r.between(15, 58)
	}
	l := lives[0]
	p.u.finish(p.r, l.born()+length, p.build, terminated, l)
	if l.gone != 0 && p.r.chance(10) {
		p.u.plan(p.r, l.gone+p.r.between(60, 900), againDeed, p.build, l)
	}
}

// groupMember is a day's growth of an auto scaling group: launched by the
// group in the morning and terminated by it at night.
func (p *planner) groupMember() int64 {
	n := int(p.r.between(1, 3))
	day := p.w.start - p.w.start%86400 + p.r.below(p.days)*86400
	if rhythm(day+12*3600) < 50 && p.r.chance(700) {
		day += 2 * 86400
	}
	group := p.u.account.name + pick(p.r, []string{"-front", "-api", "-worker"})
	m := machineOf([]string{"m6i.large", "t3.large", "c7g.2xlarge"}[digest(group)%3])
	t := day + 6*3600 + p.r.below(4*3600)
	lives := p.u.launch(p.r, t, p.scale, m, n, func(l *life) { l.group, l.name = group, group })
	for _, l := range lives {
		p.u.finish(p.r, day+17*3600+p.r.below(6*3600), p.scale, terminated, l)
	}
	return int64(n)
}

// spotJob is a batch on spot instances. Some are taken back, and some finish
// by shutting themselves down, which no event tells.
func (p *planner) spotJob() int64 {
	n := int(p.r.between(1, 4))
	m := machineOf(pick(p.r, []string{"c6i.4xlarge", "r6i.4xlarge", "r6i.xlarge", "m6i.2xlarge", "g5.xlarge"}))
	lives := p.u.launch(p.r, p.workTime(), p.batch, m, n, func(l *life) { l.spot, l.name = true, "batch" })
	for _, l := range lives {
		end := l.born() + p.r.between(480, 18_000)
		switch {
		case p.r.chance(200):
			p.u.finish(p.r, end, p.market(), evicted, l)
		case p.r.chance(60):
			p.vanish(l)
		default:
			p.u.finish(p.r, end, p.batch, terminated, l)
		}
	}
	return int64(n)
}

// market is who takes spot instances back: an event without an identity.
func (p *planner) market() *actor {
	a := p.u.service("ec2.amazonaws.com")
	a.identity = typeless
	return a
}

// vanish lets an instance terminate itself some hours after a recording saw it
// run, so that its end is known between bounds.
func (p *planner) vanish(l *life) {
	i, _ := slices.BinarySearch(p.w.shots, l.born()+10)
	if i < len(p.w.shots)-1 {
		p.u.shutdown(p.w.shots[i]+p.r.between(600, 20*3600), l, destroyedInside)
	}
}

// servant is a machine that is always on: most are older than the logs.
func (p *planner) servant() {
	m := machineOf(pick(p.r, []string{"t3.small", "m5.large", "m6i.xlarge", "r6i.xlarge", "i4i.2xlarge", "t4g.medium", "t3.micro"}))
	name := pick(p.r, []string{"bastion", "database", "license-server", "metrics", "wiki", "gateway"})
	if len(p.w.shots) > 0 && p.r.chance(p.old()) {
		l := p.u.create(p.r, p.w.start-p.r.between(86400, 45*86400), m)
		l.before, l.name = true, name
		p.furnish(l)
		p.outlive(l)
		return
	}
	for _, l := range p.u.launch(p.r, p.workTime(), pick(p.r, p.staff), m, 1, p.dress(name)) {
		p.furnish(l)
		p.outlive(l)
	}
}

// old is how many servants of a thousand are older than the logs. Nobody can
// name their launchers: a story has fewer of them.
func (p *planner) old() int64 {
	if p.w.opt.Story {
		return 250
	}
	return 600
}

// furnish gives an instance its platform and tenancy.
func (p *planner) furnish(l *life) {
	if !machines[l.now().machine].arm && p.r.chance(400) {
		l.platform = pick(p.r, []uint8{windows, windows, redHat, suse, suse, windowsSQL})
	}
	l.dedicated = p.r.chance(80)
}

// outlive lets a servant be: now and then it is tagged, rebooted or replaced.
func (p *planner) outlive(l *life) {
	who := pick(p.r, p.staff)
	from := max(l.born(), p.w.start) + 60
	if p.r.chance(200) {
		if a := p.u.plan(p.r, p.u.free(from+p.r.below(86400)), tagDeed, who, l); a != nil {
			l.extraTag, l.taggedAt = "cc-"+string(appendPadded(nil, p.r.between(100, 999), 3)), a.time
		}
	}
	if p.r.chance(150) {
		p.u.plan(p.r, from+p.r.below(86400), rebootDeed, who, l)
	}
	if p.r.chance(200) {
		p.u.finish(p.r, from+86400+p.r.below(p.days*86400), who, terminated, l)
	}
}

// mistake is a launch that fails, often of something large.
func (p *planner) mistake() {
	a := p.u.plan(p.r, p.workTime(), failDeed, pick(p.r, p.staff))
	a.machine, a.count = machineOf(pick(p.r, []string{"p5.48xlarge", "p4d.24xlarge", "g5.48xlarge", "m6i.2xlarge"})), p.r.between(1, 8)
	a.err = &failures[p.r.below(int64(len(failures)))]
}

var failures = [...]failure{
	{"Server.InsufficientInstanceCapacity", "We currently do not have sufficient capacity in the Availability Zone you requested. Our system will be working on provisioning additional capacity."},
	{"Client.VcpuLimitExceeded", "You have requested more vCPU capacity than your current vCPU limit of 64 allows for the instance bucket that the specified instance type belongs to."},
	{"Client.UnauthorizedOperation", "You are not authorized to perform this operation. Encoded authorization failure message: 4Jc0u2mTq9"},
	{"Client.InvalidParameterValue", "Value (app-server-v2) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name"},
	{"Client.DryRunOperation", "Request would have succeeded, but DryRun flag is set."},
}

// settle puts a unit's actions in order, and takes back what nobody could
// know: a platform that no recording shows.
func (u *unit) settle() {
	sort.SliceStable(u.actions, func(i, j int) bool { return u.actions[i].time < u.actions[j].time })
	for _, l := range u.lives {
		if i, _ := slices.BinarySearch(u.world.shots, l.born()); !u.home || i == len(u.world.shots) || !l.seen(u.world.shots[i]) {
			l.platform = linux
		}
	}
}
