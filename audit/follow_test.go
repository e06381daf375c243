package audit_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/kopterio/kopter/audit"
	"github.com/kopterio/kopter/audit/audittest"
)

// followed collects what a follower gives.
type followed struct {
	times map[string]int // by event id
	last  int            // of the events that drain has committed
	total int64          // that count was told of
}

func (f *followed) take(page audit.FollowPage) {
	for _, e := range page.Events {
		f.times[e.EventID]++
	}
}

// count takes what comes until it has been told of all rows of the lake, as
// events or as left.
func (f *followed) count(t *testing.T, m *audittest.Memory, from *audit.Follower) {
	t.Helper()
	want := int64(len(rowsOf(t, m)))
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for f.total < want {
		page, err := from.Next(ctx, audit.FollowRequest{Limit: 2})
		if err != nil {
			t.Fatalf("told of %d rows of %d: %v", f.total, want, err)
		}
		f.total += int64(len(page.Events)) + page.Left + page.Skipped
	}
	if f.total != want {
		t.Fatalf("told of %d rows of %d", f.total, want)
	}
}

// A follower gives every row that is committed exactly once, whatever batches
// are open at the same time, bring the same events, fail or are compacted. One
// that gives few of them counts the others.
func TestFollowerGivesEveryRowOnce(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) { followAll(t, rt) })
}

func followAll(t *testing.T, rt *rapid.T) {
	m := audittest.NewMemory()
	lake := audit.New(m, m)
	defer lake.Close()
	f, err := lake.Follow(tenant)
	if err != nil {
		t.Fatal(err)
	}
	counting, err := lake.Follow(tenant)
	if err != nil {
		t.Fatal(err)
	}
	got := followed{times: map[string]int{}}
	var open []*audit.Batch
	for range rapid.IntRange(1, 30).Draw(rt, "steps") {
		switch rapid.IntRange(0, 6).Draw(rt, "step") {
		case 0, 1:
			open = append(open, begin(t, lake))
		case 2:
			if len(open) > 0 {
				b := open[rapid.IntRange(0, len(open)-1).Draw(rt, "batch")]
				first := rapid.IntRange(0, 20).Draw(rt, "first")
				for id := first; id < first+rapid.IntRange(1, 10).Draw(rt, "n"); id++ {
					if _, err := b.Add(context.Background(), makeRecord(id, start+int64(id), "x"), "file"); err != nil {
						t.Fatal(err)
					}
				}
			}
		case 3:
			if len(open) > 0 {
				i := rapid.IntRange(0, len(open)-1).Draw(rt, "commit")
				commit(t, m, open[i])
				open = slices.Delete(open, i, i+1)
			}
		case 4:
			if _, err := lake.Compact(context.Background(), tenant, audit.CompactPolicy{}); err != nil {
				t.Fatal(err)
			}
		case 5:
			got.drain(t, m, lake, f)
		case 6:
			got.count(t, m, counting)
		}
	}
	for _, b := range open {
		b.Abort(context.Background())
	}
	got.drain(t, m, lake, f)
	got.count(t, m, counting)
	f.Close()
	counting.Close()
	want := map[string]int{}
	for _, r := range rowsOf(t, m) {
		want[r.EventID] = 1
	}
	if !maps.Equal(got.times, want) {
		rt.Fatalf("followed %v, the lake has %v", got.times, want)
	}
	if _, err := lake.Compact(context.Background(), tenant, audit.CompactPolicy{}); err != nil {
		t.Fatal(err)
	}
	if b, err := lake.Bounds(context.Background(), tenant); err != nil || b.Fresh > 0 {
		rt.Fatalf("%d fresh parts are left when nobody follows: %v", b.Fresh, err)
	}
}

// drain commits one more event and takes what comes until that has come.
func (f *followed) drain(t *testing.T, m *audittest.Memory, lake *audit.Lake, from *audit.Follower) {
	t.Helper()
	f.last++
	fillSmallFrom(t, m, lake, 1000+f.last)
	want := makeRecord(1000+f.last, start, "x").EventID
	for f.times[string(want)] == 0 {
		page, err := from.Next(context.Background(), audit.FollowRequest{})
		if err != nil {
			t.Fatal(err)
		}
		f.take(page)
	}
}

// Who follows beside batches and compactions that run at the same time misses
// and repeats nothing, either.
func TestFollowWhileWritingAndCompacting(t *testing.T) {
	m := audittest.NewMemory()
	lake := audit.New(m, m)
	defer lake.Close()
	f, err := lake.Follow(tenant)
	if err != nil {
		t.Fatal(err)
	}
	const batches, perBatch, writers = 30, 7, 2
	var work sync.WaitGroup
	for writer := range writers {
		work.Go(func() {
			for i := range batches {
				b := begin(t, lake)
				for j := range perBatch {
					id := (writer*batches+i)*perBatch + j
					if _, err := b.Add(context.Background(), makeRecord(id, start+int64(id), "x"), "file"); err != nil {
						t.Error(err)
					}
				}
				commit(t, m, b)
			}
		})
	}
	stop := make(chan struct{})
	var compaction sync.WaitGroup
	compaction.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			if _, err := lake.Compact(context.Background(), tenant, audit.CompactPolicy{}); err != nil {
				t.Error(err)
				return
			}
		}
	})
	got := followed{times: map[string]int{}}
	for len(got.times) < writers*batches*perBatch {
		page, err := f.Next(context.Background(), audit.FollowRequest{Limit: audit.MaxLimit})
		if err != nil || page.Skipped > 0 {
			t.Fatalf("%+v, %v", page, err)
		}
		got.take(page)
	}
	work.Wait()
	close(stop)
	compaction.Wait()
	for id, n := range got.times {
		if n != 1 {
			t.Errorf("event %s came %d times", id, n)
		}
	}
}

func TestFollowerFiltersAndSaysWhatItLeavesOut(t *testing.T) {
	m := audittest.NewMemory()
	lake := audit.New(m, m)
	defer lake.Close()
	f, err := lake.Follow(tenant)
	if err != nil {
		t.Fatal(err)
	}
	fillSmall(t, m, lake, 3)
	page, err := f.Next(context.Background(), audit.FollowRequest{Limit: 4, Raw: true})
	if err != nil || len(page.Events) != 4 || page.Left != 26 || page.Skipped != 0 || page.Events[0].Raw == "" {
		t.Errorf("%d events, %+v, %v, want 4 and 26 left", len(page.Events), page, err)
	}
	for i := range 70 {
		fillSmallFrom(t, m, lake, 10_000+i)
	}
	page, err = f.Next(context.Background(), audit.FollowRequest{Query: parse(t, "id:no-such-id")})
	if err != nil || len(page.Events) != 0 || page.Skipped != 6 {
		t.Errorf("%+v, %v, want 6 of 70 skipped", page, err)
	}
	f.Close()
	if _, err := f.Next(context.Background(), audit.FollowRequest{}); !errors.Is(err, audit.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}

// Events that two commits bring are counted once, though the part of the
// second holds them, too.
func TestFollowerCountsWhatItGaveOnce(t *testing.T) {
	m := audittest.NewMemory()
	lake := audit.New(m, m)
	defer lake.Close()
	f, err := lake.Follow(tenant)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	one, two := begin(t, lake), begin(t, lake)
	for id := range 15 {
		add(t, one, audit.Added, makeRecord(id, start+int64(id), "x"))
	}
	for id := range 10 {
		add(t, two, audit.Added, makeRecord(id, start+int64(id), "x"))
	}
	for _, c := range []struct {
		batch *audit.Batch
		want  int64
	}{{two, 10}, {one, 5}} {
		commit(t, m, c.batch)
		page, err := f.Next(context.Background(), audit.FollowRequest{Limit: 2})
		if err != nil || len(page.Events) != 2 || page.Left != c.want-2 || page.Skipped != 0 {
			t.Errorf("%+v, %v, want 2 events of %d", page, err, c.want)
		}
	}
}
