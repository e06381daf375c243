// Package audit is who did what, when and from where: the lake of Parquet
// parts, its index, and the search over it.
//
// Records come in through a Batch, which leaves out what the lake already
// holds and writes the rest as a part; the part is durable before the index
// names it, and readers see a part only once the index does. Compaction merges
// small parts into large ones by day. Search prunes parts by time, row groups
// by statistics and filters, and reads only the columns that a query asks for;
// counts, histograms, facets and suggestions go the same way. A Follower gives
// what each commit brings, once.
//
// The invariant: of every (tenant, account, event id) exactly one row is
// visible; another body under the same id is kept as a Conflict.
package audit

import (
	"context"
	"io"
	"iter"
	"sync"

	"github.com/kopterio/kopter/account"
)

// Part is one immutable Parquet file of the lake with its sidecars.
type Part struct {
	// Name is the file's path below the lake's root:
	// "fresh/tenant=T/ID.parquet" as ingested, or
	// "events/tenant=T/date=YYYY-MM-DD/ID.parquet" once it holds one day only.
	// Sidecars bear the same name with another ending (TokensSuffix).
	Name  string
	Rows  int64
	Bytes int64 // of the Parquet file
	// Checksum is the xxHash64 of the Parquet file's bytes, in hexadecimal.
	Checksum string
	MinTime  int64 // milliseconds since 1970, of the oldest row
	MaxTime  int64 // of the newest row
}

// Run is a sorted file of event identities that the lake holds: what Batch
// looks an event up in. Runs are merged as they grow in number; together they
// name every visible row once.
type Run struct {
	Name  string // path below the lake's root: "ids/tenant=T/ID.run"
	Count int64
}

// Conflict is a record whose event id the lake already holds with another
// body. It is kept and shown, and counted nowhere.
type Conflict struct {
	Account string
	EventID string
	Time    int64  // of this body, milliseconds since 1970
	Source  string // the file that brought it
	Raw     []byte
}

// Change is an atomic step of the lake's index: everything in it becomes
// visible together, or nothing does. The files that it adds are durable
// before it is applied; the files that it removes are deleted after.
type Change struct {
	AddParts    []Part
	RemoveParts []string // names
	AddRuns     []Run
	RemoveRuns  []string // names
	Conflicts   []Conflict
}

// Index knows which parts, runs and conflicts of a tenant are visible.
// It is safe for concurrent use, and what Apply returned nil for survives any
// crash.
type Index interface {
	// Parts lists the tenant's visible parts in order of MaxTime, newest
	// first, then by name.
	Parts(ctx context.Context, t account.Tenant) ([]Part, error)
	// Runs lists the tenant's visible runs, largest first.
	Runs(ctx context.Context, t account.Tenant) ([]Run, error)
	// Conflicts lists the tenant's conflicts by account, event id and body.
	Conflicts(ctx context.Context, t account.Tenant) ([]Conflict, error)
	// Apply makes a change of the tenant's lake. It fails with ErrStale and
	// changes nothing when something that is to be removed is not visible.
	// A conflict that is already known (same account, id and body) is left as
	// it is.
	Apply(ctx context.Context, t account.Tenant, c Change) error
}

// Files holds the lake's files: whole, immutable and named by slash-separated
// paths below a root. It is safe for concurrent use.
type Files interface {
	// Create starts a file. It is not visible to Open or List before Close
	// returned nil; then it is durable. Discard drops it.
	Create(ctx context.Context, name string) (FileWriter, error)
	// Open opens a file for reads at any offset; fs.ErrNotExist when there is
	// none.
	Open(ctx context.Context, name string) (FileReader, error)
	// Remove deletes a file; removing one that is not there is no error.
	Remove(ctx context.Context, name string) error
	// List yields the files whose names begin with prefix, in no order.
	List(ctx context.Context, prefix string) iter.Seq2[FileInfo, error]
}

// FileWriter writes one new file, front to back.
type FileWriter interface {
	io.Writer
	// Close makes the file durable and visible, or returns an error and
	// leaves nothing behind.
	Close() error
	// Discard drops the file; after Close it does nothing.
	Discard()
}

// FileReader reads a file at any offset; concurrent reads are safe.
type FileReader interface {
	io.ReaderAt
	io.Closer
	Size() int64
}

// FileInfo is a row of a listing.
type FileInfo struct {
	Name string
	Size int64
}

// Lake is the audit log of all tenants of one store. It is safe for
// concurrent use by one process; a second process may search while the first
// one writes.
type Lake struct {
	files Files
	index Index
	open  partCache // of searches

	mu       sync.Mutex
	tenants  map[account.Tenant]*writing
	stages   []*stage       // idle
	encoders []*partEncoder // idle
}

// New gives the lake that lies in files and is indexed by index.
func New(files Files, index Index) *Lake {
	return &Lake{files: files, index: index}
}
