package local_test

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kopterio/kopter/account"
	"github.com/kopterio/kopter/ingest"
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

// A receiver that waits already gets the message of a commit at once.
func TestCommitWakesReceivers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openClocked(t, t.TempDir())
		q := queuesOf(t, s, account.Local, work).Queue("work")
		begin := time.Now()
		got := make(chan int)
		go func() {
			messages, err := q.Receive(t.Context(), 1, queue.MaxWait)
			if err != nil {
				t.Error(err)
			}
			got <- len(messages)
		}()
		synctest.Wait()
		commit := ingest.Commit{Messages: []queue.Outgoing{{Queue: "work", Body: []byte("m")}}}
		if err := s.Commit(t.Context(), account.Local, commit); err != nil {
			t.Fatal(err)
		}
		if n, waited := <-got, time.Since(begin); n != 1 || waited > 0 {
			t.Errorf("received %d messages after %v, want one at once", n, waited)
		}
	})
}

// A change that fails leaves the others of its group alone, each caller hears
// its own error, and nothing is left of what failed.
func TestGroupKeepsErrorsApart(t *testing.T) {
	var passed atomic.Int64
	fault := errors.New("the disk failed")
	s := openAt(t, t.TempDir(), local.Options{Now: time.Now, Hook: func(p string) error {
		if p == local.PointQueueSent && passed.Add(1)%2 == 0 {
			return fault
		}
		return nil
	}})
	qs := queuesOf(t, s, account.Local, work)
	const n = 100
	var landed atomic.Int64
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() {
			err := qs.Send(t.Context(), queue.Outgoing{Queue: "work", Body: []byte("m")})
			if err == nil {
				landed.Add(1)
			} else if !errors.Is(err, fault) {
				t.Errorf("send: %v, want the fault", err)
			}
		})
	}
	wg.Wait()
	depths, err := qs.Depths(t.Context())
	if err != nil || landed.Load() != n/2 || depths["work"].Ready != n/2 {
		t.Errorf("%d sends succeeded, %+v and %v; want %d and as many messages", landed.Load(), depths["work"], err, n/2)
	}
}

func TestQueuesNeedAClockAndGoodPolicies(t *testing.T) {
	ctx := t.Context()
	if _, err := open(t).Queues(ctx, account.Local, work); !errors.Is(err, local.ErrNoClock) {
		t.Errorf("without a clock: %v, want ErrNoClock", err)
	}
	messages := ingest.Commit{Messages: []queue.Outgoing{{Queue: "work", Body: []byte("m")}}}
	if err := open(t).Commit(ctx, account.Local, messages); !errors.Is(err, local.ErrNoClock) {
		t.Errorf("a commit with messages, without a clock: %v, want ErrNoClock", err)
	}
	s := openClocked(t, t.TempDir())
	bad := work
	bad.MaxReceives = 0
	for name, policies := range map[string][]queue.Policy{"a bad policy": {bad}, "a queue declared twice": {work, work}} {
		if _, err := s.Queues(ctx, account.Local, policies...); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
	if _, err := s.Queues(ctx, "../x", work); err == nil {
		t.Error("an ill-named tenant was taken")
	}
}

// A data folder of the time before queues gets them when it is opened.
func TestQueuesComeWithAnUpgrade(t *testing.T) {
	dir := t.TempDir()
	closeStore(t, openAt(t, dir, local.Options{}))
	db, err := sql.Open("sqlite", filepath.Join(dir, "kopter.db"))
	if err != nil {
		t.Fatal(err)
	}
	// What steps after the first made goes, as if they had never run.
	for _, statement := range []string{
		`DROP TABLE messages`, `DROP TABLE letters`, `DROP TABLE IF EXISTS credentials`, `DROP TABLE IF EXISTS notices`,
		`PRAGMA user_version = 1`,
	} {
		if _, err := db.Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := touchQueue(t.Context(), queuesOf(t, openClocked(t, dir), account.Local, work)); err != nil {
		t.Error(err)
	}
}
