package scenario

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestCheckNamesDamage damages a store by hand, one file at a time, and wants
// kopter check to fail and to name that file.
func TestCheckNamesDamage(t *testing.T) {
	k := kopter{t: t, dir: t.TempDir()}
	k.run("simulate", "--out", k.path("aws"), "--events", "2000", "--days", "2")
	k.run("ingest", k.path("aws/logs"))
	k.run("compact")
	k.run("prices", "import", k.path("aws/prices"))
	if out := k.run("check"); !strings.Contains(string(out), "holds together") {
		t.Fatalf("check of a sound store: %s", out)
	}
	flip := func(share float64) func(string) error {
		return func(path string) error {
			b, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			b[int(float64(len(b)-1)*share)] ^= 0xff
			return os.WriteFile(path, b, 0o644)
		}
	}
	shorten := func(path string) error { return os.Truncate(path, 100) }
	for _, c := range []struct {
		name    string
		pattern string // of a file in the data folder; the first is damaged
		damage  func(path string) error
	}{
		{"part gone", "lake/*/*/*/*.parquet", os.Remove},
		{"part cut off", "lake/*/*/*/*.parquet", shorten},
		{"part's first page changed", "lake/*/*/*/*.parquet", flip(0.001)},
		{"part changed a quarter in", "lake/*/*/*/*.parquet", flip(0.25)},
		{"part changed in the middle", "lake/*/*/*/*.parquet", flip(0.5)},
		{"part's footer changed", "lake/*/*/*/*.parquet", flip(0.995)},
		{"part's end changed", "lake/*/*/*/*.parquet", flip(1)},
		{"sidecar gone", "lake/*/*/*/*.tokens", os.Remove},
		{"sidecar changed", "lake/*/*/*/*.tokens", flip(0.5)},
		{"id run gone", "lake/ids/*/*.run", os.Remove},
		{"id run changed", "lake/ids/*/*.run", flip(0.5)},
		{"sheet gone", "prices/*/*.sheet", os.Remove},
		{"sheet changed", "prices/*/*.sheet", flip(0.5)},
		{"database gone", "kopter.db", os.Remove},
		{"database empty", "kopter.db", func(path string) error { return os.Truncate(path, 0) }},
		{"database changed", "kopter.db", flip(0)},
		{"database cut off", "kopter.db", func(path string) error { return os.Truncate(path, 20000) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			hurt := kopter{t: t, dir: t.TempDir()}
			if err := os.CopyFS(hurt.path("data"), os.DirFS(k.path("data"))); err != nil {
				t.Fatal(err)
			}
			files, err := filepath.Glob(hurt.path("data/" + c.pattern))
			if err != nil || len(files) == 0 {
				t.Fatalf("no file %s: %v", c.pattern, err)
			}
			if err := c.damage(files[0]); err != nil {
				t.Fatal(err)
			}
			name := strings.TrimSuffix(filepath.Base(files[0]), ".sheet") // a sheet is named by its id
			if out, code := hurt.fail("check"); code != 1 || !strings.Contains(out, name) {
				t.Errorf("exit code %d, want 1 and %s named in\n%s", code, name, out)
			}
			if c.pattern == "kopter.db" {
				hurt.wantLakeKept()
			}
		})
	}
}

// wantLakeKept wants an ingest into a store without its database to fail
// before it takes the lake's files for leftovers.
func (k kopter) wantLakeKept() {
	k.t.Helper()
	parts := func() int {
		files, err := filepath.Glob(k.path("data/lake/*/*/*/*"))
		if err != nil {
			k.t.Fatal(err)
		}
		return len(files)
	}
	before := parts()
	if out, code := k.fail("ingest", k.dir); code != 1 || parts() != before {
		k.t.Errorf("exit code %d, %d of %d files left:\n%s", code, parts(), before, out)
	}
}
