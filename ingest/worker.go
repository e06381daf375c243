package ingest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/kopterio/kopter/account"
	"github.com/kopterio/kopter/audit"
	"github.com/kopterio/kopter/cloudtrail"
	"github.com/kopterio/kopter/usage"
)

// progressEvery is how many records of one file pass between two calls of
// Options.Progress.
const progressEvery = 8192

// worker reads one file after the other into batches of its own, and commits
// each when it is full and at the end.
type worker struct {
	lake   *audit.Lake
	store  Store
	tenant account.Tenant
	opt    Options
	chosen *selection
	tally  *tally

	reader *cloudtrail.Reader
	batch  *batch // nil when nothing waits for a commit
}

// run takes jobs until there are no more. It fails when the lake or the store
// does; a file that fails does not end it.
func (w *worker) run(ctx context.Context, jobs <-chan Input) (err error) {
	w.reader = cloudtrail.NewReader(cloudtrail.Source{}, w.opt.Limits)
	defer func() { err = errors.Join(err, w.reader.Close()) }()
	defer w.abort(ctx)
	for input := range jobs {
		if err := w.take(ctx, input); err != nil {
			return err
		}
	}
	// The inputs may have ended because the context did.
	if err := context.Cause(ctx); err != nil {
		return err
	}
	return w.commit(ctx)
}

// take reads one file.
func (w *worker) take(ctx context.Context, input Input) error {
	if w.batch == nil {
		lake, err := w.lake.Begin(w.tenant)
		if err != nil {
			return err
		}
		w.batch = newBatch(lake, w.opt.Now())
	}
	w.batch.uris = append(w.batch.uris, input.URI)
	err := w.file(ctx, input)
	w.tally.outcomes(w.batch.untold())
	if failed := (*Failure)(nil); errors.As(err, &failed) {
		w.tally.fail(*failed)
	} else if err != nil {
		return err
	}
	if w.batch.full(&w.opt) {
		return w.commit(ctx)
	}
	return nil
}

// file adds a file to the batch. A *Failure is about the file, any other error
// about the lake.
func (w *worker) file(ctx context.Context, input Input) error {
	source, closer, err := input.Open(ctx)
	if err != nil {
		return &Failure{URI: input.URI, Err: err}
	}
	file := Ingested{Object: input.Object, At: w.batch.at, Bytes: input.Size}
	broken, err := w.records(ctx, source, &file)
	if closeErr := closer.Close(); err == nil && closeErr != nil {
		err = &Failure{URI: input.URI, Err: closeErr}
	}
	if err != nil {
		return err
	}
	w.batch.read(file, broken)
	w.tally.read(file, int64(len(broken)))
	return nil
}

// records adds what a source holds to the batch, and gives what is broken in
// it.
func (w *worker) records(ctx context.Context, source cloudtrail.Source, file *Ingested) (broken []Quarantine, err error) {
	w.reader.Reset(source)
	for {
		rec, err := w.reader.Next()
		var b *cloudtrail.Broken
		switch {
		case err == nil:
			if err := w.record(ctx, file.URI, rec, &broken); err != nil {
				return nil, err
			}
			if file.Events++; file.Events%progressEvery == 0 {
				w.tally.outcomes(w.batch.untold())
			}
		case errors.As(err, &b):
			broken = append(broken, quarantined(file.URI, b))
		case errors.Is(err, io.EOF):
			return broken, nil
		default:
			return nil, &Failure{URI: file.URI, Err: fmt.Errorf("read: %w", err)}
		}
	}
}

// record adds a record to the batch, and what it says about resources. What
// should say something and cannot be understood stays in the lake and is
// quarantined besides.
func (w *worker) record(ctx context.Context, uri string, rec *cloudtrail.Record, broken *[]Quarantine) error {
	outcome, err := w.batch.lake.Add(ctx, rec, uri)
	if err != nil {
		return fmt.Errorf("%s: %w", uri, err)
	}
	w.batch.say(outcome)
	w.batch.fresh.sign(rec)
	if outcome == audit.Duplicate {
		return nil // its facts are committed, or are in this batch
	}
	w.batch.grow(len(rec.Raw))
	if err := usage.FromRecord(rec, w.batch.fact); err != nil {
		*broken = append(*broken, Quarantine{
			URI: uri, Offset: rec.Offset, Reason: err.Error(),
			Excerpt: bytes.Clone(rec.Raw[:min(len(rec.Raw), ExcerptLimit)]),
		})
	}
	return nil
}

// quarantined is the entry of what a reader could not read. A broken member of
// an archive is named in the reason, for the entry is filed under the archive.
func quarantined(uri string, b *cloudtrail.Broken) Quarantine {
	reason := b.Reason
	if b.Name != uri {
		reason = strings.TrimPrefix(b.Name, uri+"!") + ": " + reason
	}
	return Quarantine{URI: uri, Offset: b.Offset, Reason: reason, Excerpt: bytes.Clone(b.Excerpt)}
}

// commit makes the batch durable and visible.
func (w *worker) commit(ctx context.Context) error {
	if w.batch == nil {
		return nil
	}
	if w.batch.empty() {
		w.abort(ctx)
		return nil
	}
	c, err := w.batch.finish(ctx)
	if err != nil {
		return err
	}
	if w.opt.Messages != nil {
		c.Messages = w.opt.Messages(&c)
	}
	if err := w.store.Commit(ctx, w.tenant, c); err != nil {
		return err
	}
	w.tally.outcomes(w.batch.untold())
	w.tally.committed()
	for _, f := range c.Files {
		w.chosen.release(f.URI)
	}
	w.batch.lake.Committed()
	w.batch = nil
	return nil
}

// abort drops a batch that was not committed, and gives the lake its turn
// back. The context may have ended; that is no reason not to.
func (w *worker) abort(ctx context.Context) {
	if w.batch != nil {
		w.batch.lake.Abort(ctx)
		w.batch = nil
	}
}
