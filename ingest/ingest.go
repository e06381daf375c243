// Package ingest turns log files into rows of the audit lake and facts about
// resources, in one commit.
//
// A file is read as a stream. What cannot be parsed is quarantined with its
// file, offset and reason, and the rest of the file goes on. The lake's part
// is durable before the commit, and the commit makes part, facts, quarantine
// and "these files are ingested" visible together; so a file is either wholly
// in or not at all, and ingesting it again changes nothing.
package ingest

import (
	"context"
	"iter"
	"time"

	"github.com/kopterio/kopter/account"
	"github.com/kopterio/kopter/audit"
	"github.com/kopterio/kopter/queue"
	"github.com/kopterio/kopter/usage"
)

// Object is one file that was, or is to be, ingested.
type Object struct {
	// URI names it: a cleaned absolute path, or s3://bucket/key.
	URI string
	// Version changes when the content does: size and modification time of a
	// file, ETag of an object.
	Version string
}

// Ingested is what became of a file.
type Ingested struct {
	Object
	At          time.Time
	Bytes       int64 // as stored, compressed or not
	Events      int64 // records read
	Added       int64 // of those, new to the lake
	Duplicates  int64
	Conflicts   int64
	Quarantined int64 // entries of the quarantine that name this file
}

// Quarantine is something that could not be read: a whole file, or one record
// of it.
type Quarantine struct {
	URI    string
	Offset int64 // in the inflated file, in bytes; 0 for a whole file
	Reason string
	// Excerpt is the beginning of what stood there, at most ExcerptLimit
	// bytes.
	Excerpt []byte
}

// ExcerptLimit bounds Quarantine.Excerpt, in bytes.
const ExcerptLimit = 4096

// Commit is everything that a batch of files adds, for one tenant.
type Commit struct {
	Files      []Ingested
	Quarantine []Quarantine
	Lake       audit.Change
	Facts      []usage.Fact
	Freshness  []usage.Freshness
	// Messages are sent when, and only when, everything else is visible.
	Messages []queue.Outgoing
}

// Store keeps commits. It is safe for concurrent use.
type Store interface {
	// Known says for each object whether that version of it has been
	// committed.
	Known(ctx context.Context, t account.Tenant, objects []Object) ([]bool, error)
	// Commit makes everything in c durable and visible together, or returns
	// an error and changes nothing. Facts that are already known stay as they
	// are; a file's earlier version and its quarantine entries are replaced.
	// Receivers that wait for one of the messages are woken.
	Commit(ctx context.Context, t account.Tenant, c Commit) error
	// Ingested lists the committed files by URI.
	Ingested(ctx context.Context, t account.Tenant) iter.Seq2[Ingested, error]
	// Quarantined lists the quarantine by URI, and for one file in the order
	// of its commit.
	Quarantined(ctx context.Context, t account.Tenant) iter.Seq2[Quarantine, error]
}
