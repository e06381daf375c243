// Package notifytest is what every notify.Store must keep, as a test, and a
// store in memory for those who need one.
package notifytest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/kopterio/kopter/account"
	"github.com/kopterio/kopter/notify"
)

// Opened is a store that the suite was given.
type Opened struct {
	notify.Store
	// Reopen closes the store and opens its state again.
	Reopen func() Opened
}

const (
	tenant account.Tenant = "acme"
	other  account.Tenant = "other"
)

var noon = time.Date(2026, 11, 25, 12, 0, 0, 123_456_789, time.UTC)

// TestStore runs the suite; open gives an empty store, closed at the end of the
// test.
func TestStore(t *testing.T, open func(t *testing.T) Opened) {
	tests := []struct {
		name string
		test func(*testing.T, Opened)
	}{
		{"an empty store has nothing", testEmpty},
		{"what is added is listed whole, also after reopening", testAdd},
		{"what is known is not added again, whatever became of it", testAgain},
		{"one call may name a notice twice", testTwice},
		{"a listing is by when it was noticed, then by time, then by id", testOrder},
		{"pages cover the listing, whatever their length", testPages},
		{"a listing is by state", testStates},
		{"marks survive reopening", testMark},
		{"tenants do not see or mark each other's", testTenants},
		{"an ill-named tenant is refused", testIllNamed},
		{"a cancelled call changes nothing", testCancelled},
		{"of concurrent calls one adds a notice", testConcurrent},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { tt.test(t, open(t)) })
	}
}

// notice is one with every field; n tells them apart.
func notice(n int) notify.Notice {
	return notify.Notice{
		ID: fmt.Sprintf("%032x", n), Kind: notify.CostStep, Severity: notify.Critical, State: notify.Open,
		Time: noon.Add(-time.Hour), Noticed: noon.Add(time.Duration(n) * time.Minute),
		Title: "Ann started 3 × p4d.24xlarge", Detail: "line 1\nline 2 — é", Account: "111122223333", Region: "us-east-1",
		Resource: "i-1", EventID: "e-1", Principal: "arn:aws:iam::111122223333:user/ann", Actor: "ann", IP: "192.0.2.7",
		Delta: -1_234_567_890, Currency: "USD", Key: fmt.Sprintf("key %d", n),
	}
}

func add(t *testing.T, s notify.Store, tenant account.Tenant, notices ...notify.Notice) []notify.Notice {
	t.Helper()
	added, err := s.AddNotices(t.Context(), tenant, notices)
	if err != nil {
		t.Fatal(err)
	}
	return added
}

func same(t *testing.T, what string, got []notify.Notice, want ...notify.Notice) {
	t.Helper()
	if d := cmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" {
		t.Errorf("%s: (-want +got)\n%s", what, d)
	}
}

// holds wants the listing of a state to be want, and counts the open ones.
func holds(t *testing.T, s notify.Store, tenant account.Tenant, want ...notify.Notice) {
	t.Helper()
	got, err := s.Notices(t.Context(), tenant, "", 1000, notify.Position{})
	if err != nil {
		t.Fatal(err)
	}
	same(t, "all", got, want...)
	open, err := s.OpenNotices(t.Context(), tenant)
	if err != nil {
		t.Fatal(err)
	}
	expected := 0
	for _, n := range want {
		if n.State == notify.Open {
			expected++
		}
	}
	if open != int64(expected) {
		t.Errorf("%d are open, want %d", open, expected)
	}
}

func testEmpty(t *testing.T, s Opened) {
	holds(t, s, tenant)
	if _, err := s.MarkNotice(t.Context(), tenant, "none", notify.Open); !errors.Is(err, notify.ErrNoNotice) {
		t.Errorf("mark nothing: %v", err)
	}
	same(t, "added of nothing", add(t, s, tenant))
}

func testAdd(t *testing.T, s Opened) {
	a, b := notice(1), notify.Notice{ID: "bare", Kind: notify.Silence, Severity: notify.Info, Time: noon, Noticed: noon, State: notify.Open}
	same(t, "added", add(t, s, tenant, b, a), b, a)
	holds(t, s, tenant, a, b)
	holds(t, s.Reopen(), tenant, a, b)
}

func testAgain(t *testing.T, s Opened) {
	a, b := notice(1), notice(2)
	add(t, s, tenant, a)
	acknowledged, err := s.MarkNotice(t.Context(), tenant, a.ID, notify.Acknowledged)
	if err != nil {
		t.Fatal(err)
	}
	again := a
	again.Noticed, again.Title = noon.Add(time.Hour), "another title"
	same(t, "added", add(t, s, tenant, again, b), b)
	holds(t, s, tenant, b, acknowledged)
}

func testTwice(t *testing.T, s Opened) {
	a := notice(1)
	second := a
	second.Title = "the second"
	same(t, "added", add(t, s, tenant, a, second), a)
	holds(t, s, tenant, a)
}

// ordered gives notices in the order of a listing, of which some share when
// they were noticed, and some of those their time.
func ordered() []notify.Notice {
	var all []notify.Notice
	for n := range 12 {
		a := notice(n)
		a.Noticed = noon.Add(-time.Duration(n/6) * time.Minute)
		a.Time = noon.Add(-time.Duration(n/3) * time.Hour)
		all = append(all, a)
	}
	return all
}

func testOrder(t *testing.T, s Opened) {
	want := ordered()
	mixed := slices.Clone(want)
	slices.Reverse(mixed)
	mixed[0], mixed[7] = mixed[7], mixed[0]
	add(t, s, tenant, mixed...)
	holds(t, s, tenant, want...)
}

func testPages(t *testing.T, s Opened) {
	want := ordered()
	add(t, s, tenant, want...)
	for limit := 1; limit <= len(want)+1; limit++ {
		var got []notify.Notice
		after := notify.Position{}
		for range len(want) + 1 {
			page, err := s.Notices(t.Context(), tenant, notify.Open, limit, after)
			if err != nil {
				t.Fatal(err)
			}
			if len(page) == 0 {
				break
			}
			got = append(got, page...)
			after = page[len(page)-1].Position()
		}
		same(t, fmt.Sprintf("pages of %d", limit), got, want...)
	}
}

func testStates(t *testing.T, s Opened) {
	a, b := notice(1), notice(2)
	add(t, s, tenant, a, b)
	marked, err := s.MarkNotice(t.Context(), tenant, a.ID, notify.Acknowledged)
	if err != nil {
		t.Fatal(err)
	}
	for state, want := range map[notify.State][]notify.Notice{
		notify.Open: {b}, notify.Acknowledged: {marked}, "": {b, marked},
	} {
		got, err := s.Notices(t.Context(), tenant, state, 10, notify.Position{})
		if err != nil {
			t.Fatal(err)
		}
		same(t, "state "+string(state), got, want...)
	}
}

func testMark(t *testing.T, s Opened) {
	want := notice(1)
	add(t, s, tenant, want)
	for _, state := range []notify.State{notify.Acknowledged, notify.Acknowledged, notify.Open, notify.Acknowledged} {
		want.State = state
		got, err := s.MarkNotice(t.Context(), tenant, want.ID, state)
		if err != nil {
			t.Fatal(err)
		}
		same(t, "marked", []notify.Notice{got}, want)
		holds(t, s, tenant, want)
	}
	holds(t, s.Reopen(), tenant, want)
}

func testTenants(t *testing.T, s Opened) {
	a := notice(1)
	add(t, s, tenant, a)
	holds(t, s, other)
	if _, err := s.MarkNotice(t.Context(), other, a.ID, notify.Acknowledged); !errors.Is(err, notify.ErrNoNotice) {
		t.Errorf("marked another tenant's: %v", err)
	}
	same(t, "added", add(t, s, other, a), a)
	holds(t, s, tenant, a)
}

func testIllNamed(t *testing.T, s Opened) {
	if _, err := s.AddNotices(t.Context(), "../up", []notify.Notice{notice(1)}); err == nil {
		t.Error("an ill-named tenant was taken")
	}
}

func testCancelled(t *testing.T, s Opened) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.AddNotices(ctx, tenant, []notify.Notice{notice(1)}); !errors.Is(err, context.Canceled) {
		t.Errorf("add: %v", err)
	}
	holds(t, s, tenant)
}

func testConcurrent(t *testing.T, s Opened) {
	var all sync.WaitGroup
	var mu sync.Mutex
	times := map[string]int{}
	for i := range 10 {
		all.Go(func() {
			added, err := s.AddNotices(t.Context(), tenant, []notify.Notice{notice(0), notice(i)})
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			for _, n := range added {
				times[n.ID]++
			}
		})
	}
	all.Wait()
	if len(times) != 10 {
		t.Errorf("%d notices were added, want 10", len(times))
	}
	for id, n := range times {
		if n != 1 {
			t.Errorf("%s was added %d times", id, n)
		}
	}
}
