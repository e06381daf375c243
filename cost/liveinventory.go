package cost

import (
	"cmp"
	"context"
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/kopterio/kopter/money"
	"github.com/kopterio/kopter/query"
	"github.com/kopterio/kopter/usage"
)

// rowKey is a place in the order of the inventory.
type rowKey struct {
	number            int64
	text              string
	account, resource string
}

// sortKeys are what the inventory can be sorted by.
var sortKeys = map[string]func(*Instance) (number int64, text string){
	"rate":      func(i *Instance) (int64, string) { return int64(i.Rate()), string(i.Quote.Currency) },
	"since":     func(i *Instance) (int64, string) { return i.Since, "" },
	"type":      func(i *Instance) (int64, string) { return 0, i.Shape.Type },
	"resource":  func(i *Instance) (int64, string) { return 0, i.Resource },
	"account":   func(i *Instance) (int64, string) { return 0, i.Account },
	"region":    func(i *Instance) (int64, string) { return 0, i.Region },
	"state":     func(i *Instance) (int64, string) { return 0, i.State },
	"principal": func(i *Instance) (int64, string) { return 0, i.Launcher.Principal },
}

// listing is the order of an inventory.
type listing struct {
	name string // of the order, as in cursors
	read func(*Instance) (int64, string)
	desc bool
}

func listingOf(r InventoryRequest) (listing, error) {
	by := cmp.Or(r.Sort, "resource")
	read, ok := sortKeys[by]
	if !ok {
		return listing{}, fmt.Errorf("sort by %q: %w", by, ErrField)
	}
	return listing{"inventory " + by + " " + strconv.FormatBool(r.Desc), read, r.Desc}, nil
}

func (o *listing) key(i *Instance) rowKey {
	number, text := o.read(i)
	return rowKey{number, text, i.Account, i.Resource}
}

func (o *listing) compare(a, b rowKey) int {
	c := cmp.Or(cmp.Compare(a.number, b.number), strings.Compare(a.text, b.text))
	if o.desc {
		c = -c
	}
	return cmp.Or(c, strings.Compare(a.account, b.account), strings.Compare(a.resource, b.resource))
}

func (o *listing) cursor(k rowKey) string {
	return encodeCursor(o.name, strconv.FormatInt(k.number, 10), k.text, k.account, k.resource)
}

// after reads a cursor; nil for the beginning.
func (o *listing) after(cursor string) (*rowKey, error) {
	if cursor == "" {
		return nil, nil
	}
	parts, err := decodeCursor(cursor, o.name, 5)
	if err != nil {
		return nil, err
	}
	number, err := strconv.ParseInt(parts[1], 10, 64)
	if err != nil {
		return nil, fmt.Errorf("cursor %q: %w", cursor, ErrCursor)
	}
	return &rowKey{number, parts[2], parts[3], parts[4]}, nil
}

// Inventory gives a page of the instances that existed at a moment. Errors are
// ErrField for Sort, ErrCursor and ctx's.
func (l *Live) Inventory(ctx context.Context, r InventoryRequest) (InventoryPage, error) {
	order, err := listingOf(r)
	if err != nil {
		return InventoryPage{}, err
	}
	after, err := order.after(r.Cursor)
	if err != nil {
		return InventoryPage{}, err
	}
	limit := cmp.Or(r.Limit, DefaultPage)
	v := l.fleet.View()
	lives := v.Lives()
	clerks := make([]*clerk, max(1, min(runtime.GOMAXPROCS(0), len(lives)/1024)))
	work, shared := errgroup.WithContext(ctx)
	for k := range clerks {
		c := &clerk{order: order, at: r.At, keep: filter(r.Filter), after: after, limit: limit + 1, rates: purse{}}
		clerks[k] = c
		part := lives[len(lives)*k/len(clerks) : len(lives)*(k+1)/len(clerks)]
		work.Go(func() error {
			tariffs := l.borrow()
			defer l.giveBack(tariffs)
			return c.list(shared, part, tariffs.Tariffs)
		})
	}
	if err := work.Wait(); err != nil {
		return InventoryPage{}, err
	}
	return page(clerks, v, limit), nil
}

// page puts together what clerks have listed.
func page(clerks []*clerk, v *usage.FleetView, limit int) InventoryPage {
	all, others := clerks[0], clerks[1:]
	for _, c := range others {
		all.count += c.count
		all.rows = append(all.rows, c.rows...)
		for currency, r := range c.rates {
			all.rates.of(currency).plus(r)
		}
	}
	slices.SortFunc(all.rows, all.compare)
	p := InventoryPage{Version: v.Version(), Count: all.count, Rates: all.rates.list()}
	if len(all.rows) > limit {
		all.rows = all.rows[:limit]
		p.Next = all.order.cursor(all.rows[limit-1].key)
	}
	for _, r := range all.rows {
		p.Instances = append(p.Instances, *r.instance)
	}
	return p
}

// plus adds what runs elsewhere.
func (r *Running) plus(o *Running) {
	r.Rate += o.Rate
	r.Count += o.Count
	r.Unpriced += o.Unpriced
	r.Assumed += o.Assumed
}

// clerk lists a share of the inventory.
type clerk struct {
	order listing
	at    usage.Seconds
	keep  func(query.Values) bool // nil keeps all
	after *rowKey                 // nil is from the beginning
	limit int

	count int
	rates purse
	rows  []row // among them the first
	full  bool  // the first limit of rows are in order, and no later one counts
}

type row struct {
	key      rowKey
	instance *Instance
}

func (c *clerk) list(ctx context.Context, lives []*usage.Life, tariffs *Tariffs) error {
	var i Instance
	for k, life := range lives {
		if k%shareSize == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if life.GoneBy(c.at) {
			continue
		}
		i.Resource, i.Account, i.Region, i.Zone = life.Resource, life.Account, life.Region, life.Zone
		i.Launcher = life.Launcher.OrNone()
		if i.be(life.At(c.at), c.at, tariffs) && (c.keep == nil || c.keep(i.Values())) {
			c.add(&i)
		}
	}
	return nil
}

// add counts an instance, and lists it if it is among the first.
func (c *clerk) add(i *Instance) {
	c.count++
	if i.State == running {
		c.rates.of(i.Quote.Currency).add(&usage.Interval{Shape: i.Shape}, i.Quote)
	}
	key := c.order.key(i)
	if c.after != nil && c.order.compare(key, *c.after) <= 0 {
		return
	}
	if c.full && c.order.compare(key, c.rows[c.limit-1].key) >= 0 {
		return
	}
	copied := *i
	if c.rows = append(c.rows, row{key, &copied}); len(c.rows) >= 2*c.limit {
		slices.SortFunc(c.rows, c.compare)
		clear(c.rows[c.limit:])
		c.rows, c.full = c.rows[:c.limit], true
	}
}

func (c *clerk) compare(a, b row) int { return c.order.compare(a.key, b.key) }

// Resource tells all that is known of a resource; an empty account is any. Its
// error is ErrNoResource.
func (l *Live) Resource(ctx context.Context, account, resource string) (ResourceDetail, error) {
	v := l.fleet.View()
	var life *usage.Life
	var also []string
	for _, other := range v.Lives() {
		switch {
		case other.Resource != resource:
		case life == nil && (account == "" || other.Account == account):
			life = other
		default:
			also = append(also, other.Account)
		}
	}
	if life == nil {
		return ResourceDetail{}, fmt.Errorf("%s %s: %w", account, resource, ErrNoResource)
	}
	d := ResourceDetail{
		Version: v.Version(), Resource: life.Resource, Account: life.Account, Region: life.Region, Zone: life.Zone,
		Launcher: life.Launcher, Status: life.At(endOfTime), Also: also, Last: v.Horizon(life),
	}
	tariffs := l.borrow()
	defer l.giveBack(tariffs)
	m := meter{tariffs: tariffs.Tariffs, until: endOfTime}
	var sums []Sum
	for _, i := range v.Intervals(life, nil) {
		c := m.costOf(i)
		d.Intervals = append(d.Intervals, c)
		for _, s := range c.Sums {
			sums = addSum(sums, s)
		}
	}
	d.Totals = sums
	return d, ctx.Err()
}

// costOf prices an interval.
func (m *meter) costOf(i usage.Interval) IntervalCost {
	c := IntervalCost{Interval: i}
	for _, p := range m.cut(&i, nil) {
		part := CostPart{From: p.from, Until: p.until, Quote: p.window.quote}
		part.count(&p.piece, p.until-p.from, p.charge(p.until)-p.charge(p.from))
		c.Parts = append(c.Parts, part)
		c.Sums = addSum(c.Sums, Sum{part.Quote.Currency, part.Tally})
	}
	return c
}

// addSum adds to the sum of the same currency; sums stay in order of their
// currencies.
func addSum(sums []Sum, s Sum) []Sum {
	at, ok := slices.BinarySearchFunc(sums, s.Currency, func(s Sum, c money.Currency) int { return cmp.Compare(s.Currency, c) })
	if !ok {
		return slices.Insert(sums, at, s)
	}
	sums[at].plus(&s.Tally, 1)
	return sums
}
