package price

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/kopterio/kopter/money"
)

// Book is the look-up over a set of sheets. It implements Prices, does not
// change, and is safe for concurrent use.
//
// At any time that row counts which has the latest effective date not after
// it; of several versions with that date, the one published last. So a version
// that is published later, with an earlier effective date, re-prices the past.
// A version that no longer names a key says nothing about it.
type Book struct {
	sheets  int
	regions map[string][]version // those that have the region, oldest first
}

// version is what was published as one: the same version may have been
// imported from several files.
type version struct {
	name      string
	published int64
	sheets    []*Sheet
}

// NewBook makes a book of sheets, in whatever order.
func NewBook(sheets ...*Sheet) *Book {
	sorted := slices.Clone(sheets)
	slices.SortStableFunc(sorted, func(a, b *Sheet) int {
		return cmp.Or(cmp.Compare(a.Published, b.Published), cmp.Compare(a.Version, b.Version))
	})
	b := &Book{sheets: len(sorted), regions: map[string][]version{}}
	for _, s := range sorted {
		for _, region := range s.Regions() {
			b.regions[region] = addSheet(b.regions[region], s)
		}
	}
	return b
}

// addSheet adds a sheet that is as new as the last of versions, or newer.
func addSheet(versions []version, s *Sheet) []version {
	n := len(versions)
	if n == 0 || versions[n-1].name != s.Version || versions[n-1].published != s.Published {
		versions = append(versions, version{name: s.Version, published: s.Published})
		n++
	}
	versions[n-1].sheets = append(versions[n-1].sheets, s)
	return versions
}

// Windows implements Prices. The key's Operation and Tenancy may be written as
// EC2's API writes them.
func (b *Book) Windows(k Key) []Window {
	k.Operation, k.Tenancy = Operation(k.Operation), Tenancy(k.Tenancy)
	held := b.states(k)
	if len(held) == 0 {
		return []Window{{Always, Forever, hosted(k, b.absent(k))}}
	}
	windows := []Window{{Always, held[0].from, hosted(k, tooEarly(k, held[0].from))}}
	for _, h := range held {
		q := choose(effective(h.rows, h.from))
		q.Version = h.version
		windows = appendWindow(windows, h.from, hosted(k, q))
	}
	return windows
}

// At is the quote that holds at a time, in seconds since 1970.
func (b *Book) At(k Key, at int64) Quote {
	windows := b.Windows(k)
	i, _ := slices.BinarySearchFunc(windows, at, func(w Window, at int64) int {
		if w.Until <= at {
			return -1
		}
		return 1
	})
	return windows[min(i, len(windows)-1)].Quote
}

// appendWindow ends the last window at from and adds one to the end of time,
// unless it says the same.
func appendWindow(windows []Window, from int64, q Quote) []Window {
	last := &windows[len(windows)-1]
	last.Until = from
	switch {
	case last.Quote == q:
		last.Until = Forever
		return windows
	case last.From == last.Until: // a price from Always
		*last = Window{from, Forever, q}
		return windows
	}
	return append(windows, Window{from, Forever, q})
}

// state is what is known of a key from an effective date on: that of the
// newest version which has a row with that date, because no version has a
// later one yet.
type state struct {
	from    int64
	version string
	rows    []Row // of the key in that version, of whatever date
}

// states gives a key's states by date.
func (b *Book) states(k Key) []state {
	var states []state
	for _, v := range b.regions[k.Region] {
		var rows []Row
		for _, s := range v.sheets {
			rows = append(rows, s.find(k)...)
		}
		for _, r := range rows {
			states = append(states, state{r.From, v.name, rows})
		}
	}
	slices.Reverse(states) // newest version first
	slices.SortStableFunc(states, func(a, b state) int { return cmp.Compare(a.from, b.from) })
	return slices.CompactFunc(states, func(a, b state) bool { return a.from == b.from })
}

// find gives the rows of a key.
func (s *Sheet) find(k Key) []Row {
	first, _ := slices.BinarySearchFunc(s.rows, k, s.compareKey)
	var rows []Row
	for _, r := range s.rows[first:] {
		if s.compareKey(r, k) != 0 {
			break
		}
		rows = append(rows, s.row(r))
	}
	return rows
}

// compareKey mostly needs to look at the type, since few regions share a sheet.
func (s *Sheet) compareKey(r row, k Key) int {
	if c := strings.Compare(s.texts[r.region], k.Region); c != 0 {
		return c
	}
	if c := strings.Compare(s.texts[r.typ], k.Type); c != 0 {
		return c
	}
	return cmp.Or(
		strings.Compare(s.texts[r.operation], k.Operation),
		strings.Compare(s.texts[r.tenancy], k.Tenancy),
	)
}

// effective gives the rows of one version that hold at a time: of each SKU
// those with the latest effective date.
func effective(rows []Row, at int64) []Row {
	var held []Row
	for _, r := range rows {
		superseded := slices.ContainsFunc(rows, func(o Row) bool {
			return o.SKU == r.SKU && o.From > r.From && o.From <= at
		})
		if r.From <= at && !superseded {
			held = append(held, r)
		}
	}
	return held
}

// The licence models between which the spec decides.
const (
	noLicense       = "No License required"
	licenseIncluded = "License Included - Infrastructure"
)

// choose makes a quote of the rows that hold at one time. Of several SKUs with
// the same price any is right, and all are named; with different prices none
// is taken.
func choose(rows []Row) Quote {
	if slices.ContainsFunc(rows, func(r Row) bool { return strings.EqualFold(r.License, noLicense) }) {
		rows = slices.DeleteFunc(rows, func(r Row) bool { return strings.EqualFold(r.License, licenseIncluded) })
	}
	slices.SortFunc(rows, compareCandidates)
	rows = slices.Compact(rows) // two files of one version may have the same row
	first := rows[0]
	q := Quote{SKU: joined(rows, func(r Row) string { return r.SKU })}
	same := !slices.ContainsFunc(rows, func(r Row) bool {
		return r.Rate != first.Rate || r.Currency != first.Currency || r.Problem != first.Problem
	})
	switch {
	case !same:
		q.Status, q.Reason = Ambiguous, "several prices fit: "+joined(rows, describe)
	case first.Problem != "":
		q.Status, q.Reason = Absent, "SKU "+q.SKU+": "+first.Problem
	default:
		q.Status, q.Rate, q.Currency = Priced, first.Rate, first.Currency
		q.RateCode = joined(rows, func(r Row) string { return r.RateCode })
	}
	return q
}

func compareCandidates(a, b Row) int {
	return cmp.Or(
		cmp.Compare(a.SKU, b.SKU),
		cmp.Compare(a.RateCode, b.RateCode),
		cmp.Compare(a.License, b.License),
		cmp.Compare(a.Rate, b.Rate),
		cmp.Compare(a.Currency, b.Currency),
		cmp.Compare(a.Problem, b.Problem),
	)
}

// joined lists what text gives for the rows, each once.
func joined(rows []Row, text func(Row) string) string {
	var all []string
	for _, r := range rows {
		all = append(all, text(r))
	}
	return strings.Join(slices.Compact(all), ", ")
}

func describe(r Row) string {
	if r.Problem != "" {
		return fmt.Sprintf("SKU %s (%s)", r.SKU, r.Problem)
	}
	return fmt.Sprintf("SKU %s (%s %s, %s)", r.SKU, r.Rate, r.Currency, cmp.Or(r.License, "no licence model"))
}

// hosted replaces the lack of a price for an instance on a Dedicated Host,
// which costs nothing. Source: spec/ec2-cost.md, "When an instance is billed".
func hosted(k Key, q Quote) Quote {
	switch {
	case k.Tenancy != Host:
		return q
	case q.Status == Priced && q.Rate == 0:
		q.Reason = byHost
		return q
	case q.SKU != "":
		return q
	}
	currency := money.USD
	if strings.HasPrefix(k.Region, "cn-") {
		currency = money.CNY
	}
	return Quote{Status: Priced, Currency: currency, Reason: byHost}
}

// byHost is the reason of a price of zero.
const byHost = "billed by the host"

func tooEarly(k Key, first int64) Quote {
	return Quote{Status: TooEarly, Reason: fmt.Sprintf(
		"the oldest price of %s in %s holds from %s; import the offer version of the time before, or state that it held earlier (--effective-from)",
		k.Type, k.Region, time.Unix(first, 0).UTC().Format(time.RFC3339))}
}

// absent says what is known instead of the key.
func (b *Book) absent(k Key) Quote {
	return Quote{Status: Absent, Reason: b.missing(k)}
}

func (b *Book) missing(k Key) string {
	if b.sheets == 0 {
		return "no price list was imported"
	}
	versions, others := b.regions[k.Region], map[string]bool{}
	if len(versions) == 0 {
		return "no sheet for " + k.Region
	}
	for _, v := range versions {
		for _, s := range v.sheets {
			s.known(k, others)
		}
	}
	if len(others) == 0 {
		return fmt.Sprintf("no sheet names %s in %s", k.Type, k.Region)
	}
	list := make([]string, 0, len(others))
	for o := range others {
		list = append(list, o)
	}
	slices.Sort(list)
	return fmt.Sprintf("%s in %s is known only for %s", k.Type, k.Region, strings.Join(list, ", "))
}

// known adds to others the operations and tenancies of the key's type in its
// region.
func (s *Sheet) known(k Key, others map[string]bool) {
	first, _ := slices.BinarySearchFunc(s.rows, k, func(r row, k Key) int {
		return cmp.Or(strings.Compare(s.texts[r.region], k.Region), strings.Compare(s.texts[r.typ], k.Type))
	})
	for _, r := range s.rows[first:] {
		if s.texts[r.region] != k.Region || s.texts[r.typ] != k.Type {
			break
		}
		others[s.texts[r.operation]+" ("+s.texts[r.tenancy]+")"] = true
	}
}
