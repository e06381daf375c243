package audit

import (
	"context"
	"errors"
	"fmt"

	"github.com/kopterio/kopter/account"
	"github.com/kopterio/kopter/audit/idrun"
	"github.com/kopterio/kopter/cloudtrail"
)

// Outcome is what became of a record that was added to a batch.
type Outcome int

const (
	// Added: the record is a row of the batch.
	Added Outcome = iota
	// Duplicate: the lake or the batch has that event.
	Duplicate
	// Conflicting: the lake or the batch has an event with that id and
	// another body; the record is among the Change's conflicts.
	Conflicting
)

// Tally counts outcomes.
type Tally struct {
	Added, Duplicates, Conflicts int64
}

func (t *Tally) count(o Outcome, n int64) {
	switch o {
	case Added:
		t.Added += n
	case Duplicate:
		t.Duplicates += n
	case Conflicting:
		t.Conflicts += n
	}
}

// Batch takes records into the lake: Begin, Add…, Finish, then the Change is
// applied by the caller together with whatever else it commits, then
// Committed; or Abort at any point. A batch is used by one goroutine at a
// time.
//
// Several batches of a tenant may be open at once. Add leaves out what the
// lake holds, and sets aside what another open batch has; Finish waits for its
// turn, and then leaves out what other batches have committed. From there
// until Committed or Abort no other batch can finish, so what one batch leaves
// out is always committed, and an aborted batch takes nothing of another one
// with it.
// A goroutine that finishes a second batch before it has ended the first waits
// for itself.
type Batch struct {
	writing   *writing
	first     []*run      // visible when the first record was added
	known     []*run      // visible when the batch looked last
	learned   int         // writing.commits at that time
	own       idrun.Table // changed while writing.claims is held
	spilled   []spill
	stage     *stage
	parts     partSet
	conflicts []Conflict
	page      idrun.Page

	aside     aside
	contested []idrun.Entry // of the rows that were set aside
	replaced  []replacement

	sources []string // by the number that own keeps
	tallies map[string]*Tally

	state    batchState
	hasTurn  bool
	change   Change
	runNames []string        // reserved for runs
	cleanup  context.Context // for what follows the commit
}

type batchState int

const (
	batchOpen     batchState = iota
	batchBroken              // an Add or Finish has failed; only Abort is left
	batchFinished            // the change waits for its commit
	batchEnded
)

// maxOwnIDs is how many identities a batch keeps in memory; see spill.
const maxOwnIDs = 512 << 10

// ErrBatchState is wrapped when a batch is used after it has ended or failed.
var ErrBatchState = errors.New("batch cannot be used any more")

// Begin opens a batch for a tenant. The caller ends it with Committed or Abort.
func (l *Lake) Begin(t account.Tenant) (*Batch, error) {
	w, err := l.writing(t)
	if err != nil {
		return nil, err
	}
	b := &Batch{
		writing: w,
		stage:   l.takeStage(),
		parts:   partSet{writing: w},
		tallies: make(map[string]*Tally),
	}
	w.claims.Lock()
	w.open[b] = true
	w.claims.Unlock()
	return b, nil
}

// Add takes a record into the batch, unless the lake or the batch has its
// event. Source is the file that brings it. After an error only Abort is left.
func (b *Batch) Add(ctx context.Context, rec *cloudtrail.Record, source string) (Outcome, error) {
	if b.state != batchOpen {
		return 0, fmt.Errorf("add event %s: %w", rec.EventID, ErrBatchState)
	}
	outcome, err := b.add(ctx, rec, source)
	if err != nil {
		b.state = batchBroken
		return 0, fmt.Errorf("add event %s: %w", rec.EventID, err)
	}
	b.tally(source).count(outcome, 1)
	return outcome, nil
}

func (b *Batch) add(ctx context.Context, rec *cloudtrail.Record, source string) (Outcome, error) {
	if err := b.learn(ctx); err != nil {
		return 0, err
	}
	id, body := idrun.Identity(rec.Account, rec.EventID), idrun.Fold(rec.BodyHash)
	switch b.aside.ids.Find(id, body) {
	case idrun.SameBody:
		return Duplicate, nil
	case idrun.OtherBody:
		return Added, b.setAside(ctx, rec, id, body, b.sourceNumber(source))
	}
	for {
		outcome, err := b.decide(ctx, rec, id, body)
		if err != nil {
			return 0, err
		}
		if outcome == Conflicting {
			b.keepConflict(rec, source)
		}
		if outcome != Added {
			return outcome, nil
		}
		tried, err := b.tryKeep(ctx, rec, id, body, b.sourceNumber(source))
		if err != nil || tried != outdated {
			return Added, err
		}
		if err := b.refresh(ctx); err != nil {
			return 0, err
		}
	}
}

// tryKeep makes a record a row of the batch, or sets it aside when another
// batch has it.
func (b *Batch) tryKeep(ctx context.Context, rec *cloudtrail.Record, id uint64, body, source uint32) (claim, error) {
	if b.own.Len() >= maxOwnIDs {
		if err := b.spill(ctx); err != nil {
			return 0, err
		}
	}
	result := b.claim(id, body, source)
	switch result {
	case claimed:
		return result, b.stageRow(ctx, rec, id)
	case contested:
		return result, b.setAside(ctx, rec, id, body, source)
	}
	return result, nil
}

// learn opens the runs that are visible, once.
func (b *Batch) learn(ctx context.Context) error {
	if b.known != nil {
		return nil
	}
	if err := b.refresh(ctx); err != nil {
		return err
	}
	b.first = b.known
	b.writing.retainRuns(b.first)
	return nil
}

// refresh opens the runs that are visible now.
func (b *Batch) refresh(ctx context.Context) error {
	commits := b.writing.commitCount()
	runs, err := b.writing.acquireRuns(ctx)
	if err != nil {
		return err
	}
	b.writing.releaseRuns(b.known)
	b.known, b.learned = runs, commits
	return nil
}

// decide tells whether the lake or the batch has a record's event.
func (b *Batch) decide(ctx context.Context, rec *cloudtrail.Record, id uint64, body uint32) (Outcome, error) {
	found, err := b.find(id, body)
	switch {
	case err != nil:
		return 0, err
	case found == idrun.Absent:
		return Added, nil
	case found == idrun.SameBody:
		return Duplicate, nil
	}
	return b.compare(ctx, rec, id)
}

// find looks an identity up in the batch and in the lake.
func (b *Batch) find(id uint64, body uint32) (idrun.Match, error) {
	own := b.own.Find(id, body)
	if own == idrun.SameBody {
		return own, nil
	}
	spilled, err := findInRuns(b.spilledRuns(), id, body, &b.page)
	if err != nil || spilled == idrun.SameBody {
		return spilled, err
	}
	known, err := findInRuns(b.known, id, body, &b.page)
	if err != nil || known == idrun.SameBody {
		return known, err
	}
	return max(own, spilled, known), nil
}

// compare settles what a hash cannot: a record of which the identity is known
// with another body hash.
func (b *Batch) compare(ctx context.Context, rec *cloudtrail.Record, id uint64) (Outcome, error) {
	raw, err := b.firstRaw(ctx, rec, id)
	if err != nil {
		return 0, err
	}
	if raw == nil {
		return Added, nil // another event that has the same hash
	}
	if cloudtrail.Equal(raw, rec.Raw) {
		return Duplicate, nil
	}
	return Conflicting, nil
}

// firstRaw finds the raw record that holds the row of an event: in the row
// group at hand, in the batch's parts, or in the lake.
func (b *Batch) firstRaw(ctx context.Context, rec *cloudtrail.Record, id uint64) ([]byte, error) {
	e := event{account: rec.Account, eventID: rec.EventID, time: rec.Time}
	if raw := b.stage.find(id, e); raw != nil {
		return raw, nil
	}
	if err := b.parts.close(); err != nil {
		return nil, err
	}
	raw, found, err := b.writing.lake.rawIn(ctx, b.parts.done, e)
	if err != nil || found {
		return raw, err
	}
	raw, _, err = b.writing.storedRaw(ctx, e)
	return raw, err
}

// stageRow stages a record as a row of the batch.
func (b *Batch) stageRow(ctx context.Context, rec *cloudtrail.Record, id uint64) error {
	if !b.stage.hasRoom(len(rec.Raw)) {
		if err := b.parts.write(ctx, b.stage); err != nil {
			return err
		}
	}
	b.stage.add(rec, id)
	return nil
}

// stageCopy stages a row that stands in another part.
func (b *Batch) stageCopy(ctx context.Context, row *Row) error {
	if !b.stage.hasRoom(len(row.Raw)) {
		if err := b.parts.write(ctx, b.stage); err != nil {
			return err
		}
	}
	b.stage.addRow(row)
	return nil
}

func (b *Batch) keepConflict(rec *cloudtrail.Record, source string) {
	b.conflicts = append(b.conflicts, Conflict{
		Account: string(rec.Account),
		EventID: string(rec.EventID),
		Time:    rec.Time,
		Source:  source,
		Raw:     append([]byte(nil), rec.Raw...),
	})
}

// sourceNumber is the index of source among the batch's sources; records come
// file by file, so it is nearly always the last.
func (b *Batch) sourceNumber(source string) uint32 {
	if n := len(b.sources); n == 0 || b.sources[n-1] != source {
		b.sources = append(b.sources, source)
	}
	return uint32(len(b.sources) - 1)
}

func (b *Batch) tally(source string) *Tally {
	t := b.tallies[source]
	if t == nil {
		t = new(Tally)
		b.tallies[source] = t
	}
	return t
}

// Tally counts what became of the records of a source. It is final after
// Finish, which may find that other batches have brought some of them first;
// then fewer are Added than Add said. A record that repeats one of its own
// batch is a duplicate, also when that one turns out to be a conflict.
func (b *Batch) Tally(source string) Tally {
	if t := b.tallies[source]; t != nil {
		return *t
	}
	return Tally{}
}

// findInRuns looks an identity up in runs.
func findInRuns(runs []*run, id uint64, body uint32, page *idrun.Page) (idrun.Match, error) {
	found := idrun.Absent
	for _, r := range runs {
		m, err := r.Find(id, body, page)
		if err != nil || m == idrun.SameBody {
			return m, err
		}
		found = max(found, m)
	}
	return found, nil
}
