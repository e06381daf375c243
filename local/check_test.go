package local_test

import (
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kopterio/kopter/account"
	"github.com/kopterio/kopter/ingest/ingesttest"
	"github.com/kopterio/kopter/local"
)

// filled is a data folder with something in every table, closed.
func filled(t *testing.T) string {
	t.Helper()
	p := plan{data: filepath.Join(t.TempDir(), "data"), logs: writeLogs(t, ingesttest.Logs(3, 30))}
	if err := p.run(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	return p.data
}

// problems are those of a data folder, one to a line.
func problems(t *testing.T, dir string) string {
	t.Helper()
	s := openAt(t, dir, local.Options{ReadOnly: true})
	found, err := s.Check(t.Context(), account.Local)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, p := range found {
		b.WriteString(p.Subject + ": " + p.Reason + "\n")
	}
	return b.String()
}

func TestCheckOfWhatIsSound(t *testing.T) {
	if got := problems(t, filled(t)); got != "" {
		t.Error(got)
	}
	empty := open(t)
	if got := problems(t, empty.Dir()); got != "" {
		t.Error(got)
	}
}

func TestCheckFindsDamage(t *testing.T) {
	exec := func(statement string) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			t.Helper()
			db, err := sql.Open("sqlite", filepath.Join(dir, "kopter.db"))
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			if _, err := db.Exec(statement); err != nil {
				t.Fatal(err)
			}
		}
	}
	tests := []struct {
		name   string
		damage func(t *testing.T, dir string)
		want   []string
	}{
		{"a part is gone", removeOne("lake/events/*/*/*.parquet"), []string{"lake/events/tenant=local/", "no such file"}},
		{"a part is cut", cutOne("lake/events/*/*/*.parquet"), []string{"lake/events/tenant=local/", "bytes long, the index says"}},
		{"an id run is gone", removeOne("lake/ids/*/*"), []string{"lake/ids/tenant=local/", "no such file"}},
		{"the index says nonsense", exec(`UPDATE parts SET rows = 0`), []string{"the index says 0 rows"}},
		{"a price sheet is gone", removeOne("prices/*/*.sheet"), []string{"price sheet", "its file is gone"}},
		{"a price sheet is cut", cutOne("prices/*/*.sheet"), []string{"price sheet"}},
		{"a price sheet is another", exec(`UPDATE sheets SET id = 'abc'; `), []string{"price sheet abc", "its file is gone"}},
		{"a fact is no fact", exec(`UPDATE facts SET data = x'ffffff' WHERE key = (SELECT min(key) FROM facts)`), []string{"facts of i-"}},
		{"freshness went back", exec(`UPDATE freshness SET last = 5`), []string{"snapshot s1", "newer than the freshness"}},
		{"quarantine was lost", exec(`DELETE FROM quarantine`), []string{"0 entries in quarantine, 1 when it was ingested"}},
		{"the database is damaged", damageTable("quarantine"), []string{"kopter.db"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := filled(t)
			tt.damage(t, dir)
			got := problems(t, dir)
			for _, want := range tt.want {
				if !strings.Contains(got, want) {
					t.Errorf("%q is not in what was found:\n%s", want, got)
				}
			}
		})
	}
}

// damageTable overwrites the first page of a table in the database's file.
func damageTable(name string) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		t.Helper()
		db, err := sql.Open("sqlite", filepath.Join(dir, "kopter.db"))
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		var page, size int64
		err = db.QueryRow(`SELECT rootpage, (SELECT page_size FROM pragma_page_size) FROM sqlite_schema WHERE name = ?`, name).Scan(&page, &size)
		if err != nil {
			t.Fatal(err)
		}
		overwrite((page-1)*size, strings.Repeat("\xff", 100))(t, dir)
	}
}

// oneOf is a file of the data folder that fits a pattern.
func oneOf(t *testing.T, dir, pattern string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, filepath.FromSlash(pattern)))
	if err != nil || len(found) == 0 {
		t.Fatalf("no %s: %v", pattern, err)
	}
	return found[0]
}

func removeOne(pattern string) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		t.Helper()
		if err := os.Remove(oneOf(t, dir, pattern)); err != nil {
			t.Fatal(err)
		}
	}
}

func cutOne(pattern string) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		t.Helper()
		if err := os.Truncate(oneOf(t, dir, pattern), 10); err != nil {
			t.Fatal(err)
		}
	}
}
