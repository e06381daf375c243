package ingest_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/kopterio/kopter/account"
	"github.com/kopterio/kopter/audit"
	"github.com/kopterio/kopter/ingest"
	"github.com/kopterio/kopter/ingest/ingesttest"
	"github.com/kopterio/kopter/local"
)

// TestOrderAndDuplicatesMeanNothing: whatever the order in which files come,
// however often, under whatever further names, in however many runs and
// batches, and with the lake compacted in between or not: the same is visible.
func TestOrderAndDuplicatesMeanNothing(t *testing.T) {
	logs := ingesttest.Logs(11, 24)
	want := ingestIn(t, filepath.Join(t.TempDir(), "want"), func(r runner) { r.run(logs, ingest.Options{}) })
	root := t.TempDir()
	cases := 0
	rapid.Check(t, func(rt *rapid.T) {
		cases++
		dir := filepath.Join(root, fmt.Sprint(cases))
		defer os.RemoveAll(dir)
		rest := rapid.Permutation(logs).Draw(rt, "order")
		got := ingestIn(rt, dir, func(r runner) {
			for len(rest) > 0 {
				n := rapid.IntRange(1, len(rest)).Draw(rt, "files of the run")
				r.run(repeat(rt, rest[:n]), ingest.Options{
					Workers:    rapid.IntRange(1, 3).Draw(rt, "workers"),
					BatchFiles: rapid.IntRange(1, 30).Draw(rt, "batch"),
				})
				rest = rest[n:]
				if rapid.Bool().Draw(rt, "compact") {
					r.compact()
				}
			}
		})
		got.Files, got.Quarantine = originals(got, logs)
		if err := got.Once(); err != nil {
			rt.Error(err)
		}
		if d := cmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" {
			rt.Errorf("(-want +got)\n%s", d)
		}
	})
}

// repeat adds files that were there before, under their own names and others.
func repeat(rt *rapid.T, logs []ingesttest.Log) []ingesttest.Log {
	var all []ingesttest.Log
	for i, l := range logs {
		all = append(all, l)
		switch rapid.IntRange(0, 5).Draw(rt, "again") {
		case 0:
			all = append(all, logs[rapid.IntRange(0, i).Draw(rt, "which")])
		case 1:
			all = append(all, ingesttest.Log{Name: "copy of " + l.Name, Data: l.Data})
		}
	}
	return all
}

// originals leaves the copies out of what is visible.
func originals(v ingesttest.Visible, logs []ingesttest.Log) (files []ingest.Ingested, quarantine []ingest.Quarantine) {
	own := map[string]bool{}
	for _, l := range logs {
		own["/logs/"+l.Name] = true
	}
	for _, f := range v.Files {
		if own[f.URI] {
			files = append(files, f)
		}
	}
	for _, q := range v.Quarantine {
		if own[q.URI] {
			quarantine = append(quarantine, q)
		}
	}
	return files, quarantine
}

// testContext is for properties, which have no context of their own.
var testContext = context.Background()

// fatal is what testing.T and rapid.T have in common.
type fatal interface {
	Helper()
	Fatal(...any)
}

// runner ingests into one data folder.
type runner struct {
	t    fatal
	s    *local.Store
	lake *audit.Lake
}

func (r runner) run(logs []ingesttest.Log, opt ingest.Options) {
	r.t.Helper()
	opt.Now = now
	if _, err := ingest.Run(testContext, r.lake, r.s, account.Local, inputs(logs...), opt); err != nil {
		r.t.Fatal(err)
	}
}

func (r runner) compact() {
	r.t.Helper()
	if _, err := r.lake.Compact(testContext, account.Local, audit.CompactPolicy{}); err != nil {
		r.t.Fatal(err)
	}
}

// ingestIn opens a data folder for do, and gives what is visible in the end.
func ingestIn(t fatal, dir string, do func(runner)) ingesttest.Visible {
	t.Helper()
	s, err := local.Open(testContext, dir, local.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	lake := audit.New(s, s)
	defer lake.Close()
	do(runner{t: t, s: s, lake: lake})
	v, err := ingesttest.See(testContext, s, lake, account.Local)
	if err != nil {
		t.Fatal(err)
	}
	return v
}
