package main

import (
	"slices"
	"testing"
)

func TestFields(t *testing.T) {
	for list, want := range map[string][]string{
		"": nil, ",": nil, "source,name": {"source", "name"}, " a , tag.Team ,": {"a", "tag.Team"},
	} {
		if got, err := fields(list); err != nil || !slices.Equal(got, want) {
			t.Errorf("%q: got %q, %v; want %q", list, got, err, want)
		}
	}
	if got, err := fields("name,source,name"); exitCode(err) != exitUsage {
		t.Errorf("a field named twice gives %q, %v", got, err)
	}
}

func TestAsQueries(t *testing.T) {
	given := []string{"search", "-name:Get*", "-tag.team:web", `-"a phrase"`, "-(a OR b)", "-f", "json", "-fjson", "--from=2024-01-01T00:00:00Z", "--limit", "-1", "-word", "a:b"}
	want := []string{"search", " -name:Get*", " -tag.team:web", ` -"a phrase"`, " -(a OR b)", "-f", "json", "-fjson", "--from=2024-01-01T00:00:00Z", "--limit", "-1", "-word", "a:b"}
	if got := asQueries(given); !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if got := (queryText{" -name:Get*", "actor:ann"}).String(); got != "-name:Get* actor:ann" {
		t.Errorf("query %q", got)
	}
}

func TestPlural(t *testing.T) {
	for want, got := range map[string]string{
		"1 file":                plural(1, "file"),
		"0 files":               plural(0, "file"),
		"2,900 files":           plural(2900, "file"),
		"3 pieces of input":     plural(3, "piece of input", "pieces of input"),
		"-1,234,567 files":      plural(-1234567, "file"),
		"999":                   grouped(999),
		"1,000":                 grouped(1000),
		"-100":                  grouped(-100),
		"9,223,372,036,854,775": grouped(9223372036854775),
		"0 B":                   size(0),
		"1023 B":                size(1023),
		"1.0 KiB":               size(1024),
		"1.5 MiB":               size(3 << 19),
		"2048.0 TiB":            size(2 << 50),
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestTimes(t *testing.T) {
	if got := seconds(0); got != (omitted{}) {
		t.Errorf("no time is %v", got)
	}
	if got := seconds(1688990121); got != "2023-07-10T11:55:21Z" {
		t.Errorf("got %v", got)
	}
	if got := milliseconds(1688990121050); got != "2023-07-10T11:55:21.05Z" {
		t.Errorf("got %v", got)
	}
}

func TestRangeFlags(t *testing.T) {
	r, err := rangeFlags{From: "now-6h", To: "2023-07-11"}.parse(testNow)
	if err != nil || r.From != testNow.Add(-6*60*60*1e9) || r.Until.Format("2006-01-02T15") != "2023-07-11T00" {
		t.Errorf("got %v, %v", r, err)
	}
	if r, err := (rangeFlags{}).parse(testNow); err != nil || !r.From.IsZero() || !r.Until.IsZero() {
		t.Errorf("no bounds: got %v, %v", r, err)
	}
	if _, err := (rangeFlags{To: "tomorrow"}).parse(testNow); exitCode(err) != exitUsage {
		t.Errorf("got %v", err)
	}
}
