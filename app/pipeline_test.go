package app

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// sources are what a stage may read that no stage writes.
var sources = []string{"trail", "inventory", "price list"}

func TestPipelineTable(t *testing.T) {
	var names, tables []string
	for _, s := range Pipeline {
		names = append(names, s.Name)
		tables = append(tables, s.Writes...)
	}
	for _, s := range Pipeline {
		if err := s.policy().Validate(); err != nil {
			t.Errorf("%s: %v", s.Name, err)
		}
		if s.Batch < 1 || s.Workers < 1 {
			t.Errorf("%s: %d workers with batches of %d", s.Name, s.Workers, s.Batch)
		}
		for _, to := range s.Sends {
			if !slices.Contains(names, to) {
				t.Errorf("%s sends to %s, which is no stage", s.Name, to)
			}
		}
		for _, from := range s.Reads {
			if !slices.Contains(tables, from) && !slices.Contains(sources, from) {
				t.Errorf("%s reads %s, which nobody writes", s.Name, from)
			}
		}
		if s.Cron == "" {
			continue
		}
		now := time.Date(2026, 3, 1, 10, 30, 0, 0, time.UTC)
		if at, err := nextTick(s.Cron, now); err != nil || !at.Equal(now.Add(30*time.Minute)) {
			t.Errorf("%s: the next tick of %q after %s is %s, %v", s.Name, s.Cron, now, at, err)
		}
	}
}

// TestArchitectureDiagram holds the diagram and the table of ARCHITECTURE.md to
// the code.
func TestArchitectureDiagram(t *testing.T) {
	text, err := os.ReadFile("../ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	var arrows, rows []string
	for _, m := range regexp.MustCompile(`(?m)^  (\S+?)(?:[\[(].*[\])])? --> (\S+)$`).FindAllStringSubmatch(string(text), -1) {
		arrows = append(arrows, m[1]+" > "+m[2])
	}
	var wantArrows, wantRows []string
	for _, s := range Pipeline {
		for _, r := range s.Reads {
			if slices.Contains(sources, r) {
				wantArrows = append(wantArrows, strings.ReplaceAll(r, " ", "-")+" > "+s.Name)
			}
		}
		if s.Cron == hourly {
			wantArrows = append(wantArrows, "hourly > "+s.Name)
		}
		for _, to := range s.Sends {
			wantArrows = append(wantArrows, s.Name+" > "+to)
		}
		row := "| " + s.Name + " | " + strings.Join(s.Reads, ", ") + " | " + strings.Join(s.Writes, ", ") + " |"
		wantRows = append(wantRows, row)
		if strings.Contains(string(text), row) {
			rows = append(rows, row)
		}
	}
	slices.Sort(arrows)
	slices.Sort(wantArrows)
	if diff := cmp.Diff(wantArrows, arrows); diff != "" {
		t.Errorf("the diagram's arrows differ from app.Pipeline (-table +diagram):\n%s", diff)
	}
	if diff := cmp.Diff(wantRows, rows); diff != "" {
		t.Errorf("the table of stages differs from app.Pipeline (-code +document):\n%s", diff)
	}
}
