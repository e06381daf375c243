package local_test

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kopterio/kopter/account"
	"github.com/kopterio/kopter/local"
	"github.com/kopterio/kopter/queue"
)

// The load of BenchmarkQueue: callers that each wait for their own message to
// be durable before they send the next.
const benchCallers = 128

// benchBody is as long as the notice of a log file.
var benchBody = []byte(fmt.Sprintf("%-300s", `{"files":[{"uri":"s3://trail/AWSLogs/111122223333/CloudTrail/eu-west-1/2026/03/01/`))

// BenchmarkQueue measures durable messages per second, one message per call,
// beside a baseline that commits each message by itself, on the same disk.
func BenchmarkQueue(b *testing.B) {
	b.Run("send/one transaction each", func(b *testing.B) {
		crowd(b, b.N, benchCallers, newNaive(b).send)
	})
	b.Run("send/grouped", func(b *testing.B) {
		qs := benchQueues(b)
		crowd(b, b.N, benchCallers, func(ctx context.Context) error {
			return qs.Send(ctx, queue.Outgoing{Queue: "work", Body: benchBody})
		})
	})
	b.Run("receive and delete/one transaction each", func(b *testing.B) {
		n := newNaive(b)
		n.fill(b, b.N)
		b.ResetTimer()
		crowd(b, b.N, benchCallers, n.receiveAndDelete)
	})
	for _, batch := range []int{1, 10} {
		b.Run(fmt.Sprintf("receive and delete/grouped, %d a call", batch), func(b *testing.B) {
			qs := benchQueues(b)
			fill(b, qs, b.N)
			b.ResetTimer()
			drain(b, qs, b.N, batch)
		})
	}
}

// crowd lets callers do a thing n times altogether.
func crowd(b *testing.B, n, callers int, do func(context.Context) error) {
	var left atomic.Int64
	left.Store(int64(n))
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			for left.Add(-1) >= 0 {
				if err := do(b.Context()); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "messages/s")
}

func benchQueues(b *testing.B) *local.Queues {
	return queuesOf(b, openClocked(b, b.TempDir()), account.Local, work)
}

func fill(b *testing.B, qs *local.Queues, n int) {
	for sent := 0; sent < n; {
		part := make([]queue.Outgoing, min(n-sent, 5000))
		for i := range part {
			part[i] = queue.Outgoing{Queue: "work", Body: benchBody}
		}
		if err := qs.Send(b.Context(), part...); err != nil {
			b.Fatal(err)
		}
		sent += len(part)
	}
}

// drain receives and deletes n messages with many callers.
func drain(b *testing.B, qs *local.Queues, n, batch int) {
	q := qs.Queue("work")
	var done atomic.Int64
	var wg sync.WaitGroup
	for range benchCallers {
		wg.Go(func() {
			for done.Load() < int64(n) {
				got, err := q.Receive(b.Context(), batch, 0)
				if err != nil {
					b.Error(err)
					return
				}
				if _, err := q.Delete(b.Context(), receiptsOf(got)...); err != nil {
					b.Error(err)
					return
				}
				done.Add(int64(len(got)))
			}
		})
	}
	wg.Wait()
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "messages/s")
}

func receiptsOf(messages []queue.Message) (receipts []string) {
	for _, m := range messages {
		receipts = append(receipts, m.Receipt)
	}
	return receipts
}

// naive is the queue that first comes to mind: a table, and a transaction for
// each message, as durable as ours.
type naive struct{ db *sql.DB }

func newNaive(b *testing.B) naive {
	dsn := "file:" + filepath.Join(b.TempDir(), "naive.db") +
		"?_txlock=immediate&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=busy_timeout(30000)"
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { db.Close() })
	db.SetMaxOpenConns(1)
	_, err = db.Exec(`CREATE TABLE messages (id INTEGER PRIMARY KEY, due INTEGER, receives INTEGER, body BLOB);
		CREATE INDEX due ON messages (due)`)
	if err != nil {
		b.Fatal(err)
	}
	return naive{db}
}

func (n naive) send(ctx context.Context) error {
	_, err := n.db.ExecContext(ctx, `INSERT INTO messages (due, receives, body) VALUES (?, 0, ?)`, time.Now().UnixNano(), benchBody)
	return err
}

func (n naive) fill(b *testing.B, count int) {
	_, err := n.db.Exec(`WITH RECURSIVE k(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM k WHERE i < ?)
		INSERT INTO messages (due, receives, body) SELECT i, 0, ? FROM k`, count, benchBody)
	if err != nil {
		b.Fatal(err)
	}
}

func (n naive) receiveAndDelete(ctx context.Context) error {
	var id int64
	var body []byte
	now := time.Now()
	err := n.db.QueryRowContext(ctx, `UPDATE messages SET due = ?, receives = receives + 1
		WHERE id = (SELECT id FROM messages WHERE due <= ? ORDER BY due LIMIT 1) RETURNING id, body`,
		now.Add(time.Minute).UnixNano(), now.UnixNano()).Scan(&id, &body)
	if err != nil {
		return err
	}
	_, err = n.db.ExecContext(ctx, `DELETE FROM messages WHERE id = ?`, id)
	return err
}
