package simulate

// noise is what everybody does all the time, in a live simulation: several
// sessions at once, each a burst of calls by one caller.
type noise struct {
	random   random
	streams  []*stream
	people   [][]*actor // of each stream: who works through the identity center
	upTo     []uint64   // cumulative weights of streams
	sessions []session
}

// session is a burst that is under way.
type session struct {
	stream *stream
	actor  *actor
	agent  string
	left   int64
}

// The number of sessions that are under way at once grows with the rate.
const (
	fewestSessions = 6
	mostSessions   = 2_000
)

func newNoise(streams []*stream, rate int64, seed uint64) *noise {
	n := &noise{random: random{seed}, streams: streams}
	var total uint64
	for _, s := range streams {
		total += s.weight
		n.upTo = append(n.upTo, total)
		n.people = append(n.people, s.people())
	}
	n.sessions = make([]session, min(max(fewestSessions, rate/2), mostSessions))
	return n
}

func (u *unit) people() []*actor {
	var list []*actor
	for _, w := range u.noise {
		if w.actor.identity == ssoSession {
			list = append(list, w.actor)
		}
	}
	return list
}

// peoplesShare is how many sessions of a thousand are a person's. Programs
// make nearly all calls of a real organisation; a watcher wants to see people.
const peoplesShare = 350

// make writes so many events, spread evenly over from ≤ t < to.
func (n *noise) make(from, to, events int64) error {
	for i := range events {
		s := &n.sessions[n.random.below(int64(len(n.sessions)))]
		if s.left == 0 {
			n.open(s)
		}
		s.left--
		if err := s.call(from + i*(to-from)/events); err != nil {
			return err
		}
	}
	return nil
}

// open gives a session to another caller.
func (n *noise) open(s *session) {
	x := uint64(n.random.below(int64(n.upTo[len(n.upTo)-1])))
	i := 0
	for x >= n.upTo[i] {
		i++
	}
	s.stream = n.streams[i]
	s.actor = s.stream.caller()
	if people := n.people[i]; len(people) > 0 && n.random.chance(peoplesShare) {
		s.actor = pick(&n.random, people)
	}
	s.agent = pick(&n.random, s.actor.agents)
	s.left = n.random.between(2, 14)
}

func (s *session) call(t int64) error {
	s.stream.begin(s.actor, s.agent, t)
	s.stream.clear(t, s.stream.random.pair())
	s.stream.fillCall(s.actor.draw(&s.stream.random), true)
	return s.stream.emit()
}
