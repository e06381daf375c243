package main

import (
	"strings"
	"testing"
	"time"

	"github.com/kopterio/kopter/app"
)

// testNow is when the console's clock begins in tests.
var testNow = time.Date(2023, 7, 10, 12, 0, 0, 0, time.UTC)

func TestProgressLine(t *testing.T) {
	totals := func(files, known, events, bytes int64) app.IngestTotals {
		return app.IngestTotals{Files: files, Known: known, Events: events, Bytes: bytes}
	}
	for _, c := range []struct {
		name  string
		done  app.IngestTotals
		ahead app.Ahead
		spent time.Duration
		want  string
	}{
		{"nothing yet", app.IngestTotals{}, app.Ahead{Files: 10, Bytes: 1000}, 0,
			"[........................] 0/10 files  0 events  0 events/s"},
		{"a quarter of the bytes", totals(5, 0, 12345, 250), app.Ahead{Files: 10, Bytes: 1000}, 10 * time.Second,
			"[######..................] 5/10 files  12,345 events  1,234 events/s  30s left"},
		{"known files are counted as files", totals(1, 4, 10, 1), app.Ahead{Files: 10, Bytes: 1000}, 10 * time.Second,
			"[############............] 5/10 files  10 events  1 events/s  10s left"},
		{"all read, not all written", totals(10, 0, 10, 1000), app.Ahead{Files: 10, Bytes: 1000}, 10 * time.Second,
			"[########################] 10/10 files  10 events  1 events/s  finishing"},
		{"more than was seen ahead", totals(12, 0, 10, 2000), app.Ahead{Files: 10, Bytes: 1000}, 10 * time.Second,
			"[########################] 12/10 files  10 events  1 events/s"},
		{"nothing ahead", app.IngestTotals{}, app.Ahead{}, time.Second,
			"[........................] 0/0 files  0 events  0 events/s  finishing"},
	} {
		if got := progressLine(c.done, c.ahead, c.spent); got != c.want {
			t.Errorf("%s:\ngot  %s\nwant %s", c.name, got, c.want)
		}
	}
}

// TestProgressOnATerminal redraws one line, seldom and within the width, and
// leaves only the summary.
func TestProgressOnATerminal(t *testing.T) {
	var live, messages strings.Builder
	now := testNow
	con := console{err: &messages, live: &live, width: func() int { return 30 }, now: func() time.Time { return now }}
	p := newProgress(con, false)
	for range 10 { // a quarter of a second
		now = now.Add(25 * time.Millisecond)
		p.show(app.IngestTotals{Files: 1, Events: 10}, app.Ahead{Files: 4})
	}
	lines := strings.Split(live.String(), "\r\x1b[K")[1:]
	if len(lines) != 3 || lines[0] != "[######..................] 1/" {
		t.Errorf("drew %q", lines)
	}
	p.finish(app.IngestReport{
		Totals: app.IngestTotals{Files: 4, Known: 1, Events: 40, Added: 38, Duplicates: 1, Conflicts: 1},
		Skips:  map[string]int64{"hidden": 2, "digest": 1},
	})
	if !strings.HasSuffix(live.String(), "\r\x1b[K") {
		t.Error("the line was left on the terminal")
	}
	const want = "Read 40 events from 4 files in 250ms (160 events/s): 38 new, 1 known, 1 conflict.\n" +
		"1 file had been read before.\nSkipped 1 path: digest.\nSkipped 2 paths: hidden.\n"
	if messages.String() != want {
		t.Errorf("got\n%s\nwant\n%s", messages.String(), want)
	}
}

func TestQuietProgress(t *testing.T) {
	var live, messages strings.Builder
	for _, con := range []console{
		{err: &messages, now: time.Now},
		{err: &messages, live: &live, width: func() int { return 80 }, now: time.Now},
	} {
		p := newProgress(con, true)
		p.show(app.IngestTotals{}, app.Ahead{})
		p.stop(app.IngestReport{})
	}
	if live.Len() > 0 || strings.Count(messages.String(), "Stopped after 0 events from 0 files.\n") != 2 {
		t.Errorf("live %q, messages %q", live.String(), messages.String())
	}
}
