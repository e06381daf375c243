package local

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/kopterio/kopter/cloudtrail"
	"github.com/kopterio/kopter/ingest"
)

// Why Walk passes files on as skipped.
const (
	SkipDigest     = "digest"        // it lists logs, and is none
	SkipHidden     = "hidden"        // its name, or its folder's, begins with a dot
	SkipLink       = "linked folder" // a link below a path that leads to a folder
	SkipNotRegular = "not a file"    // a socket, a device, a pipe
)

// Walk yields the files at paths: a file as it is, a folder with everything
// below it in lexical order, but for the folders of days (…/2026/01/31) of all
// accounts and regions, which come last and in order of their days: so a batch
// of files spans few days, and what it adds to the lake need not be sorted into
// days later. Links to files are followed, and so is a path
// that is itself a link; links to folders below it are not, so that a loop is
// no danger. Nothing is left out in silence: what is no log is yielded with a
// reason to skip it, and what cannot be read with an error.
func Walk(paths ...string) iter.Seq2[ingest.Input, error] {
	return walk(func(string) {}, paths...)
}

// walk is Walk, and calls enter for each folder before it is listed.
func walk(enter func(folder string), paths ...string) iter.Seq2[ingest.Input, error] {
	return func(yield func(ingest.Input, error) bool) {
		for _, path := range paths {
			abs, err := filepath.Abs(path)
			if err != nil {
				err = fmt.Errorf("find %s: %w", path, err)
				if !yield(ingest.Input{}, err) {
					return
				}
				continue
			}
			t := tree{yield: yield, enter: enter}
			if !t.named(abs) || !t.inOrderOfDays() {
				return
			}
		}
	}
}

// tree walks below one path. Its methods return false once the consumer has
// had enough.
type tree struct {
	yield func(ingest.Input, error) bool
	enter func(folder string)
	days  []string // folders of days that are still to be walked
}

// inOrderOfDays walks the folders of days, the oldest day first.
func (t *tree) inOrderOfDays() bool {
	slices.SortStableFunc(t.days, func(a, b string) int { return strings.Compare(dayOf(a), dayOf(b)) })
	for _, folder := range t.days {
		if !t.entries(folder) {
			return false
		}
	}
	return true
}

// dayOf gives the "2026/01/31" at the end of a folder's path, or nothing.
func dayOf(folder string) string {
	const form = "/2006/01/02"
	folder = filepath.ToSlash(folder)
	if len(folder) < len(form) {
		return ""
	}
	end := folder[len(folder)-len(form):]
	if _, err := time.Parse(form, end); err != nil {
		return ""
	}
	return end
}

// named walks a path that the user named, whatever it is called.
func (t *tree) named(path string) bool {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return t.fail(path, err)
	case info.IsDir():
		return t.folder(path)
	default:
		return t.file(path, info)
	}
}

func (t *tree) folder(path string) bool {
	if dayOf(path) != "" {
		t.days = append(t.days, path)
		return true
	}
	return t.entries(path)
}

// entries walks what a folder holds.
func (t *tree) entries(path string) bool {
	t.enter(path)
	entries, err := os.ReadDir(path)
	for _, e := range entries {
		if !t.entry(filepath.Join(path, e.Name()), e) {
			return false
		}
	}
	return err == nil || t.fail(path, err)
}

// entry walks what was found in a folder.
func (t *tree) entry(path string, e fs.DirEntry) bool {
	if strings.HasPrefix(e.Name(), ".") {
		return t.skip(path, SkipHidden)
	}
	if e.IsDir() {
		return t.folder(path)
	}
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return t.fail(path, err)
	case info.IsDir():
		return t.skip(path, SkipLink)
	default:
		return t.file(path, info)
	}
}

func (t *tree) file(path string, info fs.FileInfo) bool {
	if !info.Mode().IsRegular() {
		return t.skip(path, SkipNotRegular)
	}
	key, err := cloudtrail.ParseKey(filepath.ToSlash(path))
	if err == nil && key.Folder == cloudtrail.FolderDigest {
		return t.skip(path, SkipDigest)
	}
	return t.yield(ingest.Input{
		Object: ingest.Object{URI: path, Version: version(info)},
		Size:   info.Size(),
		Open:   func(context.Context) (cloudtrail.Source, io.Closer, error) { return openLog(path) },
	}, nil)
}

// version changes whenever a file is written: its size and when it was
// modified, in nanoseconds.
func version(info fs.FileInfo) string {
	return fmt.Sprintf("%d-%d", info.Size(), info.ModTime().UnixNano())
}

func openLog(path string) (cloudtrail.Source, io.Closer, error) {
	f, err := openReader(path)
	if err != nil {
		return cloudtrail.Source{}, nil, err
	}
	return cloudtrail.Source{Name: path, R: f.File, At: f.File, Size: f.size}, f, nil
}

func (t *tree) skip(path, reason string) bool {
	return t.yield(ingest.Input{Object: ingest.Object{URI: path}, Skip: reason}, nil)
}

func (t *tree) fail(path string, err error) bool {
	return t.yield(ingest.Input{Object: ingest.Object{URI: path}}, err)
}
