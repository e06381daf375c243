package main

import (
	"context"
	"slices"
	"strings"
	"testing"
)

// TestGraphs draws small fleets: drawGraphs itself compares Kopter with plain
// addition.
func TestGraphs(t *testing.T) {
	for _, mean := range []int64{3 * 3600, 30 * 86_400} {
		graphs, err := drawGraphs(context.Background(), fleet{Intervals: 500, Mean: mean})
		if err != nil {
			t.Fatal(err)
		}
		for _, g := range graphs {
			if g.Sum.Amount != graphs[0].Sum.Amount || g.Sum.Amount == 0 || len(g.MS) != graphRuns {
				t.Errorf("mean %d by %s: %+v, by %s: %+v", mean, g.By, g.Sum, graphs[0].By, graphs[0].Sum)
			}
		}
	}
}

func TestFleet(t *testing.T) {
	f := fleet{Intervals: 1000, Mean: 3600}
	list := f.intervals()
	for _, i := range list {
		if i.Start < fleetBegin || i.End > fleetEnd || i.End-i.Start < 60 {
			t.Fatalf("an interval from %d to %d", i.Start, i.End)
		}
	}
	again := f.intervals()
	if list[999].Resource != again[999].Resource || list[999].Start != again[999].Start {
		t.Error("the same job gives another fleet")
	}
}

// TestChecksum shows that amounts in other hours or groups are noticed.
func TestChecksum(t *testing.T) {
	sum := func(group string, hour int64) (c checksum) {
		c.add("m5.large", 17, 5)
		c.add(group, hour, 7)
		c.add("nothing", 1, 0)
		return c
	}
	if sum("m5.large", 18) == sum("m5.large", 19) || sum("m5.large", 18) == sum("m5.xlarge", 18) {
		t.Error("different graphs have one checksum")
	}
	if got := sum("m5.large", 18); got.Rows != 2 || got.Amount != 12 {
		t.Errorf("%+v", got)
	}
}

func TestFollowEvents(t *testing.T) {
	took, err := followEvents(context.Background(), fleet{Intervals: 200, Mean: 3600})
	if err != nil || len(took) != lateEvents || slices.Max(took) <= 0 {
		t.Errorf("%d changes, %v", len(took), err)
	}
}

func TestGraphSQL(t *testing.T) {
	if text := graphSQL("team"); !strings.Contains(text, "i.team AS k") || strings.Contains(text, "%!") {
		t.Errorf("the SQL is %s", text)
	}
}
