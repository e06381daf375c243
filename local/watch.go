package local

import (
	"context"
	"errors"
	"io/fs"
	"iter"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/fsnotify/fsnotify"

	"github.com/kopterio/kopter/ingest"
)

// Times of a Watcher.
const (
	// settle is how long nothing must happen to a file before it is taken for
	// complete. Who copies a large file slowly may be read too early; its
	// next version then replaces what was read.
	settle = 150 * time.Millisecond
	// lookEvery is how often files that are settling are looked at.
	lookEvery = 50 * time.Millisecond
	// rescanEvery is the least time between two walks over everything, which
	// find what the kernel did not tell: it drops events under load, watches a
	// limited number of folders, and knows nothing of other machines' changes
	// on a shared disk.
	rescanEvery = 30 * time.Second
	// missingEvery is how often a path is looked for that is not there yet.
	missingEvery = time.Second
	// rescanShare bounds the share of time that walks take: one in so many.
	rescanShare = 50
	// foundAtOnce is how many files are told at once.
	foundAtOnce = 100
)

// Watcher finds log files as they appear below some paths.
type Watcher struct {
	paths []string
	// found is told of files that are new, changed, or seen for the first time
	// by this Watcher. It may be told of one again.
	found func(ctx context.Context, files []ingest.Input) error
	log   *slog.Logger
	now   func() time.Time

	notify   *fsnotify.Watcher
	settling map[string]time.Time // by path: when something last happened to it
	refused  bool                 // the kernel watches no more folders
}

// NewWatcher watches files and folders, which need not be there yet.
func NewWatcher(paths []string, now func() time.Time, log *slog.Logger, found func(ctx context.Context, files []ingest.Input) error) (*Watcher, error) {
	w := &Watcher{found: found, log: log, now: now, settling: map[string]time.Time{}}
	for _, path := range paths {
		abs, err := filepath.Abs(path)
		if err != nil {
			return nil, err
		}
		w.paths = append(w.paths, abs)
	}
	return w, nil
}

// Run tells of everything that is there, then of what appears, until ctx ends.
// Errors of single files are for their reader; Run fails when the kernel
// cannot watch at all or when found does.
func (w *Watcher) Run(ctx context.Context) error {
	notify, err := fsnotify.NewBufferedWatcher(4096)
	if err != nil {
		return err
	}
	defer notify.Close()
	w.notify = notify
	next, err := w.rescan(ctx)
	if err != nil {
		return ended(ctx, err)
	}
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case event := <-notify.Events:
			w.take(event)
		case err := <-notify.Errors:
			// Events were lost: walk again, as soon as the kernel is quiet.
			w.log.Warn("file_events_lost", "error", err)
			next = w.now()
		case <-look.C:
			err := w.settled(ctx)
			if err == nil && !w.now().Before(next) {
				next, err = w.rescan(ctx)
			}
			if err != nil {
				return ended(ctx, err)
			}
		}
	}
}

// ended turns an error that is only the end of the context into none.
func ended(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// take notes what the kernel tells.
func (w *Watcher) take(event fsnotify.Event) {
	if event.Op&(fsnotify.Create|fsnotify.Write|fsnotify.Rename) == 0 || strings.HasPrefix(filepath.Base(event.Name), ".") {
		return
	}
	info, err := os.Stat(event.Name)
	switch {
	case err != nil: // it is gone again
	case info.IsDir():
		w.folder(event.Name)
	default:
		w.settling[event.Name] = w.now()
	}
}

// folder watches a new folder, and what came into it before it was watched.
func (w *Watcher) folder(path string) {
	for input, err := range w.walk(path) {
		if err == nil && input.Skip == "" {
			w.settling[input.URI] = w.now()
		}
	}
}

// settled tells of the files to which nothing happened for a while.
func (w *Watcher) settled(ctx context.Context) error {
	var quiet []string
	limit := w.now().Add(-settle)
	for path, last := range w.settling {
		if !last.After(limit) {
			quiet = append(quiet, path)
			delete(w.settling, path)
		}
	}
	if len(quiet) == 0 {
		return nil
	}
	return w.tell(ctx, Walk(quiet...))
}

// rescan walks over everything and says when to do so again.
func (w *Watcher) rescan(ctx context.Context) (next time.Time, err error) {
	began, wait := w.now(), rescanEvery
	for _, path := range w.paths {
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			wait = missingEvery // it may come
			continue
		}
		if err := w.tell(ctx, w.walk(path)); err != nil {
			return time.Time{}, err
		}
	}
	took := w.now().Sub(began)
	return w.now().Add(max(wait, rescanShare*took)), nil
}

// tell passes the files of a walk on, some at a time.
func (w *Watcher) tell(ctx context.Context, files iter.Seq2[ingest.Input, error]) error {
	var some []ingest.Input
	flush := func() error {
		if len(some) == 0 {
			return nil
		}
		err := w.found(ctx, some)
		some = nil
		return err
	}
	for input, err := range files {
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, fs.ErrNotExist): // it went away meanwhile
		case err != nil:
			w.log.Warn("watch_failed", "path", input.URI, "error", err)
		case input.Skip == "":
			some = append(some, input)
		}
		if len(some) == foundAtOnce {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	return flush()
}

// walk is Walk over one path, and asks the kernel to watch each folder on the
// way before its files are listed.
func (w *Watcher) walk(path string) iter.Seq2[ingest.Input, error] {
	return walk(w.watch, path)
}

// watch asks the kernel to tell of a folder. Where it cannot, walks do the
// work.
func (w *Watcher) watch(folder string) {
	if w.refused {
		return
	}
	if err := w.notify.Add(folder); err != nil {
		w.refused = true
		w.log.Warn("folder_not_watched", "path", folder, "error", err, "instead", "looked at every "+rescanEvery.String()+" or later")
	}
}

// Log gives a log file as it is now, whatever its name: for a path that a
// Watcher has found before.
func Log(path string) (ingest.Input, error) {
	for input, err := range Walk(path) {
		return input, err
	}
	return ingest.Input{}, fs.ErrNotExist
}
