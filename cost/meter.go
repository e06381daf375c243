package cost

import (
	"github.com/kopterio/kopter/price"
	"github.com/kopterio/kopter/usage"
)

// endOfTime is 2200-01-01. No stretch reaches beyond it, so that the widest
// graph fits into memory and the dearest price into an amount.
const endOfTime usage.Seconds = 7_258_118_400

// meter cuts intervals into pieces that have one price each.
type meter struct {
	tariffs     *Tariffs
	from, until usage.Seconds // what lies outside is not charged
}

func newMeter(prices price.Prices, from, until usage.Seconds) meter {
	if until <= 0 {
		until = endOfTime
	}
	return meter{NewTariffs(prices), max(from, 0), min(until, endOfTime)}
}

// stretch is a piece and the window of its price.
type stretch struct {
	piece
	window *window
}

// cut appends the stretches of an interval to out. Each interval is cut by
// itself: the period that it belongs to is named by its start.
func (m *meter) cut(i *usage.Interval, out []stretch) []stretch {
	t := m.tariffs.of(i)
	kind := ran
	if i.Shape.OperationAssumed {
		kind |= assumed
	}
	if i.Shape.Marketplace {
		kind |= marketplace
	}
	out = m.priced(i, t, i.Start, i.End, kind, out)
	if i.Last || i.Open {
		end := i.Period + t.charged(i.End-i.Period)
		out = m.priced(i, t, i.End, end, padded, out)
	}
	return m.priced(i, t, i.End, i.NotAfter, uncertain, out)
}

// priced cuts a stretch of an interval at the changes of its price.
func (m *meter) priced(i *usage.Interval, t *tariff, from, until usage.Seconds, kind marks, out []stretch) []stretch {
	from, until = max(from, m.from), min(until, m.until)
	if from >= until {
		return out
	}
	for k := t.at(from); from < until; k++ {
		w := &t.windows[k]
		p := piece{from: from, until: min(until, w.until), origin: max(min(i.Period, i.Start), w.from), marks: kind}
		from = p.until
		switch {
		case kind == uncertain:
			// not charged
		case w.gap == nil:
			p.rate = w.quote.Rate
		case kind == padded:
			continue // without a price it is nothing
		default:
			p.marks |= unpriced
		}
		out = append(out, stretch{p, w})
	}
	return out
}
