package audit

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/kopterio/kopter/account"
	"github.com/kopterio/kopter/query"
)

// Follower gives the events that commits bring, for a live view. It belongs to
// one goroutine; Close may come from another.
//
// The invariant: every row that a batch of this lake commits after Follow has
// returned is looked at by Next exactly once, whatever is merged or replaced
// meanwhile, or is counted in FollowPage.Skipped. It holds because
//
//   - the parts of a commit are noted at its end, under the lock under which
//     parts are picked for merging, and until then they are in no merge either;
//   - parts that are noted are merged only when all followers have looked at
//     them, so a part holds the rows of one commit and no others;
//   - when a commit replaces parts of an earlier one, since both brought the
//     same events, what stands in their place is looked at only if they were
//     not, and what of the commit had been in them only if they were not;
//   - Next crosses parts off only if none of them was replaced while it read.
//
// Commits of another process are not noticed.
type Follower struct {
	writing *writing
	wake    chan struct{} // has a value when there may be something to do
	closed  chan struct{}
	close   sync.Once

	// guarded by writing.claims
	waiting  []arrival // the oldest first
	skipped  int64
	replaced int // how many times parts that were waiting were replaced
}

// arrival is a part that is still to be looked at.
type arrival struct {
	part   Part
	except map[uint64]bool // rows that were looked at in another part, by identity
}

// maxWaiting bounds the parts that wait for a follower, which cannot be merged.
const maxWaiting = 64

// ErrClosed says that a follower was closed.
var ErrClosed = errors.New("the follower is closed")

// Follow begins to follow a tenant's commits. A view that shows older events
// too searches for them after Follow; an event that is committed between the
// two is then in both.
func (l *Lake) Follow(t account.Tenant) (*Follower, error) {
	w, err := l.writing(t)
	if err != nil {
		return nil, err
	}
	f := &Follower{writing: w, wake: make(chan struct{}, 1), closed: make(chan struct{})}
	w.claims.Lock()
	defer w.claims.Unlock()
	w.followers = append(w.followers, f)
	return f, nil
}

// FollowRequest says which of the events that arrive are wanted.
type FollowRequest struct {
	Query query.Node // nil for every event
	Limit int        // of events at a time, the newest; 0 is DefaultLimit
	Raw   bool
}

// FollowPage is what some commits have brought.
type FollowPage struct {
	Events  []*Event // in the order of Search
	Left    int64    // how many more of these commits match than Limit; Search finds them
	Skipped int64    // rows not looked at, since Next was not called for a long time
}

// Next waits for commits that bring events that match. It ends with the
// context's error, or ErrClosed.
func (f *Follower) Next(ctx context.Context, r FollowRequest) (FollowPage, error) {
	for {
		select {
		case <-f.closed:
			return FollowPage{}, ErrClosed
		case <-ctx.Done():
			return FollowPage{}, context.Cause(ctx)
		case <-f.wake:
		}
		page, err := f.look(ctx, r)
		if err != nil || len(page.Events) > 0 || page.Skipped > 0 {
			return page, err
		}
	}
}

// look searches what waits and crosses it off; after an error all of it still
// waits.
func (f *Follower) look(ctx context.Context, r FollowRequest) (FollowPage, error) {
	for {
		waiting, replaced := f.snapshot()
		if len(waiting) == 0 {
			return FollowPage{Skipped: f.takeSkipped()}, nil
		}
		result, err := f.writing.lake.searchArrivals(ctx, f.writing.tenant, r, waiting)
		if err != nil {
			f.signal()
			return FollowPage{}, err
		}
		if f.crossOff(waiting, replaced) {
			return FollowPage{Events: result.Events, Left: result.Total - int64(len(result.Events)), Skipped: f.takeSkipped()}, nil
		}
	}
}

func (l *Lake) searchArrivals(ctx context.Context, t account.Tenant, r FollowRequest, waiting []arrival) (Result, error) {
	in := rowsLeftOut{}
	for _, a := range waiting {
		in[a.part.Name] = a.except
	}
	return l.searchWithin(ctx, t, Request{Query: r.Query, Limit: r.Limit, Raw: r.Raw, Total: true}, listed(r.Raw), in)
}

func (f *Follower) snapshot() (waiting []arrival, replaced int) {
	f.writing.claims.Lock()
	defer f.writing.claims.Unlock()
	return slices.Clone(f.waiting), f.replaced
}

func (f *Follower) takeSkipped() int64 {
	f.writing.claims.Lock()
	defer f.writing.claims.Unlock()
	n := f.skipped
	f.skipped = 0
	return n
}

// crossOff takes parts that were looked at off the list, unless some of them
// were replaced meanwhile. Those that were given up meanwhile have been looked
// at after all.
func (f *Follower) crossOff(seen []arrival, replaced int) bool {
	f.writing.claims.Lock()
	defer f.writing.claims.Unlock()
	if f.replaced != replaced {
		return false
	}
	for _, a := range seen {
		if i := f.find(a.part.Name); i >= 0 {
			f.waiting = slices.Delete(f.waiting, i, i+1)
		} else {
			f.skipped -= a.part.Rows
		}
	}
	if len(f.waiting) > 0 {
		f.signal()
	}
	return true
}

// Close ends the following, and a Next that waits.
func (f *Follower) Close() {
	f.close.Do(func() {
		close(f.closed)
		f.writing.claims.Lock()
		defer f.writing.claims.Unlock()
		f.writing.followers = slices.DeleteFunc(f.writing.followers, func(o *Follower) bool { return o == f })
	})
}

func (f *Follower) signal() {
	select {
	case f.wake <- struct{}{}:
	default:
	}
}

// find gives the place of a part that waits, or -1.
func (f *Follower) find(name string) int {
	return slices.IndexFunc(f.waiting, func(a arrival) bool { return a.part.Name == name })
}

// arrive notes what a committed batch brings; claims is held, and the batch's
// tails are not yet settled. Parts that turn out not to be visible, when it is
// not known whether the commit has failed, hold nothing.
func (f *Follower) arrive(b *Batch, how ending) {
	seen, skip := map[uint64]bool{}, map[string]bool{}
	for _, r := range b.replaced {
		if f.replace(r, how) {
			continue
		}
		for id := range r.gone {
			seen[id] = true
		}
		for _, p := range r.tail.next {
			skip[p.Name] = true
		}
	}
	for _, p := range b.change.AddParts {
		if !skip[p.Name] && f.find(p.Name) < 0 {
			f.waiting = append(f.waiting, arrival{p, seen})
		}
	}
	for len(f.waiting) > maxWaiting {
		f.skipped += f.waiting[0].part.Rows
		f.waiting = f.waiting[1:]
	}
	f.signal()
}

// replace puts what a tail was replaced by in its place, if the tail waits.
func (f *Follower) replace(r replacement, how ending) (waited bool) {
	var except map[uint64]bool
	for _, p := range r.tail.parts {
		if i := f.find(p.Name); i >= 0 {
			waited, except = true, f.waiting[i].except
			if how == committed {
				f.waiting = slices.Delete(f.waiting, i, i+1)
			}
		}
	}
	if waited {
		f.replaced++
		for _, p := range r.tail.next {
			f.waiting = append(f.waiting, arrival{p, except})
		}
	}
	return waited
}

// isHeld says whether a part must not be merged now: an open batch may replace
// it, its commit has not ended, or a follower has yet to look at it.
func (w *writing) isHeld(p Part) bool {
	if w.isInTail(p) {
		return true
	}
	w.claims.Lock()
	defer w.claims.Unlock()
	return slices.ContainsFunc(w.committing, func(o Part) bool { return o.Name == p.Name }) ||
		slices.ContainsFunc(w.followers, func(f *Follower) bool { return f.find(p.Name) >= 0 })
}
