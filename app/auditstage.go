package app

import (
	"context"
	"log/slog"
	"sync"

	"github.com/kopterio/kopter/account"
	"github.com/kopterio/kopter/audit"
	"github.com/kopterio/kopter/queue"
)

// auditStage is audit-log: it hands on what commits brought to the lake, and
// keeps the lake's parts few.
type auditStage struct {
	lake   *audit.Lake
	tenant account.Tenant
	sender queue.Sender
	log    *slog.Logger

	compacting sync.Mutex
}

// handle hands a batch's news on before it compacts: people watch them.
func (s *auditStage) handle(ctx context.Context, batch []queue.Message) queue.Failures {
	var news auditMessage
	failed := bodies(batch, func(_ *queue.Message, body *auditMessage) { news.add(body) })
	if err := s.sender.Send(ctx, encode(StageNotifications, newsMessage{Audit: &news})); err != nil {
		return failAll(batch, err)
	}
	s.compact(ctx)
	return failed
}

func (m *auditMessage) add(other *auditMessage) {
	m.Broken += other.Broken
	m.Quarantined = append(m.Quarantined, other.Quarantined...)
	m.Quarantined = m.Quarantined[:min(len(m.Quarantined), brokenPerMessage)]
	m.Conflicts += other.Conflicts
	m.Conflicting = append(m.Conflicting, other.Conflicting...)
	m.Conflicting = m.Conflicting[:min(len(m.Conflicting), conflictsPerMessage)]
}

// compact merges parts where there are many. One compaction runs at a time, and
// who finds it running leaves the rest to it or to the next message. A failure
// is no reason to hand the news on once more: the next message tries again.
func (s *auditStage) compact(ctx context.Context) {
	if !s.compacting.TryLock() {
		return
	}
	defer s.compacting.Unlock()
	_, err := s.lake.Compact(ctx, s.tenant, audit.CompactPolicy{MinFresh: manyFresh})
	if err != nil && ctx.Err() == nil {
		s.log.Error("compaction_failed", "tenant", s.tenant, "error", err)
	}
}
