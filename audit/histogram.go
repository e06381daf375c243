package audit

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/kopterio/kopter/account"
	"github.com/kopterio/kopter/query"
)

// HistogramRequest asks how many events there are in each stretch of time.
type HistogramRequest struct {
	Query query.Node // nil for every event

	// From and Until are as in Request; an open end is the oldest or newest
	// event of the lake.
	From, Until int64

	// Width is that of a bucket: whole seconds, counted from 1970, or Month.
	Width time.Duration
}

// Month is the width of a calendar month, UTC.
const Month time.Duration = -1

// Histogram is a row of buckets without a gap. The first one may begin before
// From and the last one end after Until; they count what lies in between.
type Histogram struct {
	From, Until int64 // what was counted, milliseconds since 1970; Until is exclusive
	Buckets     []Bucket
	Total       int64 // of all buckets
	Errors      int64
	Work        Work
}

// Bucket is how many events lie between its start and that of the next.
type Bucket struct {
	Start  int64 // milliseconds since 1970
	Count  int64
	Errors int64 // of those, the events with an error code
}

// MaxBuckets bounds a histogram.
const MaxBuckets = 2000

var (
	// ErrTooManyBuckets says that a histogram has more than MaxBuckets buckets.
	ErrTooManyBuckets error = requestError("too many stretches of time to count; widen them or narrow the time")
	// ErrWidth says that a bucket's width is none.
	ErrWidth error = requestError("a bucket is whole seconds wide, or a month")
)

// Histogram counts the events that match, by time.
func (l *Lake) Histogram(ctx context.Context, t account.Tenant, r HistogramRequest) (Histogram, error) {
	if r.Width != Month && (r.Width < time.Second || r.Width%time.Second != 0) {
		return Histogram{}, fmt.Errorf("histogram: width %v: %w", r.Width, ErrWidth)
	}
	var result Histogram
	err := l.consistently(ctx, t, func(parts []Part) (err error) {
		result, err = l.histogram(ctx, t, r, parts)
		return err
	})
	if err != nil {
		return Histogram{}, fmt.Errorf("histogram: %w", err)
	}
	return result, nil
}

func (l *Lake) histogram(ctx context.Context, t account.Tenant, r HistogramRequest, parts []Part) (Histogram, error) {
	p := compile(r.Query)
	from, until := p.times(r.From, r.Until)
	from, until = closeEnds(from, until, boundsOf(parts))
	h := buckets{result: Histogram{From: from, Until: until}}
	if err := h.divide(r.Width); err != nil {
		return Histogram{}, err
	}
	walk := walk{lake: l, tenant: t, plan: p, from: from, until: until, floor: noFloor}
	work, err := walk.groups(ctx, parts, func(ctx context.Context, g *rowGroup) error {
		return h.group(ctx, newScan(g, p, from, until))
	})
	h.result.Work = work
	return h.result, err
}

// noFloor is the floor of a walk that needs every row group.
func noFloor() int64 { return math.MinInt64 }

// closeEnds puts the lake's bounds where a range is open. Of an empty lake
// nothing is left of such a range.
func closeEnds(from, until int64, b Bounds) (int64, int64) {
	openFrom, openUntil := from == math.MinInt64, until == math.MaxInt64
	switch {
	case b.Parts > 0:
		if openFrom {
			from = min(b.Oldest, until)
		}
		if openUntil {
			until = b.Newest + 1
		}
	case openFrom && openUntil:
		return 0, 0
	case openFrom:
		from = until
	case openUntil:
		until = from
	}
	return from, max(from, until)
}

// buckets is a histogram under way. It is safe for concurrent use.
type buckets struct {
	starts []int64 // of the buckets

	mu     sync.Mutex
	result Histogram
}

// divide makes the buckets, empty.
func (h *buckets) divide(width time.Duration) error {
	for start := bucketStart(h.result.From, width); start < h.result.Until; start = bucketEnd(start, width) {
		if len(h.result.Buckets) == MaxBuckets {
			return fmt.Errorf("%w: the most are %d", ErrTooManyBuckets, MaxBuckets)
		}
		h.starts = append(h.starts, start)
		h.result.Buckets = append(h.result.Buckets, Bucket{Start: start})
	}
	return nil
}

func bucketStart(at int64, width time.Duration) int64 {
	if width == Month {
		year, month, _ := time.UnixMilli(at).UTC().Date()
		return time.Date(year, month, 1, 0, 0, 0, 0, time.UTC).UnixMilli()
	}
	return at - mod(at, width.Milliseconds())
}

func bucketEnd(start int64, width time.Duration) int64 {
	if width == Month {
		return time.UnixMilli(start).UTC().AddDate(0, 1, 0).UnixMilli()
	}
	return start + width.Milliseconds()
}

// place is the bucket of a time that lies in one.
func (h *buckets) place(at int64) int {
	place, found := slices.BinarySearch(h.starts, at)
	if !found {
		place--
	}
	return place
}

// group counts a row group. The times are read only if its rows lie in several
// buckets.
func (h *buckets) group(ctx context.Context, s *scan) error {
	defer s.close()
	matching, err := s.matching(ctx)
	if err != nil || matching.empty() {
		return err
	}
	failed, err := s.matchStrings(ctx, fieldErrorCode, func(code string) bool { return code != "" })
	if err != nil {
		return err
	}
	failed.and(matching)
	first, last := h.place(max(s.min, h.result.From)), h.place(min(s.max, h.result.Until-1))
	counts := make([]Bucket, last-first+1)
	if first == last {
		counts[0] = Bucket{Count: int64(matching.count()), Errors: int64(failed.count())}
	} else if err := h.countRows(ctx, s, matching, failed, counts, first); err != nil {
		return err
	}
	h.add(first, counts)
	return nil
}

// countRows counts rows one by one. Neighbours mostly share a bucket.
func (h *buckets) countRows(ctx context.Context, s *scan, matching, failed bitmap, counts []Bucket, first int) error {
	times, err := s.readTimes(ctx)
	if err != nil {
		return err
	}
	begin, end, place := int64(0), int64(0), 0
	matching.each(func(row int) {
		if at := times[row]; at < begin || at >= end {
			place = h.place(at)
			begin, end = h.span(place)
			place -= first
		}
		counts[place].Count++
		if failed.has(row) {
			counts[place].Errors++
		}
	})
	return nil
}

// span is the time from the start of a bucket to that of the next.
func (h *buckets) span(place int) (begin, end int64) {
	begin, end = h.starts[place], h.result.Until
	if place+1 < len(h.starts) {
		end = h.starts[place+1]
	}
	return begin, end
}

func (h *buckets) add(first int, counts []Bucket) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for i, c := range counts {
		b := &h.result.Buckets[first+i]
		b.Count += c.Count
		b.Errors += c.Errors
		h.result.Total += c.Count
		h.result.Errors += c.Errors
	}
}
