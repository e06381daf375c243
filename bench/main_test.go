package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestParseOptions(t *testing.T) {
	now := time.Date(2026, 11, 22, 23, 0, 0, 0, time.UTC)
	opt, err := parseOptions([]string{"-quick", "-only", "graph,ingest", "-events", "1000"}, now)
	if err != nil {
		t.Fatal(err)
	}
	if opt.date != "2026-11-22" || opt.scale != quickScale || opt.events != 1000 {
		t.Errorf("%+v", opt)
	}
	if diff := cmp.Diff([]string{"ingest", "graph"}, opt.only); diff != "" {
		t.Error(diff)
	}
	if _, err := parseOptions([]string{"-only", "graph,grpah"}, now); err == nil || !strings.Contains(err.Error(), `"grpah"`) {
		t.Errorf("a section that does not exist: %v", err)
	}
}

// TestMissingPeers has no peer: the run goes on and says so, or fails where
// everything is required.
func TestMissingPeers(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	t.Setenv("KOPTER_PYTHON", filepath.Join(t.TempDir(), "python"))
	t.Setenv("KOPTER_REQUIRE", "")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	opt := options{kopter: self, cache: t.TempDir(), real: filepath.Join(t.TempDir(), "absent"), scale: 1}
	b, err := newBench(opt)
	if err != nil {
		t.Fatal(err)
	}
	if len(b.left) != 3 || b.python != "" || b.jq != "" {
		t.Errorf("left out %v, python %q, jq %q", b.left, b.python, b.jq)
	}
	t.Setenv("KOPTER_REQUIRE", "all")
	if _, err := newBench(opt); err == nil {
		t.Error("with KOPTER_REQUIRE=all a missing peer is no error")
	}
}

func TestServe(t *testing.T) {
	var out bytes.Buffer
	if err := serve(context.Background(), "knit", strings.NewReader("{}"), &out); err == nil {
		t.Error("a child that does not exist serves")
	}
	job := strings.NewReader(`{"dir":"` + t.TempDir() + `","products":30}`)
	if err := serve(context.Background(), "prices", job, &out); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), `"products":30`) || strings.Contains(out.String(), `"csv":0`) {
		t.Errorf("the answer is %s", &out)
	}
	if err := run(context.Background(), []string{childFlag, "prices"}, strings.NewReader("{"), io.Discard); err == nil {
		t.Error("half a job is done")
	}
}
