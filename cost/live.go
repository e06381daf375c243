package cost

import (
	"errors"
	"sync"

	"github.com/kopterio/kopter/price"
	"github.com/kopterio/kopter/usage"
)

// Live is the price graph of a fleet, kept current: whatever it is asked is
// answered for the fleet and the prices as they are at that moment, and equals
// what Graph, Steps and RunRate give for the same intervals. It is safe for
// concurrent use; answers never hold up the fleet's updates.
type Live struct {
	fleet *usage.Fleet

	mu         sync.Mutex
	prices     price.Prices
	generation int // how often the prices were replaced
	shelf      shelf
	spare      []tariffed
}

// NewLive shows a fleet at prices.
func NewLive(fleet *usage.Fleet, prices price.Prices) *Live {
	return &Live{fleet: fleet, prices: prices}
}

// SetPrices replaces the prices, for all of time.
func (l *Live) SetPrices(prices price.Prices) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.prices, l.shelf, l.spare = prices, shelf{}, nil
	l.generation++
}

// Errors that are the mistake of whoever asked, beside ErrTooManyRows.
var (
	// ErrField is returned for a field that there is none of, in By or Sort.
	ErrField = errors.New("there is no such field")
	// ErrCursor is returned for a cursor that no listing of this kind and
	// order has given.
	ErrCursor = errors.New("not a cursor of this listing")
	// ErrNoResource is returned for a resource that no source has named.
	ErrNoResource = errors.New("no source names the resource")
)

// Version grows with every change of the fleet that an answer may show. New
// prices do not change it.
func (l *Live) Version() uint64 { return l.fleet.View().Version() }
