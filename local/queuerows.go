package local

import (
	"database/sql"
	"slices"
	"time"

	"github.com/kopterio/kopter/queue"
)

// The statements of queues. Their first two parameters are tenant and queue.
const (
	setSavepoint     = `SAVEPOINT job`
	backToSavepoint  = `ROLLBACK TO job`
	releaseSavepoint = `RELEASE job`

	insertMessage = `INSERT INTO messages (tenant, queue, id, due, sent, receives, first, receipt, reason, body)
		VALUES (?1, ?2, ?3, ?4, ?5, 0, 0, 0, '', ?6)`
	// SQLite would plan anew for each value of a limit that is a parameter and
	// nothing else.
	takeMessages = `UPDATE messages SET due = ?4, receipt = ?5, receives = receives + 1,
			first = CASE first WHEN 0 THEN ?3 ELSE first END
		WHERE tenant = ?1 AND queue = ?2 AND id IN (
			SELECT id FROM messages WHERE tenant = ?1 AND queue = ?2 AND due <= ?3 ORDER BY due LIMIT ?6 + 0)
		RETURNING id, body, receives, sent, first`
	nextMessage   = `SELECT min(due) FROM messages WHERE tenant = ?1 AND queue = ?2`
	deleteMessage = `DELETE FROM messages WHERE tenant = ?1 AND queue = ?2 AND id = ?3 AND receipt = ?4`
	extendMessage = `UPDATE messages SET due = ?6
		WHERE tenant = ?1 AND queue = ?2 AND id = ?3 AND receipt = ?4 AND due > ?5`
	noteFault = `UPDATE messages SET reason = ?5
		WHERE tenant = ?1 AND queue = ?2 AND id = ?3 AND receipt = ?4`
	keepsMessage = `SELECT EXISTS (SELECT 1 FROM messages WHERE tenant = ?1 AND queue = ?2 AND id = ?3)
		OR EXISTS (SELECT 1 FROM letters WHERE tenant = ?1 AND queue = ?2 AND id = ?3)`
	dropMessage = `DELETE FROM messages WHERE tenant = ?1 AND queue = ?2 AND id = ?3`

	// The delivery that was one too many is not counted.
	buryMessage = `INSERT INTO letters (tenant, queue, id, died, sent, receives, first, reason, body)
		SELECT tenant, queue, id, ?4, sent, receives - 1, first, reason, body
		FROM messages WHERE tenant = ?1 AND queue = ?2 AND id = ?3`
	// A redriven message is as good as sent now: else it would soon have been
	// kept too long.
	redriveLetter = `INSERT INTO messages (tenant, queue, id, due, sent, receives, first, receipt, reason, body)
		SELECT tenant, queue, id, ?4, ?4, 0, 0, 0, '', body
		FROM letters WHERE tenant = ?1 AND queue = ?2 AND sent > ?5 AND id = ?3`
	redriveLetters = `INSERT INTO messages (tenant, queue, id, due, sent, receives, first, receipt, reason, body)
		SELECT tenant, queue, id, ?3, ?3, 0, 0, 0, '', body
		FROM letters WHERE tenant = ?1 AND queue = ?2 AND sent > ?4`
	dropLetter    = `DELETE FROM letters WHERE tenant = ?1 AND queue = ?2 AND id = ?3`
	expireMessage = `DELETE FROM messages WHERE tenant = ?1 AND queue = ?2 AND sent <= ?3`
	expireLetters = `DELETE FROM letters WHERE tenant = ?1 AND queue = ?2 AND sent <= ?3`
	dropLetters   = `DELETE FROM letters WHERE tenant = ?1 AND queue = ?2`
)

var queueStatements = []string{
	setSavepoint, backToSavepoint, releaseSavepoint,
	insertMessage, takeMessages, nextMessage, deleteMessage, extendMessage, noteFault, keepsMessage, dropMessage,
	buryMessage, redriveLetter, redriveLetters, dropLetter, dropLetters, expireMessage, expireLetters,
}

// forever is how long a receiver waits for a queue that holds nothing.
const forever = queue.MaxWait

// send puts messages into their queues.
func (x *transaction) send(messages []queue.Outgoing, now time.Time, newID func() string) error {
	for _, m := range messages {
		_, err := x.exec(insertMessage, string(x.tenant), m.Queue, newID(), now.Add(m.Delay).UnixNano(), now.UnixNano(), blob(m.Body))
		if err != nil {
			return err
		}
	}
	return x.hook(PointQueueSent)
}

// receive hides up to max messages. Those that were delivered too often or
// kept too long are put away instead of being delivered, and others take their
// place.
func (x *transaction) receive(p queue.Policy, now time.Time, max int, nonce int64) (got []queue.Message, err error) {
	for len(got) < max {
		asked := max - len(got)
		taken, err := x.take(p, now, asked, nonce)
		if err != nil {
			return nil, err
		}
		for _, m := range taken {
			alive, err := x.deliverable(p, now, m)
			if err != nil {
				return nil, err
			}
			if alive {
				got = append(got, m)
			}
		}
		if len(taken) < asked {
			break
		}
	}
	slices.SortFunc(got, func(a, b queue.Message) int { return a.Sent.Compare(b.Sent) })
	return got, x.hook(PointQueueReceived)
}

func (x *transaction) take(p queue.Policy, now time.Time, max int, nonce int64) ([]queue.Message, error) {
	found, err := x.kept(takeMessages).QueryContext(x.ctx, string(x.tenant), p.Name,
		now.UnixNano(), now.Add(p.Visibility).UnixNano(), nonce, max)
	if err != nil {
		return nil, err
	}
	defer found.Close()
	taken := make([]queue.Message, 0, min(max, 16))
	for found.Next() {
		var m queue.Message
		if err := scanMessage(found, &m); err != nil {
			return nil, err
		}
		taken = append(taken, m)
	}
	return taken, found.Err()
}

func scanMessage(r *sql.Rows, m *queue.Message) error {
	var sent, first int64
	err := r.Scan(&m.ID, &m.Body, &m.Receives, &sent, &first)
	m.Sent, m.FirstReceived = moment(sent), moment(first)
	return err
}

// moment reads a time of the queues' tables.
func moment(nanoseconds int64) time.Time {
	if nanoseconds == 0 {
		return time.Time{}
	}
	return time.Unix(0, nanoseconds).UTC()
}

// deliverable says whether a message that was taken is to be delivered, and
// puts it away where it is not.
func (x *transaction) deliverable(p queue.Policy, now time.Time, m queue.Message) (alive bool, err error) {
	expired := !m.Sent.After(now.Add(-p.Kept()))
	if !expired && m.Receives <= p.MaxReceives {
		return true, nil
	}
	if !expired {
		if _, err := x.exec(buryMessage, string(x.tenant), p.Name, m.ID, now.UnixNano()); err != nil {
			return false, err
		}
	}
	_, err = x.exec(dropMessage, string(x.tenant), p.Name, m.ID)
	return false, err
}

// next is after how long a message may be received, when there is none now.
func (x *transaction) next(name string, now time.Time) (time.Duration, error) {
	var due sql.NullInt64
	if err := x.kept(nextMessage).QueryRowContext(x.ctx, string(x.tenant), name).Scan(&due); err != nil {
		return 0, err
	}
	if !due.Valid {
		return forever, nil
	}
	return moment(due.Int64).Sub(now), nil
}

// remove deletes a message. One that is gone already was deleted before, or
// kept too long.
func (x *transaction) remove(name string, r receipt) error {
	rows, err := x.exec(deleteMessage, string(x.tenant), name, r.id, r.nonce)
	if err != nil || rows > 0 {
		return err
	}
	var kept bool
	if err := x.kept(keepsMessage).QueryRowContext(x.ctx, string(x.tenant), name, r.id).Scan(&kept); err != nil {
		return err
	}
	if kept {
		return queue.ErrReceipt
	}
	return nil
}

// extend hides a message, which must be hidden, until then.
func (x *transaction) extend(name string, r receipt, now, then time.Time) error {
	return x.one(extendMessage, string(x.tenant), name, r.id, r.nonce, now.UnixNano(), then.UnixNano())
}

// one executes a statement about the message of a receipt.
func (x *transaction) one(statement string, args ...any) error {
	rows, err := x.exec(statement, args...)
	if err == nil && rows == 0 {
		return queue.ErrReceipt
	}
	return err
}

// expire removes what was kept too long.
func (x *transaction) expire(p queue.Policy, now time.Time) error {
	limit := now.Add(-p.Kept()).UnixNano()
	for _, statement := range []string{expireMessage, expireLetters} {
		if _, err := x.exec(statement, string(x.tenant), p.Name, limit); err != nil {
			return err
		}
	}
	return nil
}

// redrive sends dead letters back: those with the ids, or all that were not
// kept too long.
func (x *transaction) redrive(p queue.Policy, now time.Time, ids []string) (n int64, err error) {
	limit := now.Add(-p.Kept()).UnixNano()
	if len(ids) == 0 {
		if n, err = x.exec(redriveLetters, string(x.tenant), p.Name, now.UnixNano(), limit); err != nil {
			return 0, err
		}
		_, err = x.exec(dropLetters, string(x.tenant), p.Name)
		return n, err
	}
	for _, id := range ids {
		back, err := x.exec(redriveLetter, string(x.tenant), p.Name, id, now.UnixNano(), limit)
		if err != nil {
			return 0, err
		}
		if back == 0 {
			continue
		}
		if _, err := x.exec(dropLetter, string(x.tenant), p.Name, id); err != nil {
			return 0, err
		}
		n += back
	}
	return n, nil
}

// messages sends the messages of a commit. A queue need not be declared in
// this process: it keeps them for one that does.
func (s *Store) messages(x *transaction, messages []queue.Outgoing) error {
	if len(messages) > 0 && s.now == nil {
		return ErrNoClock
	}
	for _, m := range messages {
		if err := m.Validate(); err != nil {
			return err
		}
	}
	err := x.each(insertMessage, len(messages), func(i int) []any {
		m, now := &messages[i], s.now()
		return []any{m.Queue, s.queues.newID(), now.Add(m.Delay).UnixNano(), now.UnixNano(), blob(m.Body)}
	})
	if err != nil {
		return err
	}
	return x.hook(PointMessages)
}
