package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCells(t *testing.T) {
	for _, c := range []struct {
		name   string
		figure figure
		want   []string
	}{
		{"more is better, both bars reached",
			figure{what: "speed", unit: perSecond, bar: atLeast(120_000), times: 4, kopter: 250_000, peer: peer{"DuckDB", 50_000}},
			[]string{"speed", "≥ 120,000/s, ≥ 4× peer", "250,000/s", "50,000/s DuckDB", "5×"}},
		{"more is better, both bars missed",
			figure{what: "speed", unit: perSecond, bar: atLeast(120_000), times: 4, kopter: 100_000, peer: peer{"DuckDB", 50_000}},
			[]string{"speed", "≥ 120,000/s, ≥ 4× peer **missed by a factor of 1.20** **missed: 2.0 times the peer**", "100,000/s", "50,000/s DuckDB", "2×"}},
		{"less is better, reached",
			figure{what: "time", unit: milliseconds, bar: atMost(10), kopter: 10, peer: peer{"DuckDB", 1250}},
			[]string{"time", "≤ 10.0 ms", "10.0 ms", "1,250 ms DuckDB", "125×"}},
		{"less is better, missed",
			figure{what: "time", unit: milliseconds, bar: below(10), kopter: 10},
			[]string{"time", "< 10.0 ms **missed by a factor of 1.00**", "10.0 ms", "", ""}},
		{"no bar, no peer",
			figure{what: "memory", unit: mebibytes, kopter: 62.25, peer: peer{name: missing}},
			[]string{"memory", "", "62.2 MiB", "not installed", ""}},
		{"without the peer its bar cannot be missed",
			figure{what: "speed", unit: megabytes, times: 4, kopter: 0.5, peer: peer{name: missing}},
			[]string{"speed", "≥ 4× peer", "0.5 MB/s", "not installed", ""}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, c.figure.cells()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestMarkdown(t *testing.T) {
	r := report{date: "2026-11-22", machine: "a machine", scale: 25, left: []string{"jq"}, tables: []table{{
		title: "Search", notes: []string{"A note."},
		figures: []figure{
			{what: "quick", unit: milliseconds, bar: atMost(10), kopter: 1},
			{what: "slow", unit: milliseconds, bar: atMost(10), kopter: 30},
		},
	}}}
	want := `# Kopter beside its peers, 2026-11-22

a machine

A smoke test at 1/25 of the size: these are not Kopter's numbers.

Left out: jq.

## Search

A note.

| what | bar | Kopter | peer | ratio |
|---|---|---|---|---|
| quick | ≤ 10.0 ms | 1 ms |  |  |
| slow | ≤ 10.0 ms **missed by a factor of 3.00** | 30.0 ms |  |  |

Missed:
- Search: slow, missed by a factor of 3.00
`
	if diff := cmp.Diff(want, r.markdown()); diff != "" {
		t.Error(diff)
	}
	r.tables[0].figures = r.tables[0].figures[:1]
	if text := r.markdown(); !strings.HasSuffix(text, "\n\nEvery bar is reached.\n") {
		t.Errorf("nothing is missed, but the report ends with %q", text[len(text)-60:])
	}
}

func TestShort(t *testing.T) {
	for v, want := range map[float64]string{
		0.00657: "0.00657", 1: "1", 9.994: "9.99", 10: "10.0", 62.25: "62.2", 99.96: "100.0", 100: "100", 1234567.8: "1,234,568",
	} {
		if got := short(v); got != want {
			t.Errorf("%v is written %s, want %s", v, got, want)
		}
	}
}

func TestCPUModel(t *testing.T) {
	text := "processor\t: 0\nmodel name\t: Some CPU @ 2.00GHz\nflags\t: a b\n"
	if got := cpuModel(text, "unknown"); got != "Some CPU @ 2.00GHz" {
		t.Errorf("the model is %q", got)
	}
	if got := cpuModel("processor : 0\n", "unknown"); got != "unknown" {
		t.Errorf("without a model it is %q", got)
	}
}
