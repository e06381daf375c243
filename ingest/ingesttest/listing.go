package ingesttest

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/kopterio/kopter/audit"
	"github.com/kopterio/kopter/ingest"
	"github.com/kopterio/kopter/usage"
)

func testListings(t *testing.T, h Harness) {
	b := h.Open(t)
	for _, n := range []int{3, 1, 2} {
		commit(t, b, tenant, sample(n))
	}
	s := h.read(t, b, tenant)
	var uris, resources []string
	for _, f := range s.Files {
		uris = append(uris, f.URI)
	}
	for _, f := range s.Facts {
		resources = append(resources, f.Resource)
	}
	want(t, "files", uris, []string{"/logs/1.json.gz", "/logs/2.json.gz", "/logs/3.json.gz"})
	want(t, "facts", resources, []string{"i-1", "i-1", "i-2", "i-2", "i-3", "i-3"})
	want(t, "quarantine", s.Quarantine, slices.Concat(sample(1).Quarantine, sample(2).Quarantine, sample(3).Quarantine))
	for f, err := range b.Ingested(t.Context(), tenant) {
		want(t, "first file", f.URI, "/logs/1.json.gz")
		want(t, "error", err, nil)
		break
	}
	commit(t, b, tenant, sample(4)) // a listing that was left holds nothing up
}

func testReadWhileWriting(t *testing.T, h Harness) {
	b := h.Open(t)
	for n := range 3 {
		commit(t, b, tenant, sample(n))
	}
	seen := 0
	for f, err := range b.Facts(t.Context(), tenant) {
		if err != nil {
			t.Fatal(err)
		}
		commit(t, b, tenant, ingest.Commit{Facts: []usage.Fact{{Account: f.Account, Resource: f.Resource, Key: "later", Data: f.Data}}})
		if f.Key != "later" {
			seen++
		}
	}
	want(t, "facts seen", seen, 6)
	want(t, "facts at the end", len(h.read(t, b, tenant).Facts), 9)
}

func testConcurrent(t *testing.T, h Harness) {
	b := h.Open(t)
	commit(t, b, tenant, sample(0))
	const writers = 16
	var wg sync.WaitGroup
	errs := make([]error, writers)
	for n := range writers {
		wg.Go(func() {
			c := sample(n + 1)
			c.Lake.RemoveParts = []string{sample(0).Lake.AddParts[0].Name}
			errs[n] = b.Commit(t.Context(), tenant, c)
			if err := b.Commit(t.Context(), tenant, sample(n+100)); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	landed := 0
	for _, err := range errs {
		if err == nil {
			landed++
		} else if !errors.Is(err, audit.ErrStale) {
			t.Error(err)
		}
	}
	want(t, "commits that removed the part", landed, 1)
	s := h.read(t, b, tenant)
	want(t, "files", len(s.Files), 1+1+writers)
	want(t, "parts", len(s.Parts), 1+writers)
	want(t, "facts", len(s.Facts), 2*(1+1+writers))
	want(t, "messages", len(s.Messages), 2*(1+1+writers))
}

func testBig(t *testing.T, h Harness) {
	const n = 3000
	c := ingest.Commit{}
	for i := range n {
		uri := fmt.Sprintf("/logs/%05d", i)
		c.Files = append(c.Files, ingest.Ingested{Object: ingest.Object{URI: uri, Version: "1"}, At: sample(0).Files[0].At})
		c.Facts = append(c.Facts, usage.Fact{Account: "1", Resource: fmt.Sprintf("i-%05d", i), Key: "k", Data: []byte{}})
	}
	b := h.Open(t)
	commit(t, b, tenant, c)
	s := h.read(t, b, tenant)
	want(t, "files", s.Files, c.Files)
	want(t, "facts", s.Facts, c.Facts)
}
