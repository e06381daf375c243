package queue

import (
	"errors"
	"fmt"
	"regexp"
	"time"
)

// DefaultRetention is Policy.Retention where it is zero, as in SQS.
const DefaultRetention = 4 * 24 * time.Hour

// MaxReason is how much of a reason Fault keeps, in bytes.
const MaxReason = 4 << 10

// ErrNoQueue: nobody declared a queue of that name.
var ErrNoQueue = errors.New("there is no such queue")

// nameForm is what SQS takes as a queue's name, without the dots of .fifo.
var nameForm = regexp.MustCompile(`^[A-Za-z0-9_-]{1,80}$`)

// Validate says what no queue takes. A body that is too long is ErrTooLarge.
func (m Outgoing) Validate() error {
	switch {
	case !nameForm.MatchString(m.Queue):
		return fmt.Errorf("%q is no name of a queue: it takes 1 to 80 letters, digits, - and _", m.Queue)
	case len(m.Body) > MaxBody:
		return fmt.Errorf("queue %s: %w: %d bytes, at most %d", m.Queue, ErrTooLarge, len(m.Body), MaxBody)
	case m.Delay < 0 || m.Delay > MaxDelay:
		return fmt.Errorf("queue %s: a delay of %v; it lies between 0 and %v", m.Queue, m.Delay, MaxDelay)
	}
	return nil
}

// Validate says what is wrong with a policy.
func (p Policy) Validate() error {
	switch {
	case !nameForm.MatchString(p.Name):
		return fmt.Errorf("%q is no name of a queue: it takes 1 to 80 letters, digits, - and _", p.Name)
	case p.Visibility <= 0 || p.Visibility > MaxVisibility:
		return fmt.Errorf("queue %s: a visibility timeout of %v; it lies between 0 and %v", p.Name, p.Visibility, MaxVisibility)
	case p.MaxReceives < 1:
		return fmt.Errorf("queue %s: %d receives; a message is delivered at least once", p.Name, p.MaxReceives)
	case p.Retention < 0:
		return fmt.Errorf("queue %s: a retention of %v", p.Name, p.Retention)
	}
	return nil
}

// Kept is how long the queue keeps a message.
func (p Policy) Kept() time.Duration {
	if p.Retention == 0 {
		return DefaultRetention
	}
	return p.Retention
}

// CheckBatch says whether n messages or receipts may go into one call.
func CheckBatch(n int) error {
	if n > MaxBatch {
		return fmt.Errorf("%d messages in one call; at most %d", n, MaxBatch)
	}
	return nil
}
