package local

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/kopterio/kopter/account"
	"github.com/kopterio/kopter/price"
)

// PutSheet implements price.Store. The file is durable before the row that
// names it. One sheet is put at a time: who fails takes the file back, and must
// not take back another's.
func (s *Store) PutSheet(ctx context.Context, t account.Tenant, info price.SheetInfo, sheet []byte) error {
	if s.write == nil {
		return fmt.Errorf("put price sheet %s: %w", info.ID, ErrReadOnly)
	}
	path, err := s.sheetPath(t, info.ID)
	if err != nil {
		return fmt.Errorf("put price sheet %q: %w", info.ID, err)
	}
	s.putting.Lock()
	defer s.putting.Unlock()
	if known, err := s.hasSheet(ctx, t, info.ID); known || err != nil {
		return err
	}
	if err := s.writeSheet(path, sheet); err != nil {
		return fmt.Errorf("put price sheet %s: %w", info.ID, explain(err))
	}
	return s.change(ctx, t, "list price sheet "+info.ID, func(x *transaction) error {
		return x.sheet(info)
	})
}

func (s *Store) writeSheet(path string, sheet []byte) error {
	w, err := s.disk.create(path)
	if err != nil {
		return err
	}
	if _, err := w.Write(sheet); err != nil {
		w.Discard()
		return err
	}
	return w.Close()
}

func (x *transaction) sheet(info price.SheetInfo) error {
	err := x.each(`INSERT OR IGNORE INTO sheets
		(tenant, id, offer, version, published, regions, rates, bytes, source)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`, 1, func(int) []any {
		return []any{info.ID, info.Offer, info.Version, info.Published,
			strings.Join(info.Regions, " "), info.Rates, info.Bytes, info.Source}
	})
	if err != nil {
		return err
	}
	return x.hook(PointSheet)
}

// Sheets implements price.Store.
func (s *Store) Sheets(ctx context.Context, t account.Tenant) ([]price.SheetInfo, error) {
	return rows(ctx, s.read, "list price sheets", scanSheet,
		`SELECT id, offer, version, published, regions, rates, bytes, source FROM sheets
		 WHERE tenant = ? ORDER BY published, id`, string(t))
}

func scanSheet(r *sql.Rows, i *price.SheetInfo) error {
	var regions string
	err := r.Scan(&i.ID, &i.Offer, &i.Version, &i.Published, &regions, &i.Rates, &i.Bytes, &i.Source)
	i.Regions = strings.Fields(regions)
	return err
}

// OpenSheet implements price.Store.
func (s *Store) OpenSheet(ctx context.Context, t account.Tenant, id string) (io.ReadCloser, error) {
	path, err := s.sheetPath(t, id)
	if err != nil {
		return nil, fmt.Errorf("open price sheet %q: %w", id, err)
	}
	known, err := s.hasSheet(ctx, t, id)
	if err == nil && !known {
		err = fs.ErrNotExist
	}
	if err != nil {
		return nil, fmt.Errorf("open price sheet %s: %w", id, err)
	}
	f, err := openReader(path)
	if err != nil {
		return nil, fmt.Errorf("open price sheet %s: %w", id, err)
	}
	return f, nil
}

func (s *Store) hasSheet(ctx context.Context, t account.Tenant, id string) (known bool, err error) {
	err = s.read.QueryRowContext(ctx,
		`SELECT EXISTS (SELECT 1 FROM sheets WHERE tenant = ? AND id = ?)`, string(t), id).Scan(&known)
	return known, explain(err)
}

// sheetPath is where a sheet lies. An id that is no plain name names no sheet.
func (s *Store) sheetPath(t account.Tenant, id string) (string, error) {
	if err := t.Validate(); err != nil {
		return "", err
	}
	if id == "." || strings.ContainsAny(id, `/\`) || !filepath.IsLocal(id) {
		return "", fs.ErrNotExist
	}
	return filepath.Join(s.dir, pricesName, "tenant="+string(t), id+".sheet"), nil
}
