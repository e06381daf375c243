// Package usagetest holds what every usage.Store must do, as a test, and a
// store in memory for the tests of those who use one.
package usagetest

import (
	"cmp"
	"context"
	"iter"
	"maps"
	"slices"
	"sync"

	"github.com/kopterio/kopter/account"
	"github.com/kopterio/kopter/usage"
)

// Memory is a usage.Store that forgets. Its zero value is empty and ready.
type Memory struct {
	mu      sync.Mutex
	tenants map[account.Tenant]*tenant
}

var _ usage.Store = (*Memory)(nil)

type tenant struct {
	facts map[factKey]usage.Fact
	snaps map[string]usage.Snapshot
	fresh map[place]usage.Seconds
}

type factKey struct{ account, resource, key string }

type place struct{ account, region string }

// tenant gives a tenant's part. The caller holds the lock.
func (m *Memory) tenant(t account.Tenant) *tenant {
	if m.tenants == nil {
		m.tenants = map[account.Tenant]*tenant{}
	}
	if m.tenants[t] == nil {
		m.tenants[t] = &tenant{
			facts: map[factKey]usage.Fact{}, snaps: map[string]usage.Snapshot{}, fresh: map[place]usage.Seconds{},
		}
	}
	return m.tenants[t]
}

// Commit adds what the commit of a log file adds.
func (m *Memory) Commit(ctx context.Context, t account.Tenant, facts []usage.Fact, fresh []usage.Freshness) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	in := m.tenant(t)
	in.add(facts)
	for _, f := range fresh {
		in.reach(f.Account, f.Region, f.Last)
	}
	return nil
}

// AddSnapshots implements usage.Store.
func (m *Memory) AddSnapshots(ctx context.Context, t account.Tenant, snaps []usage.Snapshot, facts []usage.Fact) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	in := m.tenant(t)
	in.add(facts)
	for _, s := range snaps {
		if known, ok := in.snaps[s.ID]; ok {
			known.Complete = known.Complete || s.Complete
			s = known
		}
		in.snaps[s.ID] = s
		in.reach(s.Account, s.Region, s.At)
	}
	return nil
}

// add keeps the facts that are not known yet.
func (t *tenant) add(facts []usage.Fact) {
	for _, f := range facts {
		key := factKey{f.Account, f.Resource, f.Key}
		if _, known := t.facts[key]; !known {
			f.Data = slices.Clone(f.Data)
			t.facts[key] = f
		}
	}
}

func (t *tenant) reach(account, region string, last usage.Seconds) {
	at := place{account, region}
	if known, ok := t.fresh[at]; !ok || known < last {
		t.fresh[at] = last
	}
}

// Facts implements usage.Store.
func (m *Memory) Facts(ctx context.Context, t account.Tenant, resources ...string) iter.Seq2[usage.Fact, error] {
	return func(yield func(usage.Fact, error) bool) {
		for _, f := range m.list(t, resources) {
			if err := ctx.Err(); err != nil {
				yield(usage.Fact{}, err)
				return
			}
			if !yield(f, nil) {
				return
			}
		}
	}
}

func (m *Memory) list(t account.Tenant, resources []string) []usage.Fact {
	m.mu.Lock()
	defer m.mu.Unlock()
	var all []usage.Fact
	for _, f := range m.tenant(t).facts {
		if len(resources) == 0 || slices.Contains(resources, f.Resource) {
			f.Data = slices.Clone(f.Data)
			all = append(all, f)
		}
	}
	slices.SortFunc(all, func(a, b usage.Fact) int {
		return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Resource, b.Resource), cmp.Compare(a.Key, b.Key))
	})
	return all
}

// Snapshots implements usage.Store.
func (m *Memory) Snapshots(ctx context.Context, t account.Tenant) ([]usage.Snapshot, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := slices.SortedFunc(maps.Values(m.tenant(t).snaps), func(a, b usage.Snapshot) int {
		return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Region, b.Region),
			cmp.Compare(a.At, b.At), cmp.Compare(a.ID, b.ID))
	})
	return all, ctx.Err()
}

// Freshness implements usage.Store.
func (m *Memory) Freshness(ctx context.Context, t account.Tenant) ([]usage.Freshness, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var all []usage.Freshness
	for at, last := range m.tenant(t).fresh {
		all = append(all, usage.Freshness{Account: at.account, Region: at.region, Last: last})
	}
	slices.SortFunc(all, func(a, b usage.Freshness) int {
		return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Region, b.Region))
	})
	return all, ctx.Err()
}
