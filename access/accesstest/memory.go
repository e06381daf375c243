package accesstest

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/kopterio/kopter/access"
	"github.com/kopterio/kopter/account"
)

// Memory is a store of credentials in memory. Its zero value is empty.
type Memory struct {
	mu  sync.Mutex
	all []access.Credential
}

// KeepCredential implements access.Store.
func (m *Memory) KeepCredential(ctx context.Context, c access.Credential) error {
	if err := cmp.Or(ctx.Err(), c.Tenant.Validate()); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	limit := c.Created.Add(-access.Remembered)
	m.all = slices.DeleteFunc(m.all, func(o access.Credential) bool {
		return o.Tenant == c.Tenant && o.Expires.Before(limit)
	})
	if slices.ContainsFunc(m.all, func(o access.Credential) bool {
		return o.Hash == c.Hash || o.Tenant == c.Tenant && o.ID == c.ID
	}) {
		return fmt.Errorf("credential %s of tenant %s is there already", c.ID, c.Tenant)
	}
	m.all = append(m.all, c)
	return nil
}

// FindCredential implements access.Store.
func (m *Memory) FindCredential(_ context.Context, h access.Hash) (access.Credential, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, c := range m.all {
		if c.Hash == h {
			return c, nil
		}
	}
	return access.Credential{}, access.ErrUnknown
}

// TouchCredential implements access.Store.
func (m *Memory) TouchCredential(_ context.Context, t account.Tenant, id string, at time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if i := m.index(t, id); i >= 0 && at.After(m.all[i].Used) {
		m.all[i].Used = at
	}
	return nil
}

// RevokeCredential implements access.Store.
func (m *Memory) RevokeCredential(_ context.Context, t account.Tenant, id string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	i := m.index(t, id)
	if i < 0 {
		return access.ErrUnknown
	}
	m.all = slices.Delete(m.all, i, i+1)
	return nil
}

func (m *Memory) index(t account.Tenant, id string) int {
	return slices.IndexFunc(m.all, func(c access.Credential) bool { return c.Tenant == t && c.ID == id })
}

// Credentials implements access.Store.
func (m *Memory) Credentials(_ context.Context, t account.Tenant, via access.Via) ([]access.Credential, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var found []access.Credential
	for _, c := range m.all {
		if c.Tenant == t && c.Via == via {
			found = append(found, c)
		}
	}
	slices.SortFunc(found, func(a, b access.Credential) int {
		return cmp.Or(b.Created.Compare(a.Created), strings.Compare(a.ID, b.ID))
	})
	return found, nil
}
