package local_test

import (
	"bufio"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kopterio/kopter/account"
	"github.com/kopterio/kopter/audit"
	"github.com/kopterio/kopter/ingest"
	"github.com/kopterio/kopter/local"
	"github.com/kopterio/kopter/price"
	"github.com/kopterio/kopter/queue"
	"github.com/kopterio/kopter/usage"
)

func TestOpenSaysWhatIsWrong(t *testing.T) {
	tests := []struct {
		name    string
		prepare func(t *testing.T, dir string) // of a data folder that was closed
		read    bool
		want    error
		words   string
	}{
		{"a newer schema", setVersion(99), false, local.ErrNewer, "schema 99"},
		{"a newer schema, reading", setVersion(99), true, local.ErrNewer, "schema 99"},
		{"an older schema, reading", setVersion(0), true, local.ErrOlder, "ingest"},
		{"not a database", overwrite(0, "this is no database, whatever it is called"), false, local.ErrDamaged, "kopter.db"},
		{"not a database, reading", overwrite(0, "this is no database, whatever it is called"), true, local.ErrDamaged, "kopter.db"},
		{"a damaged first page", overwrite(100, strings.Repeat("\xff", 3000)), false, local.ErrDamaged, "kopter.db"},
		{"no data yet, reading", remove, true, fs.ErrNotExist, "kopter.db"},
		{"the database is gone, the lake is not", loseDatabase, false, local.ErrDamaged, "kopter.db is gone"},
		{"the database is gone, the lake is not, reading", loseDatabase, true, local.ErrDamaged, "kopter.db is gone"},
		{"the database is empty, the lake is not", emptyDatabase, false, local.ErrDamaged, "or empty"},
		{"a file is in the way", replaceByFile, false, nil, "is a file"},
		{"a file is in the way, reading", replaceByFile, true, nil, "is a file"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "data")
			closeStore(t, openAt(t, dir, local.Options{}))
			tt.prepare(t, dir)
			_, err := local.Open(t.Context(), dir, local.Options{ReadOnly: tt.read})
			if err == nil || tt.want != nil && !errors.Is(err, tt.want) {
				t.Fatalf("got %v, want %v", err, tt.want)
			}
			if !strings.Contains(err.Error(), tt.words) || !strings.Contains(err.Error(), dir) {
				t.Errorf("%q does not name %q and the folder", err, tt.words)
			}
		})
	}
}

func closeStore(t testing.TB, s *local.Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

func setVersion(v int) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		t.Helper()
		db, err := sql.Open("sqlite", filepath.Join(dir, "kopter.db"))
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		if _, err := db.Exec(fmt.Sprintf("PRAGMA user_version = %d", v)); err != nil {
			t.Fatal(err)
		}
	}
}

func overwrite(offset int64, text string) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		t.Helper()
		f, err := os.OpenFile(filepath.Join(dir, "kopter.db"), os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if _, err := f.WriteAt([]byte(text), offset); err != nil {
			t.Fatal(err)
		}
	}
}

// loseDatabase leaves a part behind that no database names.
func loseDatabase(t *testing.T, dir string) {
	t.Helper()
	emptyDatabase(t, dir)
	if err := os.Remove(filepath.Join(dir, "kopter.db")); err != nil {
		t.Fatal(err)
	}
}

func emptyDatabase(t *testing.T, dir string) {
	t.Helper()
	part := filepath.Join(dir, "lake", "fresh", "x.parquet")
	if err := os.MkdirAll(filepath.Dir(part), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{part, filepath.Join(dir, "kopter.db")} {
		if err := os.WriteFile(file, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func remove(t *testing.T, dir string) {
	t.Helper()
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
}

func replaceByFile(t *testing.T, dir string) {
	t.Helper()
	remove(t, dir)
	if err := os.WriteFile(dir, nil, 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestOneProcessWrites(t *testing.T) {
	s := open(t)
	_, err := local.Open(t.Context(), s.Dir(), local.Options{})
	var locked *local.LockedError
	if !errors.As(err, &locked) || locked.PID != os.Getpid() {
		t.Fatalf("second writer: %v, want a LockedError that names %d", err, os.Getpid())
	}
	closeStore(t, s)
	openAt(t, s.Dir(), local.Options{})
}

// holdEnv makes the test binary hold a data folder until its input ends.
const holdEnv = "KOPTER_TEST_HOLD"

func TestAnotherProcessIsNamed(t *testing.T) {
	dir := t.TempDir()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), holdEnv+"="+dir)
	input, err1 := child.StdinPipe()
	output, err2 := child.StdoutPipe()
	if err := errors.Join(err1, err2, child.Start()); err != nil {
		t.Fatal(err)
	}
	if _, err := bufio.NewReader(output).ReadString('\n'); err != nil {
		t.Fatal("the child does not hold the folder: ", err)
	}
	_, err := local.Open(t.Context(), dir, local.Options{})
	if want := fmt.Sprintf("process %d is writing to it", child.Process.Pid); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %s", err, want)
	}
	reader := openAt(t, dir, local.Options{ReadOnly: true})
	if _, err := reader.Parts(t.Context(), account.Local); err != nil {
		t.Error("reading beside a writer: ", err)
	}
	if err := errors.Join(input.Close(), child.Wait()); err != nil {
		t.Fatal(err)
	}
	openAt(t, dir, local.Options{})
}

// hold is what the child of TestAnotherProcessIsNamed runs.
func hold(dir string) error {
	s, err := local.Open(testContext, dir, local.Options{})
	if err != nil {
		return err
	}
	fmt.Println("held")
	_, err = io.Copy(io.Discard, os.Stdin)
	return errors.Join(err, s.Close())
}

func TestReaderSeesWhatIsCommittedMeanwhile(t *testing.T) {
	s := open(t)
	reader := openAt(t, s.Dir(), local.Options{ReadOnly: true})
	addFacts(t, s, factsOf(10))
	seen := 0
	for _, err := range reader.Facts(t.Context(), account.Local) {
		if err != nil {
			t.Fatal(err)
		}
		seen++
	}
	if seen != 10 {
		t.Errorf("%d facts, want 10", seen)
	}
}

func TestReaderChangesNothing(t *testing.T) {
	ctx := t.Context()
	s := open(t)
	reader := openAt(t, s.Dir(), local.Options{ReadOnly: true})
	_, createErr := reader.Create(ctx, "x")
	attempts := map[string]error{
		"Create":       createErr,
		"Remove":       reader.Remove(ctx, "x"),
		"Apply":        reader.Apply(ctx, account.Local, audit.Change{}),
		"Commit":       reader.Commit(ctx, account.Local, ingest.Commit{}),
		"AddSnapshots": reader.AddSnapshots(ctx, account.Local, nil, nil),
		"Send":         queuesOf(t, openAt(t, s.Dir(), local.Options{ReadOnly: true, Now: time.Now}), account.Local, work).Send(ctx, queue.Outgoing{Queue: "work", Body: []byte("m")}),
		"PutSheet":     reader.PutSheet(ctx, account.Local, price.SheetInfo{ID: "x"}, nil),
	}
	for name, err := range attempts {
		if !errors.Is(err, local.ErrReadOnly) {
			t.Errorf("%s: %v, want ErrReadOnly", name, err)
		}
	}
}

func TestLitterOfACrashIsRemoved(t *testing.T) {
	s := open(t)
	litter := filepath.Join(s.Dir(), "tmp", "12345")
	if err := os.WriteFile(litter, []byte("half a part"), 0o644); err != nil {
		t.Fatal(err)
	}
	closeStore(t, s)
	openAt(t, s.Dir(), local.Options{})
	if _, err := os.Stat(litter); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("stat of the litter: %v, want it gone", err)
	}
}

// What a failing disk leaves behind: at every point of writing a file and of a
// commit, an error means that nothing is visible, but for the one point after
// the commit.
func TestFailureAtEveryPoint(t *testing.T) {
	fault := errors.New("the disk failed")
	for _, point := range local.Points {
		t.Run(point, func(t *testing.T) {
			armed := false
			s := openAt(t, t.TempDir(), local.Options{Now: time.Now, Hook: func(p string) error {
				if armed && p == point {
					return fault
				}
				return nil
			}})
			armed = true
			err := touchEverything(t, s)
			armed = false
			if !errors.Is(err, fault) {
				t.Fatalf("got %v, want the fault", err)
			}
			if n := len(filesUnder(t, filepath.Join(s.Dir(), "tmp"))); n != 0 {
				t.Errorf("%d temporary files are left", n)
			}
			if err := touchEverything(t, s); err != nil {
				t.Errorf("again, without the fault: %v", err)
			}
		})
	}
}

// touchEverything passes every point once.
func touchEverything(t *testing.T, s *local.Store) error {
	t.Helper()
	ctx := t.Context()
	w, err := s.Create(ctx, "fresh/tenant=local/a.parquet")
	if err != nil {
		return err
	}
	if _, err := w.Write([]byte("PAR1")); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		if _, openErr := s.Open(ctx, "fresh/tenant=local/a.parquet"); !errors.Is(openErr, fs.ErrNotExist) {
			t.Errorf("a file that failed is there: %v", openErr)
		}
		return err
	}
	return errors.Join(
		s.Commit(ctx, account.Local, ingest.Commit{Facts: factsOf(1)}),
		s.AddSnapshots(ctx, account.Local, nil, nil),
		s.PutSheet(ctx, account.Local, price.SheetInfo{ID: "a"}, []byte("sheet")),
		touchQueue(ctx, queuesOf(t, s, account.Local, work)),
		s.Remove(ctx, "fresh/tenant=local/a.parquet"),
	)
}

func filesUnder(t *testing.T, dir string) []string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			names = append(names, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func TestCommitThatFailsChangesNothing(t *testing.T) {
	commit := ingest.Commit{
		Files:      []ingest.Ingested{{Object: ingest.Object{URI: "/a", Version: "1"}}},
		Quarantine: []ingest.Quarantine{{URI: "/a", Reason: "bad"}},
		Lake:       audit.Change{AddParts: []audit.Part{{Name: "p"}}},
		Facts:      factsOf(3),
		Freshness:  []usage.Freshness{{Account: "1", Region: "r", Last: 1}},
		Messages:   []queue.Outgoing{{Queue: "work", Body: []byte("m")}},
	}
	fault := errors.New("the disk failed")
	for _, point := range []string{
		local.PointBegin, local.PointLake, local.PointFiles, local.PointQuarantine,
		local.PointFacts, local.PointFreshness, local.PointMessages, local.PointCommit,
	} {
		t.Run(point, func(t *testing.T) {
			s := openAt(t, t.TempDir(), local.Options{Now: time.Now, Hook: func(p string) error {
				if p == point {
					return fault
				}
				return nil
			}})
			if err := s.Commit(t.Context(), account.Local, commit); !errors.Is(err, fault) {
				t.Fatalf("got %v, want the fault", err)
			}
			if n := countRows(t, s.Dir()); n != 0 {
				t.Errorf("%d rows are there", n)
			}
		})
	}
}

// countRows counts the rows of all tables.
func countRows(t *testing.T, dir string) (n int) {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(dir, "kopter.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, table := range []string{"parts", "runs", "conflicts", "ingested", "quarantine", "facts", "snapshots", "freshness", "sheets", "messages", "letters"} {
		var rows int
		if err := db.QueryRow("SELECT count(*) FROM " + table).Scan(&rows); err != nil {
			t.Fatal(err)
		}
		n += rows
	}
	return n
}

// TestUnread counts what listing gives, of the tenant alone.
func TestUnread(t *testing.T) {
	s := open(t)
	for _, tenant := range []account.Tenant{"acme", "other", "other"} {
		c := ingest.Commit{
			Files:      []ingest.Ingested{{Object: ingest.Object{URI: "/a", Version: "1"}, Quarantined: 2}},
			Quarantine: []ingest.Quarantine{{URI: "/a", Reason: "not JSON"}, {URI: "/a", Offset: 9, Reason: "no event id"}},
			Lake:       audit.Change{Conflicts: []audit.Conflict{{Account: "1", EventID: "e", Raw: []byte("{}")}}},
		}
		if err := s.Commit(t.Context(), tenant, c); err != nil {
			t.Fatal(err)
		}
	}
	for tenant, want := range map[account.Tenant][2]int64{"acme": {2, 1}, "other": {2, 1}, "nobody": {}} {
		quarantined, conflicts, err := s.Unread(t.Context(), tenant)
		if err != nil || [2]int64{quarantined, conflicts} != want {
			t.Errorf("%s: %d in quarantine, %d conflicts, %v; want %v", tenant, quarantined, conflicts, err, want)
		}
	}
}
