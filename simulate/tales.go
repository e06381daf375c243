package simulate

import "strconv"

// tellDemo plans what a demo's history holds besides: fleets that breathe and
// ship, and a machine that is forgotten and still runs at the end.
func (w *world) tellDemo() {
	w.foundFleets()
	for _, f := range w.fleets {
		f.past()
	}
	night := w.end - w.end%86400 - 86400 + 22*3600
	for w.end-night < 36*3600 {
		night -= 86400
	}
	for _, u := range w.homes() {
		if u.region.code == w.opt.Regions[0] {
			newPlanner(u, "door").visitors()
		}
	}
	p := newPlanner(w.laboratory(), "laboratory")
	p.tryModel(max(w.start, night) + p.r.below(5000))
}

// laboratory is where people try things: research if there is one.
func (w *world) laboratory() *unit {
	homes := w.homes()
	best := homes[0]
	for _, u := range homes {
		if u.account.desks > best.account.desks || u.account.name == "research" {
			best = u
		}
		if best.account.name == "research" {
			break
		}
	}
	return best
}

// visitorsEvery is how long it takes in the mean, in seconds, until the next
// person signs in to an account.
const visitorsEvery = 16 * 3600

// visitors are the sign-ins of a history.
func (p *planner) visitors() {
	for range (p.w.end - p.w.start) / visitorsEvery {
		p.signIn(p.workTime())
	}
}

// signIn is a person at the console's door, whose fingers slip now and then.
func (p *planner) signIn(t int64) {
	who := p.u.user(p.r, pick(p.r, p.w.people).name, consoleAgents[:2])
	for range p.r.below(3) {
		if a := p.stage(t, who, signInVain, ""); a != nil {
			a.err = &failure{text: "Failed authentication"}
		}
		t += p.r.between(4, 11)
	}
	p.stage(t, who, signIn, "")
}

// tryModel is somebody who wants accelerators for a quick try, under the name
// that a library gives to a session: only the chain of roles leads to the
// person. The largest machine is not to be had, the next one is.
func (p *planner) tryModel(t int64) []*life {
	session := p.assume(t, p.person(), "gpu-lab", "botocore-session-"+strconv.FormatInt(t, 10), commandAgents[1:])
	p.fail(t+9, session, "p5.48xlarge", 1, &failures[0])
	name := "llm-try-" + strconv.FormatInt(p.r.between(3, 9), 10)
	return p.u.launch(p.r, t+31, session, machineOf("p4d.24xlarge"), 1, p.dress(name))
}

// fail is a launch that is refused.
func (p *planner) fail(t int64, by *actor, machine string, count int64, err *failure) {
	if a := p.u.plan(p.r, t, failDeed, by); a != nil {
		a.machine, a.count, a.err = machineOf(machine), count, err
	}
}
