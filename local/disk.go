package local

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"syscall"
)

// disk does durable writes below a root folder.
type disk struct {
	root string
	hook func(point string) error

	mu      sync.Mutex
	durable map[string]bool // folders whose entry in their parent was synced by this process
}

// makeRoot makes the root folder durable, with every folder above it that is
// new, and the folder for temporary files in it.
func (d *disk) makeRoot() error {
	if err := d.makeAbove(d.root); err != nil {
		return err
	}
	err := os.Mkdir(filepath.Join(d.root, tmpName), 0o755)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	return err
}

// makeAbove makes dir and what is missing above it; each new folder's entry is
// synced.
func (d *disk) makeAbove(dir string) error {
	info, err := os.Stat(dir)
	if err == nil && !info.IsDir() {
		return &fs.PathError{Op: "open", Path: dir, Err: syscall.ENOTDIR}
	}
	if err == nil || !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := d.makeAbove(filepath.Dir(dir)); err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return d.syncFolder(filepath.Dir(dir))
}

// emptyTmp removes what a crash left of files that were being written.
func (d *disk) emptyTmp() error {
	dir := filepath.Join(d.root, tmpName)
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		err = errors.Join(err, os.Remove(filepath.Join(dir, e.Name())))
	}
	return err
}

// makeFolder makes a folder below the root durable. A folder that is already
// there may be the work of a process that crashed before it synced the
// parent, so each process syncs each parent once.
func (d *disk) makeFolder(dir string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.makeFolderLocked(dir)
}

func (d *disk) makeFolderLocked(dir string) error {
	if dir == d.root || d.durable[dir] {
		return nil
	}
	if err := d.makeFolderLocked(filepath.Dir(dir)); err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	if err := d.hook(PointFolderMade); err != nil {
		return err
	}
	if err := d.syncFolder(filepath.Dir(dir)); err != nil {
		return err
	}
	if d.durable == nil {
		d.durable = map[string]bool{}
	}
	d.durable[dir] = true
	return nil
}

// syncFolder makes the names in a folder durable.
func (d *disk) syncFolder(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// remove deletes a file below the root. The removal is not synced: a file
// that a crash brings back is one that nothing names.
func (d *disk) remove(path string) error {
	if err := d.hook(PointFileRemove); err != nil {
		return err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) && !isNotFolder(err) {
		return err
	}
	return d.hook(PointFileRemoved)
}

// create starts a file that will bear the path once it is whole.
func (d *disk) create(path string) (*writer, error) {
	f, err := os.CreateTemp(filepath.Join(d.root, tmpName), "*")
	if err != nil {
		return nil, err
	}
	w := &writer{disk: d, file: f, path: path}
	if err := d.hook(PointFileWrite); err != nil {
		w.Discard()
		return nil, err
	}
	return w, nil
}

// writer writes one file durably: temporary file, sync, rename, sync of the
// folder. It is an audit.FileWriter.
type writer struct {
	disk *disk
	file *os.File // nil once closed or discarded
	path string
}

func (w *writer) Write(p []byte) (int, error) {
	if w.file == nil {
		return 0, fs.ErrClosed
	}
	return w.file.Write(p)
}

func (w *writer) Discard() {
	if w.file == nil {
		return
	}
	// It was never visible: failing to remove it leaves litter in tmp, which
	// the next writer empties.
	_ = w.file.Close()
	_ = os.Remove(w.file.Name())
	w.file = nil
}

func (w *writer) Close() error {
	if w.file == nil {
		return fs.ErrClosed
	}
	tmp := w.file.Name()
	err := w.settle()
	w.file = nil
	if err == nil {
		err = w.publish(tmp)
	}
	if err != nil {
		_ = os.Remove(tmp)
	}
	return err
}

// settle makes the bytes durable under the temporary name.
func (w *writer) settle() error {
	if err := w.disk.hook(PointFileWritten); err != nil {
		return errors.Join(err, w.file.Close())
	}
	if err := errors.Join(w.file.Sync(), w.file.Close()); err != nil {
		return err
	}
	return w.disk.hook(PointFileSynced)
}

// publish gives the file its name and makes the name durable.
func (w *writer) publish(tmp string) error {
	dir := filepath.Dir(w.path)
	if err := w.disk.makeFolder(dir); err != nil {
		return err
	}
	if err := os.Rename(tmp, w.path); err != nil {
		return err
	}
	err := w.disk.hook(PointFileRenamed)
	if err == nil {
		err = w.disk.syncFolder(dir)
	}
	if err == nil {
		err = w.disk.hook(PointFileDurable)
	}
	if err != nil {
		_ = os.Remove(w.path)
	}
	return err
}
