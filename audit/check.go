package audit

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/cespare/xxhash/v2"
	"github.com/parquet-go/parquet-go"

	"github.com/kopterio/kopter/account"
	"github.com/kopterio/kopter/audit/idrun"
	"github.com/kopterio/kopter/audit/wordfilter"
)

// Problem is something in the lake that should not be.
type Problem struct {
	File string // the file that it is about; empty for the whole lake
	Text string
}

// Check verifies a tenant's lake: every part is there and whole, has the rows
// and times that the index says, in order, and a sidecar that fits; the runs
// name every row once and nothing else; no other files lie around. It reads
// every byte of every part. The error says that the check itself failed. No
// batch may be open and no compaction running meanwhile, since their files
// would be taken for leftovers.
func (l *Lake) Check(ctx context.Context, t account.Tenant) ([]Problem, error) {
	if err := t.Validate(); err != nil {
		return nil, err
	}
	c := checker{lake: l, tenant: t}
	if err := c.run(ctx); err != nil {
		return nil, fmt.Errorf("check: %w", err)
	}
	return c.problems, nil
}

type checker struct {
	lake     *Lake
	tenant   account.Tenant
	problems []Problem
	parts    []Part // those that can be read
	runs     []*run
}

func (c *checker) report(file, format string, args ...any) {
	c.problems = append(c.problems, Problem{file, fmt.Sprintf(format, args...)})
}

func (c *checker) run(ctx context.Context) error {
	parts, err := c.lake.index.Parts(ctx, c.tenant)
	if err != nil {
		return fmt.Errorf("list parts: %w", err)
	}
	for _, p := range parts {
		if err := ctx.Err(); err != nil {
			return err
		}
		c.checkPart(ctx, p)
		c.checkTokens(ctx, p)
	}
	runs, err := c.lake.index.Runs(ctx, c.tenant)
	if err != nil {
		return fmt.Errorf("list id runs: %w", err)
	}
	defer c.closeRuns()
	for _, r := range runs {
		c.checkRun(ctx, r)
	}
	if len(c.parts) == len(parts) && len(c.runs) == len(runs) {
		if err := c.checkIdentities(ctx); err != nil {
			return err
		}
	}
	orphans, err := c.lake.orphans(ctx, c.tenant)
	for _, name := range orphans {
		c.report(name, "the index does not name this file")
	}
	return err
}

// checkPart compares a part with its row in the index.
func (c *checker) checkPart(ctx context.Context, p Part) {
	f, r, err := openParquet(ctx, c.lake.files, p.Name)
	if err != nil {
		c.report(p.Name, "%v", err)
		return
	}
	defer r.Close()
	switch sum, err := checksumOf(r); {
	case err != nil:
		c.report(p.Name, "%v", err)
	case r.Size() != p.Bytes:
		c.report(p.Name, "it has %d bytes, the index says %d", r.Size(), p.Bytes)
	case sum != p.Checksum:
		c.report(p.Name, "its content has changed since it was written: its checksum is %s, the index says %s", sum, p.Checksum)
	}
	if f.NumRows() != p.Rows {
		c.report(p.Name, "it has %d rows, the index says %d", f.NumRows(), p.Rows)
	}
	if n := len(f.Root().Columns()); n != len(parquet.SchemaOf(new(Row)).Fields()) {
		c.report(p.Name, "it has %d columns", n)
		return
	}
	if c.checkTimes(f, p) {
		c.parts = append(c.parts, p)
	}
}

// checksumOf reads a whole file and sums it up.
func checksumOf(r FileReader) (string, error) {
	sum := xxhash.New()
	if _, err := io.Copy(sum, io.NewSectionReader(r, 0, r.Size())); err != nil {
		return "", err
	}
	return checksum(sum), nil
}

// checkTimes checks order and range of a part's times. It says whether they
// can be read.
func (c *checker) checkTimes(f *parquet.File, p Part) bool {
	first, oldest, newest := true, int64(0), int64(0)
	for i, group := range f.RowGroups() {
		last, ordered := int64(0), true
		err := eachValue(group.ColumnChunks()[leafTime], func(row int64, v parquet.Value) {
			at := v.Int64()
			if first {
				oldest, newest, first = at, at, false
			}
			ordered = ordered && (row == 0 || last <= at)
			last, oldest, newest = at, min(oldest, at), max(newest, at)
		})
		if err != nil {
			c.report(p.Name, "row group %d: read times: %v", i, err)
			return false
		}
		if !ordered {
			c.report(p.Name, "row group %d is not in order of time", i)
		}
	}
	if oldest != p.MinTime || newest != p.MaxTime {
		c.report(p.Name, "its times are %d to %d, the index says %d to %d", oldest, newest, p.MinTime, p.MaxTime)
	}
	if dir := eventsDir(c.tenant); strings.HasPrefix(p.Name, dir) {
		if want := dayDir(c.tenant, dayOf(oldest)); !strings.HasPrefix(p.Name, want) || dayOf(oldest) != dayOf(newest) {
			c.report(p.Name, "it has rows of %s to %s", dayOf(oldest), dayOf(newest))
		}
	}
	return true
}

// checkTokens checks a part's sidecar, also against the first record of every
// row group.
func (c *checker) checkTokens(ctx context.Context, p Part) {
	name := TokensName(p.Name)
	file, err := c.lake.files.Open(ctx, name)
	if err != nil {
		c.report(name, "open: %v", err)
		return
	}
	defer file.Close()
	tokens, err := wordfilter.OpenTokens(file)
	if err == nil {
		err = tokens.Verify()
	}
	if err != nil {
		c.report(name, "%v", err)
		return
	}
	f, r, err := openParquet(ctx, c.lake.files, p.Name)
	if err != nil {
		return // checkPart has said so
	}
	defer r.Close()
	groups := f.RowGroups()
	if tokens.Rows() != p.Rows || tokens.RowGroups() != len(groups) {
		c.report(name, "it describes %d rows in %d row groups, the part has %d in %d", tokens.Rows(), tokens.RowGroups(), p.Rows, len(groups))
		return
	}
	for i, group := range groups {
		raw, err := valueAt(group.ColumnChunks()[leafRaw], 0)
		if err != nil {
			c.report(p.Name, "row group %d: read raw record: %v", i, err)
			continue
		}
		if !tokens.MayContain(i, wordfilter.AppendTokens(nil, raw.ByteArray())) {
			c.report(name, "row group %d lacks words of its first record", i)
		}
	}
}

func (c *checker) checkRun(ctx context.Context, v Run) {
	file, err := c.lake.files.Open(ctx, v.Name)
	if err != nil {
		c.report(v.Name, "open: %v", err)
		return
	}
	r, err := openRun(v.Name, file, true)
	if err != nil {
		file.Close()
		c.report(v.Name, "%v", err)
		return
	}
	c.runs = append(c.runs, r)
	if r.Count != v.Count {
		c.report(v.Name, "it has %d entries, the index says %d", r.Count, v.Count)
	}
}

func (c *checker) closeRuns() {
	for _, r := range c.runs {
		r.file.Close()
	}
}

// checkPassIDs is how many identities are compared at once: 64 MiB of each
// side.
const checkPassIDs = 8 << 20

// checkIdentities compares the identities of all rows with those in the runs,
// in as many passes over both as memory asks for.
func (c *checker) checkIdentities(ctx context.Context) error {
	passes := uint64(rowsOf(c.parts)/checkPassIDs + 1)
	for pass := range passes {
		if err := ctx.Err(); err != nil {
			return err
		}
		mine := func(id uint64) bool { return (id>>32)*passes>>32 == pass }
		rows := c.identitiesOfParts(ctx, mine)
		named := c.identitiesOfRuns(mine)
		slices.Sort(rows)
		slices.Sort(named)
		c.checkUnique(ctx, rows)
		c.compareIdentities(rows, named)
	}
	return nil
}

func (c *checker) identitiesOfParts(ctx context.Context, mine func(uint64) bool) (ids []uint64) {
	for _, p := range c.parts {
		f, r, err := openParquet(ctx, c.lake.files, p.Name)
		if err == nil {
			err = eachIdentity(f, func(id uint64) {
				if mine(id) {
					ids = append(ids, id)
				}
			})
			r.Close()
		}
		if err != nil {
			c.report(p.Name, "read event ids: %v", err)
		}
	}
	return ids
}

func (c *checker) identitiesOfRuns(mine func(uint64) bool) (ids []uint64) {
	for _, r := range c.runs {
		last := idrun.Entry{}
		err := idrun.Merge([]idrun.Source{&idrun.Cursor{Run: r.Run}}, func(e idrun.Entry) error {
			if idrun.Compare(last, e) > 0 {
				return fmt.Errorf("%w: identity %x is out of order", ErrCorrupt, e.ID)
			}
			last = e
			if may, err := r.MayContain(e.ID); err != nil || !may {
				return fmt.Errorf("%w: its filter lacks identity %x", ErrCorrupt, e.ID)
			}
			if mine(e.ID) {
				ids = append(ids, e.ID)
			}
			return nil
		})
		if err != nil {
			c.report(r.Name, "%v", err)
		}
	}
	return ids
}

// checkUnique finds events that are visible more than once, given the sorted
// identities of rows.
func (c *checker) checkUnique(ctx context.Context, rows []uint64) {
	repeated := make(map[uint64]bool)
	for i := 1; i < len(rows); i++ {
		if rows[i] == rows[i-1] {
			repeated[rows[i]] = true
		}
	}
	if len(repeated) == 0 {
		return
	}
	seen := make(map[[2]string]bool)
	for _, p := range c.parts {
		err := c.lake.eachRow(ctx, p.Name, func(r *Row) error {
			key := [2]string{r.Account, r.EventID}
			if !repeated[idrun.Identity([]byte(r.Account), []byte(r.EventID))] {
				return nil
			}
			if seen[key] {
				c.report(p.Name, "event %s of account %s is visible more than once", r.EventID, r.Account)
			}
			seen[key] = true
			return nil
		})
		if err != nil {
			c.report(p.Name, "%v", err)
		}
	}
}

// compareIdentities compares two sorted lists. Of different events with one
// hash both lists hold it as often.
func (c *checker) compareIdentities(rows, named []uint64) {
	missing, unknown := 0, 0
	for len(rows) > 0 || len(named) > 0 {
		switch {
		case len(named) == 0 || len(rows) > 0 && rows[0] < named[0]:
			missing++
			rows = rows[1:]
		case len(rows) == 0 || named[0] < rows[0]:
			unknown++
			named = named[1:]
		default:
			rows, named = rows[1:], named[1:]
		}
	}
	if missing > 0 {
		c.report("", "%d rows are not in the id runs, or are visible more often than they are there", missing)
	}
	if unknown > 0 {
		c.report("", "%d identities of the id runs have no row", unknown)
	}
}
