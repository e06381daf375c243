package audit

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"

	"github.com/kopterio/kopter/account"
	"github.com/kopterio/kopter/audit/bloom"
	"github.com/kopterio/kopter/audit/idrun"
)

// writing is what the batches, compactions and sweeps of one tenant share.
type writing struct {
	lake   *Lake
	tenant account.Tenant

	// turn holds a value while some change is on its way: from a batch's
	// Finish to its Committed or Abort, and while runs are merged. So the one
	// whose turn it is knows every identity of the lake.
	turn chan struct{}
	// compacting is held while parts are merged.
	compacting sync.Mutex

	claims  sync.Mutex
	open    map[*Batch]bool
	commits int     // how many batches were committed
	tails   []*tail // that open batches may have to replace

	committing []Part      // of the batch whose turn it is, between Finish and its end
	followers  []*Follower // that are told of commits

	mu      sync.Mutex
	names   map[string]bool // of files that are being written, or wait for their commit
	runs    map[string]*run // that are open
	filters int             // blocks of filters in memory
}

// run is an open run.
type run struct {
	*idrun.Run
	file  FileReader
	users int // batches that look up in it
}

// openRun opens the run in file, which is left open when it fails.
func openRun(name string, file FileReader, inMemory bool) (*run, error) {
	r, err := idrun.Open(name, file, inMemory)
	if err != nil {
		return nil, err
	}
	return &run{Run: r, file: file}, nil
}

// maxFilterBlocks bounds the memory for the filters of a tenant's runs: enough
// for 50 million identities. The filters beyond it are read from disk.
const maxFilterBlocks = 64 << 20 / bloom.BlockBytes

// writing gives the shared state of a tenant.
func (l *Lake) writing(t account.Tenant) (*writing, error) {
	if err := t.Validate(); err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.tenants == nil {
		l.tenants = make(map[account.Tenant]*writing)
	}
	w := l.tenants[t]
	if w == nil {
		w = &writing{
			lake: l, tenant: t,
			turn:  make(chan struct{}, 1),
			open:  make(map[*Batch]bool),
			names: make(map[string]bool),
			runs:  make(map[string]*run),
		}
		l.tenants[t] = w
	}
	return w, nil
}

// takeTurn waits until no other change of the tenant is on its way.
func (w *writing) takeTurn(ctx context.Context) error {
	select {
	case w.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for the commit before: %w", context.Cause(ctx))
	}
}

func (w *writing) endTurn() { <-w.turn }

// commitCount is the number of batches that were committed so far.
func (w *writing) commitCount() int {
	w.claims.Lock()
	defer w.claims.Unlock()
	return w.commits
}

// isBusy says whether a batch is open.
func (w *writing) isBusy() bool {
	w.claims.Lock()
	defer w.claims.Unlock()
	return len(w.open) > 0
}

// commit takes note of the parts that may be visible soon.
func (w *writing) commit(parts []Part) {
	w.claims.Lock()
	defer w.claims.Unlock()
	w.committing = parts
}

// leave takes note that a batch has ended: what it had claimed is in the
// lake's runs now, or free.
func (w *writing) leave(b *Batch, how ending) {
	w.claims.Lock()
	defer w.claims.Unlock()
	delete(w.open, b)
	if how != aborted {
		for _, f := range w.followers {
			f.arrive(b, how)
		}
	}
	if b.hasTurn {
		w.committing = nil
	}
	w.settleTails(b, how)
	if how != aborted {
		w.commits++
	}
}

// reserve picks a name for a new file: dir, id and suffix, with a number in
// between when another file has that name. Batches that meet the same rows at
// the same time must not write into each other's files.
func (w *writing) reserve(ctx context.Context, dir, id, suffix string) (string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for n := 1; ; n++ {
		name := dir + id + suffix
		if n > 1 {
			name = fmt.Sprintf("%s%s-%d%s", dir, id, n, suffix)
		}
		if w.names[name] {
			continue
		}
		f, err := w.lake.files.Open(ctx, name)
		if errors.Is(err, fs.ErrNotExist) {
			w.names[name] = true
			return name, nil
		}
		if err != nil {
			return "", fmt.Errorf("look for %s: %w", name, err)
		}
		f.Close()
	}
}

// release gives names back.
func (w *writing) release(names []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, name := range names {
		delete(w.names, name)
	}
}

// acquireRuns opens the tenant's visible runs, which stay open until they are
// given to releaseRuns. A run may be merged and deleted after it was listed;
// then the list is out of date, and is made again.
func (w *writing) acquireRuns(ctx context.Context) ([]*run, error) {
	var before []Run
	for {
		visible, err := w.lake.index.Runs(ctx, w.tenant)
		if err != nil {
			return nil, fmt.Errorf("list id runs: %w", err)
		}
		runs, err := w.openRuns(ctx, visible)
		if !errors.Is(err, fs.ErrNotExist) || slices.Equal(visible, before) {
			return runs, err
		}
		before = visible
	}
}

func (w *writing) openRuns(ctx context.Context, visible []Run) ([]*run, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	names := make(map[string]bool, len(visible))
	for _, v := range visible {
		names[v.Name] = true
	}
	w.closeRuns(names)
	runs := make([]*run, 0, len(visible))
	for _, v := range visible {
		r, err := w.openRun(ctx, v)
		if err != nil {
			return nil, err
		}
		runs = append(runs, r)
	}
	for _, r := range runs {
		r.users++
	}
	return runs, nil
}

// openRun gives an open run; w.mu is held.
func (w *writing) openRun(ctx context.Context, v Run) (*run, error) {
	if r := w.runs[v.Name]; r != nil {
		return r, nil
	}
	file, err := w.lake.files.Open(ctx, v.Name)
	if err != nil {
		return nil, fmt.Errorf("open id run %s: %w", v.Name, err)
	}
	r, err := openRun(v.Name, file, w.filters+bloom.BlocksFor(int(v.Count)) <= maxFilterBlocks)
	if err == nil && r.Count != v.Count {
		err = fmt.Errorf("id run %s: %w: it has %d entries, its index row says %d", v.Name, ErrCorrupt, r.Count, v.Count)
	}
	if err != nil {
		file.Close()
		return nil, err
	}
	w.filters += r.FilterBlocks()
	w.runs[v.Name] = r
	return r, nil
}

// closeRuns closes the runs that are neither visible nor in use; w.mu is held.
func (w *writing) closeRuns(visible map[string]bool) {
	for name, r := range w.runs {
		if !visible[name] && r.users == 0 {
			r.file.Close()
			w.filters -= r.FilterBlocks()
			delete(w.runs, name)
		}
	}
}

// retainRuns says that runs, which are in use, have one more user.
func (w *writing) retainRuns(runs []*run) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, r := range runs {
		r.users++
	}
}

// releaseRuns ends the use of runs.
func (w *writing) releaseRuns(runs []*run) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, r := range runs {
		r.users--
	}
}

// closeIdleRuns closes the runs that no batch uses.
func (l *Lake) closeIdleRuns() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, w := range l.tenants {
		w.mu.Lock()
		w.closeRuns(nil)
		w.mu.Unlock()
	}
}

// maxIdle bounds the stages and encoders that are kept for the next batch:
// one for each of two workers, some 30 MiB each.
const maxIdle = 2

func (l *Lake) takeStage() *stage {
	l.mu.Lock()
	defer l.mu.Unlock()
	if n := len(l.stages); n > 0 {
		s := l.stages[n-1]
		l.stages = l.stages[:n-1]
		return s
	}
	return new(stage)
}

func (l *Lake) giveStage(s *stage) {
	s.reset()
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.stages) < maxIdle && s.size() <= 2*maxGroupBytes {
		l.stages = append(l.stages, s)
	}
}

func (l *Lake) takeEncoder() *partEncoder {
	l.mu.Lock()
	defer l.mu.Unlock()
	if n := len(l.encoders); n > 0 {
		e := l.encoders[n-1]
		l.encoders = l.encoders[:n-1]
		return e
	}
	return newPartEncoder()
}

func (l *Lake) giveEncoder(e *partEncoder) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.encoders) < maxIdle {
		l.encoders = append(l.encoders, e)
	}
}

// removeFiles deletes files that nothing names any more. One that cannot be
// deleted is a leftover, which Sweep finds.
func (l *Lake) removeFiles(ctx context.Context, names []string) error {
	var failed error
	for _, name := range names {
		all := []string{name}
		if strings.HasSuffix(name, partSuffix) {
			all = append(all, TokensName(name))
		}
		for _, n := range all {
			if err := l.files.Remove(ctx, n); err != nil {
				failed = errors.Join(failed, fmt.Errorf("remove %s: %w", n, err))
			}
		}
	}
	return failed
}

// The folders of a tenant's files.

func freshDir(t account.Tenant) string  { return "fresh/tenant=" + string(t) + "/" }
func eventsDir(t account.Tenant) string { return "events/tenant=" + string(t) + "/" }
func idsDir(t account.Tenant) string    { return "ids/tenant=" + string(t) + "/" }

// dayDir is the folder of the parts that hold one day only.
func dayDir(t account.Tenant, d day) string {
	return eventsDir(t) + "date=" + d.String() + "/"
}
