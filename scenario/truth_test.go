package scenario

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/go-json-experiment/json"
	gocmp "github.com/google/go-cmp/cmp"
)

// truth is the part of a simulation's truth.json that is compared.
type truth struct {
	Events          int64            `json:"events"`
	Records         int64            `json:"records"`
	EventsByName    map[string]int64 `json:"events_by_name"`
	EventsByAccount map[string]int64 `json:"events_by_account"`
	Instances       []struct {
		ID      string `json:"id"`
		Periods []struct {
			Start  int64  `json:"start"`
			Opened string `json:"opened"`
			Closed string `json:"closed"`
		} `json:"periods"`
	} `json:"instances"`
	Total       truthCost   `json:"total"`
	ByAccount   []truthCost `json:"by_account"`
	ByRegion    []truthCost `json:"by_region"`
	ByPrincipal []truthCost `json:"by_principal"`
	ByType      []truthCost `json:"by_type"`
}

type truthCost struct {
	Key             string `json:"key"`
	Seconds         int64  `json:"seconds"`
	UnpricedSeconds int64  `json:"unpriced_seconds"`
	Nano            int64  `json:"nano"`
}

// costRow is a row of `kopter cost --format json`, grouped by one field.
type costRow struct {
	Amount          string `json:"amount"`
	Seconds         int64  `json:"seconds"`
	UnpricedSeconds int64  `json:"unpriced_seconds"`
	group           string
}

// TestTruth reads a simulated organisation and compares everything with what
// the simulator knows: counts of events, seconds and money by every field, to
// the last digit, and the calls behind each running period.
func TestTruth(t *testing.T) {
	for _, seed := range []string{"1", "2"} {
		t.Run("seed "+seed, func(t *testing.T) {
			k := kopter{t: t, dir: t.TempDir()}
			k.run("simulate", "--out", k.path("aws"), "--seed", seed, "--events", "20000", "--days", "10", "--duplicates", "0.05", "--late", "0.05")
			var want truth
			text, err := os.ReadFile(k.path("aws/truth.json"))
			if err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(text, &want); err != nil {
				t.Fatal(err)
			}
			// Prices and inventory before logs: the order must not matter.
			k.run("prices", "import", k.path("aws/prices"))
			k.run("inventory", "import", "--complete", k.path("aws/describe"))
			k.run("ingest", k.path("aws/logs"))

			k.compareEvents(want)
			k.compareCosts("account", want.ByAccount)
			k.compareCosts("region", want.ByRegion)
			k.compareCosts("principal", want.ByPrincipal)
			k.compareCosts("type", want.ByType)
			for _, step := range []string{"hour", "day", "month", "total"} {
				k.compareTotal(step, want.Total)
			}
			k.compareBlame(want)
			k.run("check")
		})
	}
}

// kopter runs the binary on a data folder of its own.
type kopter struct {
	t   *testing.T
	dir string
}

func (k kopter) path(name string) string { return filepath.Join(k.dir, filepath.FromSlash(name)) }

func (k kopter) run(args ...string) []byte {
	k.t.Helper()
	command := exec.Command(filepath.Join(binary, "kopter"), args...)
	command.Env = append(os.Environ(), "KOPTER_DATA="+k.path("data"))
	out, err := command.Output()
	if err != nil {
		if failed, ok := err.(*exec.ExitError); ok {
			k.t.Fatalf("kopter %v: %v\n%s", args, err, failed.Stderr)
		}
		k.t.Fatal(err)
	}
	return out
}

// fail runs the binary and gives what it printed and its exit code.
func (k kopter) fail(args ...string) (string, int) {
	k.t.Helper()
	command := exec.Command(filepath.Join(binary, "kopter"), args...)
	command.Env = append(os.Environ(), "KOPTER_DATA="+k.path("data"))
	out, err := command.CombinedOutput()
	if failed := (*exec.ExitError)(nil); err != nil && !errors.As(err, &failed) {
		k.t.Fatal(err)
	}
	return string(out), command.ProcessState.ExitCode()
}

func (k kopter) compareEvents(want truth) {
	k.t.Helper()
	if got := k.counts("account"); !maps.Equal(got, want.EventsByAccount) {
		k.t.Errorf("events by account:\n%s", gocmp.Diff(want.EventsByAccount, got))
	}
	if got := k.counts("name"); !maps.Equal(got, want.EventsByName) {
		k.t.Errorf("events by name:\n%s", gocmp.Diff(want.EventsByName, got))
	}
}

func (k kopter) counts(field string) map[string]int64 {
	k.t.Helper()
	var rows []map[string]any
	if err := json.Unmarshal(k.run("search", "--limit", "0", "--count-by", field, "--format", "json"), &rows); err != nil {
		k.t.Fatal(err)
	}
	counts := map[string]int64{}
	for _, row := range rows {
		counts[row[field].(string)] += int64(row["count"].(float64))
	}
	return counts
}

func (k kopter) costs(by, step string) []costRow {
	k.t.Helper()
	args := []string{"cost", "--step", step, "--format", "json"}
	if by != "" {
		args = append(args, "--by", by)
	}
	out := k.run(args...)
	var rows []costRow
	if err := json.Unmarshal(out, &rows); err != nil {
		k.t.Fatal(err)
	}
	var groups []map[string]any
	if err := json.Unmarshal(out, &groups); err != nil {
		k.t.Fatal(err)
	}
	for i := range rows {
		rows[i].group, _ = groups[i][by].(string)
	}
	return rows
}

func (k kopter) compareCosts(by string, want []truthCost) {
	k.t.Helper()
	expected := map[string]costRow{}
	for _, c := range want {
		key := cmp.Or(c.Key, "unattributed")
		expected[key] = costRow{group: key, Amount: nano(c.Nano), Seconds: c.Seconds, UnpricedSeconds: c.UnpricedSeconds}
	}
	got := map[string]costRow{}
	for _, row := range k.costs(by, "total") {
		got[row.group] = row
	}
	if !maps.Equal(got, expected) {
		k.t.Errorf("cost by %s:\n%s", by, gocmp.Diff(expected, got, gocmp.AllowUnexported(costRow{})))
	}
}

// compareTotal holds the rows of every step to one sum.
func (k kopter) compareTotal(step string, want truthCost) {
	k.t.Helper()
	var sum, seconds, unpriced int64
	for _, row := range k.costs("", step) {
		var whole, fraction int64
		if _, err := fmt.Sscanf(row.Amount, "%d.%d", &whole, &fraction); err != nil {
			k.t.Fatalf("amount %q: %v", row.Amount, err)
		}
		sum += whole*1_000_000_000 + fraction
		seconds += row.Seconds
		unpriced += row.UnpricedSeconds
	}
	if sum != want.Nano || seconds != want.Seconds || unpriced != want.UnpricedSeconds {
		k.t.Errorf("cost by %s sums to %s, %d s, %d s unpriced; want %s, %d, %d", step, nano(sum), seconds, unpriced,
			nano(want.Nano), want.Seconds, want.UnpricedSeconds)
	}
}

// compareBlame wants the calls that began and ended each running period among
// the steps, and no others.
func (k kopter) compareBlame(want truth) {
	k.t.Helper()
	var steps []struct {
		Resource string `json:"resource"`
		Kind     string `json:"kind"`
		EventID  string `json:"event_id"`
	}
	if err := json.Unmarshal(k.run("blame", "--limit", "0", "--format", "json"), &steps); err != nil {
		k.t.Fatal(err)
	}
	var got, expected []string
	for _, s := range steps {
		if s.EventID != "" && s.Kind != "change" {
			got = append(got, s.Resource+" "+s.Kind+" "+s.EventID)
		}
	}
	for _, i := range want.Instances {
		for _, p := range i.Periods {
			if p.Opened != "" {
				expected = append(expected, i.ID+" open "+p.Opened)
			}
			if p.Closed != "" {
				expected = append(expected, i.ID+" close "+p.Closed)
			}
		}
	}
	slices.Sort(got)
	slices.Sort(expected)
	if !slices.Equal(got, expected) {
		k.t.Errorf("blame:\n%s", gocmp.Diff(expected, got))
	}
}

func nano(n int64) string { return fmt.Sprintf("%d.%09d", n/1_000_000_000, n%1_000_000_000) }
