package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/kopterio/kopter/app"
)

// progress shows how an ingest goes: a line that is redrawn on a terminal, and
// a summary at the end.
type progress struct {
	con     console
	live    bool
	started time.Time
	drawn   time.Time
}

// redrawEvery keeps the line readable.
const redrawEvery = 100 * time.Millisecond

func newProgress(con console, quiet bool) *progress {
	return &progress{con: con, live: con.live != nil && !quiet, started: con.now()}
}

func (p *progress) show(done app.IngestTotals, ahead app.Ahead) {
	now := p.con.now()
	if !p.live || now.Sub(p.drawn) < redrawEvery {
		return
	}
	p.drawn = now
	line := progressLine(done, ahead, now.Sub(p.started))
	fmt.Fprint(p.con.live, "\r\x1b[K", line[:min(len(line), max(0, p.con.width()-1))])
}

// erase takes the line away.
func (p *progress) erase() {
	if p.live {
		fmt.Fprint(p.con.live, "\r\x1b[K")
	}
}

// progressLine is what stands on the terminal, in ASCII: bar, files, events
// per second, time left.
func progressLine(done app.IngestTotals, ahead app.Ahead, spent time.Duration) string {
	const width = 24
	files := done.Files + done.Known
	share := 0.0
	switch {
	case ahead.Bytes > 0 && done.Known == 0: // bytes are the better measure, but are counted only for files that are read
		share = min(1, float64(done.Bytes)/float64(ahead.Bytes))
	case ahead.Files > 0:
		share = min(1, float64(files)/float64(ahead.Files))
	}
	filled := int(share * width)
	line := fmt.Sprintf("[%s%s] %s/%s files  %s events  %s events/s",
		strings.Repeat("#", filled), strings.Repeat(".", width-filled),
		grouped(files), grouped(ahead.Files), grouped(done.Events), grouped(perSecond(done.Events, spent)))
	if share > 0.01 && share < 1 {
		left := time.Duration(float64(spent) * (1 - share) / share)
		line += "  " + left.Round(time.Second).String() + " left"
	}
	if files == ahead.Files {
		line += "  finishing"
	}
	return line
}

// stop clears the line and says how far a run came that failed.
func (p *progress) stop(r app.IngestReport) {
	p.erase()
	fmt.Fprintf(p.con.err, "Stopped after %s from %s.\n", plural(r.Events, "event"), plural(r.Files, "file"))
}

// finish clears the line and prints the summary.
func (p *progress) finish(r app.IngestReport) {
	p.erase()
	spent := p.con.now().Sub(p.started)
	fmt.Fprintf(p.con.err, "Read %s from %s in %s (%s events/s): %s new, %s known",
		plural(r.Events, "event"), plural(r.Files, "file"), spent.Round(10*time.Millisecond), grouped(perSecond(r.Events, spent)),
		grouped(r.Added), grouped(r.Duplicates))
	if r.Conflicts > 0 {
		fmt.Fprintf(p.con.err, ", %s", plural(r.Conflicts, "conflict"))
	}
	fmt.Fprintln(p.con.err, ".")
	if r.Known > 0 {
		fmt.Fprintf(p.con.err, "%s had been read before.\n", plural(r.Known, "file"))
	}
	for _, reason := range slices.Sorted(maps.Keys(r.Skips)) {
		fmt.Fprintf(p.con.err, "Skipped %s: %s.\n", plural(r.Skips[reason], "path"), reason)
	}
}

func perSecond(n int64, d time.Duration) int64 {
	if d <= 0 {
		return 0
	}
	return int64(float64(n) / d.Seconds())
}
