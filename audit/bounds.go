package audit

import (
	"context"
	"fmt"
	"strings"

	"github.com/kopterio/kopter/account"
)

// Bounds says how much a tenant's lake holds, and from when to when.
type Bounds struct {
	Oldest, Newest int64 // event times, milliseconds since 1970; 0 without any row
	Rows           int64
	Bytes          int64 // of the Parquet files
	Parts          int   // all of them
	Fresh          int   // those that wait for compaction
}

// Bounds reads the index only.
func (l *Lake) Bounds(ctx context.Context, t account.Tenant) (Bounds, error) {
	parts, err := l.index.Parts(ctx, t)
	if err != nil {
		return Bounds{}, fmt.Errorf("bounds: read the index: %w", err)
	}
	return boundsOf(parts), nil
}

func boundsOf(parts []Part) (b Bounds) {
	for i, p := range parts {
		if i == 0 {
			b.Oldest, b.Newest = p.MinTime, p.MaxTime
		}
		b.Oldest, b.Newest = min(b.Oldest, p.MinTime), max(b.Newest, p.MaxTime)
		b.Rows += p.Rows
		b.Bytes += p.Bytes
		if isFresh(p) {
			b.Fresh++
		}
	}
	b.Parts = len(parts)
	return b
}

// isFresh says whether a part holds what came in since the last compaction.
func isFresh(p Part) bool { return strings.HasPrefix(p.Name, "fresh/") }
