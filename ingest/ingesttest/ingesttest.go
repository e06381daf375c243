// Package ingesttest is the conformance suite of ingest.Store: what every
// backend must keep of a commit, and when.
package ingesttest

import (
	"context"
	"errors"
	"iter"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/kopterio/kopter/account"
	"github.com/kopterio/kopter/audit"
	"github.com/kopterio/kopter/ingest"
	"github.com/kopterio/kopter/queue"
	"github.com/kopterio/kopter/usage"
)

// Backend is a store together with the ports in which a commit becomes
// visible.
type Backend interface {
	ingest.Store
	audit.Index
	usage.Store
}

// Harness gives the suite its backends.
type Harness struct {
	// Open gives an empty backend, closed at the end of the test.
	Open func(t *testing.T) Backend
	// Reopen gives another backend on the same state, after the first is
	// closed.
	Reopen func(t *testing.T, b Backend) Backend
	// Queue gives a queue of a tenant in a backend.
	Queue func(t *testing.T, b Backend, tenant account.Tenant, p queue.Policy) queue.Queue
}

const (
	tenant account.Tenant = "acme"
	other  account.Tenant = "other"
)

// TestStore runs the suite.
func TestStore(t *testing.T, h Harness) {
	tests := []struct {
		name string
		test func(*testing.T, Harness)
	}{
		{"an empty store knows nothing", testEmpty},
		{"a commit is visible in every port", testVisible},
		{"a commit survives reopening", testDurable},
		{"known is by name and version", testKnown},
		{"a new version replaces file and quarantine", testReplace},
		{"facts stay as they were first told", testFacts},
		{"freshness only grows", testFreshness},
		{"a stale commit changes nothing", testStale},
		{"a cancelled commit changes nothing", testCancelled},
		{"an ill-named tenant is refused", testIllNamed},
		{"tenants do not see each other", testTenants},
		{"listings are ordered and may be left early", testListings},
		{"a listing may be read while others commit", testReadWhileWriting},
		{"concurrent commits all land, and only one of two that clash", testConcurrent},
		{"a big commit is one commit", testBig},
		{"a commit with a message that no queue takes changes nothing", testBadMessage},
		{"a commit wakes who waits for its messages", testWakes},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { tt.test(t, h) })
	}
}

// sample is a commit that touches every port; n tells commits apart.
func sample(n int) ingest.Commit {
	id := strconv.Itoa(n)
	uri := "/logs/" + id + ".json.gz"
	return ingest.Commit{
		Files: []ingest.Ingested{{
			Object: ingest.Object{URI: uri, Version: "v1"},
			At:     time.Unix(1_700_000_000, 0).UTC(), Bytes: 1234,
			Events: 10, Added: 6, Duplicates: 2, Conflicts: 1, Quarantined: 2,
		}},
		Quarantine: []ingest.Quarantine{
			{URI: uri, Offset: 77, Reason: "not JSON", Excerpt: []byte("{\xff\x00")},
			{URI: uri, Offset: 12, Reason: "too deep", Excerpt: []byte("[[[[")},
		},
		Lake: audit.Change{
			AddParts:  []audit.Part{{Name: "fresh/tenant=acme/" + id + ".parquet", Rows: 6, Bytes: 99, MinTime: int64(n), MaxTime: int64(n) + 5}},
			AddRuns:   []audit.Run{{Name: "ids/tenant=acme/" + id + ".run", Count: int64(100 + n)}},
			Conflicts: []audit.Conflict{{Account: "111", EventID: "e" + id, Time: 5, Source: uri, Raw: []byte(`{"a":1}`)}},
		},
		Facts: []usage.Fact{
			{Account: "111", Resource: "i-" + id, Key: "k1", Data: []byte{1, 0, 255}},
			{Account: "111", Resource: "i-" + id, Key: "k2", Data: []byte("two")},
		},
		Freshness: []usage.Freshness{{Account: "111", Region: "us-east-1", Last: int64(1000 + n)}},
		Messages: []queue.Outgoing{
			{Queue: policy.Name, Body: []byte("came " + id)},
			{Queue: policy.Name, Body: []byte("again " + id)},
		},
	}
}

// state is all that the ports show of a tenant.
type state struct {
	Files      []ingest.Ingested
	Quarantine []ingest.Quarantine
	Parts      []audit.Part
	Runs       []audit.Run
	Conflicts  []audit.Conflict
	Facts      []usage.Fact
	Freshness  []usage.Freshness
	Messages   []string // bodies, sorted
}

func (h Harness) read(t *testing.T, b Backend, tenant account.Tenant) state {
	t.Helper()
	ctx := t.Context()
	var s state
	var errs [4]error
	s.Files = collect(t, b.Ingested(ctx, tenant))
	s.Quarantine = collect(t, b.Quarantined(ctx, tenant))
	s.Facts = collect(t, b.Facts(ctx, tenant))
	s.Parts, errs[0] = b.Parts(ctx, tenant)
	s.Runs, errs[1] = b.Runs(ctx, tenant)
	s.Conflicts, errs[2] = b.Conflicts(ctx, tenant)
	s.Freshness, errs[3] = b.Freshness(ctx, tenant)
	if err := errors.Join(errs[:]...); err != nil {
		t.Fatal(err)
	}
	s.Messages = h.messages(t, b, tenant)
	return s
}

func collect[T any](t *testing.T, seq iter.Seq2[T, error]) []T {
	t.Helper()
	var list []T
	for v, err := range seq {
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, v)
	}
	return list
}

// shown is the state that a single commit leads to.
func shown(c ingest.Commit) state {
	return state{
		Files: c.Files, Quarantine: c.Quarantine, Parts: c.Lake.AddParts, Runs: c.Lake.AddRuns,
		Conflicts: c.Lake.Conflicts, Facts: c.Facts, Freshness: c.Freshness, Messages: bodies(c),
	}
}

func want(t *testing.T, what string, got, want any) {
	t.Helper()
	if d := cmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" {
		t.Errorf("%s: (-want +got)\n%s", what, d)
	}
}

func commit(t *testing.T, b Backend, tenant account.Tenant, c ingest.Commit) {
	t.Helper()
	if err := b.Commit(t.Context(), tenant, c); err != nil {
		t.Fatal(err)
	}
}

func known(t *testing.T, b Backend, tenant account.Tenant, objects ...ingest.Object) []bool {
	t.Helper()
	known, err := b.Known(t.Context(), tenant, objects)
	if err != nil {
		t.Fatal(err)
	}
	return known
}

func testEmpty(t *testing.T, h Harness) {
	b := h.Open(t)
	want(t, "state", h.read(t, b, tenant), state{})
	want(t, "known", known(t, b, tenant, ingest.Object{URI: "/x", Version: "1"}), []bool{false})
	commit(t, b, tenant, ingest.Commit{})
	want(t, "state after an empty commit", h.read(t, b, tenant), state{})
}

func testVisible(t *testing.T, h Harness) {
	b := h.Open(t)
	commit(t, b, tenant, sample(1))
	want(t, "state", h.read(t, b, tenant), shown(sample(1)))
}

func testDurable(t *testing.T, h Harness) {
	b := h.Open(t)
	commit(t, b, tenant, sample(1))
	b = h.Reopen(t, b)
	want(t, "state", h.read(t, b, tenant), shown(sample(1)))
	want(t, "known", known(t, b, tenant, sample(1).Files[0].Object), []bool{true})
}

func testKnown(t *testing.T, h Harness) {
	b := h.Open(t)
	commit(t, b, tenant, sample(1))
	commit(t, b, tenant, sample(2))
	got := known(t, b, tenant,
		ingest.Object{URI: "/logs/2.json.gz", Version: "v1"},
		ingest.Object{URI: "/logs/2.json.gz", Version: "v2"},
		ingest.Object{URI: "/logs/3.json.gz", Version: "v1"},
		ingest.Object{URI: "/logs/1.json.gz", Version: "v1"})
	want(t, "known", got, []bool{true, false, false, true})
	want(t, "known of nothing", len(known(t, b, tenant)), 0)
}

func testReplace(t *testing.T, h Harness) {
	b := h.Open(t)
	commit(t, b, tenant, sample(1))
	commit(t, b, tenant, sample(2))
	next := ingest.Commit{
		Files:      []ingest.Ingested{{Object: ingest.Object{URI: "/logs/1.json.gz", Version: "v2"}, At: time.Unix(1_800_000_000, 0).UTC(), Quarantined: 1}},
		Quarantine: []ingest.Quarantine{{URI: "/logs/1.json.gz", Offset: 5, Reason: "new", Excerpt: []byte("x")}},
	}
	commit(t, b, tenant, next)
	s := h.read(t, b, tenant)
	want(t, "files", s.Files, []ingest.Ingested{next.Files[0], sample(2).Files[0]})
	want(t, "quarantine", s.Quarantine, append(next.Quarantine, sample(2).Quarantine...))
	want(t, "known", known(t, b, tenant, sample(1).Files[0].Object, next.Files[0].Object), []bool{false, true})
	want(t, "facts", len(s.Facts), 4)
}

func testFacts(t *testing.T, h Harness) {
	b := h.Open(t)
	commit(t, b, tenant, sample(1))
	commit(t, b, tenant, ingest.Commit{Facts: []usage.Fact{
		{Account: "111", Resource: "i-1", Key: "k1", Data: []byte("other words")},
		{Account: "111", Resource: "i-1", Key: "k0", Data: []byte("zero")},
		{Account: "111", Resource: "i-1", Key: "k0", Data: []byte("zero")},
	}})
	zero := usage.Fact{Account: "111", Resource: "i-1", Key: "k0", Data: []byte("zero")}
	want(t, "facts", h.read(t, b, tenant).Facts, append([]usage.Fact{zero}, sample(1).Facts...))
}

func testFreshness(t *testing.T, h Harness) {
	b := h.Open(t)
	for _, last := range []int64{50, 70, 60} {
		commit(t, b, tenant, ingest.Commit{Freshness: []usage.Freshness{{Account: "1", Region: "r", Last: last}}})
	}
	commit(t, b, tenant, ingest.Commit{Freshness: []usage.Freshness{{Account: "1", Region: "a", Last: 1}}})
	want(t, "freshness", h.read(t, b, tenant).Freshness, []usage.Freshness{
		{Account: "1", Region: "a", Last: 1}, {Account: "1", Region: "r", Last: 70},
	})
}

func testStale(t *testing.T, h Harness) {
	b := h.Open(t)
	commit(t, b, tenant, sample(1))
	before := h.read(t, b, tenant)
	for _, remove := range []audit.Change{
		{RemoveParts: []string{"fresh/tenant=acme/gone.parquet"}},
		{RemoveRuns: []string{"ids/tenant=acme/gone.run"}},
		{RemoveParts: []string{sample(1).Lake.AddParts[0].Name, "fresh/tenant=acme/gone.parquet"}},
	} {
		c := sample(2)
		c.Lake.RemoveParts, c.Lake.RemoveRuns = remove.RemoveParts, remove.RemoveRuns
		if err := b.Commit(t.Context(), tenant, c); !errors.Is(err, audit.ErrStale) {
			t.Fatalf("commit that removes %v: %v, want ErrStale", remove, err)
		}
		want(t, "state", h.read(t, b, tenant), before)
	}
}

func testCancelled(t *testing.T, h Harness) {
	b := h.Open(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := b.Commit(ctx, tenant, sample(1)); !errors.Is(err, context.Canceled) {
		t.Fatalf("commit: %v, want context.Canceled", err)
	}
	want(t, "state", h.read(t, b, tenant), state{})
}

func testIllNamed(t *testing.T, h Harness) {
	b := h.Open(t)
	for _, tenant := range []account.Tenant{"", "../acme", "Acme", "a b"} {
		if err := b.Commit(t.Context(), tenant, sample(1)); err == nil {
			t.Errorf("tenant %q: committed", tenant)
		}
	}
}

func testTenants(t *testing.T, h Harness) {
	b := h.Open(t)
	commit(t, b, tenant, sample(1))
	want(t, "the other tenant's state", h.read(t, b, other), state{})
	want(t, "known", known(t, b, other, sample(1).Files[0].Object), []bool{false})
	stale := ingest.Commit{Lake: audit.Change{RemoveParts: []string{sample(1).Lake.AddParts[0].Name}}}
	if err := b.Commit(t.Context(), other, stale); !errors.Is(err, audit.ErrStale) {
		t.Errorf("removing another tenant's part: %v, want ErrStale", err)
	}
	commit(t, b, other, sample(1))
	want(t, "the other tenant's own state", h.read(t, b, other), shown(sample(1)))
}
