package audittest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"sync"
	"testing"

	"github.com/kopterio/kopter/audit"
)

// TestFiles checks an implementation of audit.Files. open gives an empty one,
// each time another.
func TestFiles(t *testing.T, open func(t *testing.T) audit.Files) {
	for name, test := range map[string]func(*testing.T, audit.Files){
		"what was written is read":             testRoundTrip,
		"reads at any offset":                  testReadAt,
		"not visible before close":             testInvisible,
		"discard":                              testDiscard,
		"absent":                               testAbsent,
		"remove":                               testRemove,
		"a removed file is read to its end":    testRemoveWhileOpen,
		"list":                                 testList,
		"a file of the same name replaces one": testReplace,
		"concurrent use":                       testConcurrentFiles,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

func write(t *testing.T, files audit.Files, name string, chunks ...string) {
	t.Helper()
	w := create(t, files, name)
	for _, chunk := range chunks {
		if n, err := io.WriteString(w, chunk); n != len(chunk) || err != nil {
			t.Fatalf("write %s: %d, %v", name, n, err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatalf("close %s: %v", name, err)
	}
	w.Discard() // does nothing any more
}

func create(t *testing.T, files audit.Files, name string) audit.FileWriter {
	t.Helper()
	w, err := files.Create(context.Background(), name)
	if err != nil {
		t.Fatalf("create %s: %v", name, err)
	}
	return w
}

func read(t *testing.T, files audit.Files, name string) string {
	t.Helper()
	r, err := files.Open(context.Background(), name)
	if err != nil {
		t.Fatalf("open %s: %v", name, err)
	}
	defer r.Close()
	b, err := io.ReadAll(io.NewSectionReader(r, 0, r.Size()))
	if err != nil {
		t.Fatalf("read %s: %v", name, err)
	}
	return string(b)
}

func isAbsent(t *testing.T, files audit.Files, name string) {
	t.Helper()
	r, err := files.Open(context.Background(), name)
	if err == nil {
		r.Close()
	}
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("open %s: %v, want fs.ErrNotExist", name, err)
	}
}

func list(t *testing.T, files audit.Files, prefix string) []audit.FileInfo {
	t.Helper()
	var infos []audit.FileInfo
	for info, err := range files.List(context.Background(), prefix) {
		if err != nil {
			t.Fatalf("list %s: %v", prefix, err)
		}
		infos = append(infos, info)
	}
	slices.SortFunc(infos, func(a, b audit.FileInfo) int { return bytes.Compare([]byte(a.Name), []byte(b.Name)) })
	return infos
}

func testRoundTrip(t *testing.T, files audit.Files) {
	write(t, files, "events/tenant=local/date=2023-07-10/a.parquet", "one ", "", "two")
	write(t, files, "empty")
	if got := read(t, files, "events/tenant=local/date=2023-07-10/a.parquet"); got != "one two" {
		t.Errorf("read %q", got)
	}
	if got := read(t, files, "empty"); got != "" {
		t.Errorf("read %q of an empty file", got)
	}
}

func testReadAt(t *testing.T, files audit.Files) {
	write(t, files, "f", "0123456789")
	r, err := files.Open(context.Background(), "f")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if r.Size() != 10 {
		t.Errorf("size %d, want 10", r.Size())
	}
	b := make([]byte, 4)
	if n, err := r.ReadAt(b, 3); n != 4 || err != nil || string(b) != "3456" {
		t.Errorf("read at 3: %d, %v, %q", n, err, b)
	}
	if n, err := r.ReadAt(b, 8); n != 2 || !errors.Is(err, io.EOF) || string(b[:n]) != "89" {
		t.Errorf("read at 8: %d, %v, %q, want two bytes and io.EOF", n, err, b[:n])
	}
	if n, err := r.ReadAt(b, 10); n != 0 || !errors.Is(err, io.EOF) {
		t.Errorf("read at the end: %d, %v, want io.EOF", n, err)
	}
}

func testInvisible(t *testing.T, files audit.Files) {
	w := create(t, files, "a/f")
	defer w.Discard()
	if _, err := io.WriteString(w, "x"); err != nil {
		t.Fatal(err)
	}
	isAbsent(t, files, "a/f")
	if infos := list(t, files, ""); len(infos) != 0 {
		t.Errorf("list: %v before close, want nothing", infos)
	}
}

func testDiscard(t *testing.T, files audit.Files) {
	w := create(t, files, "a/f")
	if _, err := io.WriteString(w, "x"); err != nil {
		t.Fatal(err)
	}
	w.Discard()
	w.Discard()
	isAbsent(t, files, "a/f")
	if err := w.Close(); err == nil {
		t.Error("close after discard: no error")
	}
	isAbsent(t, files, "a/f")
}

func testAbsent(t *testing.T, files audit.Files) {
	write(t, files, "a/f", "x")
	isAbsent(t, files, "f")
	isAbsent(t, files, "a")
	isAbsent(t, files, "a/f/g")
}

func testRemove(t *testing.T, files audit.Files) {
	write(t, files, "a/f", "x")
	write(t, files, "a/g", "y")
	for range 2 {
		if err := files.Remove(context.Background(), "a/f"); err != nil {
			t.Fatalf("remove: %v", err)
		}
		isAbsent(t, files, "a/f")
	}
	if got := read(t, files, "a/g"); got != "y" {
		t.Errorf("the other file holds %q", got)
	}
	if err := files.Remove(context.Background(), "never/was"); err != nil {
		t.Errorf("remove what never was: %v", err)
	}
	write(t, files, "a/f", "again")
	if got := read(t, files, "a/f"); got != "again" {
		t.Errorf("written again it holds %q", got)
	}
}

func testRemoveWhileOpen(t *testing.T, files audit.Files) {
	write(t, files, "f", "still here")
	r, err := files.Open(context.Background(), "f")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if err := files.Remove(context.Background(), "f"); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, r.Size())
	if _, err := r.ReadAt(b, 0); err != nil && !errors.Is(err, io.EOF) || string(b) != "still here" {
		t.Errorf("read after remove: %q, %v", b, err)
	}
}

func testList(t *testing.T, files audit.Files) {
	write(t, files, "fresh/tenant=a/1.parquet", "x")
	write(t, files, "fresh/tenant=a/2.parquet", "xy")
	write(t, files, "fresh/tenant=ab/1.parquet", "xyz")
	write(t, files, "ids/tenant=a/1.run", "")
	for _, tt := range []struct {
		prefix string
		want   []audit.FileInfo
	}{
		{"fresh/tenant=a/", []audit.FileInfo{{Name: "fresh/tenant=a/1.parquet", Size: 1}, {Name: "fresh/tenant=a/2.parquet", Size: 2}}},
		{"fresh/tenant=a", []audit.FileInfo{{Name: "fresh/tenant=a/1.parquet", Size: 1}, {Name: "fresh/tenant=a/2.parquet", Size: 2}, {Name: "fresh/tenant=ab/1.parquet", Size: 3}}},
		{"ids/", []audit.FileInfo{{Name: "ids/tenant=a/1.run"}}},
		{"nothing/", nil},
	} {
		if got := list(t, files, tt.prefix); !slices.Equal(got, tt.want) {
			t.Errorf("list %q: %v, want %v", tt.prefix, got, tt.want)
		}
	}
	for range files.List(context.Background(), "") {
		break // a listing can be left early
	}
}

func testReplace(t *testing.T, files audit.Files) {
	write(t, files, "f", "first and longer")
	write(t, files, "f", "second")
	if got := read(t, files, "f"); got != "second" {
		t.Errorf("it holds %q, want the second content", got)
	}
}

func testConcurrentFiles(t *testing.T, files audit.Files) {
	var workers sync.WaitGroup
	for i := range 8 {
		workers.Go(func() {
			name := fmt.Sprintf("dir%d/f%d", i%2, i)
			w, err := files.Create(context.Background(), name)
			if err != nil {
				t.Error(err)
				return
			}
			for range 100 {
				fmt.Fprintf(w, "%d", i)
			}
			if err := w.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	workers.Wait()
	for i := range 8 {
		want := bytes.Repeat(fmt.Appendf(nil, "%d", i), 100)
		if got := read(t, files, fmt.Sprintf("dir%d/f%d", i%2, i)); got != string(want) {
			t.Errorf("file %d holds %q", i, got)
		}
	}
}
