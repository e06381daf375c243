package audit

import (
	"container/list"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"sync"

	"github.com/parquet-go/parquet-go"

	"github.com/kopterio/kopter/account"
	"github.com/kopterio/kopter/audit/wordfilter"
)

// maxOpenParts bounds the parts that are kept open between searches: two file
// handles and some tens of kilobytes of footer each.
const maxOpenParts = 256

// readBuffer is what a column is read in, in bytes.
const readBuffer = 32 << 10

// errGone says that a part vanished between the reading of the index and the
// opening of its file.
type errGone struct{ name string }

func (e errGone) Error() string { return "part " + e.name + " is gone" }

// partCache keeps the parts that were searched last open. The zero value is
// empty and ready.
type partCache struct {
	mu     sync.Mutex
	byName map[string]*list.Element // of *openPart
	recent list.List                // the last used in front
}

// openPart is a part with its footer read. It is immutable but for its count
// of users.
type openPart struct {
	name   string
	tenant account.Tenant
	file   FileReader
	tokens *wordfilter.Tokens // nil when the sidecar is missing or broken: it only saves time
	groups []*rowGroup

	users int // guarded by the cache; a cached part is a user of itself
}

// rowGroup is a row group of an open part.
type rowGroup struct {
	part     *openPart
	index    int
	rows     int
	min, max int64 // time, milliseconds since 1970
	columns  [fieldCount]*parquet.FileColumnChunk
}

// acquire opens a part or finds it open. It must be released.
func (c *partCache) acquire(ctx context.Context, files Files, t account.Tenant, part Part) (*openPart, error) {
	if p := c.find(part.Name); p != nil {
		return p, nil
	}
	p, err := openPartFile(ctx, files, part)
	if err != nil {
		return nil, err
	}
	p.tenant, p.users = t, 2
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.byName == nil {
		c.byName = map[string]*list.Element{}
	}
	if e, ok := c.byName[part.Name]; ok { // opened by someone else meanwhile
		p.close()
		p = e.Value.(*openPart)
		p.users++
		return p, nil
	}
	c.byName[part.Name] = c.recent.PushFront(p)
	if c.recent.Len() > maxOpenParts {
		c.drop(c.recent.Back())
	}
	return p, nil
}

func (c *partCache) find(name string) *openPart {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.byName[name]
	if !ok {
		return nil
	}
	c.recent.MoveToFront(e)
	p := e.Value.(*openPart)
	p.users++
	return p
}

// retain counts one more user of a part that is in use.
func (c *partCache) retain(p *openPart) {
	c.mu.Lock()
	defer c.mu.Unlock()
	p.users++
}

func (c *partCache) release(p *openPart) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.leave(p)
}

// drop takes a part out of the cache; it is closed when its last user leaves.
func (c *partCache) drop(e *list.Element) {
	p := e.Value.(*openPart)
	c.recent.Remove(e)
	delete(c.byName, p.name)
	c.leave(p)
}

func (c *partCache) leave(p *openPart) {
	if p.users--; p.users == 0 {
		p.close()
	}
}

// forget drops the tenant's parts that are visible no more, so that their
// files can leave the disk.
func (c *partCache) forget(t account.Tenant, visible []Part) {
	names := make(map[string]bool, len(visible))
	for _, p := range visible {
		names[p.Name] = true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for e := c.recent.Front(); e != nil; {
		next := e.Next()
		if p := e.Value.(*openPart); p.tenant == t && !names[p.name] {
			c.drop(e)
		}
		e = next
	}
}

func (c *partCache) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.recent.Len() > 0 {
		c.drop(c.recent.Front())
	}
}

// Close closes the files that searches and batches left open. What still runs
// ends well; the lake can be used again.
func (l *Lake) Close() error {
	l.open.clear()
	l.closeIdleRuns()
	return nil
}

func openPartFile(ctx context.Context, files Files, part Part) (*openPart, error) {
	file, err := files.Open(ctx, part.Name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errGone{part.Name}
	}
	if err != nil {
		return nil, fmt.Errorf("open part %s: %w", part.Name, err)
	}
	p := &openPart{name: part.Name, file: file}
	if err := guard(part.Name, func() error { return p.readFooter(part) }); err != nil {
		file.Close()
		return nil, err
	}
	p.tokens = openSidecar(ctx, files, part, len(p.groups))
	return p, nil
}

// openSidecar gives nil when the sidecar is missing, broken or of another
// part.
func openSidecar(ctx context.Context, files Files, part Part, groups int) *wordfilter.Tokens {
	file, err := files.Open(ctx, TokensName(part.Name))
	if err != nil {
		return nil
	}
	tokens, err := wordfilter.OpenTokens(file)
	if err != nil {
		file.Close()
		return nil
	}
	if tokens.RowGroups() != groups || tokens.Rows() != part.Rows {
		tokens.Close()
		return nil
	}
	return tokens
}

func (p *openPart) readFooter(part Part) error {
	file, err := parquet.OpenFile(p.file, p.file.Size(),
		parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true),
		parquet.ReadBufferSize(readBuffer), parquet.OptimisticRead(true))
	if err != nil {
		return fmt.Errorf("open part %s: %w: %w", part.Name, ErrCorrupt, err)
	}
	leaves := leafColumns(file.Root())
	for i, group := range file.RowGroups() {
		p.groups = append(p.groups, newRowGroup(p, i, group, leaves, part))
	}
	return nil
}

// leafColumns finds the fields' columns in a file; -1 is one that it lacks,
// whose values are then empty.
func leafColumns(root *parquet.Column) (leaves [fieldCount]int) {
	for f := range leaves {
		c := root.Column(field(f).String())
		if c != nil && field(f) == fieldResources {
			c = c.Column("list").Column("element")
		}
		leaves[f] = -1
		if c != nil {
			leaves[f] = c.Index()
		}
	}
	return leaves
}

func newRowGroup(p *openPart, index int, group parquet.RowGroup, leaves [fieldCount]int, part Part) *rowGroup {
	g := &rowGroup{part: p, index: index, rows: int(group.NumRows()), min: part.MinTime, max: part.MaxTime}
	chunks := group.ColumnChunks()
	for f, leaf := range leaves {
		if leaf >= 0 {
			g.columns[f] = chunks[leaf].(*parquet.FileColumnChunk)
		}
	}
	if times := g.columns[fieldTime]; times != nil {
		if low, high, ok := times.Bounds(); ok {
			g.min, g.max = low.Int64(), high.Int64()
		}
	}
	return g
}

func (p *openPart) close() {
	p.file.Close()
	if p.tokens != nil {
		p.tokens.Close()
	}
}
