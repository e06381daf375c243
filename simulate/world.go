package simulate

import (
	"fmt"
	"slices"
)

// world is the organisation: accounts, who works in them, and the streams of
// events that they make.
type world struct {
	opt    Options
	seed   uint64
	org    string // "o-…"
	start  int64  // seconds since 1970
	end    int64
	shots  []int64 // times of DescribeInstances
	looks  looks   // further times of DescribeInstances, in a live simulation
	fleets []*fleet
	units  []*unit
	people []person
	faults *unit // where the stolen key is used; its region is nobody's
}

// unit is one account in one region: what AWS delivers as one sequence of log
// files. Units are written independently of each other.
type unit struct {
	world   *world
	account member
	region  *region
	home    bool // the account works here, and DescribeInstances looks here
	seed    uint64
	weight  uint64 // of its noise, among all units
	noise   []weightedActor
	total   int64 // sum of the weights of noise
	lives   []*life
	actions []*action
}

// member is an account of the organisation.
type member struct {
	id, name string
	trade
}

// trade is what an account is for: how loud it is and, in parts of a
// thousand, which instances it runs.
type trade struct {
	noise                                  uint64
	runners, groups, spot, desks, servants int64
}

var trades = []struct {
	name string
	trade
}{
	{"web-prod", trade{300, 0, 700, 60, 0, 240}},
	{"build", trade{170, 900, 0, 60, 0, 40}},
	{"data-prod", trade{160, 40, 160, 700, 10, 90}},
	{"web-staging", trade{90, 200, 500, 0, 60, 240}},
	{"sandbox", trade{60, 100, 0, 100, 700, 100}},
	{"security", trade{80, 0, 0, 0, 100, 900}},
	{"research", trade{70, 150, 0, 500, 300, 50}},
	{"management", trade{70, 0, 0, 0, 0, 1000}},
	{"mobile-prod", trade{120, 0, 700, 0, 0, 300}},
	{"network", trade{40, 0, 0, 0, 0, 1000}},
	{"log-archive", trade{30, 0, 0, 0, 0, 1000}},
	{"mobile-staging", trade{50, 200, 500, 0, 100, 200}},
}

// person is a human with a mailbox and a place in the identity center.
type person struct {
	name, mail, id string // id is the identity-center user's
	address        string
	team           string
}

var (
	givenNames = []string{"ada", "bruno", "chioma", "dalia", "emre", "fenna", "goran", "hana", "ines", "jakub", "kofi", "lena", "mirela", "nuno", "oona", "pavel", "quirin", "rosa", "sanne", "tariq"}
	surnames   = []string{"adler", "brandt", "costa", "dimov", "eriksen", "fontaine", "gruber", "haddad", "ivarsen", "jensen", "kaya", "lindqvist"}
	teams      = []string{"web", "data", "platform", "mobile", "security", "research"}
)

func newWorld(opt Options) *world {
	w := &world{opt: opt, seed: mix(opt.Seed, 0x6b6f70746572), start: opt.Start.Unix(), end: opt.End.Unix(), shots: opt.snapshotTimes()}
	r := &random{w.seed}
	w.org = string(append([]byte("o-"), appendHex(nil, r.next(), 10)...))
	w.people = hire(r, 12+opt.Accounts*3)
	for i := range opt.Accounts {
		w.found(r, i)
	}
	return w
}

func hire(r *random, n int) []person {
	people := make([]person, n)
	for i := range people {
		name := givenNames[i%len(givenNames)] + "." + surnames[(i/len(givenNames)*5+i*7)%len(surnames)]
		people[i] = person{
			name:    name,
			mail:    name + "@kopter.example",
			id:      string(appendUUID(nil, r.pair())),
			address: workplace(r),
			team:    teams[i%len(teams)],
		}
	}
	return people
}

// workplace is an office, mostly; a home over the VPN; or an IPv6 address. All
// are addresses for documentation (RFC 5737, RFC 3849).
func workplace(r *random) string {
	switch {
	case r.chance(600):
		return fmt.Sprintf("198.51.100.%d", r.between(2, 9))
	case r.chance(800):
		return fmt.Sprintf("192.0.2.%d", r.between(2, 250))
	default:
		return fmt.Sprintf("2001:db8:%x:%x::%x", r.between(1, 0xffff), r.between(1, 0xffff), r.between(1, 0xffff))
	}
}

// found adds an account and its units: where it works, and where the events of
// global services go.
func (w *world) found(r *random, i int) {
	t := trades[i%len(trades)]
	name := t.name
	if i >= len(trades) {
		name = fmt.Sprintf("%s-%d", t.name, i/len(trades)+1)
	}
	m := member{id: fmt.Sprintf("%03d%09d", 100+r.below(800), r.below(1e9)), name: name, trade: t.trade}
	codes := []string{w.opt.Regions[i%len(w.opt.Regions)]}
	if i%3 == 0 && len(w.opt.Regions) > 1 {
		codes = append(codes, w.opt.Regions[(i+1)%len(w.opt.Regions)])
	}
	for j, code := range codes {
		w.addUnit(m, code, m.noise*[]uint64{80, 12}[j], true)
	}
	if !slices.Contains(codes, w.opt.Regions[0]) {
		w.addUnit(m, w.opt.Regions[0], m.noise*8, false)
	}
	if m.name == "sandbox" || w.faults == nil && i == w.opt.Accounts-1 {
		w.faults = w.addUnit(m, w.unusedRegion(), 0, false)
	}
}

func (w *world) unusedRegion() string {
	for i := len(regions) - 4; ; i-- {
		code := regions[(i+len(regions))%len(regions)].code
		if !slices.Contains(w.opt.Regions, code) {
			return code
		}
	}
}

func (w *world) addUnit(m member, code string, weight uint64, home bool) *unit {
	u := &unit{world: w, account: m, region: regionOf(code), home: home, weight: weight}
	u.seed = mix(w.seed, digest(m.id), digest(code))
	w.units = append(w.units, u)
	if home {
		u.staff()
	}
	if code == w.opt.Regions[0] {
		u.staffGlobal()
	}
	return u
}

// looks are moments of DescribeInstances at a steady pace; none if every is 0.
type looks struct{ from, every int64 }

func (l looks) at(t int64) bool { return l.every > 0 && t >= l.from && (t-l.from)%l.every == 0 }

// looksAt says whether a recording is made at t.
func (w *world) looksAt(t int64) bool {
	_, found := slices.BinarySearch(w.shots, t)
	return found || w.looks.at(t)
}

// homes are the units in which instances are planned.
func (w *world) homes() []*unit {
	var found []*unit
	for _, u := range w.units {
		if u.home {
			found = append(found, u)
		}
	}
	return found
}
