package local

import (
	"context"
	"database/sql"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/kopterio/kopter/account"
	"github.com/kopterio/kopter/usage"
)

// Facts implements usage.Store.
func (s *Store) Facts(ctx context.Context, t account.Tenant, resources ...string) iter.Seq2[usage.Fact, error] {
	if len(resources) > 0 {
		return s.factsOf(ctx, t, resources)
	}
	return stream(ctx, s.read, "read facts", scanFact,
		`SELECT account, resource, key, data FROM facts
		 WHERE tenant = ? ORDER BY account, resource, key`, string(t))
}

func scanFact(r *sql.Rows, f *usage.Fact) error {
	return r.Scan(&f.Account, &f.Resource, &f.Key, &f.Data)
}

// namesPerQuery is how many resources one query names. Each is a parameter, of
// which SQLite takes 32,766.
const namesPerQuery = 1000

// factsOf looks the resources up under each account, for the account leads
// the key.
func (s *Store) factsOf(ctx context.Context, t account.Tenant, resources []string) iter.Seq2[usage.Fact, error] {
	return func(yield func(usage.Fact, error) bool) {
		accounts, err := s.factAccounts(ctx, t)
		if err != nil {
			yield(usage.Fact{}, fmt.Errorf("read facts: %w", err))
			return
		}
		wanted := slices.Compact(slices.Sorted(slices.Values(resources)))
		for _, a := range accounts {
			for names := range slices.Chunk(wanted, namesPerQuery) {
				for f, err := range s.factsNamed(ctx, t, a, names) {
					if !yield(f, err) || err != nil {
						return
					}
				}
			}
		}
	}
}

func (s *Store) factsNamed(ctx context.Context, t account.Tenant, acct string, names []string) iter.Seq2[usage.Fact, error] {
	args := []any{string(t), acct}
	for _, name := range names {
		args = append(args, name)
	}
	return stream(ctx, s.read, "read facts", scanFact,
		`SELECT account, resource, key, data FROM facts
		 WHERE tenant = ? AND account = ? AND resource IN (?`+strings.Repeat(",?", len(names)-1)+`)
		 ORDER BY resource, key`, args...)
}

// factAccounts lists the accounts that have facts, one index step each.
func (s *Store) factAccounts(ctx context.Context, t account.Tenant) ([]string, error) {
	return rows(ctx, s.read, "list accounts", func(r *sql.Rows, a *string) error { return r.Scan(a) },
		`WITH RECURSIVE each (account) AS (
			SELECT min(account) FROM facts WHERE tenant = ?1
			UNION ALL
			SELECT (SELECT min(account) FROM facts WHERE tenant = ?1 AND account > each.account)
			FROM each WHERE each.account IS NOT NULL)
		 SELECT account FROM each WHERE account IS NOT NULL`, string(t))
}

// facts adds facts to the transaction; what is known stays as it is.
func (x *transaction) facts(facts []usage.Fact) error {
	err := x.each(`INSERT OR IGNORE INTO facts (tenant, account, resource, key, data) VALUES (?, ?, ?, ?, ?)`,
		len(facts), func(i int) []any {
			f := &facts[i]
			return []any{f.Account, f.Resource, f.Key, blob(f.Data)}
		})
	if err != nil {
		return err
	}
	return x.hook(PointFacts)
}

// Snapshots implements usage.Store.
func (s *Store) Snapshots(ctx context.Context, t account.Tenant) ([]usage.Snapshot, error) {
	return rows(ctx, s.read, "list snapshots", scanSnapshot,
		`SELECT id, account, region, at, complete FROM snapshots
		 WHERE tenant = ? ORDER BY account, region, at, id`, string(t))
}

func scanSnapshot(r *sql.Rows, s *usage.Snapshot) error {
	return r.Scan(&s.ID, &s.Account, &s.Region, &s.At, &s.Complete)
}

// AddSnapshots implements usage.Store.
func (s *Store) AddSnapshots(ctx context.Context, t account.Tenant, snapshots []usage.Snapshot, facts []usage.Fact) error {
	return s.change(ctx, t, "add snapshots", func(x *transaction) error {
		if err := x.snapshots(snapshots); err != nil {
			return err
		}
		if err := x.facts(facts); err != nil {
			return fmt.Errorf("facts: %w", err)
		}
		return x.freshness(signsOfLife(snapshots))
	})
}

func (x *transaction) snapshots(snapshots []usage.Snapshot) error {
	err := x.each(`INSERT INTO snapshots (tenant, id, account, region, at, complete) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (tenant, id) DO UPDATE SET complete = max(complete, excluded.complete)`,
		len(snapshots), func(i int) []any {
			s := &snapshots[i]
			return []any{s.ID, s.Account, s.Region, s.At, s.Complete}
		})
	if err != nil {
		return err
	}
	return x.hook(PointSnapshots)
}

// signsOfLife is what snapshots say about freshness: each is one.
func signsOfLife(snapshots []usage.Snapshot) []usage.Freshness {
	fresh := make([]usage.Freshness, len(snapshots))
	for i, s := range snapshots {
		fresh[i] = usage.Freshness{Account: s.Account, Region: s.Region, Last: s.At}
	}
	return fresh
}

// Freshness implements usage.Store.
func (s *Store) Freshness(ctx context.Context, t account.Tenant) ([]usage.Freshness, error) {
	return rows(ctx, s.read, "list freshness", scanFreshness,
		`SELECT account, region, last FROM freshness WHERE tenant = ? ORDER BY account, region`, string(t))
}

func scanFreshness(r *sql.Rows, f *usage.Freshness) error {
	return r.Scan(&f.Account, &f.Region, &f.Last)
}
