package local_test

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kopterio/kopter/ingest"
	"github.com/kopterio/kopter/local"
)

const digestName = "AWSLogs/111122223333/CloudTrail-Digest/eu-west-1/2026/03/01/111122223333_CloudTrail-Digest_eu-west-1_trail_eu-west-1_20260301T000000Z.json.gz"

// makeTree makes a folder of files, and of links where the content is "-> X".
func makeTree(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, content := range files {
		path := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		var err error
		if target, link := strings.CutPrefix(content, "-> "); link {
			err = os.Symlink(target, path)
		} else {
			err = os.WriteFile(path, []byte(content), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// walked describes what Walk yields, relative to root: "name", "name skip
// REASON" or "name error".
func walked(t *testing.T, root string, paths ...string) []string {
	t.Helper()
	var list []string
	for in, err := range local.Walk(paths...) {
		name, relErr := filepath.Rel(root, in.URI)
		if relErr != nil {
			t.Fatal(relErr)
		}
		switch {
		case err != nil:
			name += " error"
		case in.Skip != "":
			name += " skip " + in.Skip
		}
		list = append(list, filepath.ToSlash(name))
	}
	return list
}

func TestWalk(t *testing.T) {
	root := makeTree(t, map[string]string{
		"b.json":        "{}",
		"a/2.json.gz":   "x",
		"a/1.json":      "",
		"a/loop":        "-> ..",
		"a/link.json":   "-> ../b.json",
		"a/gone.json":   "-> nowhere",
		".DS_Store":     "x",
		".git/HEAD":     "x",
		digestName:      "x",
		"LICENSE":       "x",
		"named/.c.json": "{}",
	})
	if err := syscall.Mkfifo(filepath.Join(root, "pipe"), 0o644); err != nil {
		t.Fatal(err)
	}
	got := walked(t, root, root)
	want := []string{
		".DS_Store skip hidden",
		".git skip hidden",
		"LICENSE",
		"a/1.json",
		"a/2.json.gz",
		"a/gone.json error",
		"a/link.json",
		"a/loop skip linked folder",
		"b.json",
		"named/.c.json skip hidden",
		"pipe skip not a file",
		digestName + " skip digest",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

// Folders of days come in the order of their days, whatever account and region
// they lie in.
func TestWalkByDay(t *testing.T) {
	root := makeTree(t, map[string]string{
		"AWSLogs/1/CloudTrail/eu-west-1/2026/01/31/a.json": "x",
		"AWSLogs/1/CloudTrail/eu-west-1/2026/02/01/b.json": "x",
		"AWSLogs/1/CloudTrail/us-east-1/2025/12/31/c.json": "x",
		"AWSLogs/2/CloudTrail/eu-west-1/2026/01/31/d.json": "x",
		"AWSLogs/2/CloudTrail/eu-west-1/2026/13/31/e.json": "x",
		"AWSLogs/2/readme": "x",
	})
	got := walked(t, root, root)
	want := []string{
		"AWSLogs/2/CloudTrail/eu-west-1/2026/13/31/e.json", // no month has that number
		"AWSLogs/2/readme",
		"AWSLogs/1/CloudTrail/us-east-1/2025/12/31/c.json",
		"AWSLogs/1/CloudTrail/eu-west-1/2026/01/31/a.json",
		"AWSLogs/2/CloudTrail/eu-west-1/2026/01/31/d.json",
		"AWSLogs/1/CloudTrail/eu-west-1/2026/02/01/b.json",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

func TestWalkOfNamedPaths(t *testing.T) {
	root := makeTree(t, map[string]string{".hidden.json": "{}", "d/x.json": "{}", "link": "-> d"})
	at := func(name string) string { return filepath.Join(root, name) }
	got := walked(t, root, at(".hidden.json"), at("missing"), at("link"), at("d/../d/x.json"))
	want := []string{".hidden.json", "missing error", "link/x.json", "d/x.json"}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

func TestWalkCanBeLeft(t *testing.T) {
	root := makeTree(t, map[string]string{"a/1": "x", "a/2": "x", "b/3": "x"})
	for range local.Walk(root, root) {
		break
	}
}

func TestWalkedFileOpens(t *testing.T) {
	root := makeTree(t, map[string]string{"a.json": "hello"})
	in := only(t, root)
	if in.Size != 5 {
		t.Errorf("size %d, want 5", in.Size)
	}
	source, closer, err := in.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer closer.Close()
	text, err := io.ReadAll(source.R)
	if err != nil || string(text) != "hello" || source.Size != 5 || source.Name != in.URI || source.At == nil {
		t.Errorf("read %q, %v from %+v", text, err, source)
	}
	if err := os.Remove(in.URI); err != nil {
		t.Fatal(err)
	}
	if _, _, err := in.Open(t.Context()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("open of a file that went away: %v", err)
	}
}

func TestVersionChangesWithTheFile(t *testing.T) {
	root := makeTree(t, map[string]string{"a.json": "hello"})
	before := only(t, root)
	if again := only(t, root); again.Version != before.Version {
		t.Errorf("version %s and %s of the same file", before.Version, again.Version)
	}
	if err := os.WriteFile(before.URI, []byte("hello!"), 0o644); err != nil {
		t.Fatal(err)
	}
	if after := only(t, root); after.Version == before.Version {
		t.Errorf("version %s before and after", after.Version)
	}
}

// only is the one file below root.
func only(t *testing.T, root string) ingest.Input {
	t.Helper()
	var found []ingest.Input
	for in, err := range local.Walk(root) {
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, in)
	}
	if len(found) != 1 {
		t.Fatalf("%d files, want 1", len(found))
	}
	return found[0]
}
