package app

import (
	"context"
	"errors"
	"io"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/kopterio/kopter/audit"
)

// Event is an event that a search found.
type Event = audit.Event

// EventFields lists the fields that a search may name, without those that are
// paths or keys and without CloudTrail's own names for them.
func EventFields() []string {
	fields := slices.Sorted(maps.Keys(audit.Schema()))
	return slices.DeleteFunc(fields, func(f string) bool {
		return strings.HasSuffix(f, ".") || f != strings.ToLower(f)
	})
}

// SearchOptions say which events are wanted.
type SearchOptions struct {
	Query string
	Range Range
	Limit int // how many at most; 0 is all
}

func (a *App) searchRequest(opt SearchOptions) (audit.Request, error) {
	node, err := parseQuery(opt.Query, audit.Schema())
	if err != nil {
		return audit.Request{}, err
	}
	if err := opt.Range.check(); err != nil {
		return audit.Request{}, err
	}
	r := audit.Request{Query: node, Limit: opt.Limit, Raw: true}
	r.From, r.Until = opt.Range.milliseconds()
	return r, nil
}

// onePage is how many events are searched for at once; a longer listing is
// walked.
const onePage = 4096

// Search yields the events that match, newest first.
func (a *App) Search(ctx context.Context, opt SearchOptions) (iter.Seq2[*Event, error], error) {
	r, err := a.searchRequest(opt)
	if err != nil {
		return nil, err
	}
	if opt.Limit == 0 || opt.Limit > onePage {
		return firstOf(a.lake.Each(ctx, a.tenant, r), opt.Limit), nil
	}
	result, err := a.lake.Search(ctx, a.tenant, r)
	return func(yield func(*Event, error) bool) {
		for _, e := range result.Events {
			if !yield(e, nil) {
				return
			}
		}
	}, err
}

// firstOf ends a sequence after n values; 0 is all of them.
func firstOf[V any](all iter.Seq2[V, error], n int) iter.Seq2[V, error] {
	if n == 0 {
		return all
	}
	return func(yield func(V, error) bool) {
		left := n
		for v, err := range all {
			if left--; !yield(v, err) || left == 0 {
				return
			}
		}
	}
}

// Count counts the events that match by the values of fields, most first.
// Limit bounds the groups.
func (a *App) Count(ctx context.Context, opt SearchOptions, by []string) ([]audit.CountRow, error) {
	r, err := a.searchRequest(opt)
	if err != nil {
		return nil, err
	}
	rows, err := a.lake.Count(ctx, a.tenant, audit.CountRequest{Query: r.Query, From: r.From, Until: r.Until, By: by})
	if errors.Is(err, audit.ErrCountBy) || errors.Is(err, audit.ErrTooManyRows) {
		err = &InputError{err}
	}
	if opt.Limit > 0 && len(rows) > opt.Limit {
		rows = rows[:opt.Limit]
	}
	return rows, err
}

// Export writes the events that match, newest first, as csv, ndjson or
// parquet.
func (a *App) Export(ctx context.Context, opt SearchOptions, format string, w io.Writer) error {
	r, err := a.searchRequest(opt)
	if err != nil {
		return err
	}
	return a.lake.Export(ctx, a.tenant, r, format, w)
}
