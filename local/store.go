// Package local is the embedded backend: all state of a Kopter that one
// person or one machine runs for itself, in one data folder.
//
//	kopter.db       SQLite: the lake's index, ingested files, quarantine, facts,
//	                snapshots, freshness, the list of price sheets, queues,
//	                credentials and notices
//	lake/…          the audit lake's Parquet parts, sidecars and id runs
//	prices/…        price sheets
//	tmp/            files that are being written; emptied when a writer opens
//	lock            names the process that writes
//
// The tenant leads every key and every path. One process writes at a time;
// others may read meanwhile. A file is written under tmp, synced, renamed to
// its name, and its folder synced, before any row names it; rows that belong
// together are one transaction. So after a crash, at any point, a file that
// nothing names may be left behind, but never a name without its file.
package local

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// Options change how a data folder is opened. Its zero value opens it for
// writing.
type Options struct {
	// ReadOnly opens an existing folder beside the process that writes it, if
	// there is one. Every change fails with ErrReadOnly.
	ReadOnly bool
	// Hook, when set, is called at each of Points with the point's name. An
	// error that it returns makes the step fail there. It is for tests of
	// what a crash or a failing disk leaves behind.
	Hook func(point string) error
	// Now is the clock of the queues. Without one no message can be sent or
	// received; everything else works.
	Now func() time.Time
}

// Errors of Open, and of changes to a store that was opened for reading.
var (
	// ErrReadOnly: the store was opened for reading only.
	ErrReadOnly = errors.New("opened for reading only")
	// ErrNewer: a newer Kopter wrote the data folder.
	ErrNewer = errors.New("written by a newer version of Kopter")
	// ErrOlder: an older Kopter wrote the data folder, and a reader may not
	// upgrade it.
	ErrOlder = errors.New("written by an older version of Kopter; any command that writes, such as ingest, upgrades it")
	// ErrDamaged: the database is not one, is damaged, or is gone while the
	// lake's files are there.
	ErrDamaged = errors.New("the database is damaged")
)

// Names inside the data folder.
const (
	databaseName = "kopter.db"
	lakeName     = "lake"
	pricesName   = "prices"
	tmpName      = "tmp"
	lockName     = "lock"
)

// Store is an open data folder. It implements audit.Index, audit.Files,
// ingest.Store, usage.Store, price.Store, access.Store and notify.Store, has the
// queues of each tenant, and is safe for concurrent use.
type Store struct {
	dir   string
	write *sql.DB // one connection; nil when reading only
	read  *sql.DB
	lock  *os.File // nil when reading only
	disk  disk

	putting sync.Mutex // held while a price sheet is put

	now    func() time.Time // nil when there are no queues
	queues *queueing
}

// Open opens the data folder dir. For writing, the folder is made when it is
// not there, its lock is taken (a *LockedError says who holds it), what a crash
// left in tmp is removed, and the database is brought to the schema of this
// version. For reading, a folder without data is fs.ErrNotExist.
func Open(ctx context.Context, dir string, opt Options) (*Store, error) {
	s, err := open(ctx, dir, opt)
	if err != nil {
		return nil, fmt.Errorf("open data folder %s: %w", dir, explain(err))
	}
	return s, nil
}

func open(ctx context.Context, dir string, opt Options) (*Store, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	hook := opt.Hook
	if hook == nil {
		hook = func(string) error { return nil }
	}
	s := &Store{dir: abs, disk: disk{root: abs, hook: hook}, now: opt.Now, queues: newQueueing()}
	if opt.ReadOnly {
		err = s.openReader(ctx)
	} else {
		err = s.openWriter(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Store) openReader(ctx context.Context) error {
	path := filepath.Join(s.dir, databaseName)
	if err := s.refuseOrphans(path); err != nil {
		return err
	}
	if _, err := os.Stat(path); err != nil {
		return err
	}
	s.read = connect(path, readerPragmas(path))
	return checkSchema(ctx, s.read)
}

func (s *Store) openWriter(ctx context.Context) error {
	if err := s.disk.makeRoot(); err != nil {
		return err
	}
	lock, err := acquire(filepath.Join(s.dir, lockName))
	if err != nil {
		return err
	}
	s.lock = lock
	if err := s.disk.emptyTmp(); err != nil {
		return err
	}
	path := filepath.Join(s.dir, databaseName)
	if err := s.refuseOrphans(path); err != nil {
		return err
	}
	s.write = connect(path, writerPragmas())
	s.write.SetMaxOpenConns(1)
	if err := migrate(ctx, s.write); err != nil {
		return err
	}
	if err := s.disk.syncFolder(s.dir); err != nil {
		return err
	}
	s.read = connect(path, readerPragmas(path))
	return nil
}

// refuseOrphans fails where files of a lake have lost the database that names
// them: a new one would take them for leftovers, and they may be the last copy
// of their events.
func (s *Store) refuseOrphans(database string) error {
	info, err := os.Stat(database)
	if err == nil && info.Size() > 0 {
		return nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	entries, err := os.ReadDir(s.LakeDir())
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(entries) == 0 {
		return nil
	}
	if err != nil {
		return err
	}
	return fmt.Errorf("%w: %s is gone or empty, but there are files in %s; put it back, or move them away and ingest anew", ErrDamaged, databaseName, s.LakeDir())
}

// Close lets go of the data folder. What was committed stays; a change that
// is still going on fails.
func (s *Store) Close() error {
	var errs []error
	if s.read != nil {
		errs = append(errs, s.read.Close())
	}
	if s.write != nil {
		errs = append(errs, s.write.Close())
	}
	if s.lock != nil {
		errs = append(errs, release(s.lock))
	}
	return errors.Join(errs...)
}

// Dir is the absolute path of the data folder.
func (s *Store) Dir() string { return s.dir }

// LakeDir is the absolute path of the folder that holds the lake's files, for
// readers other than Kopter.
func (s *Store) LakeDir() string { return filepath.Join(s.dir, lakeName) }

// explain gives the errors of a data folder that a user can do something
// about a plain wording.
func explain(err error) error {
	switch {
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("no permission: %w", err)
	case isNotFolder(err):
		return fmt.Errorf("it, or what it is in, is a file: %w", err)
	case isReadOnlyDisk(err):
		return fmt.Errorf("the disk is read-only: %w", err)
	case isDamaged(err):
		return fmt.Errorf("%w (%s): %w", ErrDamaged, databaseName, err)
	}
	return err
}
