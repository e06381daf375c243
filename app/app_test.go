package app

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kopterio/kopter/account"
	"github.com/kopterio/kopter/cost"
)

// open opens a data folder for changes until the test ends. The clock stands
// at noon of 2024-03-01.
func open(t *testing.T, dir string) *App {
	t.Helper()
	a, err := Open(t.Context(), Options{Data: dir, Write: true, Now: noon})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	return a
}

func noon() time.Time { return time.Date(2024, 3, 1, 12, 0, 0, 0, time.UTC) }

// write makes a file with its folders and gives its path.
func write(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestOpenWithoutData(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "nothing")
	_, err := Open(t.Context(), Options{Data: dir, Now: noon})
	if err == nil || !strings.Contains(err.Error(), dir) || !strings.Contains(err.Error(), "kopter ingest") {
		t.Errorf("got %v, want the folder and how to begin", err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a reader made the folder: %v", err)
	}
}

func TestOpenForABadTenant(t *testing.T) {
	_, err := Open(t.Context(), Options{Data: t.TempDir(), Write: true, Tenant: "../other", Now: noon})
	if err == nil {
		t.Error("a tenant that is a path was let in")
	}
}

// TestTenantsAreApart reads with one tenant what another has ingested.
func TestTenantsAreApart(t *testing.T) {
	dir := t.TempDir()
	log := write(t, filepath.Join(t.TempDir(), "log.json"), `{"Records":[{"eventTime":"2024-01-01T00:00:00Z","eventName":"First","eventID":"e1","recipientAccountId":"111111111111"}]}`)
	for tenant, want := range map[account.Tenant]int{"one": 1, "two": 0} {
		a, err := Open(t.Context(), Options{Data: dir, Write: true, Tenant: tenant, Now: noon})
		if err != nil {
			t.Fatal(err)
		}
		if want > 0 {
			if _, err := a.Ingest(t.Context(), IngestOptions{Paths: []string{log}}); err != nil {
				t.Fatal(err)
			}
		}
		rows, err := a.Count(t.Context(), SearchOptions{}, []string{"name"})
		if err != nil || len(rows) != want {
			t.Errorf("tenant %s sees %v, %v; want %d names", tenant, rows, err, want)
		}
		if problems, err := a.Check(t.Context()); err != nil || len(problems) > 0 {
			t.Errorf("tenant %s: check: %v, %v", tenant, problems, err)
		}
		if err := a.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestRange(t *testing.T) {
	day := func(d int) time.Time { return time.Date(2024, 1, d, 0, 0, 0, 0, time.UTC) }
	for _, c := range []struct {
		r  Range
		ok bool
	}{
		{Range{}, true},
		{Range{From: day(2)}, true},
		{Range{Until: day(2)}, true},
		{Range{day(1), day(2)}, true},
		{Range{day(2), day(2)}, false},
		{Range{day(2), day(1)}, false},
	} {
		err := c.r.check()
		if (err == nil) != c.ok || err != nil && !IsInputError(err) {
			t.Errorf("%v: %v", c.r, err)
		}
	}
	r := Range{From: day(1).Add(1500 * time.Millisecond)}
	if from, until := r.seconds(); from != 1704067201 || until != 0 {
		t.Errorf("seconds %d, %d", from, until)
	}
	if from, until := r.milliseconds(); from != 1704067201500 || until != 0 {
		t.Errorf("milliseconds %d, %d", from, until)
	}
}

// TestInputErrors wants each mistake to be known as the user's.
func TestInputErrors(t *testing.T) {
	a := open(t, t.TempDir())
	backwards := Range{From: noon(), Until: noon().Add(-time.Hour)}
	for name, ask := range map[string]func() error{
		"search: field": func() error { _, err := a.Search(t.Context(), SearchOptions{Query: "nmae:x"}); return err },
		"search: range": func() error { _, err := a.Search(t.Context(), SearchOptions{Range: backwards}); return err },
		"count: field":  func() error { _, err := a.Count(t.Context(), SearchOptions{}, []string{"nmae"}); return err },
		"cost: field":   func() error { _, err := a.Cost(t.Context(), CostOptions{Query: "colour:red", Step: "day"}); return err },
		"cost: group": func() error {
			_, err := a.Cost(t.Context(), CostOptions{By: []string{"colour"}, Step: "day"})
			return err
		},
		"cost: step":   func() error { _, err := a.Cost(t.Context(), CostOptions{Step: "week"}); return err },
		"cost: range":  func() error { _, err := a.Cost(t.Context(), CostOptions{Range: backwards, Step: "day"}); return err },
		"blame: query": func() error { _, err := a.Blame(t.Context(), BlameOptions{What: "kind:(open"}); return err },
		"blame: range": func() error { _, err := a.Blame(t.Context(), BlameOptions{Range: backwards}); return err },
		"inventory":    func() error { _, err := a.Inventory(t.Context(), noon(), "rate_per_hour:>much"); return err },
		"recorded in 1960": func() error {
			return a.ImportInventory(t.Context(), InventoryFiles{At: time.Unix(-1, 0)}, nil)
		},
		"recorded tomorrow": func() error {
			return a.ImportInventory(t.Context(), InventoryFiles{At: noon().AddDate(0, 0, 1)}, nil)
		},
		"simulate: size": func() error { _, err := Simulate(t.Context(), t.TempDir(), Simulation{Events: 5}, nil); return err },
	} {
		if err := ask(); !IsInputError(err) {
			t.Errorf("%s: got %v, want an input error", name, err)
		}
	}
}

func TestQueryErrorNamesTheOffsetOnce(t *testing.T) {
	_, err := parseQuery("actor:ann read_only:maybe", cost.InventorySchema())
	const want = `query "actor:ann read_only:maybe", offset 10: `
	if err == nil || !strings.HasPrefix(err.Error(), want) || strings.Count(err.Error(), "offset") != 1 {
		t.Errorf("got %v, want %s…", err, want)
	}
}
