package usagetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/kopterio/kopter/account"
	"github.com/kopterio/kopter/usage"
)

// Opened is a store that is open and empty.
type Opened struct {
	Store usage.Store
	// Commit adds facts and freshness as the commit of a log file does
	// (ingest.Store.Commit).
	Commit func(context.Context, account.Tenant, []usage.Fact, []usage.Freshness) error
	// Reopen closes the store and opens it again; nil for a store that
	// forgets.
	Reopen func() Opened
}

// TestStore tests that a store does what usage.Store says. open gives an
// empty store that lives as long as the test.
func TestStore(t *testing.T, open func(t *testing.T) Opened) {
	for _, c := range []struct {
		name string
		test func(*testing.T, Opened)
	}{
		{"EmptyStoreHasNothing", emptyStoreHasNothing},
		{"FactsAreInOrder", factsAreInOrder},
		{"KnownFactsStay", knownFactsStay},
		{"OnlyNamedResources", onlyNamedResources},
		{"ManyNamedResources", manyNamedResources},
		{"AnyBytesAreKept", anyBytesAreKept},
		{"StopsWhenTold", stopsWhenTold},
		{"SnapshotsCountOnce", snapshotsCountOnce},
		{"SnapshotsAreInOrder", snapshotsAreInOrder},
		{"PartialBecomesComplete", partialBecomesComplete},
		{"FreshnessOnlyGrows", freshnessOnlyGrows},
		{"TenantsAreApart", tenantsAreApart},
		{"CancelledCallsFail", cancelledCallsFail},
		{"ConcurrentUse", concurrentUse},
		{"SurvivesReopening", survivesReopening},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, open(t)) })
	}
}

const tenantA, tenantB account.Tenant = "a", "a-b"

func fact(account, resource, key, data string) usage.Fact {
	return usage.Fact{Account: account, Resource: resource, Key: key, Data: []byte(data)}
}

func snapshot(id, account, region string, at usage.Seconds) usage.Snapshot {
	return usage.Snapshot{ID: id, Account: account, Region: region, At: at}
}

// commit adds facts and must succeed.
func (o Opened) commit(t *testing.T, tenant account.Tenant, facts ...usage.Fact) {
	t.Helper()
	if err := o.Commit(t.Context(), tenant, facts, nil); err != nil {
		t.Fatalf("commit %d facts: %v", len(facts), err)
	}
}

func (o Opened) addSnapshots(t *testing.T, tenant account.Tenant, s []usage.Snapshot, facts ...usage.Fact) {
	t.Helper()
	if err := o.Store.AddSnapshots(t.Context(), tenant, s, facts); err != nil {
		t.Fatalf("add %d snapshots: %v", len(s), err)
	}
}

func (o Opened) facts(t *testing.T, tenant account.Tenant, resources ...string) []usage.Fact {
	t.Helper()
	var all []usage.Fact
	for f, err := range o.Store.Facts(t.Context(), tenant, resources...) {
		if err != nil {
			t.Errorf("facts: %v", err)
			return nil
		}
		f.Data = bytes.Clone(f.Data)
		all = append(all, f)
	}
	return all
}

func (o Opened) snapshots(t *testing.T, tenant account.Tenant) []usage.Snapshot {
	t.Helper()
	all, err := o.Store.Snapshots(t.Context(), tenant)
	if err != nil {
		t.Fatalf("snapshots: %v", err)
	}
	return all
}

func (o Opened) freshness(t *testing.T, tenant account.Tenant) []usage.Freshness {
	t.Helper()
	all, err := o.Store.Freshness(t.Context(), tenant)
	if err != nil {
		t.Fatalf("freshness: %v", err)
	}
	return all
}

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func emptyStoreHasNothing(t *testing.T, o Opened) {
	same(t, "facts", o.facts(t, tenantA), []usage.Fact(nil))
	same(t, "facts of a resource", o.facts(t, tenantA, "i-1"), []usage.Fact(nil))
	same(t, "snapshots", o.snapshots(t, tenantA), []usage.Snapshot(nil))
	same(t, "freshness", o.freshness(t, tenantA), []usage.Freshness(nil))
}

func factsAreInOrder(t *testing.T, o Opened) {
	want := []usage.Fact{
		fact("1", "i-1", "a/1", "x"), fact("1", "i-1", "a/1/1", "y"), fact("1", "i-1", "b/1", "z"),
		fact("1", "i-10", "a", "w"), fact("1", "i-2", "a", "v"), fact("10", "i-1", "a", "u"), fact("2", "i-1", "a", "t"),
	}
	for _, i := range []int{4, 0, 6, 2, 5, 1, 3} {
		o.commit(t, tenantA, want[i])
	}
	same(t, "facts", o.facts(t, tenantA), want)
}

func knownFactsStay(t *testing.T, o Opened) {
	first := fact("1", "i-1", "a", "first")
	o.commit(t, tenantA, first, first)
	o.commit(t, tenantA, fact("1", "i-1", "a", "second"))
	o.addSnapshots(t, tenantA, nil, fact("1", "i-1", "a", "third"))
	same(t, "facts", o.facts(t, tenantA), []usage.Fact{first})
}

func onlyNamedResources(t *testing.T, o Opened) {
	o.commit(t, tenantA, fact("1", "i-1", "a", "x"), fact("1", "i-2", "a", "y"), fact("2", "i-1", "a", "z"), fact("2", "I-1", "a", "w"))
	same(t, "one resource", o.facts(t, tenantA, "i-1"), []usage.Fact{fact("1", "i-1", "a", "x"), fact("2", "i-1", "a", "z")})
	same(t, "two resources, one twice", o.facts(t, tenantA, "i-2", "i-1", "i-2"),
		[]usage.Fact{fact("1", "i-1", "a", "x"), fact("1", "i-2", "a", "y"), fact("2", "i-1", "a", "z")})
	same(t, "unknown resource", o.facts(t, tenantA, "i-3"), []usage.Fact(nil))
}

// manyNamedResources names more resources than a statement of SQLite has
// room for variables by default.
func manyNamedResources(t *testing.T, o Opened) {
	const many = 40_000
	o.commit(t, tenantA, fact("1", "i-7", "a", "x"), fact("1", "i-39999", "a", "y"), fact("2", "i-7", "a", "z"), fact("2", "other", "a", "w"))
	names := make([]string, many)
	for i := range names {
		names[i] = fmt.Sprintf("i-%d", i)
	}
	same(t, "facts", o.facts(t, tenantA, names...),
		[]usage.Fact{fact("1", "i-39999", "a", "y"), fact("1", "i-7", "a", "x"), fact("2", "i-7", "a", "z")})
}

func anyBytesAreKept(t *testing.T, o Opened) {
	f := fact("1", "i-'\"\x00é", "sha256:a/b\x00c", "\x00\xff\x01 '\x80")
	o.commit(t, tenantA, f)
	same(t, "facts", o.facts(t, tenantA), []usage.Fact{f})
	same(t, "facts of it", o.facts(t, tenantA, f.Resource), []usage.Fact{f})
}

func stopsWhenTold(t *testing.T, o Opened) {
	o.commit(t, tenantA, fact("1", "i-1", "a", "x"), fact("1", "i-2", "a", "x"))
	taken := 0
	for range o.Store.Facts(t.Context(), tenantA) {
		taken++
		break
	}
	if taken != 1 {
		t.Errorf("took %d facts, want 1", taken)
	}
	o.commit(t, tenantA, fact("1", "i-3", "a", "x")) // nothing is left locked
}

func snapshotsCountOnce(t *testing.T, o Opened) {
	s, f := snapshot("s1", "1", "us-east-1", 100), fact("1", "i-1", "s1", "x")
	o.addSnapshots(t, tenantA, []usage.Snapshot{s, s}, f, f)
	o.addSnapshots(t, tenantA, []usage.Snapshot{s}, f)
	same(t, "snapshots", o.snapshots(t, tenantA), []usage.Snapshot{s})
	same(t, "facts", o.facts(t, tenantA), []usage.Fact{f})
}

func snapshotsAreInOrder(t *testing.T, o Opened) {
	want := []usage.Snapshot{
		snapshot("z", "1", "eu-west-1", 300), snapshot("y", "1", "us-east-1", 100),
		snapshot("x", "1", "us-east-1", 200), snapshot("w", "2", "eu-west-1", 50),
	}
	o.addSnapshots(t, tenantA, []usage.Snapshot{want[2], want[0]})
	o.addSnapshots(t, tenantA, []usage.Snapshot{want[3], want[1]})
	same(t, "snapshots", o.snapshots(t, tenantA), want)
}

func partialBecomesComplete(t *testing.T, o Opened) {
	partial := snapshot("s1", "1", "us-east-1", 100)
	complete := partial
	complete.Complete = true
	for _, s := range []usage.Snapshot{partial, complete, partial} {
		o.addSnapshots(t, tenantA, []usage.Snapshot{s})
	}
	same(t, "snapshots", o.snapshots(t, tenantA), []usage.Snapshot{complete})
}

func freshnessOnlyGrows(t *testing.T, o Opened) {
	for _, last := range []usage.Seconds{200, 100} {
		fresh := []usage.Freshness{{Account: "2", Region: "eu-west-1", Last: last}, {Account: "1", Region: "us-east-1", Last: last}}
		if err := o.Commit(t.Context(), tenantA, nil, fresh); err != nil {
			t.Fatal(err)
		}
	}
	o.addSnapshots(t, tenantA, []usage.Snapshot{snapshot("s1", "1", "us-east-1", 300), snapshot("s2", "2", "eu-west-1", 50)})
	o.addSnapshots(t, tenantA, []usage.Snapshot{snapshot("s3", "1", "eu-west-1", 20)})
	same(t, "freshness", o.freshness(t, tenantA), []usage.Freshness{
		{Account: "1", Region: "eu-west-1", Last: 20},
		{Account: "1", Region: "us-east-1", Last: 300},
		{Account: "2", Region: "eu-west-1", Last: 200},
	})
}

func tenantsAreApart(t *testing.T, o Opened) {
	f, s := fact("1", "i-1", "a", "x"), snapshot("s1", "1", "us-east-1", 100)
	o.commit(t, tenantA, f)
	o.addSnapshots(t, tenantA, []usage.Snapshot{s})
	same(t, "facts of another tenant", o.facts(t, tenantB), []usage.Fact(nil))
	same(t, "the resource for another tenant", o.facts(t, tenantB, "i-1"), []usage.Fact(nil))
	same(t, "snapshots of another tenant", o.snapshots(t, tenantB), []usage.Snapshot(nil))
	same(t, "freshness of another tenant", o.freshness(t, tenantB), []usage.Freshness(nil))
	other := fact("1", "i-1", "a", "other")
	o.commit(t, tenantB, other)
	same(t, "facts", o.facts(t, tenantA), []usage.Fact{f})
	same(t, "facts of the other", o.facts(t, tenantB), []usage.Fact{other})
}

func cancelledCallsFail(t *testing.T, o Opened) {
	o.commit(t, tenantA, fact("1", "i-1", "a", "x"))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := o.Store.AddSnapshots(ctx, tenantA, []usage.Snapshot{snapshot("s1", "1", "us-east-1", 100)}, nil)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("AddSnapshots: %v, want context.Canceled", err)
	}
	var last error
	for _, err := range o.Store.Facts(ctx, tenantA) {
		last = err
	}
	if !errors.Is(last, context.Canceled) {
		t.Errorf("Facts: %v, want context.Canceled", last)
	}
	same(t, "snapshots", o.snapshots(t, tenantA), []usage.Snapshot(nil))
}

func concurrentUse(t *testing.T, o Opened) {
	const writers, each = 4, 8
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				f := fact("1", fmt.Sprintf("i-%d", i), fmt.Sprintf("w%d", w), "x")
				s := snapshot("s1", "1", "us-east-1", 100)
				err := errors.Join(
					o.Commit(t.Context(), tenantA, []usage.Fact{f}, []usage.Freshness{{Account: "1", Region: "r", Last: int64(i)}}),
					o.Store.AddSnapshots(t.Context(), tenantA, []usage.Snapshot{s}, nil))
				if err != nil {
					t.Errorf("writer %d: %v", w, err)
				}
				if all := o.facts(t, tenantA, f.Resource); !slices.ContainsFunc(all, func(g usage.Fact) bool { return g.Key == f.Key }) {
					t.Errorf("writer %d does not see its own fact %s of %s", w, f.Key, f.Resource)
				}
			}
		})
	}
	wg.Wait()
	if n := len(o.facts(t, tenantA)); n != writers*each {
		t.Errorf("%d facts, want %d", n, writers*each)
	}
	same(t, "freshness", o.freshness(t, tenantA), []usage.Freshness{
		{Account: "1", Region: "r", Last: each - 1}, {Account: "1", Region: "us-east-1", Last: 100},
	})
}

func survivesReopening(t *testing.T, o Opened) {
	f, s := fact("1", "i-1", "a", "x"), snapshot("s1", "1", "us-east-1", 100)
	o.commit(t, tenantA, f)
	o.addSnapshots(t, tenantA, []usage.Snapshot{s})
	if o.Reopen != nil {
		o = o.Reopen()
	}
	same(t, "facts", o.facts(t, tenantA), []usage.Fact{f})
	same(t, "snapshots", o.snapshots(t, tenantA), []usage.Snapshot{s})
	same(t, "freshness", o.freshness(t, tenantA), []usage.Freshness{{Account: "1", Region: "us-east-1", Last: 100}})
}
