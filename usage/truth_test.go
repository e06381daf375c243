package usage

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kopterio/kopter/simulate"
)

// TestTruth reads simulated organisations, whose author knew what happened:
// every period of every instance, its bounds, its calls, its shape and who
// launched it must come out as it was.
func TestTruth(t *testing.T) {
	for seed := range uint64(3) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			dir, opt := t.TempDir(), simulate.Demo()
			opt.Seed += seed
			opt.Events = 5000
			truth, err := simulate.Write(t.Context(), simulate.Dir(dir), opt, nil)
			if err != nil {
				t.Fatal(err)
			}
			read := readSimulation(t, dir, truth)
			for i := range truth.Instances {
				in := &truth.Instances[i]
				timeline, err := TimelineOf(read.facts[in.Account+"/"+in.ID], read.horizon)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(truePeriods(in), foundPeriods(&timeline)); diff != "" {
					t.Errorf("%s (-true +found):\n%s", in.ID, diff)
				}
			}
		})
	}
}

// simulation is what was read of one.
type simulation struct {
	told
	horizon Horizon
}

func readSimulation(t *testing.T, dir string, truth *simulate.Truth) *simulation {
	t.Helper()
	read := &simulation{told: told{facts: map[string][]Fact{}, byName: map[string]int{}}}
	var snaps []Snapshot
	for _, s := range truth.Snapshots {
		snaps = append(snaps, read.inventory(t, filepath.Join(dir, s.File), s.At)...)
	}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && strings.Contains(filepath.ToSlash(path), "/CloudTrail/") {
			read.readFile(t, path)
		}
		return err
	})
	if err != nil || len(read.errs) > 0 || int64(read.records) != truth.Records {
		t.Fatalf("%d records, want %d; errors %v, %v", read.records, truth.Records, read.errs, err)
	}
	read.horizon = NewHorizon(read.fresh, snaps, NoLimit)
	return read
}

func (s *simulation) inventory(t *testing.T, path string, at Seconds) []Snapshot {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	inv, err := ReadInventory(path, f, InventoryOptions{At: at, Complete: true})
	if err != nil || len(inv.Problems) > 0 {
		t.Fatalf("%v, problems %v", err, inv.Problems)
	}
	for _, fact := range inv.Facts {
		key := fact.Account + "/" + fact.Resource
		s.facts[key] = append(s.facts[key], fact)
	}
	return inv.Snapshots
}

func truePeriods(in *simulate.Instance) (all []string) {
	for _, p := range in.Periods {
		all = append(all, periodText(p.Start, p.End, p.NotAfter, p.Open, p.Opened, p.Closed, p.Type, in.Operation, in.Tenancy, in.Purchase, in.Principal, in.Actor))
	}
	return all
}

// foundPeriods joins the intervals that only a change of tags parts.
func foundPeriods(timeline *Timeline) (all []string) {
	for i := 0; i < len(timeline.Intervals); i++ {
		in := timeline.Intervals[i]
		for i+1 < len(timeline.Intervals) && timeline.Intervals[i+1].Period == in.Period && timeline.Intervals[i+1].Shape == in.Shape {
			i++
			next := timeline.Intervals[i]
			in.End, in.NotAfter, in.Open, in.Closed = next.End, next.NotAfter, next.Open, next.Closed
		}
		s := in.Shape
		all = append(all, periodText(in.Start, in.End, in.NotAfter, in.Open, in.Opened.OrNone().EventID, in.Closed.OrNone().EventID,
			s.Type, s.Operation, s.Tenancy, s.Purchase, in.Launcher.OrNone().Principal, in.Launcher.OrNone().Actor))
	}
	return all
}

func periodText(start, end, notAfter Seconds, open bool, words ...string) string {
	return fmt.Sprintf("%s..%s/%s open=%v %s", clock(start), clock(end), clock(notAfter), open, strings.Join(words, " "))
}
