package simulate

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// Sink takes the files of a simulation. Names are relative and use slashes;
// none is created twice. Create is called from several goroutines at once, in
// no particular order; a file is complete when its writer was closed without
// an error. The moment is when AWS would have written the file.
type Sink interface {
	Create(name string, moment time.Time) (io.WriteCloser, error)
}

// Dir is a sink that writes below a folder, which is made if need be. A file's
// time of modification is its moment. Who watches the folder never sees half a
// file: until it is closed, a file has a temporary name that begins with a dot.
// Nothing is synced: a simulation can be had again.
type Dir string

// Create implements Sink.
func (d Dir) Create(name string, moment time.Time) (io.WriteCloser, error) {
	path := filepath.Join(string(d), filepath.FromSlash(name))
	folder := filepath.Dir(path)
	hidden := filepath.Join(folder, "."+filepath.Base(path)+".part")
	f, err := os.Create(hidden)
	if os.IsNotExist(err) {
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return nil, fmt.Errorf("folder for %s: %w", name, err)
		}
		f, err = os.Create(hidden)
	}
	if err != nil {
		return nil, fmt.Errorf("create simulated file: %w", err)
	}
	return &datedFile{file: f, path: path, moment: moment}, nil
}

// datedFile is a file of a Dir on its way to its name.
type datedFile struct {
	file   *os.File
	path   string
	moment time.Time
	failed error // the first failure to write
}

// Write implements io.Writer.
func (f *datedFile) Write(b []byte) (int, error) {
	n, err := f.file.Write(b)
	if err != nil && f.failed == nil {
		f.failed = err
	}
	return n, err
}

// Close closes the file, dates it, and gives it its name. A file that could
// not be written whole is removed.
func (f *datedFile) Close() error {
	err := f.file.Close()
	if f.failed != nil {
		err = f.failed
	}
	if err == nil {
		err = os.Chtimes(f.file.Name(), f.moment, f.moment)
	}
	if err == nil {
		err = os.Rename(f.file.Name(), f.path)
	}
	if err != nil {
		_ = os.Remove(f.file.Name()) // the first failure is the one to tell
	}
	return err
}

// put writes one whole file.
func put(s Sink, name string, moment time.Time, content []byte) error {
	w, err := s.Create(name, moment)
	if err != nil {
		return err
	}
	if _, err := w.Write(content); err != nil {
		_ = w.Close() // the first failure is the one to tell
		return fmt.Errorf("write %s: %w", name, err)
	}
	if err := w.Close(); err != nil {
		return fmt.Errorf("finish %s: %w", name, err)
	}
	return nil
}
