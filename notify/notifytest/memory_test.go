package notifytest_test

import (
	"testing"

	"github.com/kopterio/kopter/notify/notifytest"
)

func TestMemory(t *testing.T) {
	notifytest.TestStore(t, func(*testing.T) notifytest.Opened {
		s := notifytest.Opened{Store: &notifytest.Memory{}}
		s.Reopen = func() notifytest.Opened { return s } // it has no state but itself
		return s
	})
}
