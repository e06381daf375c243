package audit

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go"

	"github.com/kopterio/kopter/audit/idrun"
	"github.com/kopterio/kopter/cloudtrail"
)

// lateID is an identity that the batch has added although another batch, which
// was committed in the meantime, has it too.
type lateID struct {
	match  idrun.Match
	body   uint32
	source uint32
}

// dropLate takes those rows out of the batch that other batches have committed
// since it began, and returns the identities that the lake's runs name
// already. Most of them stand in a tail, which is written anew; the parts that
// hold other ones are rewritten, which is rare: two batches have claimed an
// event with different bodies, or one of them was very large; see spill.
func (b *Batch) dropLate(ctx context.Context, since []*run) (map[uint64]bool, error) {
	late, err := b.findLate(since)
	if err != nil || len(late) == 0 {
		return nil, err
	}
	dropped := make(map[uint64]bool)
	replaced := b.findInTails(late, dropped)
	if len(late) > 0 {
		l := &latecomers{batch: b, late: late, dropped: dropped}
		if err := l.rewrite(ctx); err != nil {
			return nil, err
		}
	}
	return dropped, b.replaceTails(ctx, replaced)
}

// findLate looks all identities of the batch up in the runs that are new.
func (b *Batch) findLate(since []*run) (map[uint64]lateID, error) {
	late := make(map[uint64]lateID)
	if len(since) == 0 {
		return late, nil
	}
	check := func(e idrun.Entry, source uint32) error {
		m, err := findInRuns(since, e.ID, e.Body, &b.page)
		if m != idrun.Absent {
			late[e.ID] = lateID{m, e.Body, source}
		}
		return err
	}
	for s := range b.own.All() {
		if err := check(s.Entry, s.Source); err != nil {
			return nil, err
		}
	}
	for _, s := range b.spilled {
		err := idrun.Merge([]idrun.Source{&idrun.Cursor{Run: s.run.Run}}, func(e idrun.Entry) error { return check(e, s.source) })
		if err != nil {
			return nil, err
		}
	}
	return late, nil
}

// latecomers rewrites a batch's parts without the rows that came late.
type latecomers struct {
	batch   *Batch
	late    map[uint64]lateID
	dropped map[uint64]bool
}

func (l *latecomers) rewrite(ctx context.Context) error {
	b := l.batch
	b.stage = b.writing.lake.takeStage()
	defer b.giveStage()
	before := b.parts.done
	b.parts.done = nil
	var gone []string
	for _, p := range before {
		holds, err := l.partHolds(ctx, p.Name)
		if err != nil {
			return err
		}
		if !holds {
			b.parts.done = append(b.parts.done, p)
			continue
		}
		gone = append(gone, p.Name)
		if err := l.copyPart(ctx, p.Name); err != nil {
			return err
		}
	}
	if err := b.parts.writeAll(ctx, b.stage); err != nil {
		return err
	}
	if err := b.parts.close(); err != nil {
		return err
	}
	if err := l.settleConflicts(ctx); err != nil {
		return err
	}
	return b.writing.lake.removeFiles(ctx, gone)
}

// settleConflicts drops the conflicts with rows that came late if they are no
// conflicts with the rows that came first.
func (l *latecomers) settleConflicts(ctx context.Context) error {
	b := l.batch
	var kept []Conflict
	for _, c := range b.conflicts {
		e := event{[]byte(c.Account), []byte(c.EventID), c.Time}
		same := false
		if l.dropped[idrun.Identity(e.account, e.eventID)] {
			raw, found, err := b.writing.storedRaw(ctx, e)
			if err != nil {
				return err
			}
			same = found && cloudtrail.Equal(raw, c.Raw)
		}
		if !same {
			kept = append(kept, c)
			continue
		}
		b.tally(c.Source).count(Conflicting, -1)
		b.tally(c.Source).count(Duplicate, 1)
	}
	b.conflicts = kept
	return nil
}

// partHolds says whether a part has rows that came late.
func (l *latecomers) partHolds(ctx context.Context, name string) (bool, error) {
	f, r, err := openParquet(ctx, l.batch.writing.lake.files, name)
	if err != nil {
		return false, err
	}
	defer r.Close()
	holds := false
	err = eachIdentity(f, func(id uint64) {
		_, late := l.late[id]
		holds = holds || late
	})
	if err != nil {
		return false, fmt.Errorf("read part %s: %w", name, err)
	}
	return holds, nil
}

// copyPart copies the rows of a part that remain into the stage, and writes
// what does not fit.
func (l *latecomers) copyPart(ctx context.Context, name string) error {
	b := l.batch
	return b.writing.lake.eachRow(ctx, name, func(row *Row) error {
		keep, err := l.remains(ctx, row)
		if err != nil || !keep {
			return err
		}
		return b.stageCopy(ctx, row)
	})
}

// remains decides about a row, counts it and keeps its conflict.
func (l *latecomers) remains(ctx context.Context, row *Row) (bool, error) {
	b := l.batch
	id := idrun.Identity([]byte(row.Account), []byte(row.EventID))
	late, ok := l.late[id]
	if !ok {
		return true, nil
	}
	outcome := Duplicate
	source := b.sources[late.source]
	if late.match == idrun.OtherBody {
		raw, found, err := b.writing.storedRaw(ctx, event{[]byte(row.Account), []byte(row.EventID), row.Time})
		if err != nil {
			return false, err
		}
		if !found {
			return true, nil // another event that has the same hash
		}
		if !cloudtrail.Equal(raw, []byte(row.Raw)) {
			outcome = Conflicting
			b.conflicts = append(b.conflicts, Conflict{
				Account: row.Account, EventID: row.EventID, Time: row.Time, Source: source, Raw: []byte(row.Raw),
			})
		}
	}
	b.tally(source).count(Added, -1)
	b.tally(source).count(outcome, 1)
	l.dropped[id] = true
	return false, nil
}

// eachRow calls fn with the rows of a part, in order. A row is valid during
// the call.
func (l *Lake) eachRow(ctx context.Context, name string, fn func(*Row) error) error {
	rows, err := l.openRows(ctx, name)
	if err != nil {
		return err
	}
	defer rows.close()
	for {
		row, err := rows.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := fn(row); err != nil {
			return err
		}
	}
}

// rowReader reads the rows of a part in order.
type rowReader struct {
	name   string
	file   FileReader
	reader *parquet.GenericReader[Row]
	buf    []Row
	at, n  int
	done   bool
}

// readRows is how many rows a rowReader reads at once.
const readRows = 64

func (l *Lake) openRows(ctx context.Context, name string) (*rowReader, error) {
	f, r, err := openParquet(ctx, l.files, name)
	if err != nil {
		return nil, err
	}
	return &rowReader{
		name: name, file: r,
		reader: parquet.NewGenericReader[Row](f),
		buf:    make([]Row, readRows),
	}, nil
}

// next gives the next row, which is valid until the call after, or io.EOF.
func (r *rowReader) next() (*Row, error) {
	for r.at == r.n {
		if r.done {
			return nil, io.EOF
		}
		n, err := r.reader.Read(r.buf)
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("read part %s: %w: %w", r.name, ErrCorrupt, err)
		}
		r.at, r.n, r.done = 0, n, err != nil
	}
	r.at++
	return &r.buf[r.at-1], nil
}

func (r *rowReader) close() {
	r.reader.Close()
	r.file.Close()
}

// eachIdentity calls fn with the identity of every row of a part.
func eachIdentity(f *parquet.File, fn func(id uint64)) error {
	for _, group := range f.RowGroups() {
		columns := group.ColumnChunks()
		accounts := make([]string, 0, group.NumRows())
		err := eachValue(columns[leafAccount], func(_ int64, v parquet.Value) {
			account := v.ByteArray()
			if n := len(accounts); n > 0 && accounts[n-1] == string(account) {
				accounts = append(accounts, accounts[n-1])
				return
			}
			accounts = append(accounts, string(account))
		})
		if err != nil {
			return err
		}
		if int64(len(accounts)) != group.NumRows() {
			return fmt.Errorf("%w: %d of %d accounts", ErrCorrupt, len(accounts), group.NumRows())
		}
		account := []byte(nil)
		err = eachValue(columns[leafEventID], func(row int64, v parquet.Value) {
			account = append(account[:0], accounts[row]...)
			fn(idrun.Identity(account, v.ByteArray()))
		})
		if err != nil {
			return err
		}
	}
	return nil
}
