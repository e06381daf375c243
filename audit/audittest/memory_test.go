package audittest_test

import (
	"testing"

	"github.com/kopterio/kopter/audit"
	"github.com/kopterio/kopter/audit/audittest"
)

func TestMemory(t *testing.T) {
	t.Run("index", func(t *testing.T) {
		audittest.TestIndex(t, func(*testing.T) audit.Index { return audittest.NewMemory() })
	})
	t.Run("files", func(t *testing.T) {
		audittest.TestFiles(t, func(*testing.T) audit.Files { return audittest.NewMemory() })
	})
}
