package cost

import "github.com/kopterio/kopter/usage"

// Freshness lists the newest sign of life by account and region. The caller
// does not change the list.
func (l *Live) Freshness() []usage.Freshness { return l.fleet.View().Freshness() }

// PricesVersion grows when the prices are replaced.
func (l *Live) PricesVersion() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.generation
}
