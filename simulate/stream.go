package simulate

import "context"

// slot is the stretch of time that is written at once, in seconds.
const slot = 900

// stream writes one unit: planned actions, and noise until the number of
// events is reached.
type stream struct {
	*unit
	out     *delivery
	random  random
	counts  map[string]int64 // events by name
	events  int64
	newest  int64
	next    int   // of actions
	owed    int64 // noise that is due but waits until a burst is worth it
	want    int64 // how much that is
	record  record
	scene   scene
	line    []byte
	doubles uint64 // of 2^32 events are delivered twice
	lates   uint64
	twice   int64
}

func newStream(u *unit, sink Sink) (*stream, error) {
	out, err := newDelivery(u, sink)
	if err != nil {
		return nil, err
	}
	return &stream{
		unit: u, out: out, counts: map[string]int64{}, random: random{mix(u.seed, digest("noise"))},
		doubles: threshold(u.world.opt.Duplicates), lates: threshold(u.world.opt.Late),
	}, nil
}

func threshold(share float64) uint64 { return uint64(share * (1 << 32)) }

// run writes the whole stream. report is told how many events were written
// since it was last told.
func (s *stream) run(ctx context.Context, noise int64, report func(events int64)) error {
	var before, total uint64
	for t := s.world.start; t < s.world.end; t += slot {
		total += s.load(t)
	}
	for t := s.world.start; t < s.world.end; t += slot {
		if err := ctx.Err(); err != nil {
			return err
		}
		n := -apportion(noise, before, total)
		before += s.load(t)
		n += apportion(noise, before, total)
		written := s.events
		if err := s.write(t, n); err != nil {
			return err
		}
		report(s.events - written)
	}
	return s.out.flush(1 << 60)
}

func (s *stream) load(t int64) uint64 {
	return rhythm(t) * uint64(min(slot, s.world.end-t))
}

// write writes the planned events of one slot, and bursts of noise as they
// fall due.
func (s *stream) write(t, noise int64) error {
	if err := s.out.flush(t); err != nil {
		return err
	}
	end := min(t+slot, s.world.end)
	for s.next < len(s.actions) && s.actions[s.next].time < end {
		if err := s.act(s.actions[s.next]); err != nil {
			return err
		}
		s.next++
	}
	s.owed += noise
	for s.owed > 0 && (s.owed >= s.want || end == s.world.end) {
		n := min(s.want, s.owed)
		if err := s.burst(t, end, n); err != nil {
			return err
		}
		s.owed -= n
		s.want = s.length()
	}
	return nil
}

// length is how many calls the next burst wants: a look at the console, or
// all that a plan of Terraform reads.
func (s *stream) length() int64 {
	n := s.random.between(2, 12)
	if s.random.chance(300) {
		n *= 5
	}
	return n
}

// burst is somebody doing one thing: n calls within seconds.
func (s *stream) burst(from, end, n int64) error {
	who := s.caller()
	t := from + s.random.below(end-from)
	s.begin(who, pick(&s.random, who.agents), t)
	for range n {
		t = min(t+s.random.below(3), end-1)
		s.clear(t, s.random.pair())
		s.fillCall(who.draw(&s.random), true)
		if err := s.emit(); err != nil {
			return err
		}
	}
	return nil
}

func (s *stream) caller() *actor {
	x := s.random.below(s.total)
	for i := range s.noise {
		if x < s.noise[i].upTo {
			return s.noise[i].actor
		}
	}
	return s.noise[len(s.noise)-1].actor
}

func (a *actor) draw(r *random) *call {
	x := r.below(a.weights[len(a.weights)-1])
	i := 0
	for x >= a.weights[i] {
		i++
	}
	return a.calls[i]
}

// begin sets who calls.
func (s *stream) begin(who *actor, agent string, t int64) {
	s.record.unit, s.record.actor, s.record.agent = s.unit, who, agent
	s.record.who = appendIdentity(s.record.who[:0], who, t)
}

// clear makes room for another event of the same caller.
func (s *stream) clear(t int64, id pair) {
	r := &s.record
	r.time, r.id, r.shared = t, id, pair{}
	r.kind, r.errorCode, r.errorText, r.reads = "", "", "", false
	r.request, r.response, r.extra = r.request[:0], r.response[:0], r.extra[:0]
	r.resources, r.service = r.resources[:0], r.service[:0]
}

func (s *stream) act(a *action) error {
	s.begin(a.actor, a.agent, a.time)
	s.clear(a.time, a.id)
	s.record.shared = a.shared
	if a.deed != callDeed {
		a.fill(&s.record)
		return s.emit()
	}
	s.scene.granted, s.scene.group, s.scene.lives = a.granted, a.group, a.lives
	s.fillCall(a.call, false)
	s.scene.granted, s.scene.group, s.scene.lives = nil, "", nil
	if a.err != nil {
		s.record.refuse(a.err)
	}
	return s.emit()
}

// fillCall renders a call of the catalogue into the record.
func (s *stream) fillCall(c *call, mayFail bool) {
	r, sc := &s.record, &s.scene
	sc.unit, sc.actor, sc.time = s.unit, r.actor, r.time
	sc.random = random{r.id.hi ^ r.id.lo}
	sc.thing = mix(s.seed, r.id.hi%211, uint64(len(c.name)))
	r.source, r.name, r.kind, r.reads = c.service, c.name, c.kind, c.reads
	r.request = c.request.append(r.request, sc)
	r.resources = c.resources.append(r.resources, sc)
	r.extra = c.extra.append(r.extra, sc)
	if mayFail && c.errorPerMille > 0 && sc.random.chance(c.errorPerMille) {
		r.errorCode, r.errorText = c.errorCode, c.errorText
		return
	}
	r.response = c.response.append(r.response, sc)
}

// emit delivers the record: once, or twice.
func (s *stream) emit() error {
	r := &s.record
	s.counts[r.name]++
	s.events++
	s.newest = max(s.newest, r.time)
	dice := s.random.next()
	late := dice>>32 < s.lates
	r.late = late && dice&1 == 0
	s.line = r.appendTo(s.line[:0])
	stamp := s.out.stampOf(r.time, late)
	if err := s.out.add(stamp, s.line); err != nil {
		return err
	}
	if dice&(1<<32-1) >= s.doubles {
		return nil
	}
	stamp, possible := s.out.again(stamp, s.random.between(1, 3))
	if !possible {
		return nil
	}
	s.twice++
	return s.out.add(stamp, s.line)
}
