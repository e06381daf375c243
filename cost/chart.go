package cost

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/kopterio/kopter/money"
	"github.com/kopterio/kopter/query"
	"github.com/kopterio/kopter/usage"
)

// GraphRequest asks for a chart: a part of the graph, the largest groups of
// which have a series each.
type GraphRequest struct {
	// Filter chooses intervals by the fields of Schema; nil takes all.
	Filter query.Node
	// By names the fields by which series are told apart; see Schema.
	By []string
	// From and Until bound the chart: From ≤ t < Until, rounded outwards to
	// full hours. Zero is where the data begins or ends.
	From, Until usage.Seconds
	// Step is the width of a bucket.
	Step Bucket
	// Top is how many groups of each currency have series of their own, those
	// with the largest amounts in the time asked for; zero is all.
	Top int
	// MaxCells bounds buckets × series; zero is DefaultMaxCells.
	MaxCells int
}

// DefaultMaxCells bounds a chart: a cell is 24 bytes.
const DefaultMaxCells = 1_000_000

// Chart is a part of the graph in columns.
type Chart struct {
	// Version is the fleet's that the chart shows.
	Version     uint64
	From, Until usage.Seconds // as rounded, and as found where not asked for
	Step        Bucket
	By          []string
	// Starts are the first seconds of the buckets, without gaps. The first
	// bucket begins at From, if that cuts it short.
	Starts []usage.Seconds
	// Series are in order of their currency; within it the largest amount
	// first, and last what sums all other groups. They sum to Totals.
	Series []Series
	Totals []ChartTotal
	// Groups is how many groups have anything to show.
	Groups int
	// Summary is of all that the filter chooses, whatever the time.
	Summary Summary
}

// Series is one line of a chart.
type Series struct {
	// Values are those of the chart's By, nil for the rest.
	Values []string
	// Rest is how many groups the series sums that have none of their own;
	// zero for a series of one group.
	Rest int
	Sum  ChartTotal // of the columns below
	// One for each of Starts: the amount, the seconds that ran, and of them
	// those without a price.
	Amounts  []money.Nano
	Seconds  []int64
	Unpriced []int64
}

// ChartTotal is what a stretch of time amounts to in one currency.
type ChartTotal struct {
	Currency money.Currency
	Measure
}

// Graph gives a chart. Errors are ErrField, ErrTooManyRows and ctx's.
func (l *Live) Graph(ctx context.Context, r GraphRequest) (Chart, error) {
	v, j, err := l.journal(r.By, r.Filter)
	if err != nil {
		return Chart{}, err
	}
	var c Chart
	err = j.read(ctx, v, func(j *journal) error {
		c, err = j.chart(r)
		return err
	})
	return c, err
}

// journal gives the fleet as it is, and the journal to answer from.
func (l *Live) journal(by []string, keep query.Node) (*usage.FleetView, *journal, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	v := l.fleet.View()
	j, err := l.shelf.take(v, l.prices, by, keep)
	return v, j, err
}

func (j *journal) chart(r GraphRequest) (Chart, error) {
	c := Chart{Version: j.base.Version(), Step: r.Step, By: r.By, Summary: j.sum}
	first, last := j.reach(r)
	c.From, c.Until = int64(first)*secondsPerHour, int64(last)*secondsPerHour
	if first >= last {
		return c, nil
	}
	rankings := j.rank(first, last, r.Top)
	series := 0
	for _, of := range rankings {
		series += of.lines()
		c.Groups += of.groups
	}
	bounds, err := hoursOf(r.Step, first, last, cmp.Or(r.MaxCells, DefaultMaxCells)/max(series, 1))
	if err != nil {
		return Chart{}, err
	}
	for _, h := range bounds[:len(bounds)-1] {
		c.Starts = append(c.Starts, int64(h)*secondsPerHour)
	}
	for _, of := range rankings {
		c.Totals = append(c.Totals, of.sum)
		c.Series = append(c.Series, j.series(of, bounds)...)
	}
	return c, nil
}

// reach gives the hours that a chart is to show.
func (j *journal) reach(r GraphRequest) (first, last int) {
	first, last = math.MaxInt, 0
	for _, t := range j.totals {
		if from, until := t.extent(); until > 0 {
			first, last = min(first, from), max(last, until)
		}
	}
	switch {
	case r.From > 0:
		first = Hour.index(r.From)
	case first < last && r.Step != Total: // the first bucket is a whole one
		first = Hour.index(r.Step.start(r.Step.index(int64(first) * secondsPerHour)))
	}
	if r.Until > 0 {
		last = Hour.index(r.Until + secondsPerHour - 1)
	}
	return min(first, last), last
}

// hoursOf gives the first hours of the buckets between two hours, the first of
// them cut short where it begins earlier, and the end of the last.
func hoursOf(step Bucket, first, last, most int) ([]int, error) {
	bounds := []int{first}
	if step != Total {
		from, until := step.index(int64(first)*secondsPerHour), step.index(int64(last)*secondsPerHour-1)
		if until-from+1 > most {
			return nil, fmt.Errorf("%d buckets, of which there may be %d: %w", until-from+1, most, ErrTooManyRows)
		}
		for b := from + 1; b <= until; b++ {
			bounds = append(bounds, int(step.start(b)/secondsPerHour))
		}
	}
	return append(bounds, last), nil
}

// ranking is the groups of a currency, the largest first.
type ranking struct {
	sum    ChartTotal
	total  *curve
	top    []ranked
	groups int // also those that are not in top
}

type ranked struct {
	series uint32
	Measure
}

// lines is how many series show the ranking.
func (r *ranking) lines() int {
	if r.groups > len(r.top) {
		return len(r.top) + 1
	}
	return len(r.top)
}

// rank lists the currencies that have anything between two hours, in order of
// their codes, and their top groups; zero is all.
func (j *journal) rank(first, last, top int) []*ranking {
	of := map[money.Currency]*ranking{}
	var list []*ranking
	for _, c := range slices.Sorted(maps.Keys(j.totals)) {
		r := &ranking{total: j.totals[c]}
		r.sum = ChartTotal{c, r.total.before(last).minus(r.total.before(first))}
		if of[c] = r; r.sum.Measure != (Measure{}) {
			list = append(list, r)
		}
	}
	for s, c := range j.curves {
		m := c.before(last).minus(c.before(first))
		if m == (Measure{}) {
			continue
		}
		r := of[j.groups.series[s].currency]
		r.groups++
		r.top = j.insert(r.top, ranked{uint32(s), m}, top)
	}
	for _, r := range list {
		if slices.SortFunc(r.top, j.compare); top > 0 {
			r.top = r.top[:min(top, len(r.top))]
		}
	}
	return list
}

// fewSeries is how many are kept in order while groups are ranked; more are
// sorted at the end.
const fewSeries = 100

// insert puts a group among the first n; zero keeps all.
func (j *journal) insert(top []ranked, r ranked, n int) []ranked {
	if n == 0 || n > fewSeries {
		return append(top, r)
	}
	if len(top) == n {
		if j.compare(top[n-1], r) <= 0 {
			return top
		}
		top = top[:n-1]
	}
	at, _ := slices.BinarySearchFunc(top, r, j.compare)
	return slices.Insert(top, at, r)
}

// compare puts the larger amount first, of equal ones that of more seconds,
// and then goes by the values.
func (j *journal) compare(a, b ranked) int {
	if c := cmp.Or(cmp.Compare(b.Amount, a.Amount), cmp.Compare(b.Seconds, a.Seconds)); c != 0 {
		return c
	}
	return slices.Compare(j.valuesOf(a.series), j.valuesOf(b.series))
}

func (j *journal) valuesOf(series uint32) []string {
	values := make([]string, len(j.by))
	j.groups.values(series, values)
	return values
}

// series draws a ranking: its top groups, and then the rest, which is what
// they leave of the total.
func (j *journal) series(r *ranking, bounds []int) []Series {
	var all []Series
	n := len(bounds) - 1
	for _, g := range r.top {
		s := newSeries(ChartTotal{r.sum.Currency, g.Measure}, n)
		s.Values = j.valuesOf(g.series)
		j.curves[g.series].columns(bounds, func(k int, m Measure) { s.add(k, m, 1) })
		all = append(all, s)
	}
	if r.groups == len(r.top) {
		return all
	}
	rest := newSeries(r.sum, n)
	rest.Rest = r.groups - len(r.top)
	r.total.columns(bounds, func(k int, m Measure) { rest.add(k, m, 1) })
	for s := range all {
		rest.Sum.Measure = rest.Sum.minus(all[s].Sum.Measure)
		for k := range n {
			rest.add(k, all[s].at(k), -1)
		}
	}
	return append(all, rest)
}

func newSeries(sum ChartTotal, n int) Series {
	return Series{Sum: sum, Amounts: make([]money.Nano, n), Seconds: make([]int64, n), Unpriced: make([]int64, n)}
}

func (s *Series) at(k int) Measure { return Measure{s.Amounts[k], s.Seconds[k], s.Unpriced[k]} }

func (s *Series) add(k int, m Measure, n int64) {
	sum := s.at(k).plus(m, n)
	s.Amounts[k], s.Seconds[k], s.Unpriced[k] = sum.Amount, sum.Seconds, sum.UnpricedSeconds
}
