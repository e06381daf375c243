package usagetest_test

import (
	"testing"

	"github.com/kopterio/kopter/usage/usagetest"
)

func TestMemory(t *testing.T) {
	usagetest.TestStore(t, func(*testing.T) usagetest.Opened {
		var m usagetest.Memory
		return usagetest.Opened{Store: &m, Commit: m.Commit}
	})
}
