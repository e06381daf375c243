package api

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/kopterio/kopter/account"
	"github.com/kopterio/kopter/audit"
	"github.com/kopterio/kopter/query"
)

// follow searches new parts for the streams that tail the audit log, one
// commit after the other, until ctx ends.
func (h *Hub) follow(ctx context.Context) {
	defer close(h.ended)
	for {
		select {
		case <-ctx.Done():
			return
		case <-h.wake:
		}
		for t, parts := range h.takePending() {
			h.deliver(ctx, t, parts)
		}
	}
}

func (h *Hub) takePending() map[account.Tenant][]string {
	h.mu.Lock()
	defer h.mu.Unlock()
	taken := map[account.Tenant][]string{}
	for t, c := range h.tenants {
		if len(c.pending) > 0 {
			taken[t], c.pending = c.pending, nil
		}
	}
	return taken
}

// found is what a query found in new parts: the data of a message, or nothing.
type found struct {
	data []byte
	err  error
}

// deliver sends each stream what its query finds in the parts; each query is
// asked once. Streams that come while it searches are served, too, because
// what is sent and what is remembered for later change in one step.
func (h *Hub) deliver(ctx context.Context, t account.Tenant, parts []string) {
	answers := map[string]found{}
	for ctx.Err() == nil {
		missing := h.distribute(t, parts, answers)
		if len(missing) == 0 {
			return
		}
		for key, filter := range missing {
			answers[key] = h.find(ctx, t, filter, parts)
		}
	}
}

// distribute sends the answers, once there is one for every stream; else it
// gives the queries that lack one.
func (h *Hub) distribute(t account.Tenant, parts []string, answers map[string]found) (missing map[string]query.Node) {
	h.mu.Lock()
	defer h.mu.Unlock()
	c := h.channel(t)
	missing = map[string]query.Node{}
	for s := range c.streams {
		if _, known := answers[s.key]; s.topics[topicAudit] && !known {
			missing[s.key] = s.filter
		}
	}
	if len(missing) > 0 {
		return missing
	}
	c.seq++
	c.remember(message{seq: c.seq, topic: topicAudit, parts: parts})
	frames := map[string][]byte{}
	for key, answer := range answers {
		if answer.data != nil {
			frames[key] = eventFrame(h.id(c.seq), "event", answer.data)
		}
	}
	for s := range c.streams {
		if s.topics[topicAudit] {
			s.deliver(frames[s.key], answers[s.key].err)
		}
	}
	return nil
}

// find gives the newest events of the parts that match.
func (h *Hub) find(ctx context.Context, t account.Tenant, filter query.Node, parts []string) found {
	ctx, cancel := context.WithTimeout(ctx, tailTime)
	defer cancel()
	r, err := h.tail.Search(ctx, t, audit.Request{Query: filter, Limit: tailed, Total: true, Parts: parts})
	if err != nil {
		h.log.Warn("live_tail_failed", "tenant", string(t), "parts", len(parts), "error", err)
		return found{err: err}
	}
	if len(r.Events) == 0 {
		return found{}
	}
	return found{data: eventsJSON(r)}
}

// eventsJSON writes a StreamEvents. The events are written as in every
// listing, by their own encoder.
func eventsJSON(r audit.Result) []byte {
	data := []byte(`{"events":[`)
	for i, e := range r.Events {
		if i > 0 {
			data = append(data, ',')
		}
		data = e.AppendJSON(data)
	}
	data = append(data, `],"skipped":`...)
	data = strconv.AppendInt(data, max(0, r.Total-int64(len(r.Events))), 10)
	return append(data, '}')
}

func (h *Hub) id(seq uint64) string { return fmt.Sprintf("%s-%d", h.epoch, seq) }

// seqOf gives the number of a message's id, if this hub has given it.
func (h *Hub) seqOf(id string) (uint64, bool) {
	number, ours := strings.CutPrefix(id, h.epoch+"-")
	seq, err := strconv.ParseUint(number, 10, 64)
	return seq, ours && err == nil
}

// subscribe opens a stream. With the id of the last message that its client
// has seen, the stream begins with what came after it; when that is not known
// any more, with the word that something is lost.
func (h *Hub) subscribe(ctx context.Context, t account.Tenant, s *stream, lastID string) error {
	seq, parts, err := h.join(t, s, lastID)
	if err != nil || len(parts) == 0 {
		return err
	}
	answer := h.find(ctx, t, s.filter, parts)
	if answer.err != nil {
		s.missed(1)
	}
	if answer.data != nil {
		s.backlog = append(s.backlog, eventFrame(h.id(seq), "event", answer.data))
	}
	return nil
}

// join makes the stream one of the tenant's, from the message seq on, and gives
// the parts that came while its client was away.
func (h *Hub) join(t account.Tenant, s *stream, lastID string) (seq uint64, parts []string, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	c := h.channel(t)
	if h.closed {
		return 0, nil, errBusy
	}
	if len(c.streams) >= streamsEach {
		return 0, nil, errStreams
	}
	c.streams[s] = true
	if lastID == "" {
		return c.seq, nil, nil
	}
	last, ours := h.seqOf(lastID)
	if !ours || last > c.seq || c.seq-last > uint64(len(c.recent)) {
		s.backlog = append(s.backlog, frame(h.id(c.seq), "lost", StreamLost{}))
		return c.seq, nil, nil
	}
	for _, m := range c.recent[len(c.recent)-int(c.seq-last):] {
		if s.topics[m.topic] && m.frame != nil {
			s.backlog = append(s.backlog, m.frame)
		}
		if s.topics[m.topic] {
			parts = append(parts, m.parts...)
		}
	}
	return c.seq, parts, nil
}

func (h *Hub) leave(t account.Tenant, s *stream) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.channel(t).end(s)
}
