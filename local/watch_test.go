package local

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/kopterio/kopter/ingest"
)

// watched runs a Watcher over paths and gives what it finds.
func watched(t *testing.T, paths ...string) <-chan ingest.Input {
	t.Helper()
	found := make(chan ingest.Input, 1000)
	w, err := NewWatcher(paths, time.Now, slog.New(slog.DiscardHandler), func(_ context.Context, files []ingest.Input) error {
		for _, f := range files {
			found <- f
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	return found
}

// expect waits for a file to be found and says how large it was then.
func expect(t *testing.T, found <-chan ingest.Input, path string) int64 {
	t.Helper()
	late := time.After(20 * time.Second) // a scan later than it should be
	for {
		select {
		case input := <-found:
			if input.URI == path {
				return input.Size
			}
		case <-late:
			t.Fatalf("%s was not found", path)
		}
	}
}

func put(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestWatcherFindsWhatIsThereAndWhatComes(t *testing.T) {
	dir := t.TempDir()
	old := put(t, filepath.Join(dir, "a", "old.json"), "{}")
	found := watched(t, dir)
	expect(t, found, old)
	// In a folder that is watched, in one that is new, and in one below that.
	expect(t, found, put(t, filepath.Join(dir, "a", "new.json"), "{}"))
	expect(t, found, put(t, filepath.Join(dir, "b", "2026", "01", "31", "first.json"), "{}"))
	expect(t, found, put(t, filepath.Join(dir, "b", "2026", "01", "31", "second.json"), "{}"))
}

func TestWatcherTakesAFileThatIsRenamedIntoPlace(t *testing.T) {
	dir := t.TempDir()
	marker := put(t, filepath.Join(dir, "marker.json"), "{}")
	found := watched(t, dir)
	expect(t, found, marker)
	hidden := put(t, filepath.Join(dir, ".part.json"), "{}")
	final := filepath.Join(dir, "whole.json")
	if err := os.Rename(hidden, final); err != nil {
		t.Fatal(err)
	}
	for input := range found {
		if input.URI == hidden {
			t.Fatal("a hidden file was found")
		}
		if input.URI == final {
			return
		}
	}
}

func TestWatcherTellsOfAFileAgainWhenItGrows(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log.json")
	put(t, path, "{}")
	found := watched(t, filepath.Dir(path))
	expect(t, found, path)
	put(t, path, `{"Records":[]}`)
	if size := expect(t, found, path); size != 14 {
		t.Errorf("found with %d bytes, want 14: before it had settled", size)
	}
}

func TestWatcherPassesDigestsOver(t *testing.T) {
	dir := t.TempDir()
	digest := put(t, filepath.Join(dir, "AWSLogs", "111122223333", "CloudTrail-Digest", "us-east-1", "2026", "01", "31",
		"111122223333_CloudTrail-Digest_us-east-1_trail_us-east-1_20260131T100000Z.json.gz"), "x")
	log := put(t, filepath.Join(dir, "z.json"), "{}")
	found := watched(t, dir)
	for input := range found {
		if input.URI == digest {
			t.Fatal("a digest was found")
		}
		if input.URI == log {
			return
		}
	}
}

// A folder that appears after the start at a path that was named, and folders
// that the kernel does not watch, are found by walking again.
func TestWatcherRescans(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "later")
	var told []string
	w, err := NewWatcher([]string{dir}, time.Now, slog.New(slog.DiscardHandler), func(_ context.Context, files []ingest.Input) error {
		for _, f := range files {
			told = append(told, f.URI)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	w.refused = true
	for range 2 {
		if _, err := w.rescan(t.Context()); err != nil {
			t.Fatal(err)
		}
		put(t, filepath.Join(dir, "x.json"), "{}")
	}
	if len(told) != 1 || told[0] != filepath.Join(dir, "x.json") {
		t.Errorf("told of %q", told)
	}
}
