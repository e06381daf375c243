package ingest

import (
	"context"
	"fmt"
	"io"
	"iter"
	"runtime"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/kopterio/kopter/account"
	"github.com/kopterio/kopter/audit"
	"github.com/kopterio/kopter/cloudtrail"
	"github.com/kopterio/kopter/queue"
)

// Input is one file to ingest.
type Input struct {
	Object
	// Size is the file's length in bytes as stored, for progress and totals.
	Size int64
	// Skip, when it is not empty, says why the file is no log and is only
	// counted: "digest". Open may then be nil.
	Skip string
	// Open opens the file. Its source is read front to back by one goroutine
	// and closed once.
	Open func(ctx context.Context) (cloudtrail.Source, io.Closer, error)
}

// Options bound a run. A zero number means its default.
type Options struct {
	// Workers is how many files are read at once; GOMAXPROCS by default.
	Workers int
	// A commit is made at the end of the first file with which a batch holds
	// this many events, bytes of records, or files.
	BatchEvents int64
	BatchBytes  int64
	BatchFiles  int
	// Limits bound what is spent on one file.
	Limits cloudtrail.Limits
	// Now is the clock; it is required. It dates commits, and bounds what
	// event time is believed for freshness.
	Now func() time.Time
	// Messages, when set, gives what a commit is to send. The commit is
	// complete but for them.
	Messages func(*Commit) []queue.Outgoing
	// Progress, when set, is called with the totals so far: after each file,
	// now and then within a large one, and after each commit; never
	// concurrently.
	Progress func(Totals)
}

// Defaults of Options. A batch is large enough that its fixed costs (some ten
// syncs of the disk) vanish, and small enough that a crash costs seconds.
const (
	DefaultBatchEvents = 500_000
	DefaultBatchBytes  = 1 << 30
	DefaultBatchFiles  = 10_000
)

// Run ingests files into the tenant's lake and store. Files whose version is
// known are not read. Many small files make one commit, and a commit holds
// whole files only. Each worker fills batches of its own, so the order in which
// files are committed is that of inputs with one worker only; what is visible
// in the end is the same.
//
// A file that cannot be read costs only itself: what is broken in it is
// quarantined, and a failure to read it is in the report. Run itself fails
// when the context ends, and when the lake or the store fails; what was
// committed until then stays, and running again does the rest. The report is
// valid with an error, too.
func Run(ctx context.Context, lake *audit.Lake, store Store, t account.Tenant, inputs iter.Seq2[Input, error], opt Options) (Report, error) {
	if err := t.Validate(); err != nil {
		return Report{}, fmt.Errorf("ingest: %w", err)
	}
	opt = opt.filled()
	tally := newTally(opt.Progress)
	chosen := &selection{store: store, tenant: t, tally: tally, pending: map[string]bool{}}
	jobs := make(chan Input)

	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		defer close(jobs)
		return chosen.dispatch(ctx, inputs, jobs)
	})
	for range opt.Workers {
		w := &worker{lake: lake, store: store, tenant: t, opt: opt, chosen: chosen, tally: tally}
		group.Go(func() error { return w.run(ctx, jobs) })
	}
	err := group.Wait()
	if err != nil {
		err = fmt.Errorf("ingest: %w", err)
	}
	return tally.report, err
}

func (o Options) filled() Options {
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	if o.BatchEvents <= 0 {
		o.BatchEvents = DefaultBatchEvents
	}
	if o.BatchBytes <= 0 {
		o.BatchBytes = DefaultBatchBytes
	}
	if o.BatchFiles <= 0 {
		o.BatchFiles = DefaultBatchFiles
	}
	if o.Progress == nil {
		o.Progress = func(Totals) {}
	}
	return o
}
