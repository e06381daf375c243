package local

import (
	"context"
	"database/sql"
	"time"

	"github.com/kopterio/kopter/account"
	"github.com/kopterio/kopter/notify"
)

// noticeColumns are those of a notice, in the order of scanNotice.
const noticeColumns = `id, state, noticed, time, kind, severity, title, detail,
	account, region, resource, event_id, principal, actor, ip, delta, currency, about`

// AddNotices implements notify.Store.
func (s *Store) AddNotices(ctx context.Context, t account.Tenant, notices []notify.Notice) ([]notify.Notice, error) {
	var added []notify.Notice
	err := s.change(ctx, t, "add notices", func(x *transaction) error {
		return x.eachChanged(`INSERT OR IGNORE INTO notices (tenant, `+noticeColumns+`)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, len(notices),
			func(i int) []any { return noticeValues(&notices[i]) },
			func(i int, rows int64) error {
				if rows == 1 {
					added = append(added, notices[i])
				}
				return nil
			})
	})
	if err != nil {
		return nil, err
	}
	return added, nil
}

func noticeValues(n *notify.Notice) []any {
	return []any{n.ID, string(n.State), n.Noticed.UnixNano(), n.Time.UnixNano(), string(n.Kind), string(n.Severity), n.Title, n.Detail,
		n.Account, n.Region, n.Resource, n.EventID, n.Principal, n.Actor, n.IP, int64(n.Delta), string(n.Currency), n.Key}
}

func scanNotice(r *sql.Rows, n *notify.Notice) error {
	var noticed, at int64
	err := r.Scan(&n.ID, &n.State, &noticed, &at, &n.Kind, &n.Severity, &n.Title, &n.Detail,
		&n.Account, &n.Region, &n.Resource, &n.EventID, &n.Principal, &n.Actor, &n.IP, &n.Delta, &n.Currency, &n.Key)
	n.Noticed, n.Time = time.Unix(0, noticed).UTC(), time.Unix(0, at).UTC()
	return err
}

// Notices implements notify.Store.
func (s *Store) Notices(ctx context.Context, t account.Tenant, state notify.State, limit int, after notify.Position) ([]notify.Notice, error) {
	query, args := `SELECT `+noticeColumns+` FROM notices WHERE tenant = ?`, []any{string(t)}
	if state != "" {
		query, args = query+` AND state = ?`, append(args, string(state))
	}
	if after != (notify.Position{}) {
		query += ` AND (-noticed, -time, id) > (?, ?, ?) AND noticed <= ?`
		args = append(args, -after.Noticed.UnixNano(), -after.Time.UnixNano(), after.ID, after.Noticed.UnixNano())
	}
	query += ` ORDER BY noticed DESC, time DESC, id LIMIT ?`
	return rows(ctx, s.read, "list notices", scanNotice, query, append(args, limit)...)
}

// MarkNotice implements notify.Store.
func (s *Store) MarkNotice(ctx context.Context, t account.Tenant, id string, state notify.State) (notify.Notice, error) {
	var marked []notify.Notice
	err := s.change(ctx, t, "mark notice "+id, func(x *transaction) (err error) {
		marked, err = rows(x.ctx, x.tx, "mark", scanNotice,
			`UPDATE notices SET state = ? WHERE tenant = ? AND id = ? RETURNING `+noticeColumns, string(state), string(x.tenant), id)
		if err == nil && len(marked) == 0 {
			err = notify.ErrNoNotice
		}
		return err
	})
	if err != nil {
		return notify.Notice{}, err
	}
	return marked[0], nil
}

// OpenNotices implements notify.Store.
func (s *Store) OpenNotices(ctx context.Context, t account.Tenant) (int64, error) {
	counts, err := rows(ctx, s.read, "count open notices", func(r *sql.Rows, n *int64) error { return r.Scan(n) },
		`SELECT count(*) FROM notices WHERE tenant = ? AND state = ?`, string(t), string(notify.Open))
	if err != nil {
		return 0, err
	}
	return counts[0], nil
}
