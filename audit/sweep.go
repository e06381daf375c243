package audit

import (
	"context"
	"errors"
	"fmt"

	"github.com/kopterio/kopter/account"
)

// ErrBusy is returned when batches are open where none may be.
var ErrBusy = errors.New("batches are open")

// Sweep deletes the files that the tenant's index does not name: what a crash
// has left behind. Only the one process that writes the lake may call it, and
// only while no batch is open; it returns ErrBusy otherwise.
func (l *Lake) Sweep(ctx context.Context, t account.Tenant) (removed int, err error) {
	w, err := l.writing(t)
	if err != nil {
		return 0, err
	}
	w.compacting.Lock()
	defer w.compacting.Unlock()
	if w.isBusy() {
		return 0, fmt.Errorf("sweep: %w", ErrBusy)
	}
	orphans, err := l.orphans(ctx, t)
	if err != nil {
		return 0, fmt.Errorf("sweep: %w", err)
	}
	for _, name := range orphans {
		if err := l.files.Remove(ctx, name); err != nil {
			return removed, fmt.Errorf("sweep: remove %s: %w", name, err)
		}
		removed++
	}
	w.release(orphans)
	return removed, nil
}

// orphans lists the tenant's files that the index does not name.
func (l *Lake) orphans(ctx context.Context, t account.Tenant) ([]string, error) {
	named, err := l.namedFiles(ctx, t)
	if err != nil {
		return nil, err
	}
	var orphans []string
	for _, dir := range []string{freshDir(t), eventsDir(t), idsDir(t)} {
		for info, err := range l.files.List(ctx, dir) {
			if err != nil {
				return nil, fmt.Errorf("list %s: %w", dir, err)
			}
			if !named[info.Name] {
				orphans = append(orphans, info.Name)
			}
		}
	}
	return orphans, nil
}

// namedFiles is the set of files that the index names, sidecars included.
func (l *Lake) namedFiles(ctx context.Context, t account.Tenant) (map[string]bool, error) {
	parts, err := l.index.Parts(ctx, t)
	if err != nil {
		return nil, fmt.Errorf("list parts: %w", err)
	}
	runs, err := l.index.Runs(ctx, t)
	if err != nil {
		return nil, fmt.Errorf("list id runs: %w", err)
	}
	named := make(map[string]bool, 2*len(parts)+len(runs))
	for _, p := range parts {
		named[p.Name], named[TokensName(p.Name)] = true, true
	}
	for _, r := range runs {
		named[r.Name] = true
	}
	return named, nil
}
