package api

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/kopterio/kopter/account"
	"github.com/kopterio/kopter/audit"
	"github.com/kopterio/kopter/cost"
	"github.com/kopterio/kopter/notify"
)

// The topics of a stream.
const (
	topicAudit         = "audit"
	topicCost          = "cost"
	topicNotifications = "notifications"
	topicPipeline      = "pipeline"
)

const (
	// streamsEach bounds the streams of one tenant.
	streamsEach = 64
	// streamBuffer is how many messages wait for a client that is slow;
	// further ones are left out, and it is told how many.
	streamBuffer = 64
	// replayed is how many messages a client that comes back can be given.
	replayed = 256
	// tailed bounds the events in one message of the live tail.
	tailed = 200
	// maxPending bounds the parts that wait to be searched for the live tail.
	maxPending = 4096
	// tailTime bounds one search of the live tail.
	tailTime = 5 * time.Second
)

// errStreams: a tenant has as many streams as it may have.
var errStreams = errors.New("too many streams are open: close some")

// Tail searches the audit log for what a commit brought.
type Tail interface {
	Search(ctx context.Context, t account.Tenant, r audit.Request) (audit.Result, error)
}

// Hub hands what happens to the streams of a tenant. Publishing never waits
// for a client: one that is slow misses messages, and is told so. Streams that
// ask for the same share the bytes that they are sent. It is safe for
// concurrent use.
type Hub struct {
	tail  Tail
	log   *slog.Logger
	epoch string // tells the ids of this process's messages from all others
	wake  chan struct{}
	ended chan struct{} // closed when the tail goroutine has ended
	stop  context.CancelFunc

	mu      sync.Mutex
	closed  bool
	tenants map[account.Tenant]*channel
}

// NewHub gives a hub whose live tail searches in tail. It works until Close.
func NewHub(tail Tail, log *slog.Logger) *Hub {
	ctx, stop := context.WithCancel(context.Background())
	h := &Hub{
		tail: tail, log: log, epoch: rand.Text()[:8],
		wake: make(chan struct{}, 1), ended: make(chan struct{}), stop: stop,
		tenants: map[account.Tenant]*channel{},
	}
	go h.follow(ctx)
	return h
}

// Close ends all streams, and returns when nothing of the hub runs any more.
// What is published from then on reaches nobody.
func (h *Hub) Close() {
	h.mu.Lock()
	h.closed = true
	for _, c := range h.tenants {
		for s := range c.streams {
			c.end(s)
		}
	}
	h.mu.Unlock()
	h.stop()
	<-h.ended
}

// PublishEvents tells the live tail of parts that have become visible: each
// stream is sent the events in them that match its query.
func (h *Hub) PublishEvents(t account.Tenant, parts []string) {
	if len(parts) == 0 {
		return
	}
	h.mu.Lock()
	c := h.channel(t)
	c.pending = append(c.pending, parts...)
	if over := len(c.pending) - maxPending; over > 0 {
		c.pending = c.pending[over:]
		c.lose(topicAudit)
	}
	h.mu.Unlock()
	select {
	case h.wake <- struct{}{}:
	default: // it is awake
	}
}

// PublishCost tells that the price graph has changed: what an hour costs now,
// by currency, and the newest steps, of which at most 20 are sent.
func (h *Hub) PublishCost(t account.Tenant, at time.Time, totals []cost.Running, steps []cost.Step) {
	h.publish(t, topicCost, "cost", costMessage(at, totals, steps))
}

// PublishNotices tells of new notices.
func (h *Hub) PublishNotices(t account.Tenant, notices []notify.Notice) {
	for i := range notices {
		h.publish(t, topicNotifications, "notification", notification(&notices[i]))
	}
}

// PublishPipeline tells how ingestion is getting on.
func (h *Hub) PublishPipeline(t account.Tenant, p StreamPipeline) {
	h.publish(t, topicPipeline, "pipeline", p)
}

func (h *Hub) publish(t account.Tenant, topic, event string, data any) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return
	}
	c := h.channel(t)
	c.seq++
	m := message{seq: c.seq, topic: topic, frame: frame(h.id(c.seq), event, data)}
	c.remember(m)
	for s := range c.streams {
		if s.topics[topic] {
			s.offer(m.frame)
		}
	}
}

// channel gives the tenant's channel; h.mu is held.
func (h *Hub) channel(t account.Tenant) *channel {
	c := h.tenants[t]
	if c == nil {
		c = &channel{streams: map[*stream]bool{}}
		h.tenants[t] = c
	}
	return c
}

// Streams says how many streams are open.
func (h *Hub) Streams() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	n := 0
	for _, c := range h.tenants {
		n += len(c.streams)
	}
	return n
}

// channel is what happens to one tenant. Its hub's mutex guards it.
type channel struct {
	seq     uint64 // of the last message
	recent  []message
	pending []string // names of parts that the live tail has not seen
	streams map[*stream]bool
}

// message is something that happened: as the bytes that all streams are sent,
// or, on the topic audit, as the parts that it brought.
type message struct {
	seq   uint64
	topic string
	frame []byte
	parts []string
}

func (c *channel) remember(m message) {
	if len(c.recent) == replayed {
		c.recent = c.recent[1:] // what is appended moves it, once in a while
	}
	c.recent = append(c.recent, m)
}

// lose notes that streams of a topic miss something.
func (c *channel) lose(topic string) {
	for s := range c.streams {
		if s.topics[topic] {
			s.missed(1)
		}
	}
}

func (c *channel) end(s *stream) {
	if c.streams[s] {
		delete(c.streams, s)
		close(s.gone)
	}
}

// drop ends the streams that a credential opened: it does not hold any more.
func (h *Hub) drop(t account.Tenant, credential string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	c := h.channel(t)
	for s := range c.streams {
		if s.credential == credential {
			c.end(s)
		}
	}
}
