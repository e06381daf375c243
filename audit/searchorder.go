package audit

import (
	"cmp"
	"container/heap"
	"context"
	"encoding/base64"
	"encoding/binary"
	"math"
	"slices"
	"strings"
	"sync"
)

// position is an event's place in the order of results: newest first, those of
// one time by event id, then by account. No two events share a place.
type position struct {
	time    int64
	id      string
	account string
}

func comparePositions(a, b position) int {
	if c := cmp.Compare(b.time, a.time); c != 0 {
		return c
	}
	if c := strings.Compare(a.id, b.id); c != 0 {
		return c
	}
	return strings.Compare(a.account, b.account)
}

// start is the position before all events.
var start = position{time: math.MaxInt64}

// before says whether p comes before other.
func (p position) before(other position) bool {
	return p == start || comparePositions(p, other) < 0
}

// until is the time, exclusive, that events after the position lie before.
func (p position) until() int64 {
	if p == start {
		return math.MaxInt64
	}
	return p.time + 1
}

// cursor writes a position as an opaque text.
func (p position) cursor() string {
	b := binary.AppendVarint(nil, p.time)
	b = binary.AppendUvarint(b, uint64(len(p.id)))
	b = append(b, p.id...)
	return base64.RawURLEncoding.EncodeToString(append(b, p.account...))
}

func parseCursor(text string) (position, error) {
	if text == "" {
		return start, nil
	}
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return start, ErrCursor
	}
	at, n := binary.Varint(b)
	if n <= 0 || at == math.MaxInt64 {
		return start, ErrCursor
	}
	length, m := binary.Uvarint(b[n:])
	if b = b[n+max(m, 0):]; m <= 0 || length > uint64(len(b)) {
		return start, ErrCursor
	}
	return position{at, string(b[:length]), string(b[length:])}, nil
}

// hit is a row that was found.
type hit struct {
	position
	group *rowGroup
	row   int32
}

// newest collects the first hits in the order of results. It is safe for
// concurrent use. The parts of its hits stay open until release.
type newest struct {
	limit int
	cache *partCache

	mu   sync.Mutex
	hits hitHeap
	kept map[*openPart]bool
}

// floor is the time before which no event can be among the newest any more.
func (n *newest) floor() int64 {
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.hits) < n.limit {
		return math.MinInt64
	}
	return n.hits[0].time
}

// offer takes a hit in, if it is among the first so far.
func (n *newest) offer(h hit) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.hits) == n.limit {
		if comparePositions(h.position, n.hits[0].position) > 0 {
			return
		}
		heap.Pop(&n.hits)
	}
	heap.Push(&n.hits, h)
	n.keep(h.group.part)
}

func (n *newest) keep(p *openPart) {
	if n.kept == nil {
		n.kept = map[*openPart]bool{}
	}
	if !n.kept[p] {
		n.kept[p] = true
		n.cache.retain(p)
	}
}

func (n *newest) release() {
	for p := range n.kept {
		n.cache.release(p)
	}
}

func (n *newest) sorted() []hit {
	slices.SortFunc(n.hits, func(a, b hit) int { return comparePositions(a.position, b.position) })
	return n.hits
}

// hitHeap has the last hit in the order of results on top.
type hitHeap []hit

func (h hitHeap) Len() int           { return len(h) }
func (h hitHeap) Less(i, j int) bool { return comparePositions(h[i].position, h[j].position) > 0 }
func (h hitHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *hitHeap) Push(x any)        { *h = append(*h, x.(hit)) }
func (h *hitHeap) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}

// newestFirst lists rows by their time, newest first; rows of one time are in
// no particular order.
func (s *scan) newestFirst(ctx context.Context, rows bitmap) ([]int32, error) {
	times, err := s.readTimes(ctx)
	if err != nil {
		return nil, err
	}
	list := make([]int32, 0, rows.count())
	rows.each(func(row int) { list = append(list, int32(row)) })
	slices.Reverse(list)
	byTime := func(a, b int32) int { return cmp.Compare(times[b], times[a]) }
	if !slices.IsSortedFunc(list, byTime) { // rows that another program wrote
		slices.SortStableFunc(list, byTime)
	}
	return list, nil
}

func (g *rowGroup) cells(f field) *cells { return &cells{group: g, field: f} }

func positionOf(at int64, row int, ids, accounts *cells) (position, error) {
	id, err := ids.at(row)
	if err != nil {
		return position{}, err
	}
	account, err := accounts.at(row)
	return position{at, string(id), string(account)}, err
}
