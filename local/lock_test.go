package local

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

func TestLockIsHeldByOne(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	f, err := acquire(path)
	if err != nil {
		t.Fatal(err)
	}
	defer release(f)
	var locked *LockedError
	if _, err := acquire(path); !errors.As(err, &locked) || locked.PID != os.Getpid() {
		t.Errorf("a second time: %v, want this process named", err)
	}
}

// A process that is being started holds copies of all files until it runs its
// program. They must not keep the lock.
func TestLockIsReleasedDespiteCopies(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	f, err := acquire(path)
	if err != nil {
		t.Fatal(err)
	}
	duplicate, err := unix.Dup(int(f.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(duplicate)
	if err := release(f); err != nil {
		t.Fatal(err)
	}
	again, err := acquire(path)
	if err != nil {
		t.Fatalf("after release: %v", err)
	}
	if err := release(again); err != nil {
		t.Error(err)
	}
}
