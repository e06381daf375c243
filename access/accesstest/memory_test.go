package accesstest_test

import (
	"testing"

	"github.com/kopterio/kopter/access/accesstest"
)

func TestMemory(t *testing.T) {
	accesstest.TestStore(t, func(*testing.T) accesstest.Opened {
		s := accesstest.Opened{Store: &accesstest.Memory{}}
		s.Reopen = func() accesstest.Opened { return s } // it has no state but itself
		return s
	})
}
