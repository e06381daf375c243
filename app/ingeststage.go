package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"math"
	"slices"

	"github.com/kopterio/kopter/account"
	"github.com/kopterio/kopter/audit"
	"github.com/kopterio/kopter/ingest"
	"github.com/kopterio/kopter/local"
	"github.com/kopterio/kopter/queue"
	"github.com/kopterio/kopter/usage"
)

// ingestStage is cloudtrail-ingest: files that were found in, commits out.
// A commit sends what the stages behind it need to know.
type ingestStage struct {
	lake   *audit.Lake
	store  ingest.Store
	tenant account.Tenant
	opt    ingest.Options
	told   ingestObserver
}

// ingestObserver is told what a batch has done.
type ingestObserver interface {
	// ingested tells of files that were committed, or were known already,
	// and what they held.
	ingested(r ingest.Report, files []foundFile)
}

// manyFiles is from how many files on a batch is shared among all processors.
// A commit has some fixed costs, so few files are better together in one.
const manyFiles = 64

// handle ingests the files of a batch of messages. A message fails when one of
// its files could not be read to the end.
func (s *ingestStage) handle(ctx context.Context, batch []queue.Message) queue.Failures {
	b := &fileBatch{seen: map[string]int64{}, from: map[string][]string{}}
	failed := bodies(batch, b.take)
	if len(b.files) == 0 {
		return failed
	}
	opt := s.opt
	opt.Messages = func(c *ingest.Commit) []queue.Outgoing { return commitMessages(c, b.seen) }
	if len(b.files) < manyFiles {
		opt.Workers = 1
	}
	report, err := ingest.Run(ctx, s.lake, s.store, s.tenant, b.inputs(), opt)
	if err != nil {
		return failAll(batch, err)
	}
	b.blame(&report, batch, failed)
	s.told.ingested(report, b.files)
	return failed
}

// fileBatch is the files that a batch of messages names.
type fileBatch struct {
	files []foundFile
	seen  map[string]int64    // by URI: when it was found
	from  map[string][]string // by URI: the messages that name it
}

func (b *fileBatch) take(m *queue.Message, body *logsMessage) {
	for _, f := range body.Files {
		b.add(f, m.ID)
	}
}

func (b *fileBatch) add(f foundFile, message string) {
	if _, twice := b.seen[f.URI]; !twice {
		b.files = append(b.files, f)
		b.seen[f.URI] = f.Seen
	}
	b.from[f.URI] = append(b.from[f.URI], message)
}

// inputs opens the files as they are now: a version newer than the one that
// was found is as good.
func (b *fileBatch) inputs() iter.Seq2[ingest.Input, error] {
	return func(yield func(ingest.Input, error) bool) {
		for _, f := range b.files {
			input, err := local.Log(f.URI)
			if errors.Is(err, fs.ErrNotExist) {
				continue // it was taken away before it was read
			}
			if err != nil {
				input = ingest.Input{Object: ingest.Object{URI: f.URI}}
			}
			if !yield(input, err) {
				return
			}
		}
	}
}

// blame fails the messages whose files failed. A report names only so many
// failures; beyond them every message is tried again, which is harmless.
func (b *fileBatch) blame(r *ingest.Report, batch []queue.Message, failed queue.Failures) {
	for i := range r.Failures {
		for _, id := range b.from[r.Failures[i].URI] {
			failed[id] = &r.Failures[i]
		}
	}
	if r.Failed > int64(len(r.Failures)) {
		for _, m := range batch {
			failed[m.ID] = fmt.Errorf("%d of the files found with it could not be read", r.Failed)
		}
	}
}

// commitMessages tells the stages behind ingestion what a commit brings. What
// is only fresher says so too: what runs has run on.
func commitMessages(c *ingest.Commit, seen map[string]int64) []queue.Outgoing {
	oldest := int64(math.MaxInt64)
	news := auditMessage{Conflicts: int64(len(c.Lake.Conflicts)), Conflicting: eventsOf(c.Lake.Conflicts)}
	for i := range c.Files {
		oldest = min(oldest, seen[c.Files[i].URI])
		if c.Files[i].Quarantined > 0 {
			news.add(&auditMessage{Broken: 1, Quarantined: []string{c.Files[i].URI}})
		}
	}
	return append(factsMessages(resourcesOf(c.Facts), oldest), encode(StageAuditLog, news))
}

// eventsOf names the events of the first conflicts.
func eventsOf(conflicts []audit.Conflict) (list []eventName) {
	for i := range conflicts[:min(len(conflicts), conflictsPerMessage)] {
		list = append(list, eventName{conflicts[i].Account, conflicts[i].EventID})
	}
	return list
}

// resourcesOf names the resources of facts, each once.
func resourcesOf(facts []usage.Fact) []resourceName {
	list := make([]resourceName, 0, len(facts))
	known := map[resourceName]bool{}
	for i := range facts {
		n := resourceName{facts[i].Account, facts[i].Resource}
		if !known[n] {
			known[n] = true
			list = append(list, n)
		}
	}
	return list
}

// factsMessages makes at least one message, as many as the resources need.
func factsMessages(resources []resourceName, seen int64) []queue.Outgoing {
	var list []queue.Outgoing
	for chunk := range slices.Chunk(resources, resourcesPerMessage) {
		list = append(list, encode(StageEC2Events, factsMessage{Resources: chunk, Seen: seen}))
	}
	if list == nil {
		list = append(list, encode(StageEC2Events, factsMessage{Seen: seen}))
	}
	return list
}
