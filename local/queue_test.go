package local_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kopterio/kopter/account"
	"github.com/kopterio/kopter/local"
	"github.com/kopterio/kopter/queue"
	"github.com/kopterio/kopter/queue/queuetest"
)

func TestQueues(t *testing.T) {
	queuetest.TestQueues(t, queuetest.Harness{
		Run:   synctest.Test,
		Open:  func(t testing.TB) queuetest.Place { return place(t, openClocked(t, t.TempDir())) },
		Exact: true,
	})
}

// openClocked opens a data folder whose queues have a clock: in a bubble of
// synctest, the bubble's.
func openClocked(t testing.TB, dir string) *local.Store {
	return openAt(t, dir, local.Options{Now: time.Now})
}

func place(t testing.TB, s *local.Store) queuetest.Place {
	return queuetest.Place{
		Queues: func(t testing.TB, tenant account.Tenant, policies ...queue.Policy) queuetest.Queues {
			return queuesOf(t, s, tenant, policies...)
		},
		Reopen: func(t testing.TB) queuetest.Place {
			closeStore(t, s)
			return place(t, openClocked(t, s.Dir()))
		},
	}
}

func queuesOf(t testing.TB, s *local.Store, tenant account.Tenant, policies ...queue.Policy) *local.Queues {
	t.Helper()
	q, err := s.Queues(t.Context(), tenant, policies...)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// work is a queue like any other.
var work = queue.Policy{Name: "work", Visibility: time.Minute, MaxReceives: 3}

// touchQueue changes a queue in every way once.
func touchQueue(ctx context.Context, qs *local.Queues) error {
	q := qs.Queue("work")
	if err := qs.Send(ctx, queue.Outgoing{Queue: "work", Body: []byte("m")}); err != nil {
		return err
	}
	got, err := q.Receive(ctx, 1, 0)
	if err != nil || len(got) == 0 {
		return err
	}
	if err := qs.Fault(ctx, "work", got[0].Receipt, "bad"); err != nil {
		return err
	}
	_, extendErr := q.Extend(ctx, time.Minute, got[0].Receipt)
	_, deleteErr := q.Delete(ctx, got[0].Receipt)
	_, redriveErr := qs.Redrive(ctx, "work")
	return errors.Join(extendErr, deleteErr, redriveErr)
}
