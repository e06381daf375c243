package app

import (
	"context"
	"time"

	"github.com/kopterio/kopter/account"
	"github.com/kopterio/kopter/cost"
	"github.com/kopterio/kopter/price"
	"github.com/kopterio/kopter/queue"
	"github.com/kopterio/kopter/usage"
)

// timelineStage is ec2-events: it reads the facts of resources again, so that
// the fleet shows them.
type timelineStage struct {
	fleet  *usage.Fleet
	sender queue.Sender
}

func (s *timelineStage) handle(ctx context.Context, batch []queue.Message) queue.Failures {
	var all factsMessage
	failed := bodies(batch, func(_ *queue.Message, body *factsMessage) {
		all.Resources = append(all.Resources, body.Resources...)
		all.Snapshots = all.Snapshots || body.Snapshots
		all.Seen = earlier(all.Seen, body.Seen)
	})
	if err := s.follow(ctx, &all); err != nil {
		return failAll(batch, err)
	}
	return failed
}

// follow brings the fleet up to date and tells of it.
func (s *timelineStage) follow(ctx context.Context, m *factsMessage) error {
	if m.Snapshots {
		if err := s.fleet.UpdateSnapshots(ctx); err != nil {
			return err
		}
	}
	if err := s.fleet.Update(ctx, keys(m.Resources)); err != nil {
		return err
	}
	return s.sender.Send(ctx, encode(StageAggregator, graphMessage{Changed: len(m.Resources) > 0, Seen: m.Seen}))
}

// earlier is the earlier of two moments, of which zero is none.
func earlier(a, b int64) int64 {
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
}

// graphStage is aggregator: the price graph follows the fleet by itself, and
// the price lists when it is told of a new one.
type graphStage struct {
	store  price.Store
	tenant account.Tenant
	live   *cost.Live
	sender queue.Sender
	// shown is told when the oldest file was found whose events the graph now
	// shows.
	shown func(found time.Time)
}

func (s *graphStage) handle(ctx context.Context, batch []queue.Message) queue.Failures {
	var all graphMessage
	round := false
	failed := bodies(batch, func(m *queue.Message, body *graphMessage) {
		round = round || len(m.Body) == 0
		all.add(body)
	})
	if err := s.show(ctx, &all, round); err != nil {
		return failAll(batch, err)
	}
	return failed
}

func (m *graphMessage) add(other *graphMessage) {
	m.Changed = m.Changed || other.Changed
	m.Prices = m.Prices || other.Prices
	m.Seen = earlier(m.Seen, other.Seen)
}

func (s *graphStage) show(ctx context.Context, m *graphMessage, round bool) error {
	if m.Prices {
		if err := loadPrices(ctx, s.store, s.tenant, s.live); err != nil {
			return err
		}
	}
	if m.Seen != 0 {
		s.shown(time.UnixMilli(m.Seen))
	}
	return s.sender.Send(ctx, encode(StageNotifications, newsMessage{Graph: m, Round: round}))
}

// loadPrices shows the graph at the price lists that are known now.
func loadPrices(ctx context.Context, store price.Store, t account.Tenant, live *cost.Live) error {
	book, err := price.Load(ctx, store, t)
	if err == nil {
		live.SetPrices(book)
	}
	return err
}
