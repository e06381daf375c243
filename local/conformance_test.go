package local_test

import (
	"testing"

	"github.com/kopterio/kopter/ingest/ingesttest"
	"github.com/kopterio/kopter/local"
)

// open opens a new data folder, closed at the end of the test.
func open(t testing.TB) *local.Store { return openAt(t, t.TempDir(), local.Options{}) }

func openAt(t testing.TB, dir string, opt local.Options) *local.Store {
	t.Helper()
	s, err := local.Open(t.Context(), dir, opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func TestIngestStore(t *testing.T) {
	ingesttest.TestStore(t, ingesttest.Harness{
		Open: func(t *testing.T) ingesttest.Backend { return open(t) },
		Reopen: func(t *testing.T, b ingesttest.Backend) ingesttest.Backend {
			s := b.(*local.Store)
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			return openAt(t, s.Dir(), local.Options{})
		},
	})
}
