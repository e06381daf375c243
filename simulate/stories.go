package simulate

import "fmt"

// tellStories plans what an audit should find.
func (w *world) tellStories() {
	homes := w.homes()
	w.forgottenGPU(newPlanner(homes[w.seed%uint64(len(homes))], "forgotten"))
	w.leakedKey(newPlanner(w.faults, "leak"))
	w.visits()
	if w.opt.Story {
		w.tellDemo()
	}
}

// forgottenGPU is a machine with eight accelerators that somebody starts on a
// Friday evening and somebody else finds on Monday.
func (w *world) forgottenGPU(p *planner) {
	day := w.start - w.start%86400
	for (day/86400+4)%7 != 5 && day+86400*7 < w.end {
		day += 86400
	}
	t := max(w.start, day+18*3600+41*60) + p.r.below(600)
	for _, l := range p.u.launch(p.r, t, p.staff[0], machineOf("p4d.24xlarge"), 1, p.dress("llm-try-2")) {
		p.u.finish(p.r, t+62*3600+p.r.below(1800), p.staff[1], terminated, l)
	}
}

// leakedKey is a thief at night: an access key used from a new address, in a
// region where nobody works, first too greedy and then successful; and the
// people who end it in the morning.
func (w *world) leakedKey(p *planner) {
	robot := p.u.user(p.r, "reporting-robot", commandAgents[1:])
	robot.address = "203.0.113.66"
	days := max(1, (w.end-w.start)/86400)
	t := w.start - w.start%86400 + days*6/10*86400 + 2*3600 + 13*60
	t = max(t, w.start+1800)
	for i, name := range []string{"GetCallerIdentity", "ListUsers", "CreateUser", "DescribeInstances"} {
		p.call(t+int64(i)*41, robot, name)
	}
	for i, machine := range []string{"p5.48xlarge", "p4d.24xlarge"} {
		a := p.u.plan(p.r, t+300+int64(i)*75, failDeed, robot)
		a.machine, a.count, a.err = machineOf(machine), 8, &failures[1]
	}
	lives := p.u.launch(p.r, t+520, robot, machineOf("g5.12xlarge"), 4, p.dress(""))
	p.u.finish(p.r, t+20_700+p.r.below(900), p.staff[0], terminated, lives...)
	p.call(t+21_700, p.staff[0], "UpdateAccessKey")
}

func (p *planner) call(t int64, by *actor, name string) *action {
	a := p.u.plan(p.r, t, callDeed, by)
	if a != nil {
		a.call = callNamed(name)
	}
	return a
}

// maxVisits bounds the memory for pairs of events that share an id.
const maxVisits = 50_000

// visits are roles assumed across accounts: one action, an event in either
// account, and one id that both share.
func (w *world) visits() {
	var homes []*unit
	for _, u := range w.homes() {
		if len(homes) == 0 || homes[len(homes)-1].account.id != u.account.id {
			homes = append(homes, u)
		}
	}
	if len(homes) < 2 {
		return
	}
	r := &random{mix(w.seed, digest("visits"))}
	builders := make([]*actor, len(homes))
	for i, u := range homes {
		builders[i] = u.builder(r)
	}
	for range min(max(4, w.opt.Events/500), maxVisits) {
		i := r.below(int64(len(homes)))
		from, to := homes[i], homes[(i+1+r.below(int64(len(homes))-1))%int64(len(homes))]
		t := w.start + r.below(w.end-w.start)
		guest := &actor{identity: foreignAccount, account: to.account.id, name: from.account.id, address: fmt.Sprintf("203.0.113.%d", r.between(10, 60)), agents: terraformAgents}
		guest.unique = "AROA" + string(appendBase32(nil, from.seed, 17))
		shared := r.pair()
		for _, side := range []struct {
			u  *unit
			by *actor
		}{{from, builders[i]}, {to, guest}} {
			a := side.u.plan(r, t, callDeed, side.by)
			a.call, a.shared = callNamed("AssumeRole"), shared
		}
	}
}
