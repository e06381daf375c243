package worker

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/kopterio/kopter/queue"
)

// held are the messages that a lane has received and not let go yet. They are
// kept hidden until then.
type held struct {
	loop *Loop
	ctx  context.Context // of the calls to the queue: it outlives the loop's
	end  context.CancelFunc
	beat sync.WaitGroup

	// mu is also held while the queue is told to hide them, so that what is
	// let go is not hidden again.
	mu       sync.Mutex
	receipts map[string]bool
}

// hold begins to keep messages hidden.
func (l *Loop) hold(ctx context.Context, got []queue.Message) *held {
	h := &held{loop: l, ctx: context.WithoutCancel(ctx), receipts: map[string]bool{}}
	for _, m := range got {
		h.receipts[m.Receipt] = true
	}
	beating, end := context.WithCancel(h.ctx)
	h.end = end
	h.beat.Go(func() { h.heartbeat(beating) })
	return h
}

// release ends the heartbeat.
func (h *held) release() {
	h.end()
	h.beat.Wait()
}

// heartbeat hides the messages anew at each third of the visibility timeout, so
// that one beat may fail.
func (h *held) heartbeat(ctx context.Context) {
	ticker := time.NewTicker(h.loop.opt.Policy.Visibility / 3)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			h.extend()
		}
	}
}

func (h *held) extend() {
	h.mu.Lock()
	defer h.mu.Unlock()
	receipts := make([]string, 0, len(h.receipts))
	for r := range h.receipts {
		receipts = append(receipts, r)
	}
	if len(receipts) == 0 {
		return
	}
	stale, err := h.loop.opt.Queue.Extend(h.ctx, h.loop.opt.Policy.Visibility, receipts...)
	h.complain("heartbeat_failed", stale, err)
	for i, err := range stale {
		if errors.Is(err, queue.ErrReceipt) {
			delete(h.receipts, receipts[i]) // somebody else has it
		}
	}
}

// letGo ends the heartbeat for messages, and gives their receipts.
func (h *held) letGo(batch []queue.Message) (receipts []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, m := range batch {
		delete(h.receipts, m.Receipt)
		receipts = append(receipts, m.Receipt)
	}
	return receipts
}

// settle deletes what the handler has done, and lets the rest come back.
func (h *held) settle(batch []queue.Message, failed queue.Failures) (handled, failures, dead int) {
	done, undone := part(batch, failed)
	h.delete(done)
	for _, m := range undone {
		reason := failed[m.ID]
		h.loop.log.Warn("message_failed", "id", m.ID, "receives", m.Receives, "error", reason)
		h.fault(m, reason)
		if h.last(m) {
			dead++
		}
		h.hide(h.pause(m), m)
	}
	return len(done), len(undone), dead
}

// part tells what is done from what failed.
func part(batch []queue.Message, failed queue.Failures) (done, undone []queue.Message) {
	for _, m := range batch {
		if failed[m.ID] == nil {
			done = append(done, m)
		} else {
			undone = append(undone, m)
		}
	}
	return done, undone
}

// last says whether a message will not be delivered again.
func (h *held) last(m queue.Message) bool { return m.Receives >= h.loop.opt.Policy.MaxReceives }

// pause is how long a message that failed stays hidden. There is nothing to
// wait for when it is to become a dead letter.
func (h *held) pause(m queue.Message) time.Duration {
	if h.last(m) {
		return 0
	}
	return h.loop.backoff(m.Receives)
}

// abandon lets the messages of a handler that does not end come back by
// themselves: it may still be at work on them.
func (h *held) abandon(batch []queue.Message, reason error) (failures, dead int) {
	for _, m := range batch {
		h.fault(m, reason)
		if h.last(m) {
			dead++
		}
	}
	h.letGo(batch)
	return len(batch), dead
}

// stopped acts on what a handler left when the loop was stopped. What it has
// not done is no failure of the messages; another worker may have them at once.
func (h *held) stopped(batch []queue.Message, failed queue.Failures, ended bool) (handled int) {
	if !ended {
		h.handBack(batch)
		return 0
	}
	done, undone := part(batch, failed)
	h.delete(done)
	h.handBack(undone)
	return len(done)
}

func (h *held) handBack(batch []queue.Message) { h.hide(0, batch...) }

// hide lets messages come back after a while.
func (h *held) hide(d time.Duration, batch ...queue.Message) {
	if len(batch) == 0 {
		return
	}
	stale, err := h.loop.opt.Queue.Extend(h.ctx, d, h.letGo(batch)...)
	h.complain("hand_back_failed", stale, err)
}

func (h *held) delete(batch []queue.Message) {
	if len(batch) == 0 {
		return
	}
	stale, err := h.loop.opt.Queue.Delete(h.ctx, h.letGo(batch)...)
	h.complain("delete_failed", stale, err)
}

func (h *held) fault(m queue.Message, reason error) {
	err := h.loop.opt.Office.Fault(h.ctx, h.loop.opt.Policy.Name, m.Receipt, reason.Error())
	h.complain("note_fault_failed", nil, err)
}

// complain logs what the queue refused. Nothing is lost by it: the messages
// come back when their visibility timeout has passed.
func (h *held) complain(what string, stale []error, err error) {
	if err = errors.Join(append(stale, err)...); err != nil {
		h.loop.log.Warn(what, "error", err)
	}
}
