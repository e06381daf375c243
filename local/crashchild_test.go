package local_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/kopterio/kopter/account"
	"github.com/kopterio/kopter/audit"
	"github.com/kopterio/kopter/ingest"
	"github.com/kopterio/kopter/ingest/ingesttest"
	"github.com/kopterio/kopter/local"
	"github.com/kopterio/kopter/price"
	"github.com/kopterio/kopter/usage"
)

// plan is one run of ingest, compaction, snapshots and prices.
type plan struct {
	data, logs string
	split      string // how the commit is split, for the negative control
	// The run is killed at the nth time that it passes the point; never, if
	// nth is 0.
	point string
	nth   int
}

// crashEnv makes the test binary carry out a plan, with its fields separated
// by newlines.
const crashEnv = "KOPTER_TEST_CRASH"

func (p plan) encode() string {
	return strings.Join([]string{p.data, p.logs, p.split, p.point, strconv.Itoa(p.nth)}, "\n")
}

func decodePlan(text string) (plan, error) {
	f := strings.Split(text, "\n")
	if len(f) != 5 {
		return plan{}, fmt.Errorf("plan %q has %d fields", text, len(f))
	}
	nth, err := strconv.Atoi(f[4])
	return plan{data: f[0], logs: f[1], split: f[2], point: f[3], nth: nth}, err
}

// crash carries out a plan in a child process: it reports each point that it
// passes as a byte on its third file, and kills itself where the plan says.
func crash(text string) error {
	p, err := decodePlan(text)
	if err != nil {
		return err
	}
	return p.run(testContext, tracking(p.point, p.nth))
}

// tracking is the hook of a child: it reports each point, and kills the child
// at the nth time that it passes the one point.
func tracking(deadly string, nth int) func(point string) error {
	track := os.NewFile(3, "track")
	var mu sync.Mutex
	seen := 0
	return func(point string) error {
		mu.Lock()
		defer mu.Unlock()
		if _, err := track.Write([]byte{byte(slices.Index(local.Points, point))}); err != nil {
			return err
		}
		if point != deadly {
			return nil
		}
		if seen++; seen == nth {
			die()
		}
		return nil
	}
}

// die kills this process as a power cut does: nothing is flushed, nothing is
// cleaned up.
func die() {
	if err := syscall.Kill(os.Getpid(), syscall.SIGKILL); err != nil {
		panic(err)
	}
	select {}
}

// run carries out a plan in this process.
func (p plan) run(ctx context.Context, hook func(string) error) (err error) {
	s, err := local.Open(ctx, p.data, local.Options{Hook: hook})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	lake := audit.New(s, s)
	defer func() { err = errors.Join(err, lake.Close()) }()

	if _, err := lake.Sweep(ctx, account.Local); err != nil {
		return err
	}
	report, err := ingest.Run(ctx, lake, p.store(s), account.Local, local.Walk(p.logs), ingest.Options{
		Workers: 2, BatchFiles: 12, Now: func() time.Time { return time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC) },
	})
	if err != nil {
		return err
	}
	if report.Failed > 0 {
		return report.Failures[0].Err
	}
	if _, err := lake.Compact(ctx, account.Local, audit.CompactPolicy{}); err != nil {
		return err
	}
	snapshot := usage.Snapshot{ID: "s1", Account: "111122223333", Region: "eu-west-1", At: 1772600000}
	if err := s.AddSnapshots(ctx, account.Local, []usage.Snapshot{snapshot}, nil); err != nil {
		return err
	}
	sheet := price.NewSheet("AmazonEC2", "v1", 1772600000, nil)
	encoded := sheet.Encode()
	return s.PutSheet(ctx, account.Local, sheet.Info(encoded, "offer.json"), encoded)
}

// store is where the plan commits.
func (p plan) store(s *local.Store) ingest.Store {
	if p.split == "" {
		return s
	}
	return splitCommit{Store: s, first: p.split}
}

// splitCommit is the negative control: a store that commits in two
// transactions what belongs into one.
type splitCommit struct {
	ingest.Store
	first string // "files" or "lake"
}

func (s splitCommit) Commit(ctx context.Context, t account.Tenant, c ingest.Commit) error {
	files := ingest.Commit{Files: c.Files, Quarantine: c.Quarantine}
	lake := ingest.Commit{Lake: c.Lake}
	rest := c
	if s.first == "files" {
		rest.Files, rest.Quarantine = nil, nil
		return inOrder(ctx, s.Store, t, files, rest)
	}
	rest.Lake = audit.Change{}
	return inOrder(ctx, s.Store, t, lake, rest)
}

func inOrder(ctx context.Context, s ingest.Store, t account.Tenant, commits ...ingest.Commit) error {
	for _, c := range commits {
		if err := s.Commit(ctx, t, c); err != nil {
			return err
		}
	}
	return nil
}

// child is a plan that is carried out in another process.
type child struct {
	cmd    *exec.Cmd
	stderr strings.Builder
	track  *os.File

	began chan struct{} // closed when the first point was passed
	done  chan struct{} // closed when the child has ended and passed is whole
	// passed are the points that it passed, in order.
	passed []string
}

func start(t testing.TB, p plan) *child {
	t.Helper()
	return startChild(t, crashEnv+"="+p.encode())
}

// startChild starts the test binary as the child that the variable asks for.
func startChild(t testing.TB, variable string) *child {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	c := &child{cmd: exec.Command(os.Args[0]), track: r, began: make(chan struct{}), done: make(chan struct{})}
	c.cmd.Env = append(os.Environ(), variable, "GOMAXPROCS=2")
	c.cmd.ExtraFiles = []*os.File{w}
	c.cmd.Stderr = &c.stderr
	if err := errors.Join(c.cmd.Start(), w.Close()); err != nil {
		t.Fatal(err)
	}
	go c.follow()
	return c
}

// follow reads the points that the child passes until it ends.
func (c *child) follow() {
	defer close(c.done)
	defer c.track.Close()
	var buf [512]byte
	for {
		n, err := c.track.Read(buf[:])
		for _, point := range buf[:n] {
			if len(c.passed) == 0 {
				close(c.began)
			}
			c.passed = append(c.passed, local.Points[point])
		}
		if err != nil {
			return
		}
	}
}

// kill ends the child, wherever it is.
func (c *child) kill(t testing.TB) {
	t.Helper()
	if err := c.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		t.Error(err)
	}
}

// wait waits for the child's end and says whether it was killed; otherwise it
// has done everything.
func (c *child) wait(t testing.TB) (killed bool) {
	t.Helper()
	<-c.done
	err := c.cmd.Wait()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		status, ok := exit.Sys().(syscall.WaitStatus)
		killed = ok && status.Signaled() && status.Signal() == syscall.SIGKILL
	}
	if err != nil && !killed {
		t.Errorf("the child failed: %v\n%s", err, c.stderr.String())
	}
	return killed
}

// last is the last point that the child passed; "start" before the first.
func (c *child) last() string {
	if len(c.passed) == 0 {
		return "start"
	}
	return c.passed[len(c.passed)-1]
}

// writeLogs writes generated logs into a new folder.
func writeLogs(t testing.TB, logs []ingesttest.Log) string {
	t.Helper()
	dir := t.TempDir()
	for _, l := range logs {
		if err := os.WriteFile(filepath.Join(dir, l.Name), l.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
