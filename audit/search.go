package audit

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync/atomic"

	"github.com/kopterio/kopter/account"
	"github.com/kopterio/kopter/query"
)

// Request is a search: which events, and how many of them.
type Request struct {
	Query query.Node // by Schema; nil for every event

	// From and Until bound the time, in milliseconds since 1970; Until is
	// exclusive. 0 is an open end.
	From, Until int64

	Limit  int    // of events; 0 is DefaultLimit, the most is MaxLimit. Very long raw records end a page before
	Cursor string // Result.Next of the page before; empty for the first page
	Raw    bool   // load the raw records too
	Total  bool   // count all that match, whatever Limit and Cursor say
}

// DefaultLimit is how many events a search gives when it does not say, and
// MaxLimit how many it can give; whoever wants more goes on with the cursor.
const (
	DefaultLimit = 100
	MaxLimit     = 10_000
)

// Result is a page of events.
type Result struct {
	// Events come newest first; those of one time by event id, then by
	// account. Later pages go on in that order whatever arrives meanwhile.
	Events []*Event
	Next   string // the cursor of the next page; empty when there is none
	Total  int64  // if it was asked for
	Work   Work
}

// Work says what a search has read.
type Work struct {
	Parts  int64 // opened, of those that were in the time range
	Groups int64 // row groups whose columns were read
	Rows   int64 // in those
}

var (
	// ErrCursor says that a cursor was not given by Search.
	ErrCursor error = requestError("the cursor is not one that a search gave")
	// ErrLimit says that a search asks for more than MaxLimit events at once.
	ErrLimit error = requestError("so many events do not fit on a page")
)

// eachPage is how many events Each holds at a time: with raw records some
// megabytes.
const eachPage = 4096

// Search gives the newest events that match.
//
// Like every question to the lake it ends some milliseconds after its context
// does. What it holds in memory is the page, and a few columns of one row group
// for each processor.
func (l *Lake) Search(ctx context.Context, t account.Tenant, r Request) (Result, error) {
	return l.search(ctx, t, r, listed(r.Raw))
}

// Each gives all events that match, in the order of Search and from the
// cursor on; Limit is ignored. It holds a few thousand events at a time. An
// error ends it.
func (l *Lake) Each(ctx context.Context, t account.Tenant, r Request) iter.Seq2[*Event, error] {
	return l.each(ctx, t, r, listed(r.Raw))
}

func (l *Lake) each(ctx context.Context, t account.Tenant, r Request, fields []field) iter.Seq2[*Event, error] {
	return func(yield func(*Event, error) bool) {
		r.Limit, r.Total = eachPage, false
		for {
			page, err := l.search(ctx, t, r, fields)
			if err != nil {
				yield(nil, err)
				return
			}
			for _, e := range page.Events {
				if !yield(e, nil) {
					return
				}
			}
			if r.Cursor = page.Next; r.Cursor == "" {
				return
			}
		}
	}
}

func (l *Lake) search(ctx context.Context, t account.Tenant, r Request, fields []field) (Result, error) {
	return l.searchWithin(ctx, t, r, fields, nil)
}

// searchWithin searches some parts, and leaves out some of their rows.
func (l *Lake) searchWithin(ctx context.Context, t account.Tenant, r Request, fields []field, in rowsLeftOut) (Result, error) {
	if r.Limit <= 0 {
		r.Limit = DefaultLimit
	}
	if r.Limit > MaxLimit {
		return Result{}, fmt.Errorf("%w: the most are %d", ErrLimit, MaxLimit)
	}
	after, err := parseCursor(r.Cursor)
	if err != nil {
		return Result{}, err
	}
	s := searching{plan: compile(r.Query), request: r, after: after, fields: fields, in: in}
	s.from, s.until = s.plan.times(r.From, r.Until)
	var result Result
	err = l.consistently(ctx, t, func(parts []Part) (err error) {
		result, err = s.run(ctx, l, t, in.only(parts))
		return err
	})
	if err != nil {
		return Result{}, fmt.Errorf("search: %w", err)
	}
	return result, nil
}

// rowsLeftOut names the parts to search, each with the identities of the rows
// to leave out; nil stands for all parts and rows.
type rowsLeftOut map[string]map[uint64]bool

// only gives those of the parts that are to be searched.
func (o rowsLeftOut) only(parts []Part) []Part {
	if o == nil {
		return parts
	}
	return slices.DeleteFunc(slices.Clone(parts), func(p Part) bool {
		_, named := o[p.Name]
		return !named
	})
}

// consistently runs fn on the tenant's visible parts, and again on what is
// visible then when compaction has taken one of them away meanwhile.
func (l *Lake) consistently(ctx context.Context, t account.Tenant, fn func([]Part) error) error {
	missing := "" // the part that was missing last
	for {
		parts, err := l.index.Parts(ctx, t)
		if err != nil {
			return fmt.Errorf("read the index: %w", err)
		}
		l.open.forget(t, parts)
		if slices.ContainsFunc(parts, func(p Part) bool { return p.Name == missing }) {
			return fmt.Errorf("%w: part %s is in the index, its file is not there", ErrCorrupt, missing)
		}
		err = fn(parts)
		var gone errGone
		if !errors.As(err, &gone) {
			return err
		}
		missing = gone.name
	}
}

// searching is a search under way.
type searching struct {
	plan        *plan
	request     Request
	from, until int64
	after       position
	fields      []field
	in          rowsLeftOut
}

func (s *searching) run(ctx context.Context, l *Lake, t account.Tenant, parts []Part) (Result, error) {
	top := &newest{limit: s.request.Limit + 1, cache: &l.open} // one more says whether there is a next page
	defer top.release()
	var total atomic.Int64
	walk := walk{lake: l, tenant: t, plan: s.plan, from: s.from, until: s.until, floor: top.floor}
	if s.request.Total {
		walk.floor = noFloor
	} else {
		walk.until = min(s.until, s.after.until())
	}
	work, err := walk.groups(ctx, parts, func(ctx context.Context, g *rowGroup) error {
		n, err := s.group(ctx, g, top)
		total.Add(n)
		return err
	})
	if err != nil {
		return Result{}, err
	}
	result, err := s.page(ctx, top)
	result.Total, result.Work = total.Load(), work
	return result, err
}

// page loads the events that were found.
func (s *searching) page(ctx context.Context, top *newest) (Result, error) {
	hits := top.sorted()
	more := len(hits) > s.request.Limit
	hits = hits[:min(len(hits), s.request.Limit)]
	events, err := loadEvents(ctx, hits, s.fields)
	if err != nil {
		return Result{}, err
	}
	result := Result{Events: events}
	if more || len(events) < len(hits) {
		result.Next = hits[len(events)-1].position.cursor()
	}
	return result, nil
}

// group searches one row group. It counts the rows that match if the request
// wants the total.
func (s *searching) group(ctx context.Context, g *rowGroup, top *newest) (total int64, err error) {
	scan := newScan(g, s.plan, s.from, s.until)
	defer scan.close()
	yes, maybe, err := scan.rows(ctx)
	if err != nil || maybe.empty() {
		return 0, err
	}
	if err := scan.leaveOut(s.in[g.part.name], yes, maybe); err != nil {
		return 0, err
	}
	if s.request.Total {
		if yes, err = scan.settle(ctx, yes, maybe); err != nil {
			return 0, err
		}
		maybe, total = yes, int64(yes.count())
	}
	if floor := top.floor(); g.max < floor || g.min >= s.after.until() {
		return total, nil
	}
	return total, s.newest(ctx, scan, yes, maybe, top)
}

// newest offers the newest matching rows of a row group to the search's.
func (s *searching) newest(ctx context.Context, scan *scan, yes, maybe bitmap, top *newest) error {
	rows, err := scan.newestFirst(ctx, maybe)
	if err != nil {
		return err
	}
	ids, accounts := scan.cells(fieldEventID), scan.cells(fieldAccount)
	defer ids.close()
	defer accounts.close()
	taken, last := 0, int64(0)
	for _, row := range rows {
		at := scan.timeColumn[row]
		if taken >= top.limit && at < last || at < top.floor() {
			break
		}
		if at >= s.after.until() {
			continue
		}
		if !yes.has(int(row)) {
			if holds, err := scan.verify(ctx, int(row)); err != nil {
				return err
			} else if !holds {
				continue
			}
		}
		p, err := positionOf(at, int(row), ids, accounts)
		if err != nil {
			return err
		}
		if s.after.before(p) {
			top.offer(hit{position: p, group: scan.rowGroup, row: row})
			taken, last = taken+1, at
		}
	}
	return nil
}
