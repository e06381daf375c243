package local

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"github.com/kopterio/kopter/queue"
)

// Depths implements queue.Office. A message whose next delivery will make it a
// dead letter is not one yet.
func (q *Queues) Depths(ctx context.Context) (map[string]queue.Depth, error) {
	depths := map[string]queue.Depth{}
	for _, name := range q.names {
		d, err := q.depth(ctx, q.policies[name])
		if err != nil {
			return nil, fmt.Errorf("measure queue %s of tenant %s: %w", name, q.tenant, explain(err))
		}
		depths[name] = d
	}
	return depths, nil
}

func (q *Queues) depth(ctx context.Context, p queue.Policy) (d queue.Depth, err error) {
	now := q.now()
	limit := now.Add(-p.Kept()).UnixNano()
	var oldest sql.NullInt64
	err = q.store.read.QueryRowContext(ctx, `SELECT
			count(*) FILTER (WHERE due <= ?3),
			count(*) FILTER (WHERE due > ?3 AND receives > 0),
			count(*) FILTER (WHERE due > ?3 AND receives = 0), min(sent)
		FROM messages WHERE tenant = ?1 AND queue = ?2 AND sent > ?4`,
		string(q.tenant), p.Name, now.UnixNano(), limit).Scan(&d.Ready, &d.Hidden, &d.Delayed, &oldest)
	if err != nil {
		return d, err
	}
	d.Oldest = moment(oldest.Int64)
	err = q.store.read.QueryRowContext(ctx, `SELECT count(*) FROM letters WHERE tenant = ? AND queue = ? AND sent > ?`,
		string(q.tenant), p.Name, limit).Scan(&d.Dead)
	return d, err
}

// Letters implements queue.Office.
func (q *Queues) Letters(ctx context.Context, name string, limit int) ([]queue.Letter, error) {
	what := fmt.Sprintf("list dead letters of queue %q of tenant %s", name, q.tenant)
	p, declared := q.policies[name]
	if !declared {
		return nil, fmt.Errorf("%s: %w", what, queue.ErrNoQueue)
	}
	return rows(ctx, q.store.read, what, scanLetter,
		`SELECT id, body, receives, sent, first, died, reason FROM letters
		WHERE tenant = ? AND queue = ? AND sent > ? ORDER BY died DESC, id DESC LIMIT ?`,
		string(q.tenant), name, q.now().Add(-p.Kept()).UnixNano(), max(limit, 0))
}

func scanLetter(r *sql.Rows, l *queue.Letter) error {
	var sent, first, died int64
	err := r.Scan(&l.ID, &l.Body, &l.Receives, &sent, &first, &died, &l.Reason)
	l.Sent, l.FirstReceived, l.Died = moment(sent), moment(first), moment(died)
	return err
}

// Redrive implements queue.Office.
func (q *Queues) Redrive(ctx context.Context, name string, ids ...string) (n int64, err error) {
	defer q.line(name).wake()
	err = q.change(ctx, "redrive", name, func(x *transaction, p queue.Policy, now time.Time) (err error) {
		if n, err = x.redrive(p, now, ids); err != nil {
			return err
		}
		return x.hook(PointQueueRedriven)
	})
	if err != nil {
		return 0, err
	}
	return n, nil
}

// Fault implements queue.Office.
func (q *Queues) Fault(ctx context.Context, name, receipt, reason string) error {
	return q.change(ctx, "note a failure in", name, func(x *transaction, p queue.Policy, now time.Time) error {
		r, ok := parseReceipt(receipt)
		if !ok {
			return queue.ErrReceipt
		}
		reason = strings.ToValidUTF8(reason[:min(len(reason), queue.MaxReason)], "")
		if err := x.one(noteFault, string(x.tenant), name, r.id, r.nonce, reason); err != nil {
			return err
		}
		return x.hook(PointQueueFault)
	})
}
