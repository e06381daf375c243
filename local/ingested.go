package local

import (
	"context"
	"database/sql"
	"fmt"
	"iter"
	"time"

	"github.com/kopterio/kopter/account"
	"github.com/kopterio/kopter/ingest"
	"github.com/kopterio/kopter/usage"
)

// Known implements ingest.Store.
func (s *Store) Known(ctx context.Context, t account.Tenant, objects []ingest.Object) ([]bool, error) {
	known, err := s.known(ctx, t, objects)
	if err != nil {
		return nil, fmt.Errorf("look up %d files: %w", len(objects), explain(err))
	}
	return known, nil
}

func (s *Store) known(ctx context.Context, t account.Tenant, objects []ingest.Object) ([]bool, error) {
	lookup, err := s.read.PrepareContext(ctx,
		`SELECT EXISTS (SELECT 1 FROM ingested WHERE tenant = ? AND uri = ? AND version = ?)`)
	if err != nil {
		return nil, err
	}
	defer lookup.Close()
	known := make([]bool, len(objects))
	for i, o := range objects {
		if err := lookup.QueryRowContext(ctx, string(t), o.URI, o.Version).Scan(&known[i]); err != nil {
			return nil, err
		}
	}
	return known, nil
}

// Commit implements ingest.Store.
func (s *Store) Commit(ctx context.Context, t account.Tenant, c ingest.Commit) error {
	// Also where it failed: it may have landed.
	defer s.wakeReceivers(t, c.Messages)
	return s.change(ctx, t, "commit ingested files", func(x *transaction) error {
		if err := x.lake(c.Lake); err != nil {
			return err
		}
		if err := x.files(c.Files); err != nil {
			return fmt.Errorf("files: %w", err)
		}
		if err := x.quarantine(c.Quarantine); err != nil {
			return fmt.Errorf("quarantine: %w", err)
		}
		if err := x.facts(c.Facts); err != nil {
			return fmt.Errorf("facts: %w", err)
		}
		if err := x.freshness(c.Freshness); err != nil {
			return fmt.Errorf("freshness: %w", err)
		}
		if err := s.messages(x, c.Messages); err != nil {
			return fmt.Errorf("messages: %w", err)
		}
		return nil
	})
}

func (x *transaction) files(files []ingest.Ingested) error {
	uri := func(i int) []any { return []any{files[i].URI} }
	if err := x.each(`DELETE FROM quarantine WHERE tenant = ? AND uri = ?`, len(files), uri); err != nil {
		return err
	}
	err := x.each(`INSERT OR REPLACE INTO ingested
		(tenant, uri, version, at, bytes, events, added, duplicates, conflicts, quarantined)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, len(files), func(i int) []any {
		f := &files[i]
		return []any{f.URI, f.Version, f.At.UnixNano(), f.Bytes, f.Events, f.Added, f.Duplicates, f.Conflicts, f.Quarantined}
	})
	if err != nil {
		return err
	}
	return x.hook(PointFiles)
}

// quarantine numbers the entries of a file on from what the file has, because
// an entry may name a file that an earlier commit brought.
func (x *transaction) quarantine(entries []ingest.Quarantine) error {
	err := x.each(`INSERT INTO quarantine (tenant, uri, seq, start, reason, excerpt)
		SELECT ?1, ?2, (SELECT coalesce(max(seq), 0) + 1 FROM quarantine WHERE tenant = ?1 AND uri = ?2), ?3, ?4, ?5`,
		len(entries), func(i int) []any {
			q := &entries[i]
			return []any{q.URI, q.Offset, q.Reason, blob(q.Excerpt)}
		})
	if err != nil {
		return err
	}
	return x.hook(PointQuarantine)
}

func (x *transaction) freshness(fresh []usage.Freshness) error {
	err := x.each(`INSERT INTO freshness (tenant, account, region, last) VALUES (?, ?, ?, ?)
		ON CONFLICT (tenant, account, region) DO UPDATE SET last = max(last, excluded.last)`,
		len(fresh), func(i int) []any {
			return []any{fresh[i].Account, fresh[i].Region, fresh[i].Last}
		})
	if err != nil {
		return err
	}
	return x.hook(PointFreshness)
}

// Ingested implements ingest.Store.
func (s *Store) Ingested(ctx context.Context, t account.Tenant) iter.Seq2[ingest.Ingested, error] {
	return stream(ctx, s.read, "list ingested files", scanIngested,
		`SELECT uri, version, at, bytes, events, added, duplicates, conflicts, quarantined
		 FROM ingested WHERE tenant = ? ORDER BY uri`, string(t))
}

func scanIngested(r *sql.Rows, f *ingest.Ingested) error {
	var at int64
	err := r.Scan(&f.URI, &f.Version, &at, &f.Bytes, &f.Events, &f.Added, &f.Duplicates, &f.Conflicts, &f.Quarantined)
	f.At = time.Unix(0, at).UTC()
	return err
}

// Quarantined implements ingest.Store.
func (s *Store) Quarantined(ctx context.Context, t account.Tenant) iter.Seq2[ingest.Quarantine, error] {
	return stream(ctx, s.read, "list quarantine", scanQuarantine,
		`SELECT uri, start, reason, excerpt FROM quarantine WHERE tenant = ? ORDER BY uri, seq`, string(t))
}

// Unread counts the entries of the quarantine and the conflicts, without
// reading them.
func (s *Store) Unread(ctx context.Context, t account.Tenant) (quarantined, conflicts int64, err error) {
	err = s.read.QueryRowContext(ctx,
		`SELECT (SELECT count(*) FROM quarantine WHERE tenant = ?1), (SELECT count(*) FROM conflicts WHERE tenant = ?1)`,
		string(t)).Scan(&quarantined, &conflicts)
	if err != nil {
		err = fmt.Errorf("count what could not be read in %s: %w", s.dir, explain(err))
	}
	return quarantined, conflicts, err
}

func scanQuarantine(r *sql.Rows, q *ingest.Quarantine) error {
	return r.Scan(&q.URI, &q.Offset, &q.Reason, &q.Excerpt)
}
