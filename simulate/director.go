package simulate

// director plans what happens to instances in a live simulation: a handful of
// acts, each again and again after a random gap.
type director struct {
	w       *world
	random  random
	crews   []*planner // one for each unit
	homes   []*planner // of crews: where instances run
	yards   []*planner // of homes: where builds run
	acts    []act
	builds  int64 // parts of a thousand of a build that are due
	perHour int64 // how many builds start in an hour
}

// act is a story that is told on a loop. Times are in seconds.
type act struct {
	play       func(*director, int64)
	first, gap span
	next       int64
}

type span struct{ lo, hi int64 }

// programme are the acts: in its first minute a watcher sees a release, and
// within ten minutes everything once.
var programme = []act{
	{play: (*director).breathe, first: span{3, 12}, gap: span{20, 45}},
	{play: (*director).ship, first: span{10, 25}, gap: span{150, 320}},
	{play: (*director).signIn, first: span{6, 30}, gap: span{40, 100}},
	{play: (*director).batch, first: span{20, 50}, gap: span{100, 260}},
	{play: (*director).mistake, first: span{30, 90}, gap: span{90, 240}},
	{play: (*director).resize, first: span{45, 160}, gap: span{240, 500}},
	{play: (*director).desk, first: span{30, 100}, gap: span{90, 260}},
	{play: (*director).leak, first: span{60, 180}, gap: span{1500, 2400}},
	{play: (*director).tryModel, first: span{100, 280}, gap: span{1200, 2000}},
}

func newDirector(w *world, start, rate int64) *director {
	d := &director{w: w, random: random{mix(w.seed, digest("director"), uint64(start))}}
	for _, u := range w.units {
		p := newPlanner(u, "live")
		p.r.state = mix(p.r.state, uint64(start))
		d.crews = append(d.crews, p)
		if u.home {
			d.homes = append(d.homes, p)
		}
		if u.home && u.account.runners > 0 {
			d.yards = append(d.yards, p)
		}
	}
	if len(w.fleets) == 0 {
		w.foundFleets()
	}
	for _, f := range w.fleets {
		f.p.r.state = mix(f.p.r.state, uint64(start))
	}
	d.perHour = 3600 * rate / eventsPerBuild
	for _, a := range programme {
		a.next = start + d.random.between(a.first.lo, a.first.hi)
		d.acts = append(d.acts, a)
	}
	for _, p := range d.homes {
		p.adopt(start)
	}
	return d
}

// eventsPerBuild is for how many events one build starts.
const eventsPerBuild = 40

// play plans what falls into from ≤ t < to.
func (d *director) play(from, to int64) {
	for i := range d.acts {
		a := &d.acts[i]
		for a.next < to {
			a.play(d, a.next)
			a.next += d.random.between(a.gap.lo, a.gap.hi)
		}
	}
	d.builds += d.perHour * (to - from)
	for ; d.builds >= 3600 && len(d.yards) > 0; d.builds -= 3600 {
		d.build(from + d.random.below(to-from))
	}
}

// crew is the planner of an account in a region, or nil.
func (d *director) crew(account, region string) *planner {
	for _, p := range d.crews {
		if p.u.account.id == account && p.u.region.code == region {
			return p
		}
	}
	return nil
}

// candidate draws one of the lives that fit, and its planner; nil if none does.
func (d *director) candidate(fits func(*life) bool) (*planner, *life) {
	var crew *planner
	var chosen *life
	n := int64(0)
	for _, p := range d.homes {
		for _, l := range p.u.lives {
			if !fits(l) {
				continue
			}
			if n++; d.random.below(n) == 0 {
				crew, chosen = p, l
			}
		}
	}
	return crew, chosen
}
