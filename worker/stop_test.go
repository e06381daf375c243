package worker_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kopterio/kopter/queue"
	"github.com/kopterio/kopter/worker"
)

// work is a queue like any other.
var work = queue.Policy{Name: "work", Visibility: 30 * time.Second, MaxReceives: 4}

func send(t *testing.T, s queue.Sender, bodies ...string) {
	t.Helper()
	for _, body := range bodies {
		if err := s.Send(t.Context(), queue.Outgoing{Queue: work.Name, Body: []byte(body)}); err != nil {
			t.Fatal(err)
		}
	}
}

// outcomes collects what a loop tells its observer.
type outcomes struct {
	mu   sync.Mutex
	list []worker.Outcome
}

func (o *outcomes) add(one worker.Outcome) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.list = append(o.list, one)
}

func (o *outcomes) sum() (all worker.Outcome) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, one := range o.list {
		all.Handled += one.Handled
		all.Failed += one.Failed
		all.Dead += one.Dead
		all.Took += one.Took
	}
	return all
}

func TestBackoffDoublesUpToItsBound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		qs := openQueues(t, work)
		var calls []time.Duration
		begin := time.Now()
		opt := options(qs, work, queue.Each(func(context.Context, queue.Message) error {
			calls = append(calls, time.Since(begin))
			return errors.New("no luck")
		}))
		opt.Backoff, opt.MaxBackoff = 10*time.Second, 25*time.Second
		send(t, qs, "a")
		stop := start(t, opt)
		time.Sleep(10 * time.Minute)
		stop()
		want := []time.Duration{0, 10 * time.Second, 30 * time.Second, 55 * time.Second}
		if len(calls) != len(want) {
			t.Fatalf("calls after %v, want %v", calls, want)
		}
		for i := range want {
			if calls[i] != want[i] {
				t.Errorf("calls after %v, want %v", calls, want)
			}
		}
	})
}

func TestObserverHearsEverything(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		qs := openQueues(t, work)
		var seen outcomes
		opt := options(qs, work, queue.Each(func(_ context.Context, m queue.Message) error {
			time.Sleep(2 * time.Second)
			if string(m.Body) == "bad" {
				return errors.New("no luck")
			}
			return nil
		}))
		opt.Observe = seen.add
		send(t, qs, "a", "b", "bad", "c")
		stop := start(t, opt)
		time.Sleep(10 * time.Minute)
		stop()
		want := worker.Outcome{Handled: 3, Failed: work.MaxReceives, Dead: 1, Took: time.Duration(3+work.MaxReceives) * 2 * time.Second}
		if got := seen.sum(); got != want {
			t.Errorf("told %+v, want %+v", got, want)
		}
	})
}

// As many handlers work at once as there are workers, and no more.
func TestWorkersAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		qs := openQueues(t, work)
		var mu sync.Mutex
		running, most := 0, 0
		opt := options(qs, work, func(context.Context, []queue.Message) queue.Failures {
			mu.Lock()
			running++
			most = max(most, running)
			mu.Unlock()
			time.Sleep(time.Second)
			mu.Lock()
			defer mu.Unlock()
			running--
			return nil
		})
		opt.Workers, opt.Batch = 3, 1
		send(t, qs, "a", "b", "c", "d", "e", "f", "g", "h", "i")
		begin := time.Now()
		stop := start(t, opt)
		waitEmpty(t, qs)
		stop()
		if d := time.Since(begin); most != 3 || d > 4*time.Second {
			t.Errorf("%d handlers at once, done in %v; want 3 and 3s", most, d)
		}
	})
}

func waitEmpty(t *testing.T, o queue.Office) {
	t.Helper()
	for range 1000 {
		depths, err := o.Depths(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if depths[work.Name] == (queue.Depth{}) {
			return
		}
		time.Sleep(time.Second)
	}
	t.Fatal("the queue does not become empty")
}

// A handler that works for too long loses its context, and its messages come
// back with that reason.
func TestWorkThatTakesTooLong(t *testing.T) {
	for _, heeds := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			qs := openQueues(t, work)
			var causes []error
			var seen outcomes
			opt := options(qs, work, func(ctx context.Context, batch []queue.Message) queue.Failures {
				<-ctx.Done()
				causes = append(causes, context.Cause(ctx))
				if !heeds {
					time.Sleep(10 * time.Second)
				}
				return queue.Failures{batch[0].ID: context.Cause(ctx)}
			})
			opt.MaxWork, opt.Observe = 2*time.Minute, seen.add
			send(t, qs, "a")
			stop := start(t, opt)
			time.Sleep(time.Hour)
			stop()
			letters, err := qs.Letters(t.Context(), work.Name, 10)
			if err != nil || len(letters) != 1 || !strings.Contains(letters[0].Reason, worker.ErrTooLong.Error()) {
				t.Errorf("letters %+v and %v", letters, err)
			}
			if len(causes) != work.MaxReceives || !errors.Is(causes[0], worker.ErrTooLong) {
				t.Errorf("%d calls, ended by %v", len(causes), causes)
			}
			if got := seen.sum(); got.Failed != work.MaxReceives || got.Dead != 1 {
				t.Errorf("told %+v", got)
			}
		})
	}
}

// A handler that does not heed a stop is left behind after the grace period,
// and its messages are there for others at once.
func TestStopLeavesBehindWhoDoesNotHeedIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		qs := openQueues(t, work)
		finish := make(chan struct{})
		opt := options(qs, work, func(context.Context, []queue.Message) queue.Failures {
			<-finish
			return nil
		})
		send(t, qs, "a")
		stop := start(t, opt)
		time.Sleep(time.Minute)
		begin := time.Now()
		stop()
		if d := time.Since(begin); d < opt.Grace || d > opt.Grace+5*time.Second {
			t.Errorf("the stop took %v, want little more than %v", d, opt.Grace)
		}
		got, err := qs.Queue(work.Name).Receive(t.Context(), 1, 0)
		if err != nil || len(got) != 1 || got[0].Receives != 2 {
			t.Errorf("received %+v and %v", got, err)
		}
		close(finish)
	})
}

// The end of the context stops a loop like Stop does: what it has received and
// not begun is handed back.
func TestEndOfContextHandsBackWhatIsNotBegun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		qs := openQueues(t, work)
		send(t, qs, "a", "b", "c")
		// The second delivery of each goes alone, so that two of them wait.
		q := qs.Queue(work.Name)
		got, err := q.Receive(t.Context(), 10, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range got {
			if _, err := q.Extend(t.Context(), 0, m.Receipt); err != nil {
				t.Fatal(err)
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		calls := 0
		opt := options(qs, work, func(context.Context, []queue.Message) queue.Failures {
			calls++
			cancel()
			time.Sleep(time.Second)
			return nil
		})
		if err := worker.New(opt).Run(ctx); err != nil {
			t.Fatal(err)
		}
		depths, err := qs.Depths(t.Context())
		if err != nil || calls != 1 || depths[work.Name].Ready != 2 || depths[work.Name].Hidden != 0 {
			t.Errorf("%d calls, then %+v and %v; want one, and two ready", calls, depths, err)
		}
	})
}

func TestPanicIsLoggedWithItsStack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		qs := openQueues(t, work)
		var out bytes.Buffer
		opt := options(qs, work, thatPanics)
		opt.Log = slog.New(slog.NewTextHandler(&out, nil))
		send(t, qs, "a")
		stop := start(t, opt)
		time.Sleep(time.Second / 2)
		stop()
		for _, want := range []string{"handler_panicked", "the floor is gone", "thatPanics", "queue=work"} {
			if !strings.Contains(out.String(), want) {
				t.Errorf("the log does not say %q:\n%s", want, out.String())
			}
		}
	})
}

func thatPanics(context.Context, []queue.Message) queue.Failures { panic("the floor is gone") }
