package simulate

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	gocmp "github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

func TestSameOptionsGiveSameBytes(t *testing.T) {
	one, two := richSimulation(t), simulation(t, rich())
	if len(one.files) != len(two.files) {
		t.Fatalf("%d files, then %d", len(one.files), len(two.files))
	}
	for name, text := range one.files {
		if !bytes.Equal(text, two.files[name]) {
			t.Fatalf("%s differs", name)
		}
	}
}

func TestAnotherSeedGivesAnotherOrganisation(t *testing.T) {
	one := simulation(t, Options{Seed: 1, Events: MinEvents})
	two := simulation(t, Options{Seed: 2, Events: MinEvents})
	for name := range one.files {
		if _, both := two.files[name]; both && filepath.Ext(name) == ".gz" {
			t.Errorf("both seeds write %s", name)
		}
	}
	ids := map[string]bool{}
	for _, e := range one.events(t) {
		ids[e.EventID] = true
	}
	for _, e := range two.events(t) {
		if ids[e.EventID] {
			t.Fatalf("both seeds have the event %s", e.EventID)
		}
	}
}

func TestTruthIsWrittenAsReturned(t *testing.T) {
	s := simulation(t, Options{Events: MinEvents})
	var written Truth
	if err := json.Unmarshal(s.files["truth.json"], &written); err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff(*s.truth, written); diff != "" {
		t.Errorf("returned and written truth differ:\n%s", diff)
	}
}

func TestOptionsOutsideTheirRangesAreRefused(t *testing.T) {
	day := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for name, opt := range map[string]Options{
		"span":       {Start: day, End: day.Add(time.Hour)},
		"reversed":   {Start: day, End: day.AddDate(0, 0, -3)},
		"fraction":   {Start: day.Add(1)},
		"few":        {Events: 999},
		"plan":       {Events: MinEvents, Instances: 2000},
		"accounts":   {Accounts: 41},
		"region":     {Regions: []string{"moon-1"}},
		"twice":      {Regions: []string{"eu-west-1", "eu-west-1"}},
		"everywhere": {Regions: Regions()},
		"duplicates": {Duplicates: 1.1},
		"late":       {Late: -0.1},
		"files":      {FilesPerHour: 7},
		"records":    {EventsPerFile: -1},
		"seconds":    {FileEvery: 90 * time.Second},
		"months":     {FileEvery: 32 * 24 * time.Hour},
		"before":     {FileEvery: -time.Hour},
		"instances":  {Instances: MaxInstances + 1},
		"snapshots":  {SnapshotEvery: time.Minute},
		"versions":   {PriceVersions: 26},
	} {
		sink := &memory{}
		if _, err := Write(context.Background(), sink, opt, nil); !errors.Is(err, ErrOptions) {
			t.Errorf("%s: %v", name, err)
		}
		if len(sink.files) > 0 {
			t.Errorf("%s: wrote %d files all the same", name, len(sink.files))
		}
	}
}

func TestProgressReachesTheEnd(t *testing.T) {
	var last Progress
	_, err := Write(context.Background(), &memory{}, Options{Events: 2_000}, func(p Progress) {
		if p.Events < last.Events || p.Of != 2_000 {
			t.Errorf("progress went from %+v to %+v", last, p)
		}
		last = p
	})
	if err != nil || last.Events != 2_000 {
		t.Errorf("ended at %+v: %v", last, err)
	}
}

// failing is a sink whose disk is full after some files.
type failing struct {
	memory
	left int
}

var errFull = errors.New("disk full")

func (f *failing) Create(name string, moment time.Time) (io.WriteCloser, error) {
	w, err := f.memory.Create(name, moment)
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.left--; f.left < 0 {
		return fullFile{}, nil
	}
	return w, err
}

type fullFile struct{}

func (fullFile) Write([]byte) (int, error) { return 0, errFull }
func (fullFile) Close() error              { return nil }

func TestAFullDiskIsTold(t *testing.T) {
	defer goleak.VerifyNone(t)
	whole := len(simulation(t, Options{Events: MinEvents}).files)
	for _, left := range []int{0, 5, whole - 2, whole - 1} {
		if _, err := Write(context.Background(), &failing{left: left}, Options{Events: MinEvents}, nil); !errors.Is(err, errFull) {
			t.Errorf("full after %d files of %d: %v", left, whole, err)
		}
	}
}

func TestACancelledSimulationStops(t *testing.T) {
	defer goleak.VerifyNone(t)
	ctx, cancel := context.WithCancel(context.Background())
	_, err := Write(ctx, &memory{}, Options{Events: 100_000}, func(p Progress) {
		if p.Events > 1_000 {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("stopped with %v", err)
	}
}

func TestDirDatesItsFiles(t *testing.T) {
	dir := t.TempDir()
	moment := time.Date(2026, 1, 7, 12, 0, 0, 0, time.UTC)
	if err := put(Dir(dir), "a/b/c.json", moment, []byte("{}")); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "a", "b", "c.json")
	info, err := os.Stat(path)
	if err != nil || !info.ModTime().Equal(moment) {
		t.Fatalf("%v, dated %v", err, info)
	}
	if text, err := os.ReadFile(path); err != nil || string(text) != "{}" {
		t.Errorf("holds %q, %v", text, err)
	}
	if err := put(Dir(path), "below-a-file", moment, nil); err == nil {
		t.Error("a file below a file was written")
	}
}

func TestDirShowsNoHalfFile(t *testing.T) {
	dir := t.TempDir()
	names := func() (list []string) {
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			list = append(list, e.Name())
		}
		return list
	}
	w, err := Dir(dir).Create("log.gz", time.Unix(1e9, 0))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte("half")); err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff([]string{".log.gz.part"}, names()); diff != "" {
		t.Errorf("while it is written (-want +got):\n%s", diff)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff([]string{"log.gz"}, names()); diff != "" {
		t.Errorf("when it is written (-want +got):\n%s", diff)
	}
}

func TestDirKeepsNoFileThatCouldNotBeWritten(t *testing.T) {
	dir := t.TempDir()
	w, err := Dir(dir).Create("log.gz", time.Unix(1e9, 0))
	if err != nil {
		t.Fatal(err)
	}
	_ = w.(*datedFile).file.Close() // as a disk that is gone
	if _, err := w.Write([]byte("x")); err == nil {
		t.Fatal("wrote to a disk that is gone")
	}
	if err := w.Close(); !errors.Is(err, os.ErrClosed) {
		t.Errorf("closed with %v", err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) > 0 {
		t.Errorf("left %v, %v", entries, err)
	}
}
