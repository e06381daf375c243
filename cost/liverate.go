package cost

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/kopterio/kopter/money"
	"github.com/kopterio/kopter/price"
	"github.com/kopterio/kopter/query"
	"github.com/kopterio/kopter/usage"
)

// RunRates is what runs at a moment, by groups and in all.
type RunRates struct {
	Version uint64
	At      usage.Seconds
	Rows    []Running // by values, then currency
	Totals  []Running // by currency, without values
}

// Forecast is what a month comes to in one currency, if all that runs now runs
// on to its end.
//
//	Projected = MonthToDate + Σ Rate(instance) × (month's end − last heard of)
//
// The sum is over the instances that run now. Each is taken on from the end of
// what MonthToDate holds of it: the last sign of life of its account and
// region, or the beginning of the month if that is later. Each product is
// rounded to a billionth, as a charge is. What nobody knows is not in it:
// what will start, stop or change, new prices, and what has no price.
type Forecast struct {
	Currency    money.Currency
	MonthToDate money.Nano
	RunRate     money.Rate // per hour, now
	Projected   money.Nano
	Running     int // instances
	Unpriced    int // of them, those without a price
}

// Forecasts are the forecast of one month.
type Forecasts struct {
	Version     uint64
	From, Until usage.Seconds // of the month, in UTC
	Rows        []Forecast    // by currency
}

// AccountState is how an account in a region is doing.
type AccountState struct {
	Account, Region string
	// Last is the newest sign of life: of an event or a snapshot.
	Last usage.Seconds
	// Rates are what runs there and what an hour of it costs, by currency.
	Rates   []Running
	Running int // instances, in all currencies
}

// tariffed is a Tariffs that is kept for the next question, and the prices'
// generation that it is of.
type tariffed struct {
	*Tariffs
	generation int
}

// borrow gives Tariffs of the current prices, which giveBack takes back.
func (l *Live) borrow() tariffed {
	l.mu.Lock()
	defer l.mu.Unlock()
	if n := len(l.spare); n > 0 {
		t := l.spare[n-1]
		l.spare = l.spare[:n-1]
		return t
	}
	return tariffed{NewTariffs(l.prices), l.generation}
}

// maxSpare is how many Tariffs are kept: each is some hundred kilobytes.
const maxSpare = 8

func (l *Live) giveBack(t tariffed) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if t.generation == l.generation && len(l.spare) < maxSpare {
		l.spare = append(l.spare, t)
	}
}

// RunRate is what runs at a moment, by fields of Schema. Errors are ErrField
// and ctx's.
func (l *Live) RunRate(ctx context.Context, by []string, keep query.Node, at usage.Seconds) (RunRates, error) {
	readers, err := grouping(by)
	if err != nil {
		return RunRates{}, err
	}
	v, g, totals := l.fleet.View(), newGroups(readers), purse{}
	var sums []Running
	err = l.running(ctx, v, keep, at, func(i *usage.Interval, q *price.Quote) {
		s := g.line(g.node(i), q.Currency)
		if int(s) == len(sums) {
			sums = append(sums, Running{Currency: q.Currency})
		}
		sums[s].add(i, *q)
		totals.of(q.Currency).add(i, *q)
	})
	order, values := g.sorted()
	r := RunRates{Version: v.Version(), At: at, Totals: totals.list()}
	for _, s := range order {
		sums[s].Values = values[s]
		r.Rows = append(r.Rows, sums[s])
	}
	return r, err
}

// running calls fn for every interval that runs at a moment and passes a
// filter, with its price; both are only valid until fn returns.
func (l *Live) running(ctx context.Context, v *usage.FleetView, node query.Node, at usage.Seconds, fn func(*usage.Interval, *price.Quote)) error {
	tariffs := l.borrow()
	defer l.giveBack(tariffs)
	keep := filter(node)
	var i usage.Interval
	for k, life := range v.Lives() {
		if k%shareSize == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if v.RunningAt(life, at, &i) && (keep == nil || keep(values{&i})) {
			t := tariffs.of(&i)
			fn(&i, &t.windows[t.at(at)].quote)
		}
	}
	return nil
}

// purse sums what runs by currency.
type purse map[money.Currency]*Running

func (p purse) of(c money.Currency) *Running {
	if p[c] == nil {
		p[c] = &Running{Currency: c}
	}
	return p[c]
}

func (p purse) list() []Running {
	list := make([]Running, 0, len(p))
	for _, c := range slices.Sorted(maps.Keys(p)) {
		list = append(list, *p[c])
	}
	return list
}

// Forecast is what the month of a moment comes to, in UTC. Its error is ctx's.
func (l *Live) Forecast(ctx context.Context, keep query.Node, now usage.Seconds) (Forecasts, error) {
	v, j, err := l.journal(nil, keep)
	if err != nil {
		return Forecasts{}, err
	}
	month := Month.index(now)
	f := Forecasts{From: Month.start(month), Until: Month.start(month + 1)}
	known := now + secondsPerHour - 1
	known -= known % secondsPerHour // of this hour all that is known counts
	rows := map[money.Currency]*Forecast{}
	err = j.read(ctx, v, func(j *journal) error {
		f.Version = j.base.Version()
		for c, t := range j.totals {
			if m := t.before(Hour.index(known)).minus(t.before(Hour.index(f.From))); m != (Measure{}) {
				rows[c] = &Forecast{Currency: c, MonthToDate: m.Amount, Projected: m.Amount}
			}
		}
		return l.running(ctx, j.base, keep, now, func(i *usage.Interval, q *price.Quote) {
			if rows[q.Currency] == nil {
				rows[q.Currency] = &Forecast{Currency: q.Currency}
			}
			rows[q.Currency].goOn(q, f.Until-max(f.From, min(i.End, known)))
		})
	})
	for _, c := range slices.Sorted(maps.Keys(rows)) {
		f.Rows = append(f.Rows, *rows[c])
	}
	return f, err
}

// goOn adds an instance that runs for so many seconds more.
func (f *Forecast) goOn(q *price.Quote, left int64) {
	f.Running++
	if q.Status != price.Priced {
		f.Unpriced++
		return
	}
	f.RunRate += q.Rate
	f.Projected += q.Rate.Charge(left)
}

// Accounts lists how each account and region is doing, in their order, with
// what runs there now. Its error is ctx's.
func (l *Live) Accounts(ctx context.Context, now usage.Seconds) ([]AccountState, error) {
	v := l.fleet.View()
	type place struct{ account, region string }
	last, rates := map[place]usage.Seconds{}, map[place]purse{}
	for _, f := range v.Freshness() {
		last[place{f.Account, f.Region}] = f.Last
	}
	for _, life := range v.Lives() {
		last[place{life.Account, life.Region}] += 0 // also where there is no sign of life
	}
	err := l.running(ctx, v, nil, now, func(i *usage.Interval, q *price.Quote) {
		at := place{i.Account, i.Region}
		if rates[at] == nil {
			rates[at] = purse{}
		}
		rates[at].of(q.Currency).add(i, *q)
	})
	list := make([]AccountState, 0, len(last))
	for at, seen := range last {
		s := AccountState{Account: at.account, Region: at.region, Last: seen, Rates: rates[at].list()}
		for _, r := range s.Rates {
			s.Running += r.Count
		}
		list = append(list, s)
	}
	slices.SortFunc(list, func(a, b AccountState) int {
		return cmp.Or(strings.Compare(a.Account, b.Account), strings.Compare(a.Region, b.Region))
	})
	return list, err
}
