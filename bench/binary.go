package main

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// The bars of the binary.
const (
	binarySize  = 60e6 // bytes
	startTime   = 100  // ms
	startRepeat = 20
)

// binary measures the binary's size and start, and ingesting again.
func (b *bench) binary(ctx context.Context) ([]table, error) {
	info, err := os.Stat(b.kopter)
	if err != nil {
		return nil, err
	}
	starts, err := b.starts(ctx)
	if err != nil {
		return nil, err
	}
	t := table{title: "Binary", figures: []figure{
		{what: "size", unit: size, bar: below(binarySize), kopter: float64(info.Size())},
		{what: "start (`kopter version`), slowest of " + fmt.Sprint(startRepeat), unit: milliseconds, bar: below(startTime), kopter: percentile(starts, 100)},
	}}
	again, err := b.again(ctx)
	return []table{t, again}, err
}

func (b *bench) starts(ctx context.Context) ([]float64, error) {
	var took []float64
	for range startRepeat {
		p, err := execute(ctx, time.Minute, nil, b.kopter, "version")
		if err != nil {
			return nil, err
		}
		took = append(took, inMilliseconds(p.wall))
	}
	return took, nil
}

// again measures ingesting what is known: the same files, and the same events
// in files of other names.
func (b *bench) again(ctx context.Context) (table, error) {
	set, err := b.largeFiles(ctx)
	if err != nil {
		return table{}, err
	}
	if err := b.stored(ctx, set); err != nil {
		return table{}, err
	}
	renamed, err := os.MkdirTemp(b.cache, "renamed-") // a name that no earlier run has ingested
	if err != nil {
		return table{}, err
	}
	defer os.RemoveAll(renamed)
	if err := linkTree(set.logs(), renamed); err != nil {
		return table{}, err
	}
	t := table{title: fmt.Sprintf("Ingesting %s events again", grouped(set.Records))}
	for _, c := range []struct{ what, dir string }{{"the same files", set.logs()}, {"the same events in other files", renamed}} {
		b.say("ingest again: %s", c.what)
		p, err := execute(ctx, ingestLimit, nil, b.kopter, "--data", b.storeOf(set), "ingest", "--quiet", c.dir)
		if err != nil {
			return t, err
		}
		n, err := b.countStored(ctx, b.storeOf(set))
		if err != nil {
			return t, err
		}
		if n != set.Distinct {
			return t, fmt.Errorf("after ingesting %s again there are %d events instead of %d", c.what, n, set.Distinct)
		}
		t.figures = append(t.figures,
			figure{what: c.what + ", wall clock", unit: seconds, kopter: p.wall.Seconds()},
			figure{what: c.what + ", processor time", unit: seconds, kopter: p.cpu.Seconds()},
			figure{what: c.what + ", peak resident memory", unit: mebibytes, kopter: inMebibytes(p.resident)})
	}
	t.notes = []string{"The store holds the same events before and after."}
	return t, nil
}

// linkTree gives the files of a folder other names, without copying them.
func linkTree(from, to string) error {
	return filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		below, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		if d.IsDir() {
			return os.MkdirAll(filepath.Join(to, below), 0o755)
		}
		return os.Link(path, filepath.Join(to, below))
	})
}
