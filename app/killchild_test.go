package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/kopterio/kopter/account"
	"github.com/kopterio/kopter/ingest"
	"github.com/kopterio/kopter/local"
)

// killEnv makes the test binary a server that is to be killed: a doom as JSON.
const killEnv = "KOPTER_TEST_KILL"

func TestMain(m *testing.M) {
	if text := os.Getenv(killEnv); text != "" {
		fmt.Fprintln(os.Stderr, serveDoomed(text))
		os.Exit(1) // a server that is to be killed has no other end
	}
	m.Run()
}

// doom is a server and how it ends.
type doom struct {
	Dir string // of its organisation
	// It kills itself at the nth time that it passes the point; never, if Nth
	// is 0.
	Point string
	Nth   int
	// Careless makes it acknowledge files before it keeps what was in them; it
	// is killed in between.
	Careless bool
}

// pointMerged is passed when a compaction has written everything and is about
// to commit it.
const pointMerged = "compaction.commit"

// deadly are the points at which a server may end.
func deadly() []string { return append(slices.Clone(local.Points), pointMerged) }

// serveDoomed serves in a child process until it is killed. It reports each
// point that it passes as a byte on its third file.
func serveDoomed(text string) error {
	var d doom
	if err := json.Unmarshal([]byte(text), &d); err != nil {
		return err
	}
	ctx := context.Background() // its parent bounds it
	opt := organisation{dir: d.Dir}.server()
	opt.Listen, opt.Log = "127.0.0.1:0", slog.New(slog.NewTextHandler(os.Stderr, nil))
	opt.hook = d.tracking(os.NewFile(3, "track"))
	s, err := NewServer(ctx, opt)
	if err != nil {
		return err
	}
	if d.Careless {
		return s.runCareless(ctx)
	}
	return s.Run(ctx)
}

// tracking is the hook of a child: it reports each point, and kills the child
// where its doom says.
func (d doom) tracking(track io.Writer) func(point string) error {
	var mu sync.Mutex
	seen, before, all := 0, "", deadly()
	return func(point string) error {
		mu.Lock()
		defer mu.Unlock()
		// Only a compaction changes nothing but the lake.
		if point == local.PointCommit && before == local.PointLake {
			point = pointMerged
		}
		if strings.HasPrefix(point, "commit.") {
			before = point
		}
		if _, err := track.Write([]byte{byte(slices.Index(all, point))}); err != nil {
			return err
		}
		if point == d.Point {
			if seen++; seen == d.Nth {
				return die()
			}
		}
		return nil
	}
}

// die kills this process as a power cut does.
func die() error {
	err := syscall.Kill(os.Getpid(), syscall.SIGKILL)
	return errors.Join(err, errors.New("killed, and alive"))
}

// runCareless is Run with the mistake that the negative control makes.
func (s *Server) runCareless(ctx context.Context) error {
	p, err := s.pipeline()
	if err != nil {
		return err
	}
	stage := &ingestStage{
		lake: s.app.lake, store: filesFirst{s.app.store}, tenant: s.app.tenant, told: s.monitor,
		opt: ingest.Options{Now: s.opt.Now},
	}
	p.loops[0] = s.loop(&Pipeline[0], stage.handle)
	return p.run(ctx)
}

// filesFirst is killed when it has said that files are ingested, before it has
// kept what was in them.
type filesFirst struct{ ingest.Store }

func (s filesFirst) Commit(ctx context.Context, t account.Tenant, c ingest.Commit) error {
	if err := s.Store.Commit(ctx, t, ingest.Commit{Files: c.Files, Quarantine: c.Quarantine}); err != nil {
		return err
	}
	return die()
}

// doomed is a server in a process of its own.
type doomed struct {
	cmd    *exec.Cmd
	stderr strings.Builder
	began  chan struct{} // closed when it has passed its first point
	done   chan struct{} // closed when it has ended and last is known
	last   string        // the last point that it passed
}

func (d doom) start(t testing.TB) *doomed {
	t.Helper()
	text, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	c := &doomed{cmd: exec.Command(os.Args[0]), began: make(chan struct{}), done: make(chan struct{}), last: "start"}
	c.cmd.Env = append(os.Environ(), killEnv+"="+string(text), "GOMAXPROCS=2")
	c.cmd.ExtraFiles, c.cmd.Stderr = []*os.File{w}, &c.stderr
	if err := errors.Join(c.cmd.Start(), w.Close()); err != nil {
		t.Fatal(err)
	}
	go c.follow(r)
	return c
}

// follow reads the points that the server passes until it ends.
func (c *doomed) follow(track io.ReadCloser) {
	defer close(c.done)
	defer track.Close()
	all, began := deadly(), false
	var buf [4096]byte
	for {
		n, err := track.Read(buf[:])
		if n > 0 {
			c.last = all[buf[n-1]]
		}
		if n > 0 && !began {
			began = true
			close(c.began)
		}
		if err != nil {
			return
		}
	}
}

// killAfter kills the server so long after its first sign of life, unless it
// is dead by then, and gives the last point that it passed.
func (c *doomed) killAfter(t testing.TB, life time.Duration) string {
	t.Helper()
	select {
	case <-c.began:
	case <-c.done:
	}
	timer := time.NewTimer(life)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-c.done:
	}
	return c.kill(t)
}

// kill kills the server, wherever it is.
func (c *doomed) kill(t testing.TB) string {
	t.Helper()
	if err := c.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		t.Error(err)
	}
	<-c.done
	err := c.cmd.Wait()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		t.Errorf("the server ended by itself: %v\n%s", err, c.stderr.String())
	}
	return c.last
}
