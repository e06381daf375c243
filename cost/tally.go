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

// charge is what the piece's period is charged from its origin up to a moment.
func (p *piece) charge(until usage.Seconds) money.Nano {
	if until == p.origin {
		return 0 // as at the beginning of nearly every piece
	}
	return p.rate.Charge(until - p.origin)
}

// count adds seconds of the piece and what is charged for them.
func (t *Tally) count(p *piece, seconds int64, amount money.Nano) {
	t.Amount += amount
	if p.marks == ran { // as nearly all pieces are
		t.Seconds += seconds
		return
	}
	t.Seconds += seconds * p.has(ran)
	t.PaddedSeconds += seconds * p.has(padded)
	t.UnpricedSeconds += seconds * p.has(unpriced)
	t.UncertainSeconds += seconds * p.has(uncertain)
	t.AssumedSeconds += seconds * p.has(assumed)
	t.MarketplaceSeconds += seconds * p.has(marketplace)
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
//
// Every full hour inside the piece is charged the rate, whatever the offset
// from the origin: Charge(s+3600) is Charge(s) plus the rate. That is what
// allows difference arrays.
func spread[C cells](to C, p *piece, step Bucket, n int64) {
	first, last := step.index(p.from), step.index(p.until-1)
	begin, charged := p.from, p.charge(p.from) // of what is not added yet
	if head := step.start(first + 1); begin > step.start(first) || p.until < head {
		end := min(head, p.until)
		until := p.charge(end)
		to.at(first).part.count(p, n*(end-begin), money.Nano(n)*(until-charged))
		if first == last {
			return
		}
		first++
		begin, charged = end, until
	}
	if p.until < step.start(last+1) {
		tail := step.start(last)
		charged += money.Nano(p.rate) * money.Nano((tail-begin)/secondsPerHour)
		to.at(last).part.count(p, n*(p.until-tail), money.Nano(n)*(p.charge(p.until)-charged))
		last--
	}
	if first <= last {
		to.at(first).whole.count(p, n*secondsPerHour, money.Nano(n)*money.Nano(p.rate))
		to.at(last+1).whole.count(p, -n*secondsPerHour, -money.Nano(n)*money.Nano(p.rate))
	}
}
