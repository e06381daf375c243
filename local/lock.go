package local

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// LockedError says that another process has the data folder open for writing.
type LockedError struct {
	PID int // 0 when the lock does not name it
}

func (e *LockedError) Error() string {
	if e.PID == 0 {
		return "another process is writing to it"
	}
	return fmt.Sprintf("process %d is writing to it", e.PID)
}

// acquire takes the lock file at path, which names the process that holds it.
// The kernel lets go of the lock when the process ends, however it ends.
func acquire(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		err = &LockedError{PID: holder(f)}
	}
	if err == nil {
		err = sign(f)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// release lets go of the lock. Closing the file is not enough: a process that
// this one is just starting may hold a copy of it until it runs its program.
func release(f *os.File) error {
	return errors.Join(unix.Flock(int(f.Fd()), unix.LOCK_UN), f.Close())
}

// sign writes this process into the lock file. It is a courtesy to readers of
// error messages, so it need not be durable.
func sign(f *os.File) error {
	if err := f.Truncate(0); err != nil {
		return err
	}
	_, err := f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	return err
}

// holder reads who holds the lock; 0 when it cannot be told.
func holder(f *os.File) int {
	text, err := io.ReadAll(io.LimitReader(f, 32))
	if err != nil {
		return 0
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return 0
	}
	return pid
}

// writable says whether this process may make files in a folder.
func writable(dir string) bool { return unix.Access(dir, unix.W_OK) == nil }
