// Package queue is how stages hand work to each other: messages that are
// delivered at least once, and the rule for those that fail.
//
// The words and their meaning are those of SQS. A message that was received is
// hidden for its visibility timeout; it is gone for good when it is deleted,
// and comes back when nobody does that in time. How often it was delivered is
// counted, and one that was delivered MaxReceives times without being deleted
// moves to the queue's dead letters. Order is not promised. Whoever handles
// messages must therefore be idempotent: doing the same work twice has the
// effect of doing it once.
package queue

import (
	"context"
	"errors"
	"time"
)

// Limits that SQS has, and every queue with it.
const (
	MaxBody       = 256 << 10        // bytes of a message
	MaxBatch      = 10_000           // messages of one call; a backend cuts it as it needs
	MaxDelay      = 15 * time.Minute // of Outgoing
	MaxWait       = 20 * time.Second // of Receive
	MaxVisibility = 12 * time.Hour
)

var (
	// ErrTooLarge: a body is longer than MaxBody.
	ErrTooLarge = errors.New("the message is too large")
	// ErrReceipt: a receipt that is not, or no longer, that of a hidden
	// message. The message was deleted, or its visibility timeout has passed
	// and it was delivered to somebody else.
	ErrReceipt = errors.New("the receipt does not hold any more")
)

// Outgoing is a message that is to be sent.
type Outgoing struct {
	Queue string // the queue's name
	// Body may be empty, as that of a cron's message is. SQS takes no empty
	// body; its backend has to put something in its place.
	Body  []byte
	Delay time.Duration // hidden that long at first, at most MaxDelay
}

// Message is one delivery of a message.
type Message struct {
	ID            string
	Body          []byte
	Receipt       string // names this delivery to Delete and Extend
	Receives      int    // how often it was delivered, this time included
	Sent          time.Time
	FirstReceived time.Time
}

// Policy is how a queue treats its messages.
type Policy struct {
	Name       string
	Visibility time.Duration // of a delivery; at most MaxVisibility
	// MaxReceives is how often a message is delivered before it becomes a
	// dead letter; at least 1.
	MaxReceives int
	// Retention is how long a message is kept, dead or not; zero is four days.
	Retention time.Duration
}

// Sender takes messages for any queue of a tenant. It is safe for concurrent
// use.
type Sender interface {
	// Send makes all messages durable, or returns an error. After an error
	// some of them may have been sent.
	Send(ctx context.Context, messages ...Outgoing) error
}

// Queue is one queue of one tenant. It is safe for concurrent use.
type Queue interface {
	// Receive gives up to max messages, of 1 to MaxBatch, and hides them. When
	// there is none it waits, at most MaxWait; then it gives none and no error.
	Receive(ctx context.Context, max int, wait time.Duration) ([]Message, error)
	// Delete removes messages for good. The errors are in the order of the
	// receipts, nil for those that are gone; deleting twice is no error, and a
	// receipt that does not hold any more is ErrReceipt.
	Delete(ctx context.Context, receipts ...string) ([]error, error)
	// Extend hides messages, which must still be hidden, for that long from
	// now on, at most MaxVisibility. Zero hands them back at once. The errors
	// are as those of Delete.
	Extend(ctx context.Context, visibility time.Duration, receipts ...string) ([]error, error)
}

// Depth is how many messages a queue holds.
type Depth struct {
	Ready   int64     // to be received now
	Hidden  int64     // received and not deleted
	Delayed int64     // sent with a delay that has not passed
	Dead    int64     // dead letters
	Oldest  time.Time // when the oldest that is not dead was sent; zero if none
}

// Letter is a dead letter.
type Letter struct {
	Message
	Died time.Time
	// Reason is why its last delivery failed, as far as the handler could say.
	Reason string
}

// Office looks after the queues of a tenant: what people see of them and do
// about dead letters. It is safe for concurrent use.
type Office interface {
	// Depths gives the depth of every queue by name.
	Depths(ctx context.Context) (map[string]Depth, error)
	// Letters lists dead letters of a queue, the newest first.
	Letters(ctx context.Context, queue string, limit int) ([]Letter, error)
	// Redrive sends dead letters back to their queue, those with the ids or
	// all of them, with their receives counted anew. It says how many.
	Redrive(ctx context.Context, queue string, ids ...string) (int64, error)
	// Fault notes why a delivery failed, for Letter.Reason; of a long reason,
	// MaxReason bytes.
	Fault(ctx context.Context, queue, receipt, reason string) error
}

// Handler does the work of a batch of messages. It returns the messages that
// are to be delivered again, by their id, with the reason; all others are
// done, and what they caused is durable. A handler that panics has failed for
// the whole batch.
//
// The batch of a message that was delivered before holds that message alone,
// so that a poisonous one takes no other with it.
type Handler func(ctx context.Context, batch []Message) Failures

// Failures are the reasons by message id.
type Failures map[string]error

// Each makes a handler of a function that handles one message.
func Each(handle func(ctx context.Context, m Message) error) Handler {
	return func(ctx context.Context, batch []Message) Failures {
		failed := Failures{}
		for _, m := range batch {
			if err := handle(ctx, m); err != nil {
				failed[m.ID] = err
			}
		}
		return failed
	}
}
