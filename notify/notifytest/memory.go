package notifytest

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/kopterio/kopter/account"
	"github.com/kopterio/kopter/notify"
)

// Memory is a store of notices in memory. Its zero value is empty.
type Memory struct {
	mu      sync.Mutex
	notices map[account.Tenant][]notify.Notice // in the order of a listing
}

// AddNotices implements notify.Store.
func (m *Memory) AddNotices(ctx context.Context, t account.Tenant, notices []notify.Notice) ([]notify.Notice, error) {
	if err := cmp.Or(ctx.Err(), t.Validate()); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.notices == nil {
		m.notices = map[account.Tenant][]notify.Notice{}
	}
	var added []notify.Notice
	for _, n := range notices {
		if m.index(t, n.ID) < 0 {
			m.notices[t] = append(m.notices[t], n)
			added = append(added, n)
		}
	}
	slices.SortFunc(m.notices[t], func(a, b notify.Notice) int { return compare(a.Position(), b.Position()) })
	return added, nil
}

func compare(a, b notify.Position) int {
	return cmp.Or(b.Noticed.Compare(a.Noticed), b.Time.Compare(a.Time), strings.Compare(a.ID, b.ID))
}

func (m *Memory) index(t account.Tenant, id string) int {
	return slices.IndexFunc(m.notices[t], func(n notify.Notice) bool { return n.ID == id })
}

// Notices implements notify.Store.
func (m *Memory) Notices(_ context.Context, t account.Tenant, state notify.State, limit int, after notify.Position) ([]notify.Notice, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var page []notify.Notice
	for _, n := range m.notices[t] {
		if len(page) == limit {
			break
		}
		first := after == notify.Position{}
		if (state == "" || n.State == state) && (first || compare(n.Position(), after) > 0) {
			page = append(page, n)
		}
	}
	return page, nil
}

// MarkNotice implements notify.Store.
func (m *Memory) MarkNotice(_ context.Context, t account.Tenant, id string, state notify.State) (notify.Notice, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	i := m.index(t, id)
	if i < 0 {
		return notify.Notice{}, notify.ErrNoNotice
	}
	m.notices[t][i].State = state
	return m.notices[t][i], nil
}

// OpenNotices implements notify.Store.
func (m *Memory) OpenNotices(ctx context.Context, t account.Tenant) (int64, error) {
	open, err := m.Notices(ctx, t, notify.Open, -1, notify.Position{})
	return int64(len(open)), err
}
