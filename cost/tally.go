package cost

import (
	"github.com/kopterio/kopter/money"
	"github.com/kopterio/kopter/usage"
)

// Tally is what a stretch of time amounts to.
type Tally struct {
	// Amount is the list price of what ran, including padding.
	Amount money.Nano
	// Seconds is how long instances surely ran, priced or not.
	Seconds int64
	// PaddedSeconds were charged beyond the seconds that ran, because a
	// running period has a minimum length or is billed in full hours.
	PaddedSeconds int64
	// UnpricedSeconds are those of Seconds for which there is no price. They
	// are not in Amount.
	UnpricedSeconds int64
	// UncertainSeconds lie between the last sign of life and the first sign
	// of an end that no source dates. They are in neither Seconds nor Amount.
	UncertainSeconds int64
	// AssumedSeconds are those of Seconds whose platform no source states;
	// Linux/UNIX was assumed.
	AssumedSeconds int64
	// MarketplaceSeconds are those of Seconds to which a marketplace product
	// adds a price that no list shows.
	MarketplaceSeconds int64
}

// plus adds u times n.
func (t *Tally) plus(u *Tally, n int64) {
	t.Amount += u.Amount * money.Nano(n)
	t.Seconds += u.Seconds * n
	t.PaddedSeconds += u.PaddedSeconds * n
	t.UnpricedSeconds += u.UnpricedSeconds * n
	t.UncertainSeconds += u.UncertainSeconds * n
	t.AssumedSeconds += u.AssumedSeconds * n
	t.MarketplaceSeconds += u.MarketplaceSeconds * n
}

// marks say what kind of seconds a piece consists of.
type marks uint8

const (
	ran marks = 1 << iota
	padded
	unpriced
	uncertain
	assumed
	marketplace
)

// piece is a stretch of one interval with one price: from ≤ t < until.
type piece struct {
	from, until usage.Seconds
	// origin is where the charges that this piece is a difference of begin:
	// the later of the running period's start and the price's. All pieces of
	// one period and price share it, so that they sum to one rounded charge.
	origin usage.Seconds
	rate   money.Rate
	series uint32
	marks  marks
}

// tally is what the piece amounts to between two of its moments.
func (p *piece) tally(from, until usage.Seconds) Tally {
	t := p.seconds(until - from)
	t.Amount = p.rate.Between(from-p.origin, until-p.origin)
	return t
}

// hourly is what every full hour inside the piece amounts to. That it is the
// same for all of them, whatever the offset from the origin, is what allows
// difference arrays: Charge(s+3600) is Charge(s) plus the rate.
func (p *piece) hourly() Tally {
	t := p.seconds(secondsPerHour)
	t.Amount = money.Nano(p.rate)
	return t
}

func (p *piece) seconds(n int64) (t Tally) {
	t.Seconds = n * p.has(ran)
	t.PaddedSeconds = n * p.has(padded)
	t.UnpricedSeconds = n * p.has(unpriced)
	t.UncertainSeconds = n * p.has(uncertain)
	t.AssumedSeconds = n * p.has(assumed)
	t.MarketplaceSeconds = n * p.has(marketplace)
	return t
}

func (p *piece) has(m marks) int64 {
	if p.marks&m != 0 {
		return 1
	}
	return 0
}

// cell is one bucket of a difference array.
type cell struct {
	// part is what falls into this bucket without filling it.
	part Tally
	// whole is by how much the tally per hour of what fills buckets entirely
	// changes from the bucket before to this one.
	whole Tally
}

// cells gives access to the cells of a difference array by bucket.
type cells interface{ at(bucket int) *cell }

// spread adds a piece, n times, to a difference array: at most four cells
// change, however long the piece is. n is -1 to take a piece back.
func spread[C cells](to C, p *piece, step Bucket, n int64) {
	first, last := step.index(p.from), step.index(p.until-1)
	head, tail := step.start(first+1), step.start(last)
	if p.from > step.start(first) || p.until < head {
		part := p.tally(p.from, min(head, p.until))
		to.at(first).part.plus(&part, n)
		if first == last {
			return
		}
		first++
	}
	if p.until < step.start(last+1) {
		part := p.tally(tail, p.until)
		to.at(last).part.plus(&part, n)
		last--
	}
	if first <= last {
		hourly := p.hourly()
		to.at(first).whole.plus(&hourly, n)
		to.at(last+1).whole.plus(&hourly, -n)
	}
}
