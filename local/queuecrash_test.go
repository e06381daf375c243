package local_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/kopterio/kopter/account"
	"github.com/kopterio/kopter/ingest"
	"github.com/kopterio/kopter/local"
	"github.com/kopterio/kopter/queue"
)

func newQueuePlan(t testing.TB) queuePlan {
	dir := t.TempDir()
	return queuePlan{data: filepath.Join(dir, "data"), journal: filepath.Join(dir, "journal")}
}

func (p queuePlan) start(t testing.TB) *child {
	return startChild(t, queueCrashEnv+"="+p.encode())
}

// queuePoints are the points that a queuePlan passes.
func queuePoints() []string {
	points := slices.DeleteFunc(slices.Clone(local.Points), func(p string) bool { return !isQueuePoint(p) })
	return append(points, local.PointBegin, local.PointMessages, local.PointCommit, local.PointCommitted)
}

// TestQueueKilledAtEveryPoint kills a run at each point, the first time that it
// is passed and later ones; lets the next run work on what is left; and holds
// the queue to what its users were told.
func TestQueueKilledAtEveryPoint(t *testing.T) {
	times := []int{1, 4, 13}
	if testing.Short() {
		times = times[:1]
	}
	for _, point := range queuePoints() {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			p := newQueuePlan(t)
			for _, nth := range times {
				p.run++
				p.point, p.nth = point, nth
				if killed := p.start(t).wait(t); !killed && nth == 1 {
					t.Fatal("the run never passes it")
				}
			}
			p.run++
			p.nth = 0
			p.start(t).wait(t)
			if err := p.verify(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestQueueKilledAtRandom kills runs at random moments, one after the other on
// the same data.
func TestQueueKilledAtRandom(t *testing.T) {
	kills := 200
	if testing.Short() {
		kills = 20
	}
	var struck strikes
	var wg sync.WaitGroup
	for lane := range 2 {
		random := rand.New(rand.NewPCG(crashSeed, uint64(lane)))
		wg.Go(func() {
			for struck.total() < kills && !t.Failed() {
				killInARow(t, random, &struck)
			}
		})
	}
	wg.Wait()
	t.Logf("%d kills\n%s", struck.total(), &struck)
	if n := struck.phases(); !testing.Short() && n < 8 {
		t.Errorf("the kills struck after %d different points only", n)
	}
}

// killInARow kills ten runs on the same data, and looks at what they left.
func killInARow(t *testing.T, random *rand.Rand, struck *strikes) {
	p := newQueuePlan(t)
	for range 10 {
		p.run++
		c := p.start(t)
		select {
		case <-c.began:
		case <-c.done:
		}
		timer := time.AfterFunc(time.Duration(random.Int64N(int64(200*time.Millisecond))), func() { c.kill(t) })
		if c.wait(t) {
			struck.add(c.last())
		}
		timer.Stop()
	}
	if err := p.verify(t.Context()); err != nil {
		t.Error(err)
	}
}

// verify holds what is left in the queue to the journal: whatever was
// acknowledged as sent is there unless somebody tried to delete it, whatever
// was acknowledged as deleted is not, and a commit's message is there exactly
// when the commit is.
func (p queuePlan) verify(ctx context.Context) (err error) {
	lines, err := readJournal(p.journal)
	if err != nil {
		return err
	}
	s, err := local.Open(ctx, p.data, local.Options{Now: time.Now})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	left, err := drainAll(ctx, s)
	if err != nil {
		return err
	}
	var errs []error
	for body := range lines[sent] {
		if left[body] == 0 && !lines[tryDelete][body] {
			errs = append(errs, fmt.Errorf("%s was sent and is lost", body))
		}
	}
	for body, n := range left {
		if lines[deleted][body] || n > 1 || !lines[trySend][body] && !lines[tryCommit][body] {
			errs = append(errs, fmt.Errorf("%s came %d times; deleted: %v", body, n, lines[deleted][body]))
		}
	}
	for body := range lines[tryCommit] {
		known, err := s.Known(ctx, account.Local, []ingest.Object{{URI: body, Version: "1"}})
		if err != nil {
			return err
		}
		if there := left[body] > 0 || lines[tryDelete][body]; there != known[0] {
			errs = append(errs, fmt.Errorf("%s: committed %v, message %v", body, known[0], there))
		}
	}
	return errors.Join(errs...)
}

// drainAll receives and deletes whatever the queue holds, dead letters too, and
// says how often each message came.
func drainAll(ctx context.Context, s *local.Store) (map[string]int, error) {
	patient := shaky
	patient.Visibility, patient.MaxReceives = time.Hour, 1000
	qs, err := s.Queues(ctx, account.Local, patient)
	if err != nil {
		return nil, err
	}
	left := map[string]int{}
	for {
		if _, err := qs.Redrive(ctx, shaky.Name); err != nil {
			return nil, err
		}
		got, err := qs.Queue(shaky.Name).Receive(ctx, 1000, 3*shaky.Visibility)
		if err != nil {
			return nil, err
		}
		if len(got) == 0 {
			return left, nil
		}
		for _, m := range got {
			left[string(m.Body)]++
		}
		if err := deleteAll(ctx, qs.Queue(shaky.Name), got); err != nil {
			return nil, err
		}
	}
}

func deleteAll(ctx context.Context, q queue.Queue, got []queue.Message) error {
	stale, err := q.Delete(ctx, receiptsOf(got)...)
	return errors.Join(append(stale, err)...)
}

// TestQueueLossIsCaught is the negative control of the tests above: verify
// tells what was lost, what came back, and what a commit left out.
func TestQueueLossIsCaught(t *testing.T) {
	tests := []struct {
		name    string
		journal []string // signs and bodies
		there   []string // in the queue
		caught  bool
	}{
		{"nothing is wrong", []string{"sa", "Sa", "sb", "Sb", "db", "Db", "sc"}, []string{"a"}, false},
		{"a delete landed unheard", []string{"sa", "Sa", "da"}, nil, false},
		{"a message is lost", []string{"sa", "Sa"}, nil, true},
		{"a deleted one came back", []string{"sa", "Sa", "da", "Da"}, []string{"a"}, true},
		{"one came twice", []string{"sa", "Sa"}, []string{"a", "a"}, true},
		{"nobody sent it", nil, []string{"a"}, true},
		{"a message without its commit", []string{"ca"}, []string{"a"}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := newQueuePlan(t)
			j, err := openJournal(p.journal)
			if err != nil {
				t.Fatal(err)
			}
			for _, line := range tt.journal {
				if err := j.note(line[0], line[1:]); err != nil {
					t.Fatal(err)
				}
			}
			s := openClocked(t, p.data)
			qs := queuesOf(t, s, account.Local, shaky)
			for _, body := range tt.there {
				if err := qs.Send(t.Context(), queue.Outgoing{Queue: shaky.Name, Body: []byte(body)}); err != nil {
					t.Fatal(err)
				}
			}
			if err := errors.Join(j.file.Close(), s.Close()); err != nil {
				t.Fatal(err)
			}
			if err := p.verify(t.Context()); (err != nil) != tt.caught {
				t.Errorf("verify: %v, want an error: %v", err, tt.caught)
			}
		})
	}
}
