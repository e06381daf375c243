package local_test

import (
	"context"
	"testing"

	"github.com/kopterio/kopter/access/accesstest"
	"github.com/kopterio/kopter/account"
	"github.com/kopterio/kopter/audit"
	"github.com/kopterio/kopter/audit/audittest"
	"github.com/kopterio/kopter/ingest"
	"github.com/kopterio/kopter/ingest/ingesttest"
	"github.com/kopterio/kopter/local"
	"github.com/kopterio/kopter/notify/notifytest"
	"github.com/kopterio/kopter/price"
	"github.com/kopterio/kopter/price/pricetest"
	"github.com/kopterio/kopter/queue"
	"github.com/kopterio/kopter/usage"
	"github.com/kopterio/kopter/usage/usagetest"
)

// open opens a new data folder, closed at the end of the test.
func open(t testing.TB) *local.Store { return openAt(t, t.TempDir(), local.Options{}) }

func openAt(t testing.TB, dir string, opt local.Options) *local.Store {
	t.Helper()
	s, err := local.Open(t.Context(), dir, opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func TestIngestStore(t *testing.T) {
	ingesttest.TestStore(t, ingesttest.Harness{
		Open: func(t *testing.T) ingesttest.Backend { return openClocked(t, t.TempDir()) },
		Queue: func(t *testing.T, b ingesttest.Backend, tenant account.Tenant, p queue.Policy) queue.Queue {
			return queuesOf(t, b.(*local.Store), tenant, p).Queue(p.Name)
		},
		Reopen: func(t *testing.T, b ingesttest.Backend) ingesttest.Backend {
			s := b.(*local.Store)
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			return openClocked(t, s.Dir())
		},
	})
}

func TestUsageStore(t *testing.T) {
	usagetest.TestStore(t, func(t *testing.T) usagetest.Opened { return asUsage(t, open(t)) })
}

func asUsage(t *testing.T, s *local.Store) usagetest.Opened {
	return usagetest.Opened{
		Store: s,
		Commit: func(ctx context.Context, tenant account.Tenant, facts []usage.Fact, fresh []usage.Freshness) error {
			return s.Commit(ctx, tenant, ingest.Commit{Facts: facts, Freshness: fresh})
		},
		Reopen: func() usagetest.Opened {
			closeStore(t, s)
			return asUsage(t, openAt(t, s.Dir(), local.Options{}))
		},
	}
}

func TestAuditIndex(t *testing.T) {
	audittest.TestIndex(t, func(t *testing.T) audit.Index { return open(t) })
}

func TestAuditFiles(t *testing.T) {
	audittest.TestFiles(t, func(t *testing.T) audit.Files { return open(t) })
}

func TestPriceStore(t *testing.T) {
	pricetest.TestStore(t, func(t *testing.T) price.Store { return open(t) })
}

func TestAccessStore(t *testing.T) {
	accesstest.TestStore(t, func(t *testing.T) accesstest.Opened { return asAccess(t, open(t)) })
}

func asAccess(t *testing.T, s *local.Store) accesstest.Opened {
	return accesstest.Opened{Store: s, Reopen: func() accesstest.Opened {
		closeStore(t, s)
		return asAccess(t, openAt(t, s.Dir(), local.Options{}))
	}}
}

func TestNotifyStore(t *testing.T) {
	notifytest.TestStore(t, func(t *testing.T) notifytest.Opened { return asNotify(t, open(t)) })
}

func asNotify(t *testing.T, s *local.Store) notifytest.Opened {
	return notifytest.Opened{Store: s, Reopen: func() notifytest.Opened {
		closeStore(t, s)
		return asNotify(t, openAt(t, s.Dir(), local.Options{}))
	}}
}
