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
// time of modification is its moment. Nothing is synced: a simulation can be
// had again.
type Dir string

// Create implements Sink.
func (d Dir) Create(name string, moment time.Time) (io.WriteCloser, error) {
	path := filepath.Join(string(d), filepath.FromSlash(name))
	f, err := os.Create(path)
	if os.IsNotExist(err) {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return nil, fmt.Errorf("folder for %s: %w", name, err)
		}
		f, err = os.Create(path)
	}
	if err != nil {
		return nil, fmt.Errorf("create simulated file: %w", err)
	}
	return &datedFile{File: f, moment: moment}, nil
}

type datedFile struct {
	*os.File
	moment time.Time
}

// Close closes the file and dates it.
func (f *datedFile) Close() error {
	if err := f.File.Close(); err != nil {
		return err
	}
	return os.Chtimes(f.Name(), f.moment, f.moment)
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
