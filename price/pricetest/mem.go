// Package pricetest is what tests of prices need: a store in memory, the
// conformance suite of every price.Store, and writers of offer files in AWS's
// formats, small ones with chosen rows and large ones for measurements.
package pricetest

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"sync"

	"github.com/kopterio/kopter/account"
	"github.com/kopterio/kopter/price"
)

// Mem is a price.Store in memory. Its zero value is empty and ready for use.
type Mem struct {
	mu     sync.Mutex
	sheets map[account.Tenant]map[string]stored
}

type stored struct {
	info  price.SheetInfo
	bytes []byte
}

// PutSheet implements price.Store.
func (m *Mem) PutSheet(_ context.Context, t account.Tenant, info price.SheetInfo, sheet []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.sheets == nil {
		m.sheets = map[account.Tenant]map[string]stored{}
	}
	if m.sheets[t] == nil {
		m.sheets[t] = map[string]stored{}
	}
	if _, ok := m.sheets[t][info.ID]; !ok {
		info.Regions = slices.Clone(info.Regions)
		m.sheets[t][info.ID] = stored{info, bytes.Clone(sheet)}
	}
	return nil
}

// Sheets implements price.Store.
func (m *Mem) Sheets(_ context.Context, t account.Tenant) ([]price.SheetInfo, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	infos := make([]price.SheetInfo, 0, len(m.sheets[t]))
	for _, s := range m.sheets[t] {
		info := s.info
		info.Regions = slices.Clone(info.Regions)
		infos = append(infos, info)
	}
	slices.SortFunc(infos, func(a, b price.SheetInfo) int {
		return cmp.Or(cmp.Compare(a.Published, b.Published), cmp.Compare(a.ID, b.ID))
	})
	return infos, nil
}

// OpenSheet implements price.Store.
func (m *Mem) OpenSheet(_ context.Context, t account.Tenant, id string) (io.ReadCloser, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s, ok := m.sheets[t][id]
	if !ok {
		return nil, fmt.Errorf("sheet %s of %s: %w", id, t, fs.ErrNotExist)
	}
	return io.NopCloser(bytes.NewReader(s.bytes)), nil
}
