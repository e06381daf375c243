package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/kopterio/kopter/audit"
	"github.com/kopterio/kopter/cost"
	"github.com/kopterio/kopter/query"
)

const (
	// heartbeat keeps proxies and clients from taking a quiet stream for a dead
	// one. It is a message, since browsers do not tell pages of comments.
	heartbeat = 15 * time.Second
	// streamAge ends a stream, so that the credentials behind it are looked at
	// again; its client comes back where it was.
	streamAge = 15 * time.Minute
	// streamWrite is how long a client may take to take a message.
	streamWrite = 30 * time.Second
	// streamRetry is how long a client waits before it comes back.
	streamRetry = 2 * time.Second
	// streamSteps bounds the steps in a message of the topic cost.
	streamSteps = 20
)

// stream is one client that listens.
type stream struct {
	topics     map[string]bool
	filter     query.Node // of the topic audit
	key        string     // the same for filters that mean the same
	credential string     // that opened it

	from    string        // the id of the message that it begins after
	backlog [][]byte      // sent first; nobody but its handler has it
	frames  chan []byte   // what waits to be sent
	lost    atomic.Int64  // messages that are not sent
	gone    chan struct{} // closed when the stream is over
}

func newStream(topics map[string]bool, filter query.Node, credential string) *stream {
	return &stream{
		topics: topics, filter: filter, key: fmt.Sprint(filter), credential: credential,
		frames: make(chan []byte, streamBuffer), gone: make(chan struct{}),
	}
}

// offer leaves a frame for the stream's client, or counts it as lost when too
// many wait already. It never blocks.
func (s *stream) offer(frame []byte) {
	select {
	case s.frames <- frame:
	default:
		s.missed()
	}
}

// missed notes that a message is not sent; the client is told with the next one
// that is, or with the next beat.
func (s *stream) missed() { s.lost.Add(1) }

// GetStream opens a stream of what happens.
func (s *server) GetStream(ctx context.Context, r GetStreamRequestObject) (GetStreamResponseObject, error) {
	topics, err := topicsOf(given(r.Params.Topics, ""))
	if err != nil {
		return nil, wrong("topics", err)
	}
	matching, err := filter(r.Params.Q, audit.Schema())
	if err != nil {
		return nil, err
	}
	listening := newStream(topics, matching, identityOf(ctx).ID)
	if err := s.Hub.subscribe(tenantOf(ctx), listening, given(r.Params.LastEventID, "")); err != nil {
		return nil, err
	}
	return &streaming{stream: listening, ctx: ctx, leave: func() { s.Hub.leave(tenantOf(ctx), listening) }}, nil
}

func topicsOf(text string) (map[string]bool, error) {
	if text == "" {
		text = strings.Join([]string{topicCost, topicNotifications, topicPipeline}, ",")
	}
	topics := map[string]bool{}
	for topic := range strings.SplitSeq(text, ",") {
		switch topic {
		case topicAudit, topicCost, topicNotifications, topicPipeline:
			topics[topic] = true
		default:
			return nil, fmt.Errorf("%q is none of %s, %s, %s, %s", topic, topicAudit, topicCost, topicNotifications, topicPipeline)
		}
	}
	return topics, nil
}

// streaming is the answer that does not end by itself.
type streaming struct {
	*stream
	ctx   context.Context // of the request
	leave func()
}

// VisitGetStreamResponse sends the stream until its client goes, the server
// stops, or the stream is old. Whatever ends it, the client comes back; none of
// it is an error.
func (s *streaming) VisitGetStreamResponse(w http.ResponseWriter) error {
	defer s.leave()
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Accel-Buffering", "no") // of nginx, which would collect messages
	w.WriteHeader(http.StatusOK)
	out := &lines{w: w, control: http.NewResponseController(w)}
	out.send(fmt.Appendf(nil, "retry: %d\nid: %s\n\n", streamRetry.Milliseconds(), s.from))
	for _, frame := range s.backlog {
		out.send(frame)
	}
	s.backlog = nil
	s.run(out)
	return nil
}

func (s *streaming) run(out *lines) {
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	old := time.NewTimer(streamAge)
	defer old.Stop()
	for out.err == nil {
		select {
		case frame := <-s.frames:
			out.send(frame)
		case <-beat.C:
			out.send([]byte("event: beat\ndata: {}\n\n"))
		case <-old.C:
			return
		case <-s.gone:
			return
		case <-s.ctx.Done():
			return
		}
		if n := s.lost.Swap(0); n > 0 {
			out.send(lostFrame(n))
		}
	}
}

// lines writes to a client until that fails.
type lines struct {
	w       io.Writer
	control *http.ResponseController
	err     error
}

// send writes and flushes. The deadline is one of the connection, by the
// kernel's clock; the server has none for answers that last.
func (l *lines) send(b []byte) {
	if l.err != nil {
		return
	}
	err := l.control.SetWriteDeadline(time.Now().Add(streamWrite))
	if err == nil || errors.Is(err, http.ErrNotSupported) {
		_, err = l.w.Write(b)
	}
	if err == nil {
		err = l.control.Flush()
	}
	l.err = err
}

// frame writes a message of a stream.
func frame(id, event string, data any) []byte {
	text, err := json.Marshal(data, jsontext.AllowInvalidUTF8(true)) // which becomes U+FFFD
	if err != nil {
		panic(fmt.Errorf("message %s: %w", event, err)) // strings, numbers and times only
	}
	return fmt.Appendf(nil, "id: %s\nevent: %s\ndata: %s\n\n", id, event, text)
}

// lostFrame says that messages found no room. It has no id: who comes back goes
// on after the last message that came.
func lostFrame(n int64) []byte {
	return fmt.Appendf(nil, "event: lost\ndata: {\"messages\":%d}\n\n", n)
}

func costMessage(at time.Time, totals []cost.Running, steps []cost.Step) StreamCost {
	return StreamCost{At: at.UTC(), Totals: each(totals, newRate), Steps: each(steps[:min(len(steps), streamSteps)], newStep)}
}
