package audittest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/kopterio/kopter/account"
	"github.com/kopterio/kopter/audit"
)

// TestIndex checks an implementation of audit.Index. open gives an empty one,
// each time another.
func TestIndex(t *testing.T, open func(t *testing.T) audit.Index) {
	for name, test := range map[string]func(*testing.T, audit.Index){
		"empty":                               testEmptyIndex,
		"parts come newest first":             testPartOrder,
		"runs come largest first":             testRunOrder,
		"conflicts come in order":             testConflictOrder,
		"a known conflict stays as it is":     testKnownConflict,
		"what is removed is gone":             testRemoval,
		"a stale change changes nothing":      testStale,
		"tenants do not see each other":       testTenants,
		"every field survives":                testFields,
		"of rival changes one succeeds":       testRivals,
		"readers see a change whole or not":   testAtomic,
		"a cancelled context changes nothing": testCancelled,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

const (
	one   account.Tenant = "one"
	other account.Tenant = "one-other"
)

func apply(t *testing.T, index audit.Index, tenant account.Tenant, c audit.Change) {
	t.Helper()
	if err := index.Apply(context.Background(), tenant, c); err != nil {
		t.Fatalf("apply: %v", err)
	}
}

// holds compares all that the index shows of a tenant, order included.
func holds(t *testing.T, index audit.Index, tenant account.Tenant, want audit.Change) {
	t.Helper()
	ctx := context.Background()
	parts, err := index.Parts(ctx, tenant)
	if err != nil {
		t.Fatalf("parts: %v", err)
	}
	runs, err := index.Runs(ctx, tenant)
	if err != nil {
		t.Fatalf("runs: %v", err)
	}
	conflicts, err := index.Conflicts(ctx, tenant)
	if err != nil {
		t.Fatalf("conflicts: %v", err)
	}
	got := audit.Change{AddParts: parts, AddRuns: runs, Conflicts: conflicts}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("tenant %s (-want +got):\n%s", tenant, diff)
	}
}

func part(name string, maxTime int64) audit.Part {
	return audit.Part{Name: name, Rows: 1, Bytes: 100, MinTime: maxTime - 5, MaxTime: maxTime}
}

func testEmptyIndex(t *testing.T, index audit.Index) {
	holds(t, index, one, audit.Change{})
	apply(t, index, one, audit.Change{})
	holds(t, index, one, audit.Change{})
}

func testPartOrder(t *testing.T, index audit.Index) {
	apply(t, index, one, audit.Change{AddParts: []audit.Part{part("b", 10), part("c", 30), part("a", 10), part("d", -20)}})
	holds(t, index, one, audit.Change{AddParts: []audit.Part{part("c", 30), part("a", 10), part("b", 10), part("d", -20)}})
}

func testRunOrder(t *testing.T, index audit.Index) {
	apply(t, index, one, audit.Change{AddRuns: []audit.Run{{Name: "b", Count: 5}, {Name: "c", Count: 1 << 40}, {Name: "a", Count: 5}}})
	holds(t, index, one, audit.Change{AddRuns: []audit.Run{{Name: "c", Count: 1 << 40}, {Name: "a", Count: 5}, {Name: "b", Count: 5}}})
}

func conflict(account, id, raw string) audit.Conflict {
	return audit.Conflict{Account: account, EventID: id, Time: 7, Source: "file", Raw: []byte(raw)}
}

func testConflictOrder(t *testing.T, index audit.Index) {
	apply(t, index, one, audit.Change{Conflicts: []audit.Conflict{
		conflict("2", "a", "x"), conflict("1", "b", "y"), conflict("1", "b", "x"), conflict("1", "B", "z"),
	}})
	holds(t, index, one, audit.Change{Conflicts: []audit.Conflict{
		conflict("1", "B", "z"), conflict("1", "b", "x"), conflict("1", "b", "y"), conflict("2", "a", "x"),
	}})
}

func testKnownConflict(t *testing.T, index audit.Index) {
	first, again := conflict("1", "a", "x"), conflict("1", "a", "x")
	again.Source, again.Time = "another file", 8
	apply(t, index, one, audit.Change{Conflicts: []audit.Conflict{first, again}})
	apply(t, index, one, audit.Change{Conflicts: []audit.Conflict{again}})
	holds(t, index, one, audit.Change{Conflicts: []audit.Conflict{first}})
}

func testRemoval(t *testing.T, index audit.Index) {
	apply(t, index, one, audit.Change{
		AddParts: []audit.Part{part("a", 1), part("b", 2)},
		AddRuns:  []audit.Run{{Name: "r", Count: 1}, {Name: "s", Count: 2}},
	})
	apply(t, index, one, audit.Change{
		RemoveParts: []string{"a"}, AddParts: []audit.Part{part("c", 3)},
		RemoveRuns: []string{"r"}, AddRuns: []audit.Run{{Name: "u", Count: 3}},
	})
	holds(t, index, one, audit.Change{
		AddParts: []audit.Part{part("c", 3), part("b", 2)},
		AddRuns:  []audit.Run{{Name: "u", Count: 3}, {Name: "s", Count: 2}},
	})
}

func testStale(t *testing.T, index audit.Index) {
	before := audit.Change{AddParts: []audit.Part{part("a", 1)}, AddRuns: []audit.Run{{Name: "r", Count: 1}}}
	apply(t, index, one, before)
	for name, stale := range map[string]audit.Change{
		"part": {RemoveParts: []string{"a", "gone"}},
		"run":  {RemoveParts: []string{"a"}, RemoveRuns: []string{"r", "gone"}},
	} {
		stale.AddParts = []audit.Part{part("new", 2)}
		stale.AddRuns = []audit.Run{{Name: "new", Count: 2}}
		stale.Conflicts = []audit.Conflict{conflict("1", "a", "x")}
		if err := index.Apply(context.Background(), one, stale); !errors.Is(err, audit.ErrStale) {
			t.Errorf("%s that is not there: %v, want ErrStale", name, err)
		}
		holds(t, index, one, before)
	}
}

func testTenants(t *testing.T, index audit.Index) {
	mine := audit.Change{AddParts: []audit.Part{part("a", 1)}, AddRuns: []audit.Run{{Name: "r", Count: 1}}, Conflicts: []audit.Conflict{conflict("1", "a", "x")}}
	apply(t, index, one, mine)
	holds(t, index, other, audit.Change{})
	if err := index.Apply(context.Background(), other, audit.Change{RemoveParts: []string{"a"}}); !errors.Is(err, audit.ErrStale) {
		t.Errorf("remove another tenant's part: %v, want ErrStale", err)
	}
	apply(t, index, other, mine)
	apply(t, index, other, audit.Change{RemoveParts: []string{"a"}, RemoveRuns: []string{"r"}})
	holds(t, index, one, mine)
}

func testFields(t *testing.T, index audit.Index) {
	c := audit.Change{
		AddParts: []audit.Part{{Name: "p", Rows: 1 << 41, Bytes: 1 << 42, Checksum: "00ffee1122334455", MinTime: -1 << 50, MaxTime: 1 << 50}},
		AddRuns:  []audit.Run{{Name: "r", Count: 1 << 43}},
		Conflicts: []audit.Conflict{{
			Account: "123456789012", EventID: "sha256:\x00ü'\"", Time: -1, Source: "s3://bucket/key ü", Raw: []byte("{\"a\":\"\x00\xff\"}"),
		}},
	}
	apply(t, index, one, c)
	holds(t, index, one, c)
}

// testRivals lets many changes remove the same part.
func testRivals(t *testing.T, index audit.Index) {
	apply(t, index, one, audit.Change{AddParts: []audit.Part{part("a", 1)}})
	var workers sync.WaitGroup
	results := make([]error, 8)
	for i := range results {
		workers.Go(func() {
			results[i] = index.Apply(context.Background(), one, audit.Change{
				RemoveParts: []string{"a"},
				AddParts:    []audit.Part{part(fmt.Sprintf("merged%d", i), 2)},
			})
		})
	}
	workers.Wait()
	winners := 0
	for i, err := range results {
		if err == nil {
			winners++
			holds(t, index, one, audit.Change{AddParts: []audit.Part{part(fmt.Sprintf("merged%d", i), 2)}})
		} else if !errors.Is(err, audit.ErrStale) {
			t.Errorf("change %d: %v, want ErrStale", i, err)
		}
	}
	if winners != 1 {
		t.Errorf("%d of the rival changes succeeded, want 1", winners)
	}
}

// testAtomic reads while parts are replaced by others.
func testAtomic(t *testing.T, index audit.Index) {
	const steps = 50
	pair := func(i int) []audit.Part {
		return []audit.Part{part(fmt.Sprintf("%03d-a", i), int64(i)), part(fmt.Sprintf("%03d-b", i), int64(i))}
	}
	apply(t, index, one, audit.Change{AddParts: pair(0)})
	var reader sync.WaitGroup
	done := make(chan struct{})
	reader.Go(func() {
		for {
			parts, err := index.Parts(context.Background(), one)
			if err != nil || len(parts) != 2 || parts[0].Name[:3] != parts[1].Name[:3] {
				t.Errorf("parts %v, %v: want the two of one change", parts, err)
				return
			}
			select {
			case <-done:
				return
			default:
			}
		}
	})
	for i := 1; i <= steps; i++ {
		before := pair(i - 1)
		apply(t, index, one, audit.Change{RemoveParts: []string{before[0].Name, before[1].Name}, AddParts: pair(i)})
	}
	close(done)
	reader.Wait()
}

func testCancelled(t *testing.T, index audit.Index) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := index.Apply(ctx, one, audit.Change{AddParts: []audit.Part{part("a", 1)}}); err == nil {
		t.Error("apply with a cancelled context: no error")
	}
	holds(t, index, one, audit.Change{})
}
