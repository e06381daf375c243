package api

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/kopterio/kopter/account"
	"github.com/kopterio/kopter/audit"
	"github.com/kopterio/kopter/query"
)

const (
	// tailed bounds the events in one message of the live tail.
	tailed = 200
	// tailPace is the least time between two messages of a tail: people do not
	// read faster, and what comes in between is told together.
	tailPace = 250 * time.Millisecond
	// tailRetry is how long a tail waits after a search that failed.
	tailRetry = 5 * time.Second
)

// follower gives what commits bring, page by page: an audit.Follower.
type follower interface {
	Next(ctx context.Context, r audit.FollowRequest) (audit.FollowPage, error)
	Close()
}

// tail follows the audit log for the streams that ask the same of it, from the
// first of them to the last. While it does, parts are not merged that it has
// not looked at.
type tail struct {
	query    query.Node
	follower follower
	streams  map[*stream]bool // its hub's mutex guards them
	stop     context.CancelFunc
}

// join makes a stream one of a tail's; h.mu is held. The stream is told of
// every event that is committed from now on.
func (h *Hub) join(c *channel, t account.Tenant, s *stream) error {
	if c.tails[s.key] == nil {
		follower, err := h.follower(t)
		if err != nil {
			return fmt.Errorf("follow the audit log: %w", err)
		}
		ctx, stop := context.WithCancel(context.Background())
		l := &tail{query: s.filter, follower: follower, streams: map[*stream]bool{}, stop: stop}
		c.tails[s.key] = l
		h.following.Go(func() { h.follow(ctx, t, l) })
	}
	c.tails[s.key].streams[s] = true
	return nil
}

// part is the inverse of join. The last stream of a tail ends it.
func (c *channel) part(s *stream) {
	l := c.tails[s.key]
	delete(l.streams, s)
	if len(l.streams) == 0 {
		delete(c.tails, s.key)
		l.stop()
	}
}

// follow sends what commits bring until ctx ends. Events that a search failed
// for still wait: they come late, and streams are told that they miss them.
func (h *Hub) follow(ctx context.Context, t account.Tenant, l *tail) {
	defer l.follower.Close()
	for ctx.Err() == nil {
		page, err := l.follower.Next(ctx, audit.FollowRequest{Query: l.query, Limit: tailed})
		pace := tailPace
		if err == nil {
			h.tell(l, eventsFrame(page))
		} else if ctx.Err() == nil {
			h.log.Warn("live_tail_failed", "tenant", string(t), "error", err)
			h.lose(l)
			pace = tailRetry
		}
		select {
		case <-ctx.Done():
		case <-time.After(pace):
		}
	}
}

func (h *Hub) tell(l *tail, frame []byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for s := range l.streams {
		s.offer(frame)
	}
}

func (h *Hub) lose(l *tail) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for s := range l.streams {
		s.missed()
	}
}

// eventsFrame writes a message of the live tail, a StreamEvents. The events are
// written as in every listing, by their own encoder. It has no id: what a tail
// has brought is not kept.
func eventsFrame(p audit.FollowPage) []byte {
	data := []byte("event: event\ndata: {\"events\":[")
	for i, e := range p.Events {
		if i > 0 {
			data = append(data, ',')
		}
		data = e.AppendJSON(data)
	}
	data = append(data, `],"skipped":`...)
	data = strconv.AppendInt(data, p.Left+p.Skipped, 10)
	return append(data, "}\n\n"...)
}
