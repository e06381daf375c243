package local

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/kopterio/kopter/queue"
)

// oneQueue implements queue.Queue.
type oneQueue struct {
	queues *Queues
	name   string
}

// Receive implements queue.Queue. Of the messages that may be received now
// those come first that could be for the longest time.
func (q oneQueue) Receive(ctx context.Context, max int, wait time.Duration) ([]queue.Message, error) {
	if max < 1 || max > queue.MaxBatch {
		return nil, fmt.Errorf("receive %d messages at once; it takes 1 to %d", max, queue.MaxBatch)
	}
	until := q.queues.now().Add(min(wait, queue.MaxWait))
	for {
		// Listening begins before looking, so that nothing is missed.
		changed := q.queues.line(q.name).listen()
		got, next, err := q.take(ctx, max)
		if err != nil || len(got) > 0 {
			return got, err
		}
		left := until.Sub(q.queues.now())
		if left <= 0 {
			return nil, nil
		}
		if err := pause(ctx, changed, min(left, next)); err != nil {
			return nil, err
		}
	}
}

// take hides up to max messages and gives them, or says after how long there
// may be one.
func (q oneQueue) take(ctx context.Context, max int) (got []queue.Message, next time.Duration, err error) {
	nonce := newNonce()
	err = q.queues.change(ctx, "receive from", q.name, func(x *transaction, p queue.Policy, now time.Time) (err error) {
		if got, err = x.receive(p, now, max, nonce); err != nil || len(got) > 0 {
			return err
		}
		next, err = x.next(p.Name, now)
		return err
	})
	if err != nil {
		return nil, 0, err
	}
	for i := range got {
		got[i].Receipt = receipt{got[i].ID, nonce}.String()
	}
	return got, next, nil
}

// Delete implements queue.Queue.
func (q oneQueue) Delete(ctx context.Context, receipts ...string) ([]error, error) {
	return q.each(ctx, "delete from", receipts, func(x *transaction, r receipt, now time.Time) error {
		return x.remove(q.name, r)
	}, PointQueueDeleted)
}

// Extend implements queue.Queue. As in SQS, a message that is not hidden any
// more cannot be hidden again by its old receipt.
func (q oneQueue) Extend(ctx context.Context, visibility time.Duration, receipts ...string) ([]error, error) {
	if visibility < 0 || visibility > queue.MaxVisibility {
		return nil, fmt.Errorf("extend in queue %q by %v; it takes 0 to %v", q.name, visibility, queue.MaxVisibility)
	}
	// The messages may become receivable earlier than receivers expect.
	defer q.queues.line(q.name).wake()
	return q.each(ctx, "extend in", receipts, func(x *transaction, r receipt, now time.Time) error {
		return x.extend(q.name, r, now, now.Add(visibility))
	}, PointQueueExtended)
}

// each changes the message of each receipt. What is wrong with a receipt is
// told apart from what is wrong with all.
func (q oneQueue) each(ctx context.Context, what string, receipts []string, do func(*transaction, receipt, time.Time) error, point string) ([]error, error) {
	if err := queue.CheckBatch(len(receipts)); err != nil {
		return nil, err
	}
	stale := make([]error, len(receipts))
	err := q.queues.change(ctx, what, q.name, func(x *transaction, _ queue.Policy, now time.Time) (err error) {
		for i, text := range receipts {
			r, ok := parseReceipt(text)
			if !ok {
				stale[i] = queue.ErrReceipt
				continue
			}
			if stale[i], err = staleOnly(do(x, r, now)); err != nil {
				return err
			}
		}
		return x.hook(point)
	})
	if err != nil {
		return nil, err
	}
	return stale, nil
}

// staleOnly parts queue.ErrReceipt from errors of the disk.
func staleOnly(err error) (stale, other error) {
	if err == queue.ErrReceipt {
		return err, nil
	}
	return nil, err
}

// receipt names a delivery: the message, and a number that no other delivery
// of it has.
type receipt struct {
	id    string
	nonce int64
}

func (r receipt) String() string { return r.id + "." + strconv.FormatInt(r.nonce, 36) }

func parseReceipt(text string) (r receipt, ok bool) {
	id, nonce, found := strings.Cut(text, ".")
	n, err := strconv.ParseInt(nonce, 36, 64)
	return receipt{id, n}, found && err == nil && n > 0
}

// newNonce is a random number over 0. 63 bits do not come twice in the life of
// a message, also not over restarts.
func newNonce() int64 {
	var random [8]byte
	_, _ = rand.Read(random[:]) // never fails
	return int64(binary.LittleEndian.Uint64(random[:])>>1 | 1)
}
