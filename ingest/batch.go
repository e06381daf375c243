package ingest

import (
	"context"
	"fmt"
	"time"

	"github.com/kopterio/kopter/audit"
	"github.com/kopterio/kopter/usage"
)

// batch is a commit in the making.
type batch struct {
	lake   *audit.Batch
	at     time.Time // of the commit
	commit Commit
	fresh  freshness
	bytes  int64       // of records, facts and quarantine
	uris   []string    // of the files begun
	said   audit.Tally // what Add said of their records
	told   audit.Tally // of that, what the run's tally knows
}

func newBatch(lake *audit.Batch, at time.Time) *batch {
	return &batch{lake: lake, at: at, fresh: newFreshness(at)}
}

// say counts what became of a record.
func (b *batch) say(o audit.Outcome) {
	switch o {
	case audit.Added:
		b.said.Added++
	case audit.Duplicate:
		b.said.Duplicates++
	case audit.Conflicting:
		b.said.Conflicts++
	}
}

// events is how many records the batch was given.
func (b *batch) events() int64 { return b.said.Added + b.said.Duplicates + b.said.Conflicts }

// untold is what was said since untold was last asked.
func (b *batch) untold() audit.Tally {
	n := audit.Tally{
		Added:      b.said.Added - b.told.Added,
		Duplicates: b.said.Duplicates - b.told.Duplicates,
		Conflicts:  b.said.Conflicts - b.told.Conflicts,
	}
	b.told = b.said
	return n
}

// grow counts bytes that the batch holds.
func (b *batch) grow(n int) { b.bytes += int64(n) }

func (b *batch) fact(f usage.Fact) {
	b.commit.Facts = append(b.commit.Facts, f)
	b.grow(len(f.Data))
}

// read notes a file that was read to its end.
func (b *batch) read(file Ingested, broken []Quarantine) {
	file.Quarantined = int64(len(broken))
	b.commit.Files = append(b.commit.Files, file)
	b.commit.Quarantine = append(b.commit.Quarantine, broken...)
	for i := range broken {
		b.grow(len(broken[i].Excerpt))
	}
}

func (b *batch) full(opt *Options) bool {
	return b.events() >= opt.BatchEvents || b.bytes >= opt.BatchBytes || len(b.commit.Files) >= opt.BatchFiles
}

// empty says that there is nothing to commit: every file failed before its
// first record.
func (b *batch) empty() bool { return b.events() == 0 && len(b.commit.Files) == 0 }

// finish makes the lake's part of the commit durable, and gives the commit.
// Other batches may have brought some of the records meanwhile: only now the
// counts are final.
func (b *batch) finish(ctx context.Context) (Commit, error) {
	change, err := b.lake.Finish(ctx)
	if err != nil {
		return Commit{}, fmt.Errorf("write the lake: %w", err)
	}
	b.commit.Lake = change
	b.commit.Freshness = b.fresh.list()
	for i := range b.commit.Files {
		f := &b.commit.Files[i]
		tally := b.lake.Tally(f.URI)
		f.Added, f.Duplicates, f.Conflicts = tally.Added, tally.Duplicates, tally.Conflicts
	}
	b.said = audit.Tally{}
	for _, uri := range b.uris {
		t := b.lake.Tally(uri)
		b.said.Added += t.Added
		b.said.Duplicates += t.Duplicates
		b.said.Conflicts += t.Conflicts
	}
	return b.commit, nil
}
