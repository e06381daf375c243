// Package usage is how long which resource ran in which shape, and why: facts
// from events and snapshots in, intervals out.
//
// Facts are statements, kept as a set; a timeline is a pure function of the
// facts about a resource, of the snapshots that could have shown it, and of a
// horizon. Any order, repetition or lateness of the same facts gives the same
// intervals. A Fleet holds all timelines of a tenant in memory and follows its
// store. Money does not occur here.
package usage

import (
	"context"
	"iter"

	"github.com/kopterio/kopter/account"
)

// Snapshot is one look at all instances of an account in a region.
type Snapshot struct {
	ID      string // the same for the same content, so that it counts once
	Account string
	Region  string
	At      Seconds
	// Complete says that what the snapshot does not show did not exist.
	Complete bool
}

// Freshness is the newest sign of life of an account in a region.
type Freshness struct {
	Account string
	Region  string
	// Last is the time of the newest event or snapshot. It only grows, so the
	// order of commits does not matter.
	Last Seconds
}

// Store keeps facts and snapshots. It is safe for concurrent use. Facts from
// events are added by the commit of their log file (ingest.Store).
type Store interface {
	// Facts yields the tenant's facts, those of a resource one after the
	// other, ordered by account, resource and key. With resources named, only
	// theirs.
	Facts(ctx context.Context, t account.Tenant, resources ...string) iter.Seq2[Fact, error]
	// Snapshots lists the tenant's snapshots by account, region and time.
	Snapshots(ctx context.Context, t account.Tenant) ([]Snapshot, error)
	// AddSnapshots adds snapshots and the facts that they state in one
	// commit. What is already known stays as it is; a snapshot that is known
	// as partial becomes complete when it is added as complete.
	AddSnapshots(ctx context.Context, t account.Tenant, s []Snapshot, f []Fact) error
	// Freshness lists the newest sign of life by account and region.
	Freshness(ctx context.Context, t account.Tenant) ([]Freshness, error)
}
