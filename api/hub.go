package api

import (
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
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
)

// errStreams: a tenant has as many streams as it may have.
var errStreams = errors.New("too many streams are open: close some")

// Hub hands what happens to the streams of a tenant. Publishing never waits
// for a client: one that is slow misses messages, and is told so. Streams that
// ask for the same share the bytes that they are sent. It is safe for
// concurrent use.
type Hub struct {
	follower  func(account.Tenant) (follower, error) // whoever it is given to closes it
	log       *slog.Logger
	epoch     string // tells the ids of this process's messages from all others
	following sync.WaitGroup

	mu      sync.Mutex
	closed  bool
	tenants map[account.Tenant]*channel
}

// NewHub gives a hub whose live tails follow a lake's commits. It works until
// Close.
func NewHub(lake *audit.Lake, log *slog.Logger) *Hub {
	return newHub(func(t account.Tenant) (follower, error) { return lake.Follow(t) }, log)
}

func newHub(of func(account.Tenant) (follower, error), log *slog.Logger) *Hub {
	return &Hub{follower: of, log: log, epoch: rand.Text()[:8], tenants: map[account.Tenant]*channel{}}
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
	h.following.Wait()
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
	m := message{topic: topic, frame: frame(h.id(c.seq), event, data)}
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
		c = &channel{streams: map[*stream]bool{}, tails: map[string]*tail{}}
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

// subscribe opens a stream. With the id of the last message that its client
// has seen, the stream begins with what came after it. What is not known any
// more, and what a live tail would have brought, its client is told to be lost.
func (h *Hub) subscribe(t account.Tenant, s *stream, lastID string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	c := h.channel(t)
	if h.closed {
		return errBusy
	}
	if len(c.streams) >= streamsEach {
		return errStreams
	}
	if s.topics[topicAudit] {
		if err := h.join(c, t, s); err != nil {
			return err
		}
	}
	c.streams[s] = true
	h.resume(c, s, lastID)
	return nil
}

// resume gives a stream what its client has missed; h.mu is held.
func (h *Hub) resume(c *channel, s *stream, lastID string) {
	last, known := h.seqOf(lastID)
	if !known || last > c.seq || c.seq-last > uint64(len(c.recent)) {
		last, known = c.seq, false
	}
	s.from = h.id(last)
	if lastID != "" && (!known || s.topics[topicAudit]) {
		s.backlog = append(s.backlog, lostFrame(0))
	}
	for _, m := range c.recent[len(c.recent)-int(c.seq-last):] {
		if s.topics[m.topic] {
			s.backlog = append(s.backlog, m.frame)
		}
	}
}

func (h *Hub) leave(t account.Tenant, s *stream) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.channel(t).end(s)
}

func (h *Hub) id(seq uint64) string { return fmt.Sprintf("%s-%d", h.epoch, seq) }

// seqOf gives the number of a message's id, if this hub has given it.
func (h *Hub) seqOf(id string) (uint64, bool) {
	number, ours := strings.CutPrefix(id, h.epoch+"-")
	seq, err := strconv.ParseUint(number, 10, 64)
	return seq, ours && err == nil
}

// channel is what happens to one tenant. Its hub's mutex guards it.
type channel struct {
	seq     uint64 // of the last message
	recent  []message
	streams map[*stream]bool
	tails   map[string]*tail // by the key of their streams
}

// message is something that happened, as the bytes that all streams are sent.
type message struct {
	topic string
	frame []byte
}

func (c *channel) remember(m message) {
	if len(c.recent) == replayed {
		c.recent = c.recent[1:] // what is appended moves it, once in a while
	}
	c.recent = append(c.recent, m)
}

func (c *channel) end(s *stream) {
	if !c.streams[s] {
		return
	}
	delete(c.streams, s)
	close(s.gone)
	if s.topics[topicAudit] {
		c.part(s)
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
