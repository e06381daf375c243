package local

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/kopterio/kopter/access"
	"github.com/kopterio/kopter/account"
)

// KeepCredential implements access.Store.
func (s *Store) KeepCredential(ctx context.Context, c access.Credential) error {
	return s.change(ctx, c.Tenant, "keep credential "+c.ID, func(x *transaction) error {
		limit := c.Created.Add(-access.Remembered).UnixNano()
		if _, err := x.tx.ExecContext(x.ctx, `DELETE FROM credentials WHERE tenant = ? AND expires < ?`, string(x.tenant), limit); err != nil {
			return err
		}
		_, err := x.tx.ExecContext(x.ctx, `INSERT INTO credentials (tenant, id, hash, via, name, created, used, expires)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
			string(x.tenant), c.ID, c.Hash[:], string(c.Via), c.Name, c.Created.UnixNano(), orNull(c.Used), c.Expires.UnixNano())
		return err
	})
}

func orNull(at time.Time) sql.NullInt64 {
	return sql.NullInt64{Int64: at.UnixNano(), Valid: !at.IsZero()}
}

// FindCredential implements access.Store.
func (s *Store) FindCredential(ctx context.Context, h access.Hash) (access.Credential, error) {
	found, err := rows(ctx, s.read, "find a credential", scanCredential,
		`SELECT id, hash, tenant, name, via, created, used, expires FROM credentials WHERE hash = ?`, h[:])
	if err != nil {
		return access.Credential{}, err
	}
	if len(found) == 0 {
		return access.Credential{}, access.ErrUnknown
	}
	return found[0], nil
}

func scanCredential(r *sql.Rows, c *access.Credential) error {
	var hash []byte
	var created, expires int64
	var used sql.NullInt64
	if err := r.Scan(&c.ID, &hash, &c.Tenant, &c.Name, &c.Via, &created, &used, &expires); err != nil {
		return err
	}
	if len(hash) != len(c.Hash) {
		return fmt.Errorf("credential %s: a hash of %d bytes", c.ID, len(hash))
	}
	c.Hash = access.Hash(hash)
	c.Created, c.Expires = time.Unix(0, created).UTC(), time.Unix(0, expires).UTC()
	if used.Valid {
		c.Used = time.Unix(0, used.Int64).UTC()
	}
	return nil
}

// TouchCredential implements access.Store.
func (s *Store) TouchCredential(ctx context.Context, t account.Tenant, id string, at time.Time) error {
	return s.change(ctx, t, "note the use of credential "+id, func(x *transaction) error {
		_, err := x.tx.ExecContext(x.ctx, `UPDATE credentials SET used = ?3
			WHERE tenant = ?1 AND id = ?2 AND (used IS NULL OR used < ?3)`, string(x.tenant), id, at.UnixNano())
		return err
	})
}

// RevokeCredential implements access.Store.
func (s *Store) RevokeCredential(ctx context.Context, t account.Tenant, id string) error {
	return s.change(ctx, t, "revoke credential "+id, func(x *transaction) error {
		return x.eachChanged(`DELETE FROM credentials WHERE tenant = ? AND id = ?`, 1,
			func(int) []any { return []any{id} },
			func(_ int, rows int64) error {
				if rows == 0 {
					return access.ErrUnknown
				}
				return nil
			})
	})
}

// Credentials implements access.Store.
func (s *Store) Credentials(ctx context.Context, t account.Tenant, via access.Via) ([]access.Credential, error) {
	return rows(ctx, s.read, "list credentials", scanCredential,
		`SELECT id, hash, tenant, name, via, created, used, expires FROM credentials
		 WHERE tenant = ? AND via = ? ORDER BY created DESC, id`, string(t), string(via))
}
