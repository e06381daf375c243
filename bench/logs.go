package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/kopterio/kopter/simulate"
)

// logSet describes a folder of log files.
type logSet struct {
	Name     string `json:"name"`
	Dir      string `json:"-"`        // absolute; the log files lie below "logs" in it
	Records  int64  `json:"records"`  // delivered
	Distinct int64  `json:"distinct"` // events
	Files    int64  `json:"files"`
	Median   int    `json:"median"` // records per file
	Bytes    int64  `json:"bytes"`  // of JSON, inflated
}

func (s logSet) logs() string { return filepath.Join(s.Dir, "logs") }

// shape says in words what kind of files a set has.
func (s logSet) shape() string {
	return fmt.Sprintf("%s: %s events in %s files, %s in the median, %.1f GB of JSON",
		s.Name, grouped(s.Records), grouped(s.Files), grouped(int64(s.Median)), float64(s.Bytes)/1e9)
}

// Days that the simulated events stretch over, as the bars for search say.
const simulatedDays = 90

// simulation is a job: which logs to simulate.
type simulation struct {
	Name   string `json:"name"`
	Dir    string `json:"dir"`
	Events int64  `json:"events"`
	// Pack is the least bytes of JSON in a file; 0 leaves the files as a trail
	// of many quiet accounts delivers them.
	Pack int `json:"pack"`
	// Instances is how many instances live, roughly; 0 leaves it to the number
	// of events.
	Instances int `json:"instances,omitzero"`
}

// packBytes makes files of some 4,000 events, as busy accounts have them.
const packBytes = 5 << 20

// largeFiles and tinyFiles are the two shapes that a trail's files have.
func (b *bench) largeFiles(ctx context.Context) (logSet, error) {
	return b.simulated(ctx, simulation{Name: "large files", Events: b.scaled(b.events), Pack: packBytes})
}

func (b *bench) tinyFiles(ctx context.Context) (logSet, error) {
	return b.simulated(ctx, simulation{Name: "tiny files", Events: b.scaled(b.events / 10)})
}

func (b *bench) simulated(ctx context.Context, s simulation) (logSet, error) {
	kind := "tiny"
	if s.Pack > 0 {
		kind = "large"
	}
	s.Dir = filepath.Join(b.cache, fmt.Sprintf("logs-%s-%d", kind, s.Events))
	set, err := cached(b, s.Dir, func() (logSet, error) {
		made, _, err := child[simulation, logSet](ctx, "simulate", s)
		return made, err
	})
	set.Dir = s.Dir
	return set, err
}

// cached gives what an earlier run left in dir, or makes it.
func cached[Result any](b *bench, dir string, produce func() (Result, error)) (Result, error) {
	var result Result
	name := filepath.Join(dir, "made.json")
	text, err := os.ReadFile(name)
	if err == nil {
		return result, json.Unmarshal(text, &result)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return result, err
	}
	b.say("making %s", dir)
	if err := os.RemoveAll(dir); err != nil {
		return result, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return result, err
	}
	if result, err = produce(); err != nil {
		return result, err
	}
	if text, err = json.Marshal(result); err != nil {
		return result, err
	}
	return result, os.WriteFile(name, text, 0o600)
}

// simulateLogs writes a simulated organisation.
func simulateLogs(ctx context.Context, s simulation) (logSet, error) {
	start := time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)
	opt := simulate.Options{
		Seed: 1, Start: start, End: start.AddDate(0, 0, simulatedDays), Events: s.Events,
		Accounts: 12, Duplicates: 0.01, Late: 0.01, FilesPerHour: 1, SnapshotEvery: -1,
		Instances: s.Instances,
	}
	if s.Pack == 0 {
		opt.Accounts, opt.FilesPerHour = 40, 12
	}
	sink := newPacker(simulate.Dir(s.Dir), s.Pack)
	truth, err := simulate.Write(ctx, sink, opt, nil)
	if err != nil {
		return logSet{}, err
	}
	if err := sink.flush(); err != nil {
		return logSet{}, err
	}
	return logSet{
		Name: "simulated, " + s.Name, Dir: s.Dir, Records: truth.Records, Distinct: truth.Events,
		Files: sink.files, Median: sink.median(), Bytes: sink.bytes,
	}, nil
}
