package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"
)

// The bars of ingestion.
const (
	ingestPerCore  = 120_000 // events per second of processor time
	ingestTimes    = 4       // as fast as DuckDB
	ingestResident = 256     // MiB
)

// ingestLimit bounds one ingestion.
const ingestLimit = 30 * time.Minute

// duckIngestLimit is how long DuckDB may take; longer is a result.
const duckIngestLimit = 10 * time.Minute

// ingest measures the way from log files to a durable, searchable lake.
func (b *bench) ingest(ctx context.Context) ([]table, error) {
	sets := []func(context.Context) (logSet, error){b.largeFiles, b.tinyFiles}
	if _, err := os.Stat(b.real); err == nil {
		sets = append(sets, b.multiplied)
	}
	var tables []table
	for _, find := range sets {
		set, err := find(ctx)
		if err != nil {
			return nil, err
		}
		t, err := b.ingestSet(ctx, set)
		if err != nil {
			return nil, err
		}
		tables = append(tables, t)
	}
	return tables, nil
}

// stored is what an ingestion made of a set of logs.
type stored struct {
	process
	events int64 // distinct
	bytes  int64 // on disk
}

func (s stored) rate(d time.Duration) float64 { return float64(s.events) / d.Seconds() }

func (b *bench) ingestSet(ctx context.Context, set logSet) (table, error) {
	ours, err := b.ingestByKopter(ctx, set)
	if err != nil {
		return table{}, err
	}
	split, err := b.ingestInStages(ctx, set)
	if err != nil {
		return table{}, err
	}
	t := table{title: "Ingest: " + set.shape()}
	t.notes = append(t.notes, "Events are distinct ones; Kopter also finds duplicates by event id, extracts facts about instances and indexes words, DuckDB does not.")
	theirs, err := b.ingestByDuck(ctx, set)
	name := "DuckDB"
	switch {
	case b.python == "":
		name = missing
	case errors.Is(err, errUnfinished):
		name = "DuckDB: not done in " + duckIngestLimit.String()
	case err != nil:
		return table{}, err
	}
	peer := func(v float64) peer { return peer{name, v} }
	json := float64(set.Bytes) / 1e6
	t.figures = []figure{
		{what: "events/s per core (processor time), until searchable", unit: perSecond, bar: atLeast(ingestPerCore), times: ingestTimes,
			kopter: float64(ours.events) / split.Ingest, peer: peer(theirs.rate(theirs.cpu))},
		{what: "the same, with the compaction that follows", unit: perSecond, kopter: ours.rate(ours.cpu), peer: peer(theirs.rate(theirs.cpu))},
		{what: "events/s, wall clock, with compaction", unit: perSecond, kopter: ours.rate(ours.wall), peer: peer(theirs.rate(theirs.wall))},
		{what: "JSON per second of processor time, until searchable", unit: megabytes, kopter: json / split.Ingest, peer: peer(json / theirs.cpu.Seconds())},
		{what: "peak resident memory", unit: mebibytes, bar: below(ingestResident), kopter: inMebibytes(ours.resident), peer: peer(inMebibytes(theirs.resident))},
		{what: "on disk per event", unit: bytesPerEvent, kopter: float64(ours.bytes) / float64(ours.events), peer: peer(float64(theirs.bytes) / float64(max(1, theirs.events)))},
	}
	return t, nil
}

// storeOf is the data folder of a set, which an ingestion makes anew.
func (b *bench) storeOf(set logSet) string {
	return filepath.Join(b.cache, "store-"+filepath.Base(set.Dir))
}

func (b *bench) ingestByKopter(ctx context.Context, set logSet) (stored, error) {
	store := b.storeOf(set)
	if err := os.RemoveAll(store); err != nil {
		return stored{}, err
	}
	b.say("ingest %s", set.shape())
	p, err := execute(ctx, ingestLimit, nil, b.kopter, "--data", store, "ingest", "--quiet", set.logs())
	if err != nil {
		return stored{}, err
	}
	b.say("%s", p.err)
	s := stored{process: p}
	if s.events, err = b.countStored(ctx, store); err != nil {
		return s, err
	}
	if s.events != set.Distinct {
		return s, fmt.Errorf("%s: Kopter holds %d events, the logs %d", set.Name, s.events, set.Distinct)
	}
	s.bytes, err = folderSize(filepath.Join(store, "lake"))
	return s, err
}

// ingestInStages ingests a set once more, to see what each stage costs.
func (b *bench) ingestInStages(ctx context.Context, set logSet) (stages, error) {
	store := filepath.Join(b.cache, "store-stages")
	if err := os.RemoveAll(store); err != nil {
		return stages{}, err
	}
	b.say("ingest in stages")
	s, _, err := child[staging, stages](ctx, "stages", staging{set.logs(), store})
	return s, errors.Join(err, os.RemoveAll(store))
}

// countStored asks Kopter how many events it holds.
func (b *bench) countStored(ctx context.Context, store string) (int64, error) {
	p, err := execute(ctx, ingestLimit, nil, b.kopter, "--data", store, "search", "--count-by", "account", "--format", "json")
	if err != nil {
		return 0, err
	}
	var rows []struct {
		Count int64 `json:"count"`
	}
	if err := json.Unmarshal(p.out, &rows); err != nil {
		return 0, fmt.Errorf("kopter search --count-by: %w", err)
	}
	var n int64
	for _, r := range rows {
		n += r.Count
	}
	return n, nil
}

// ingestByDuck lets DuckDB write the same columns of the same files. Without
// DuckDB it gives nothing.
func (b *bench) ingestByDuck(ctx context.Context, set logSet) (stored, error) {
	if b.python == "" {
		return stored{}, nil
	}
	out := filepath.Join(b.cache, "duckdb.parquet")
	job := duckJob{Setup: duckSetup(), Questions: []duckQuestion{{Name: "copy", SQL: []string{copyLogs(set.logs(), out)}}}}
	answers, p, err := b.duck(ctx, duckIngestLimit, job)
	if err != nil {
		return stored{process: p}, err
	}
	records, err := strconv.ParseInt(answers[0].Rows[0][0][0], 10, 64)
	if err != nil {
		return stored{process: p}, err
	}
	if records != set.Records {
		return stored{process: p}, fmt.Errorf("%s: DuckDB read %d records, there are %d", set.Name, records, set.Records)
	}
	size, err := folderSize(out)
	return stored{process: p, events: set.Distinct, bytes: size}, errors.Join(err, os.Remove(out))
}

// folderSize adds up the files below a folder.
func folderSize(dir string) (int64, error) {
	var size int64
	err := filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			size += info.Size()
		}
		return err
	})
	return size, err
}

func inMebibytes(bytes int64) float64 { return float64(bytes) / mebibyte }
