package main

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
)

// report is what a run found.
type report struct {
	date    string
	machine string
	scale   int64
	left    []string // peers and data that are not here
	tables  []table
	counted bool // the verdict counts the bars
}

// table is one subject of the report.
type table struct {
	title   string
	notes   []string
	figures []figure
}

// figure is a line of a table: what Kopter reached, beside its bar and a peer.
type figure struct {
	what   string
	unit   unit
	bar    bar
	times  float64 // by which the peer is to be beaten; 0 for no such bar
	kopter float64
	peer   peer
}

// peer is the same of another program. Without a value, name says why.
type peer struct {
	name  string
	value float64
}

// missing stands for a peer that is not installed.
const missing = "not installed"

// unit is how a quantity is written, and whether less of it is better.
type unit struct {
	format func(float64) string
	less   bool
}

var (
	perSecond     = unit{format: func(v float64) string { return grouped(int64(v)) + "/s" }}
	megabytes     = unit{format: func(v float64) string { return short(v) + " MB/s" }}
	mebibytes     = unit{format: func(v float64) string { return short(v) + " MiB" }, less: true}
	bytesPerEvent = unit{format: func(v float64) string { return short(v) + " B" }, less: true}
	milliseconds  = unit{format: func(v float64) string { return short(v) + " ms" }, less: true}
	seconds       = unit{format: func(v float64) string { return short(v) + " s" }, less: true}
	size          = unit{format: func(v float64) string { return short(v/1e6) + " MB" }, less: true}
)

// short writes three digits, or more before the point.
func short(v float64) string {
	switch {
	case v >= 100:
		return grouped(int64(v + 0.5))
	case v >= 10:
		return strconv.FormatFloat(v, 'f', 1, 64)
	default:
		return strconv.FormatFloat(v, 'g', 3, 64)
	}
}

// grouped writes a number with commas between thousands.
func grouped(n int64) string {
	digits := strconv.FormatInt(n, 10)
	for at := len(digits) - 3; at > 0; at -= 3 {
		digits = digits[:at] + "," + digits[at:]
	}
	return digits
}

// bar is what is to be reached; the zero value is no bar.
type bar struct {
	sign  string // "≥", "≤" or "<"
	limit float64
}

func atLeast(limit float64) bar { return bar{"≥", limit} }
func atMost(limit float64) bar  { return bar{"≤", limit} }
func below(limit float64) bar   { return bar{"<", limit} }

func (b bar) met(v float64) bool {
	switch b.sign {
	case "≥":
		return v >= b.limit
	case "≤":
		return v <= b.limit
	case "<":
		return v < b.limit
	}
	return true
}

// ratio is how many times better Kopter is than its peer.
func (f figure) ratio() float64 {
	if f.unit.less {
		return f.peer.value / f.kopter
	}
	return f.kopter / f.peer.value
}

// compared says whether there is a peer's value.
func (f figure) compared() bool { return f.peer.value > 0 && f.kopter > 0 }

// misses are the bars that were not reached, in words.
func (f figure) misses() []string {
	var list []string
	if !f.bar.met(f.kopter) {
		off := f.kopter / f.bar.limit
		if !f.unit.less {
			off = f.bar.limit / f.kopter
		}
		list = append(list, fmt.Sprintf("missed by a factor of %.2f", off))
	}
	if f.times > 0 && f.compared() && f.ratio() < f.times {
		list = append(list, fmt.Sprintf("missed: %.1f times the peer", f.ratio()))
	}
	return list
}

// cells are the figure's columns: what, bar, Kopter, peer, ratio.
func (f figure) cells() []string {
	c := []string{f.what, f.barText(), f.unit.format(f.kopter), f.peerText(), ""}
	if f.compared() {
		c[4] = short(f.ratio()) + "×"
	}
	for _, miss := range f.misses() {
		c[1] += " **" + miss + "**"
	}
	return c
}

func (f figure) barText() string {
	var parts []string
	if f.bar != (bar{}) {
		parts = append(parts, f.bar.sign+" "+f.unit.format(f.bar.limit))
	}
	if f.times > 0 {
		parts = append(parts, "≥ "+short(f.times)+"× peer")
	}
	return strings.Join(parts, ", ")
}

func (f figure) peerText() string {
	if f.peer.value == 0 {
		return f.peer.name
	}
	return f.unit.format(f.peer.value) + " " + f.peer.name
}

// markdown is the report as a document.
func (r report) markdown() string {
	var s strings.Builder
	fmt.Fprintf(&s, "# Kopter beside its peers, %s\n\n%s\n\n", r.date, r.machine)
	if r.scale > 1 {
		fmt.Fprintf(&s, "A smoke test at 1/%d of the size: these are not Kopter's numbers.\n\n", r.scale)
	}
	for _, what := range r.left {
		fmt.Fprintf(&s, "Left out: %s.\n\n", what)
	}
	for _, t := range r.tables {
		t.write(&s)
	}
	fmt.Fprintf(&s, "%s\n", r.verdict())
	if r.counted {
		passed, failed := r.count()
		fmt.Fprintf(&s, "\n%d passed, %d failed\n", passed, failed)
	}
	return s.String()
}

func (t table) write(s *strings.Builder) {
	fmt.Fprintf(s, "## %s\n\n", t.title)
	for _, note := range t.notes {
		fmt.Fprintf(s, "%s\n\n", note)
	}
	s.WriteString("| what | bar | Kopter | peer | ratio |\n|---|---|---|---|---|\n")
	for _, f := range t.figures {
		fmt.Fprintf(s, "| %s |\n", strings.Join(f.cells(), " | "))
	}
	s.WriteString("\n")
}

// verdict sums the misses up.
func (r report) verdict() string {
	var list []string
	for _, t := range r.tables {
		for _, f := range t.figures {
			if len(f.misses()) > 0 {
				list = append(list, fmt.Sprintf("- %s: %s, %s", t.title, f.what, strings.Join(f.misses(), "; ")))
			}
		}
	}
	if len(list) == 0 {
		return "Every bar is reached."
	}
	return "Missed:\n" + strings.Join(list, "\n")
}

// count says how many figures with a bar reach it, and how many do not.
func (r report) count() (passed, failed int) {
	for _, t := range r.tables {
		for _, f := range t.figures {
			switch {
			case len(f.misses()) > 0:
				failed++
			case f.bar != (bar{}):
				passed++
			}
		}
	}
	return passed, failed
}

// machine says what the numbers were taken on.
func machine() string {
	model := runtime.GOARCH
	if text, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		model = cpuModel(string(text), model)
	}
	return fmt.Sprintf("%s, %d cores, %s, %s/%s%s", model, runtime.NumCPU(), runtime.Version(), runtime.GOOS, runtime.GOARCH, load())
}

// cpuModel finds the model in /proc/cpuinfo.
func cpuModel(text, unknown string) string {
	for line := range strings.Lines(text) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return unknown
}

// load is what else the machine had to do when the run began.
func load() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return ""
	}
	first, _, _ := strings.Cut(string(text), " ")
	return "; load " + first + " at the start"
}
