package local

import (
	"context"
	"errors"
	"io/fs"
	"iter"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/kopterio/kopter/audit"
)

// Create implements audit.Files.
func (s *Store) Create(ctx context.Context, name string) (audit.FileWriter, error) {
	file, err := s.lakePath("create", name)
	if err != nil {
		return nil, err
	}
	if s.write == nil {
		return nil, &fs.PathError{Op: "create", Path: name, Err: ErrReadOnly}
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	w, err := s.disk.create(file)
	if err != nil {
		return nil, err
	}
	return w, nil
}

// Open implements audit.Files.
func (s *Store) Open(ctx context.Context, name string) (audit.FileReader, error) {
	file, err := s.lakePath("open", name)
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	r, err := openReader(file)
	if err != nil {
		return nil, err
	}
	return r, nil
}

// openReader opens a file. A folder of that name, or a file where its folder
// should be, is no file of that name.
func openReader(file string) (*reader, error) {
	f, err := os.Open(file)
	if isNotFolder(err) {
		err = &fs.PathError{Op: "open", Path: file, Err: fs.ErrNotExist}
	}
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && info.IsDir() {
		err = &fs.PathError{Op: "open", Path: file, Err: fs.ErrNotExist}
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &reader{File: f, size: info.Size()}, nil
}

// reader is an audit.FileReader.
type reader struct {
	*os.File
	size int64
}

func (r *reader) Size() int64 { return r.size }

// Remove implements audit.Files.
func (s *Store) Remove(ctx context.Context, name string) error {
	file, err := s.lakePath("remove", name)
	if err != nil {
		return err
	}
	if s.write == nil {
		return &fs.PathError{Op: "remove", Path: name, Err: ErrReadOnly}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return s.disk.remove(file)
}

// List implements audit.Files.
func (s *Store) List(ctx context.Context, prefix string) iter.Seq2[audit.FileInfo, error] {
	return func(yield func(audit.FileInfo, error) bool) {
		root := os.DirFS(s.LakeDir())
		err := fs.WalkDir(root, listRoot(prefix), func(name string, d fs.DirEntry, err error) error {
			info, err := listed(ctx, prefix, name, d, err)
			if err != nil || info == nil {
				return err
			}
			if !yield(*info, nil) {
				return fs.SkipAll
			}
			return nil
		})
		if err != nil {
			yield(audit.FileInfo{}, err)
		}
	}
}

// listRoot is the deepest folder that holds everything with the prefix.
func listRoot(prefix string) string {
	dir := path.Dir(path.Clean("/" + prefix + "x"))
	if dir == "/" {
		return "."
	}
	return dir[1:]
}

// listed turns an entry of the walk into a row, or into nothing. What went
// away during the walk, as compaction makes files do, is no longer there to be
// listed.
func listed(ctx context.Context, prefix, name string, d fs.DirEntry, err error) (*audit.FileInfo, error) {
	if err == nil {
		err = ctx.Err()
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil || d.IsDir() || !strings.HasPrefix(name, prefix) {
		return nil, err
	}
	info, err := d.Info()
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &audit.FileInfo{Name: name, Size: info.Size()}, nil
}

// lakePath is where the lake's file of that name lies.
func (s *Store) lakePath(op, name string) (string, error) {
	local, err := filepath.Localize(name)
	if err != nil || name == "." {
		return "", &fs.PathError{Op: op, Path: name, Err: fs.ErrInvalid}
	}
	return filepath.Join(s.LakeDir(), local), nil
}
