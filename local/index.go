package local

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"fmt"

	"github.com/kopterio/kopter/account"
	"github.com/kopterio/kopter/audit"
)

// Parts implements audit.Index.
func (s *Store) Parts(ctx context.Context, t account.Tenant) ([]audit.Part, error) {
	return rows(ctx, s.read, "list parts", scanPart,
		`SELECT name, rows, bytes, checksum, min_time, max_time FROM parts
		 WHERE tenant = ? ORDER BY max_time DESC, name`, string(t))
}

func scanPart(r *sql.Rows, p *audit.Part) error {
	return r.Scan(&p.Name, &p.Rows, &p.Bytes, &p.Checksum, &p.MinTime, &p.MaxTime)
}

// Runs implements audit.Index.
func (s *Store) Runs(ctx context.Context, t account.Tenant) ([]audit.Run, error) {
	return rows(ctx, s.read, "list runs", scanRun,
		`SELECT name, count FROM runs WHERE tenant = ? ORDER BY count DESC, name`, string(t))
}

func scanRun(r *sql.Rows, run *audit.Run) error { return r.Scan(&run.Name, &run.Count) }

// Conflicts implements audit.Index.
func (s *Store) Conflicts(ctx context.Context, t account.Tenant) ([]audit.Conflict, error) {
	return rows(ctx, s.read, "list conflicts", scanConflict,
		`SELECT account, event_id, time, source, raw FROM conflicts
		 WHERE tenant = ? ORDER BY account, event_id, raw`, string(t))
}

func scanConflict(r *sql.Rows, c *audit.Conflict) error {
	return r.Scan(&c.Account, &c.EventID, &c.Time, &c.Source, &c.Raw)
}

// Apply implements audit.Index.
func (s *Store) Apply(ctx context.Context, t account.Tenant, c audit.Change) error {
	return s.change(ctx, t, "change the lake's index", func(x *transaction) error {
		return x.lake(c)
	})
}

// lake makes a change of the lake's index a part of the transaction.
func (x *transaction) lake(c audit.Change) error {
	steps := []func() error{
		func() error { return x.removeNames("parts", c.RemoveParts) },
		func() error { return x.removeNames("runs", c.RemoveRuns) },
		func() error { return x.addParts(c.AddParts) },
		func() error { return x.addRuns(c.AddRuns) },
		func() error { return x.addConflicts(c.Conflicts) },
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return fmt.Errorf("the lake's index: %w", err)
		}
	}
	return x.hook(PointLake)
}

func (x *transaction) removeNames(table string, names []string) error {
	return x.eachChanged(`DELETE FROM `+table+` WHERE tenant = ? AND name = ?`, len(names),
		func(i int) []any { return []any{names[i]} },
		func(i int, rows int64) error {
			if rows == 0 {
				return fmt.Errorf("remove %s: %w", names[i], audit.ErrStale)
			}
			return nil
		})
}

func (x *transaction) addParts(parts []audit.Part) error {
	return x.each(`INSERT INTO parts (tenant, name, rows, bytes, checksum, min_time, max_time) VALUES (?, ?, ?, ?, ?, ?, ?)`,
		len(parts), func(i int) []any {
			p := &parts[i]
			return []any{p.Name, p.Rows, p.Bytes, p.Checksum, p.MinTime, p.MaxTime}
		})
}

func (x *transaction) addRuns(runs []audit.Run) error {
	return x.each(`INSERT INTO runs (tenant, name, count) VALUES (?, ?, ?)`,
		len(runs), func(i int) []any { return []any{runs[i].Name, runs[i].Count} })
}

func (x *transaction) addConflicts(conflicts []audit.Conflict) error {
	return x.each(`INSERT OR IGNORE INTO conflicts (tenant, account, event_id, body, time, source, raw)
		VALUES (?, ?, ?, ?, ?, ?, ?)`,
		len(conflicts), func(i int) []any {
			c := &conflicts[i]
			body := sha256.Sum256(c.Raw)
			return []any{c.Account, c.EventID, body[:], c.Time, c.Source, blob(c.Raw)}
		})
}

// blob keeps an empty value from becoming NULL.
func blob(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}
