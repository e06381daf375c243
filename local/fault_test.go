package local_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"

	"github.com/kopterio/kopter/ingest/ingesttest"
	"github.com/kopterio/kopter/local"
)

// TestRunThatFailsAtEveryPoint lets a step fail instead of killing the process:
// before it was done, and at some points after it has landed. The run ends with
// the fault or, where it was about deleting what nothing names any more,
// without; and running again makes everything good.
func TestRunThatFailsAtEveryPoint(t *testing.T) {
	logs := writeLogs(t, ingesttest.Logs(crashSeed, 60))
	whole := plan{data: filepath.Join(t.TempDir(), "data"), logs: logs}
	if err := whole.run(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	want := visible(t, whole.data)
	for _, point := range ingestPoints() {
		for _, nth := range []int{1, 3} {
			t.Run(fmt.Sprintf("%s/%d", point, nth), func(t *testing.T) {
				p := plan{data: filepath.Join(t.TempDir(), "data"), logs: logs}
				f := &fault{point: point, nth: nth}
				err := p.run(t.Context(), f.hook)
				switch {
				case nth > 1 && f.passed < nth:
					return // a run passes it less often
				case f.passed < nth:
					t.Fatal("the run never passes it")
				case err == nil && point != local.PointFileRemove && point != local.PointFileRemoved:
					t.Error("the run did not fail")
				case err != nil && !errors.Is(err, errFault):
					t.Fatalf("got %v, want the fault", err)
				}
				if err := p.resume(t.Context(), want); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

var errFault = errors.New("the disk failed")

// fault fails the nth time that a point is passed.
type fault struct {
	point string
	nth   int

	mu     sync.Mutex
	passed int
}

func (f *fault) hook(point string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if point != f.point {
		return nil
	}
	if f.passed++; f.passed == f.nth {
		return errFault
	}
	return nil
}
