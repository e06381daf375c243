package app

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"testing"
)

func TestFilesBelow(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"b.json", "a/z.json", "a/.hidden.json", ".git/config", ".named"} {
		write(t, filepath.Join(dir, name), "{}")
	}
	got, err := filesBelow([]string{dir, filepath.Join(dir, ".named")})
	want := []string{filepath.Join(dir, "a/z.json"), filepath.Join(dir, "b.json"), filepath.Join(dir, ".named")}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got %q, %v; want %q", got, err, want)
	}
	if _, err := filesBelow([]string{filepath.Join(dir, "nowhere")}); err == nil {
		t.Error("a path that does not exist was passed over")
	}
}

func TestEachFile(t *testing.T) {
	bad, worse := errors.New("bad"), errors.New("worse")
	var seen []string
	err := eachFile(t.Context(), []string{"a", "b", "c"}, func(path string) error {
		seen = append(seen, path)
		return map[string]error{"a": bad, "c": worse}[path]
	})
	if !errors.Is(err, bad) || !errors.Is(err, worse) || len(seen) != 3 {
		t.Errorf("saw %q, got %v", seen, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	err = eachFile(ctx, []string{"a", "b"}, func(string) error { cancel(); return nil })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v after the end of the context", err)
	}
}
