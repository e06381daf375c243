package worker_test

import (
	"context"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/kopterio/kopter/account"
	"github.com/kopterio/kopter/local"
	"github.com/kopterio/kopter/queue"
	"github.com/kopterio/kopter/worker"
	"github.com/kopterio/kopter/worker/workertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestLoop(t *testing.T) {
	workertest.TestRunner(t, workertest.Harness{Run: synctest.Test, Open: func(t *testing.T, p queue.Policy) workertest.Runner {
		qs := openQueues(t, p)
		return workertest.Runner{Sender: qs, Office: qs, Start: func(h queue.Handler) func() {
			return start(t, options(qs, p, h))
		}}
	}})
}

// openQueues gives queues in a new data folder, whose clock is the bubble's.
func openQueues(t *testing.T, p queue.Policy) *local.Queues {
	t.Helper()
	s, err := local.Open(t.Context(), t.TempDir(), local.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	qs, err := s.Queues(t.Context(), account.Local, p)
	if err != nil {
		t.Fatal(err)
	}
	return qs
}

func options(qs *local.Queues, p queue.Policy, h queue.Handler) worker.Options {
	return worker.Options{
		Queue: qs.Queue(p.Name), Office: qs, Policy: p, Handler: h,
		Grace: workertest.Grace, Now: time.Now, Log: slog.New(slog.DiscardHandler),
	}
}

// start runs a loop; stop ends it and waits for it.
func start(t *testing.T, opt worker.Options) (stop func()) {
	l := worker.New(opt)
	ended := make(chan error, 1)
	go func() { ended <- l.Run(context.WithoutCancel(t.Context())) }()
	return func() {
		l.Stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
}
