package simulate

import "fmt"

// fleet is an auto scaling group whose size follows the hour, and whose
// instances are replaced when its team ships.
type fleet struct {
	p           *planner
	name        string
	machine     uint8
	base, swing int64 // the size at night, and what a full hour adds
	members     []*life
	busy        int64 // until when a release is under way
}

// fleetAppetite is from how many parts of a thousand on an account lives from
// its groups and has fleets.
const fleetAppetite = 500

// foundFleets makes the fleets, without instances.
func (w *world) foundFleets() {
	for _, u := range w.homes() {
		if u.account.groups < fleetAppetite {
			continue
		}
		for i, name := range []string{"-checkout", "-catalog"} {
			name = u.account.name + name
			f := &fleet{p: newPlanner(u, "fleet"+name), name: name, base: 2, swing: int64(2 + u.account.noise/50)}
			f.machine = machineOf([]string{"c7g.2xlarge", "m6i.xlarge"}[i])
			w.fleets = append(w.fleets, f)
		}
	}
}

func (f *fleet) wanted(t int64) int64 { return f.base + f.swing*int64(rhythm(t))/100 }

// stride is by how many instances a fleet changes at once.
const stride = 2

// breathe brings the fleet a small step nearer to the size of the hour.
func (f *fleet) breathe(t, wanted int64) {
	if t < f.busy {
		return
	}
	switch n := wanted - int64(len(f.members)); {
	case n > 0:
		f.members = append(f.members, f.launch(t, f.p.scale, int(min(n, stride)))...)
	case n < 0:
		n = min(-n, stride)
		f.p.u.finish(f.p.r, t, f.p.scale, terminated, f.members[:n]...)
		f.members = f.members[n:]
	}
}

func (f *fleet) launch(t int64, by *actor, n int) []*life {
	return f.p.u.launch(f.p.r, t, by, f.machine, n, func(l *life) { l.group, l.name = f.name, f.name })
}

// The pace of a release, in seconds: a wave of instances is launched, takes
// over, and the old ones are drained and terminated.
const (
	wave      = 3
	waveEvery = 35
	longest   = 1800 // what a release of the largest fleet stays below
)

// ship is a release: a person assumes the deployer's role, and the group
// replaces its instances on behalf of that session.
func (f *fleet) ship(t int64) {
	p := f.p
	robot := p.assume(t, p.person(), "deployer", fmt.Sprintf("release-%d", p.r.between(1000, 9999)), terraformAgents)
	p.stage(t+4, robot, newTemplate, f.name)
	p.stage(t+7, robot, newRelease, f.name)
	via := robot.through("autoscaling.amazonaws.com")
	old := f.members
	f.members = nil
	t += 12
	for len(old) > 0 {
		n := min(wave, len(old))
		f.members = append(f.members, f.replace(t, via, old[:n])...)
		old = old[n:]
		t += waveEvery
	}
	f.busy = t + waveEvery
}

func (f *fleet) replace(t int64, by *actor, old []*life) []*life {
	fresh := f.launch(t, by, len(old))
	f.p.stage(t+12, by, register, f.name, fresh...)
	f.p.stage(t+15, by, drain, f.name, old...)
	f.p.u.finish(f.p.r, t+30, by, terminated, old...)
	return fresh
}

// past plays the fleet's history: it breathes twice an hour, and its team
// ships every few days at a busy hour.
func (f *fleet) past() {
	w, r := f.p.w, f.p.r
	f.members = f.launch(w.start+r.between(60, 600), f.p.scale, int(f.wanted(w.start)))
	release := w.start + r.between(6*3600, 72*3600)
	for t := w.start + 1800; t < w.end-longest; t += r.between(1600, 2000) {
		if t >= release && rhythm(t) > 60 {
			f.ship(t)
			release = t + r.between(48*3600, 110*3600)
			continue
		}
		f.breathe(t, f.wanted(t))
	}
}
