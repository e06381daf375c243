package simulate

import (
	"cmp"
	"math/big"
	"slices"
)

// Truth is what a perfect reader of a simulation's logs, recordings and price
// lists finds. Times are seconds since 1970, money is in billionths of a
// dollar.
type Truth struct {
	Seed       uint64 `json:"seed"`
	Start      int64  `json:"start"`
	End        int64  `json:"end"`
	Events     int64  `json:"events"`     // distinct
	Records    int64  `json:"records"`    // delivered: Events + Duplicates
	Duplicates int64  `json:"duplicates"` // events delivered twice
	Files      int64  `json:"files"`      // log files
	Bytes      int64  `json:"bytes"`      // of the records, before compression

	EventsByName    map[string]int64 `json:"events_by_name"`    // distinct events
	EventsByAccount map[string]int64 `json:"events_by_account"` // distinct events

	Instances  []Instance  `json:"instances"` // by account, region and id
	Snapshots  []Snapshot  `json:"snapshots"`
	PriceLists []PriceList `json:"price_lists"`

	Total       Cost   `json:"total"`
	ByAccount   []Cost `json:"by_account"`
	ByRegion    []Cost `json:"by_region"`
	ByPrincipal []Cost `json:"by_principal"` // of the launcher; "" is unattributed
	ByType      []Cost `json:"by_type"`
}

// Cost is time and money of a group.
type Cost struct {
	Key string `json:"key"`
	// Seconds that were used, as far as a reader can be sure.
	Seconds int64 `json:"seconds"`
	// BilledSeconds count a period's minimum: 60 s, or whole hours for SUSE.
	BilledSeconds int64 `json:"billed_seconds"`
	// UnpricedSeconds are the part of Seconds that no price list prices: spot.
	UnpricedSeconds int64 `json:"unpriced_seconds"`
	Nano            int64 `json:"nano"` // on-demand list price
}

// Instance is the life of an instance.
type Instance struct {
	ID        string `json:"id"`
	Account   string `json:"account"`
	Region    string `json:"region"`
	Zone      string `json:"zone"`
	Operation string `json:"operation"`
	Tenancy   string `json:"tenancy"`  // "Shared" or "Dedicated"
	Purchase  string `json:"purchase"` // "on-demand" or "spot"
	// Before says that it was launched before Start: no event names its
	// launcher, and Principal, Actor and IP are empty.
	Before    bool              `json:"before,omitzero"`
	Principal string            `json:"principal"`
	Actor     string            `json:"actor"`
	IP        string            `json:"ip"`
	Tags      map[string]string `json:"tags"` // at the end
	Periods   []Period          `json:"periods"`
	Cost      Cost              `json:"cost"`
}

// Period is a stretch of running of one type.
type Period struct {
	Type  string `json:"type"`
	Start int64  `json:"start"`
	// End is the last moment at which a reader can be sure that it ran, and
	// NotAfter the first at which it surely did not: they differ where only
	// recordings tell, and while a hibernating instance saves its memory.
	End      int64 `json:"end"`
	NotAfter int64 `json:"not_after"`
	// TrueEnd is when it ended, known or not; 0 while it runs.
	TrueEnd int64 `json:"true_end,omitzero"`
	Open    bool  `json:"open,omitzero"` // runs at the end; End is the unit's newest event or recording
	// How it ended: "stopped", "hibernated", "terminated", "evicted",
	// "stopped inside", "destroyed inside".
	How    string `json:"how,omitzero"`
	Opened string `json:"opened,omitzero"` // eventID; "" where no event tells
	Closed string `json:"closed,omitzero"`
	Cost   Cost   `json:"cost"`
}

// Snapshot is a recording of DescribeInstances. It is complete for its account
// and region.
type Snapshot struct {
	File      string `json:"file"`
	Account   string `json:"account"`
	Region    string `json:"region"`
	At        int64  `json:"at"`
	Instances int    `json:"instances"`
}

// PriceList is a version of the price list.
type PriceList struct {
	File      string `json:"file"`
	Version   string `json:"version"`
	Effective int64  `json:"effective"`
}

var endingNames = [...]string{
	stopped: "stopped", hibernated: "hibernated", terminated: "terminated", evicted: "evicted",
	stoppedInside: "stopped inside", destroyedInside: "destroyed inside",
}

// compareInstances orders the truth's instances.
func compareInstances(a, b Instance) int {
	return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Region, b.Region), cmp.Compare(a.ID, b.ID))
}

// instances tells the truth about a unit's instances; newest is the time of
// its newest event.
func (u *unit) instances(newest int64) []Instance {
	horizon := newest
	if u.home && len(u.world.shots) > 0 {
		horizon = u.world.end
	}
	list := make([]Instance, 0, len(u.lives))
	for _, l := range u.lives {
		list = append(list, l.truth(horizon))
	}
	return list
}

func (l *life) truth(horizon int64) Instance {
	in := Instance{
		ID: string(appendID(nil, l)), Account: l.unit.account.id, Region: l.unit.region.code,
		Zone: l.unit.region.code + string(l.zone), Operation: platforms[l.platform].operation,
		Tenancy: tenancies[0], Purchase: "on-demand", Before: l.before, Tags: map[string]string{},
	}
	if l.dedicated {
		in.Tenancy = tenancies[1]
	}
	if l.spot {
		in.Purchase = "spot"
	}
	if l.launcher != nil {
		in.Principal, in.Actor, in.IP = l.launcher.principal(), l.launcher.human(), l.launcher.address
	}
	for _, t := range l.tags(l.unit.world.end) {
		in.Tags[t.key] = t.value
	}
	for i := range l.periods {
		p := l.period(&l.periods[i], horizon)
		in.Cost.add(p.Cost)
		in.Periods = append(in.Periods, p)
	}
	return in
}

func (l *life) period(p *period, horizon int64) Period {
	t := Period{Type: machines[p.machine].name, Start: p.start, TrueEnd: p.end, Open: p.how == running, Opened: p.opened.eventID(), Closed: p.closed.eventID()}
	t.End, t.NotAfter = l.known(p, horizon)
	t.How = endingNames[p.how]
	t.Cost = l.cost(p, t.End-t.Start)
	t.Cost.Key = t.Type
	return t
}

func (a *action) eventID() string {
	if a == nil {
		return ""
	}
	return string(appendUUID(nil, a.id))
}

// known is what a reader can say about a period's end. Events and the reasons
// in a recording are exact; an instance that has left the recordings ended
// between two of them.
func (l *life) known(p *period, horizon int64) (end, notAfter int64) {
	if p.how == running {
		return horizon, horizon
	}
	if p.how == hibernated {
		return l.hibernation(p)
	}
	if p.how != destroyedInside {
		return p.end, p.end
	}
	shots := l.unit.world.shots
	i, _ := slices.BinarySearch(shots, p.end)
	if l.seen(shots[i]) {
		return p.end, p.end
	}
	return shots[i-1], shots[i]
}

// hibernation bounds the end of a period whose last seconds save the memory and
// are billed: it was over when a recording shows the instance stopped, or when
// it was started again.
func (l *life) hibernation(p *period) (end, notAfter int64) {
	end, notAfter = p.end, l.unit.world.end
	for i := range l.periods {
		if start := l.periods[i].start; start > p.end {
			notAfter = min(notAfter, start)
		}
	}
	for _, shot := range l.unit.world.shots {
		switch {
		case shot >= p.end && shot < p.end+stoppingTime:
			end = shot
		case shot >= p.end:
			return end, min(notAfter, shot)
		}
	}
	if notAfter == l.unit.world.end {
		notAfter = end // nothing tells
	}
	return end, notAfter
}

// cost prices a period of so many seconds. A change of price divides it; the
// charge of each part is rounded once.
func (l *life) cost(p *period, seconds int64) Cost {
	c := Cost{Seconds: seconds, BilledSeconds: max(seconds, 60)}
	if platforms[l.platform].fullHours {
		c.BilledSeconds = max(1, (seconds+3599)/3600) * 3600
	}
	if l.spot {
		c.UnpricedSeconds = seconds
		return c
	}
	w := l.unit.world
	price := func(version int) int64 {
		return rate(l.unit.region, p.machine, l.platform, l.dedicated, version)
	}
	from, until := p.start, p.start+c.BilledSeconds
	for v := 1; v < w.opt.PriceVersions; v++ {
		if turn := w.effective(v); turn > from && turn < until && price(v) != price(v-1) {
			c.Nano += charge(price(v-1), turn-from)
			from = turn
		}
	}
	c.Nano += charge(price(w.versionAt(from)), until-from)
	return c
}

// charge is rate × seconds / 3600, rounded to the nearest, halves up.
func charge(rate, seconds int64) int64 {
	product := new(big.Int).Mul(big.NewInt(rate), big.NewInt(seconds))
	product.Add(product, big.NewInt(1800))
	return product.Div(product, big.NewInt(3600)).Int64()
}

func (c *Cost) add(other Cost) {
	c.Seconds += other.Seconds
	c.BilledSeconds += other.BilledSeconds
	c.UnpricedSeconds += other.UnpricedSeconds
	c.Nano += other.Nano
}

// Summary is the truth in a few figures.
type Summary struct {
	Events     int64  `json:"events"`
	Duplicates int64  `json:"duplicates"`
	Files      int64  `json:"files"`
	Bytes      int64  `json:"bytes"`
	Accounts   int    `json:"accounts"`
	Instances  int    `json:"instances"`
	Snapshots  int    `json:"snapshots"`
	PriceLists int    `json:"price_lists"`
	Seconds    int64  `json:"seconds"` // that instances ran
	Nano       int64  `json:"nano"`    // their list price, billionths of a dollar
	Currency   string `json:"currency"`
	Start      int64  `json:"start"`
	End        int64  `json:"end"`
}

// Summary gives the truth in a few figures.
func (t *Truth) Summary() Summary {
	return Summary{
		Events: t.Events, Duplicates: t.Duplicates, Files: t.Files, Bytes: t.Bytes, Accounts: len(t.EventsByAccount),
		Instances: len(t.Instances), Snapshots: len(t.Snapshots), PriceLists: len(t.PriceLists),
		Seconds: t.Total.Seconds, Nano: t.Total.Nano, Currency: "USD", Start: t.Start, End: t.End,
	}
}

// sum fills the totals from the instances.
func (t *Truth) sum() {
	t.Total.Key = "total"
	var account, region, principal, kind costs
	for i := range t.Instances {
		in := &t.Instances[i]
		t.Total.add(in.Cost)
		account.add(in.Account, in.Cost)
		region.add(in.Region, in.Cost)
		principal.add(in.Principal, in.Cost)
		for _, p := range in.Periods {
			kind.add(p.Type, p.Cost)
		}
	}
	t.ByAccount, t.ByRegion, t.ByPrincipal, t.ByType = account.sorted(), region.sorted(), principal.sorted(), kind.sorted()
}

// costs are groups by key.
type costs map[string]*Cost

func (g *costs) add(key string, c Cost) {
	if *g == nil {
		*g = costs{}
	}
	if (*g)[key] == nil {
		(*g)[key] = &Cost{Key: key}
	}
	(*g)[key].add(c)
}

func (g costs) sorted() []Cost {
	list := make([]Cost, 0, len(g))
	for _, c := range g {
		list = append(list, *c)
	}
	slices.SortFunc(list, func(a, b Cost) int { return cmp.Compare(a.Key, b.Key) })
	return list
}
