package local

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/kopterio/kopter/account"
	"github.com/kopterio/kopter/queue"
)

// ErrNoClock: the store was opened without Options.Now, which queues need.
var ErrNoClock = errors.New("queues need a clock")

// queueing is what the queues of all tenants share.
type queueing struct {
	mu    sync.Mutex
	lines map[lineKey]*line
	group *group // nil before the first Queues

	session string // leads the ids of the messages of this process
	sent    atomic.Uint64
}

// line is that of a queue; it is made when it is first asked for.
func (q *queueing) line(t account.Tenant, name string) *line {
	q.mu.Lock()
	defer q.mu.Unlock()
	key := lineKey{t, name}
	l := q.lines[key]
	if l == nil {
		l = &line{}
		q.lines[key] = l
	}
	return l
}

// newQueueing makes ids that no message of an earlier process had.
func newQueueing() *queueing {
	var random [8]byte
	_, _ = rand.Read(random[:]) // never fails
	return &queueing{lines: map[lineKey]*line{}, session: hex.EncodeToString(random[:])}
}

// newID is the id of a new message. Ids of one process ascend, so that new
// rows lie together.
func (q *queueing) newID() string { return fmt.Sprintf("%s%010x", q.session, q.sent.Add(1)) }

// Queues are the queues of a tenant. They implement queue.Sender and
// queue.Office.
type Queues struct {
	store  *Store
	tenant account.Tenant
	now    func() time.Time
	group  *group
	// names are those of the queues in the order in which they were declared.
	names    []string
	policies map[string]queue.Policy
}

// Queues gives the queues of a tenant. A message in a queue that is not
// declared stays where it is. The store may be open for reading only; then its
// queues can be looked at.
func (s *Store) Queues(ctx context.Context, t account.Tenant, policies ...queue.Policy) (*Queues, error) {
	if s.now == nil {
		return nil, ErrNoClock
	}
	if err := t.Validate(); err != nil {
		return nil, err
	}
	q := &Queues{store: s, tenant: t, now: s.now, policies: map[string]queue.Policy{}}
	for _, p := range policies {
		if err := p.Validate(); err != nil {
			return nil, err
		}
		if _, twice := q.policies[p.Name]; twice {
			return nil, fmt.Errorf("queue %s is declared twice", p.Name)
		}
		q.names = append(q.names, p.Name)
		q.policies[p.Name] = p
	}
	group, err := s.queueGroup(ctx)
	q.group = group
	return q, err
}

// queueGroup is where all changes to queues are gathered; nil in a store that
// was opened for reading.
func (s *Store) queueGroup(ctx context.Context) (*group, error) {
	s.queues.mu.Lock()
	defer s.queues.mu.Unlock()
	if s.queues.group != nil || s.write == nil {
		return s.queues.group, nil
	}
	prepared, err := prepareQueues(ctx, s.write)
	if err != nil {
		return nil, fmt.Errorf("prepare the queues in %s: %w", s.dir, explain(err))
	}
	s.queues.group = &group{write: s.write, hook: s.disk.hook, prepared: prepared}
	return s.queues.group, nil
}

// Send implements queue.Sender. All messages are sent, or none.
func (q *Queues) Send(ctx context.Context, messages ...queue.Outgoing) error {
	if len(messages) == 0 {
		return nil
	}
	if err := q.send(ctx, messages); err != nil {
		return fmt.Errorf("send %d messages of tenant %s in %s: %w", len(messages), q.tenant, q.store.dir, explain(err))
	}
	return nil
}

func (q *Queues) send(ctx context.Context, messages []queue.Outgoing) error {
	if err := queue.CheckBatch(len(messages)); err != nil {
		return err
	}
	for _, m := range messages {
		if _, declared := q.policies[m.Queue]; !declared {
			return fmt.Errorf("queue %q: %w", m.Queue, queue.ErrNoQueue)
		}
		if err := m.Validate(); err != nil {
			return err
		}
	}
	if q.group == nil {
		return ErrReadOnly
	}
	defer q.store.wakeReceivers(q.tenant, messages)
	return q.group.run(ctx, q.tenant, func(x *transaction) error {
		return x.send(messages, q.now(), q.store.queues.newID)
	})
}

// Queue is one of the queues. Everything that is asked of a queue that was not
// declared is queue.ErrNoQueue.
func (q *Queues) Queue(name string) queue.Queue { return oneQueue{q, name} }

// line is what the receivers of a queue wait in.
func (q *Queues) line(name string) *line { return q.store.queues.line(q.tenant, name) }

// change is a change of a queue at a time.
type change func(x *transaction, p queue.Policy, now time.Time) error

// change carries out a change of a queue together with what others change at
// the same time. What was kept too long goes with it, now and then.
func (q *Queues) change(ctx context.Context, what, name string, do change) error {
	policy, declared := q.policies[name]
	err := queue.ErrNoQueue
	switch {
	case q.group == nil:
		err = ErrReadOnly
	case declared:
		err = q.group.run(ctx, q.tenant, func(x *transaction) error {
			now := q.now()
			if q.line(name).expiry(now) {
				if err := x.expire(policy, now); err != nil {
					return err
				}
			}
			return do(x, policy, now)
		})
	}
	if err != nil {
		return fmt.Errorf("%s queue %q of tenant %s in %s: %w", what, name, q.tenant, q.store.dir, explain(err))
	}
	return nil
}
