package app

import (
	"context"
	"iter"
	"math"
	"runtime/debug"

	"github.com/kopterio/kopter/audit"
	"github.com/kopterio/kopter/ingest"
	"github.com/kopterio/kopter/local"
)

// IngestReport is what a run of Ingest did; IngestTotals count it so far.
type (
	IngestReport = ingest.Report
	IngestTotals = ingest.Totals
)

// IngestOptions say what to read.
type IngestOptions struct {
	Paths []string // files and folders
	// Progress, when set, is told the totals so far and what is ahead.
	Progress func(done IngestTotals, ahead Ahead)
}

// Ahead is how much a run has found to read, as far as it has looked.
type Ahead struct{ Files, Bytes int64 }

// manyFresh is how many fresh parts there must be before an ingest sorts them
// into days. Fewer cost a search little, and sorting reads and writes all of
// their rows once more.
const manyFresh = 16

// Ingest reads log files into the audit log and the facts, and then compacts
// what has become many small parts.
func (a *App) Ingest(ctx context.Context, opt IngestOptions) (IngestReport, error) {
	ahead := survey(opt.Paths)
	unbound := boundMemory()
	report, err := ingest.Run(ctx, a.lake, a.store, a.tenant, local.Walk(opt.Paths...), ingest.Options{
		Now: a.now,
		Progress: func(done ingest.Totals) {
			if opt.Progress != nil {
				opt.Progress(done, ahead)
			}
		},
	})
	unbound()
	if err != nil {
		return report, err
	}
	_, err = a.lake.Compact(ctx, a.tenant, audit.CompactPolicy{MinFresh: manyFresh})
	return report, err
}

// ingestMemory is what a process that ingests may grow to, in bytes, before
// garbage is collected more eagerly. What an ingest holds at once is well below
// it; without a limit, garbage would double that.
const ingestMemory = 200 << 20

// boundMemory sets the limit, unless the user has set one (GOMEMLIMIT), until
// the function that it returns is called.
func boundMemory() (unbound func()) {
	if debug.SetMemoryLimit(-1) != math.MaxInt64 {
		return func() {}
	}
	debug.SetMemoryLimit(ingestMemory)
	return func() { debug.SetMemoryLimit(math.MaxInt64) }
}

// survey sums up the files at paths before they are read, so that progress has
// an end. What cannot be listed is reported by the run itself.
func survey(paths []string) Ahead {
	var ahead Ahead
	for input, err := range local.Walk(paths...) {
		if err == nil && input.Skip == "" {
			ahead.Files++
			ahead.Bytes += input.Size
		}
	}
	return ahead
}

// Compact merges small parts of the audit log into large ones.
func (a *App) Compact(ctx context.Context) (audit.CompactReport, error) {
	return a.lake.Compact(ctx, a.tenant, audit.CompactPolicy{})
}

// Quarantine lists the input that could not be read, by file and offset.
func (a *App) Quarantine(ctx context.Context) iter.Seq2[ingest.Quarantine, error] {
	return a.store.Quarantined(ctx, a.tenant)
}

// Conflicts lists records whose event id was known with another content.
func (a *App) Conflicts(ctx context.Context) ([]audit.Conflict, error) {
	return a.store.Conflicts(ctx, a.tenant)
}
