// Package shareddata finds the real logs, bills and prices that tests read in
// place. They are not part of the project: they lie beside the checkout, in
// ../shared/data.
package shareddata

import (
	"os"
	"path/filepath"
	"testing"
)

// Path gives the absolute path of a file or folder of the shared data. When
// it is absent the test is skipped, or fails if KOPTER_REQUIRE is "all".
func Path(tb testing.TB, path string) string {
	tb.Helper()
	full := filepath.Join(Root(tb), "..", "shared", "data", filepath.FromSlash(path))
	if _, err := os.Stat(full); err != nil {
		Missing(tb, "real data: "+err.Error())
	}
	return full
}

// Missing ends a test that needs something this machine has not: skipped with
// the reason, or failed if KOPTER_REQUIRE is "all".
func Missing(tb testing.TB, reason string) {
	tb.Helper()
	if os.Getenv("KOPTER_REQUIRE") == "all" {
		tb.Fatal("required here: " + reason)
	}
	tb.Skip(reason)
}

// Root gives the absolute path of the project: the folder of go.mod above the
// test's own.
func Root(tb testing.TB) string {
	tb.Helper()
	dir, err := os.Getwd()
	if err != nil {
		tb.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			tb.Fatal("no go.mod above the test's folder")
		}
		dir = parent
	}
}
