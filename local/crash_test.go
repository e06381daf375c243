package local_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/kopterio/kopter/account"
	"github.com/kopterio/kopter/audit"
	"github.com/kopterio/kopter/ingest/ingesttest"
	"github.com/kopterio/kopter/local"
)

// The logs that crashed runs ingest: small, so that a run takes a moment.
const (
	crashSeed  = 7
	crashFiles = 200
)

// visible is what a data folder shows, and whether it is in order.
func visible(t testing.TB, dir string) ingesttest.Visible {
	t.Helper()
	v, err := inspect(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// inspect opens a data folder, checks it, and reads what it shows.
func inspect(ctx context.Context, dir string) (v ingesttest.Visible, err error) {
	s, err := local.Open(ctx, dir, local.Options{})
	if err != nil {
		return v, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	lake := audit.New(s, s)
	defer func() { err = errors.Join(err, lake.Close()) }()
	if err := sound(ctx, s, lake); err != nil {
		return v, err
	}
	return ingesttest.See(ctx, s, lake, account.Local)
}

// sound says what is wrong with a data folder and its lake.
func sound(ctx context.Context, s *local.Store, lake *audit.Lake) error {
	problems, err := s.Check(ctx, account.Local)
	for _, p := range problems {
		err = errors.Join(err, fmt.Errorf("%s: %s", p.Subject, p.Reason))
	}
	lakeProblems, lakeErr := lake.Check(ctx, account.Local)
	for _, p := range lakeProblems {
		err = errors.Join(err, fmt.Errorf("lake: %s: %s", p.File, p.Text))
	}
	return errors.Join(err, lakeErr)
}

// undisturbed is what a run that nothing disturbs leaves, and how long it
// takes.
func undisturbed(t testing.TB, logs string) (ingesttest.Visible, time.Duration) {
	t.Helper()
	p := plan{data: filepath.Join(t.TempDir(), "data"), logs: logs}
	c := start(t, p)
	<-c.began
	begin := time.Now()
	if c.wait(t) {
		t.Fatal("the undisturbed run was killed")
	}
	took := time.Since(begin)
	v := visible(t, p.data)
	if err := v.Once(); err != nil {
		t.Fatal(err)
	}
	if len(v.Events) < 500 || len(v.Facts) < 100 || len(v.Quarantine) < 10 || len(v.Files) != crashFiles {
		t.Fatalf("the logs are too tame: %d events, %d facts, %d quarantined, %d files",
			len(v.Events), len(v.Facts), len(v.Quarantine), len(v.Files))
	}
	return v, took
}

// difference says how what is visible differs from what should be.
func difference(got, want ingesttest.Visible) string {
	if err := got.Once(); err != nil {
		return err.Error()
	}
	return cmp.Diff(want, got, cmpopts.EquateEmpty())
}

// resume runs a plan to its end and compares.
func (p plan) resume(ctx context.Context, want ingesttest.Visible) error {
	p.point, p.nth = "", 0
	if err := p.run(ctx, nil); err != nil {
		return fmt.Errorf("run again: %w", err)
	}
	got, err := inspect(ctx, p.data)
	if err != nil {
		return fmt.Errorf("after running again: %w", err)
	}
	if d := difference(got, want); d != "" {
		return fmt.Errorf("after running again (-want +got):\n%s", d)
	}
	return nil
}

// ingestPoints are the points that a plan passes: all but those of queues.
func ingestPoints() []string {
	return slices.DeleteFunc(slices.Clone(local.Points), isQueuePoint)
}

func isQueuePoint(point string) bool { return strings.HasPrefix(point, "queue.") }

// TestKilledAtEveryPoint kills a run at each point: the first time that it is
// passed, and later ones.
func TestKilledAtEveryPoint(t *testing.T) {
	logs := writeLogs(t, ingesttest.Logs(crashSeed, crashFiles))
	want, _ := undisturbed(t, logs)
	times := []int{1, 2, 5, 16}
	if testing.Short() {
		times = times[:1]
	}
	for _, point := range ingestPoints() {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			for _, nth := range times {
				p := plan{data: filepath.Join(t.TempDir(), "data"), logs: logs, point: point, nth: nth}
				killed := start(t, p).wait(t)
				if !killed && nth == 1 {
					t.Fatal("the run never passes it")
				}
				if !killed {
					return
				}
				if err := p.resume(t.Context(), want); err != nil {
					t.Fatalf("killed at time %d: %v", nth, err)
				}
			}
		})
	}
}

// TestKilledAtRandom kills runs at random moments, several times on their way,
// and looks at where the kills struck.
func TestKilledAtRandom(t *testing.T) {
	kills := 300
	if testing.Short() {
		kills = 30
	}
	logs := writeLogs(t, ingesttest.Logs(crashSeed, crashFiles))
	want, took := undisturbed(t, logs)
	var struck strikes
	var wg sync.WaitGroup
	for lane := range 2 {
		random := rand.New(rand.NewPCG(crashSeed, uint64(lane)))
		wg.Go(func() {
			for struck.total() < kills && !t.Failed() {
				killOnItsWay(t, plan{data: filepath.Join(t.TempDir(), "data"), logs: logs}, random, took, &struck, want)
			}
		})
	}
	wg.Wait()
	t.Logf("%d kills, runs of %v\n%s", struck.total(), took, &struck)
	if t.Failed() || testing.Short() {
		return
	}
	if n := struck.phases(); n < 8 {
		t.Errorf("the kills struck after %d different points only", n)
	}
}

// killOnItsWay kills a run again and again until it comes to its end, and
// compares.
func killOnItsWay(t *testing.T, p plan, random *rand.Rand, took time.Duration, struck *strikes, want ingesttest.Visible) {
	for {
		c := start(t, p)
		if random.IntN(10) > 0 { // else it is killed while it opens the folder
			select {
			case <-c.began:
			case <-c.done:
			}
		}
		timer := time.AfterFunc(time.Duration(random.Int64N(int64(took))), func() { c.kill(t) })
		killed := c.wait(t)
		timer.Stop()
		if !killed {
			break
		}
		struck.add(c.last())
	}
	if err := p.resume(t.Context(), want); err != nil {
		t.Error(err)
	}
}

// strikes counts kills by the last point that was passed before.
type strikes struct {
	mu    sync.Mutex
	after map[string]int
}

func (s *strikes) add(point string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.after == nil {
		s.after = map[string]int{}
	}
	s.after[point]++
}

func (s *strikes) total() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, k := range s.after {
		n += k
	}
	return n
}

func (s *strikes) phases() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.after)
}

func (s *strikes) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var b strings.Builder
	for _, point := range slices.Sorted(maps.Keys(s.after)) {
		fmt.Fprintf(&b, "%6d after %s\n", s.after[point], point)
	}
	return b.String()
}

// TestSplitCommitIsCaught is the negative control of the two tests above: with
// the commit in two transactions, a kill between them loses something, and the
// comparison says so.
func TestSplitCommitIsCaught(t *testing.T) {
	logs := writeLogs(t, ingesttest.Logs(crashSeed, crashFiles))
	want, _ := undisturbed(t, logs)
	for _, first := range []string{"files", "lake"} {
		t.Run(first+" first", func(t *testing.T) {
			caught, kills := 0, 0
			for nth := 1; nth <= 9; nth += 2 {
				p := plan{data: filepath.Join(t.TempDir(), "data"), logs: logs, split: first, point: local.PointCommitted, nth: nth}
				if !start(t, p).wait(t) {
					break
				}
				kills++
				if p.resume(t.Context(), want) != nil {
					caught++
				}
			}
			if caught == 0 {
				t.Errorf("%d kills between the two halves of a commit went unnoticed", kills)
			}
		})
	}
}
