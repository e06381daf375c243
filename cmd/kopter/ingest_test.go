package main

import (
	"path/filepath"
	"testing"
)

func TestCovers(t *testing.T) {
	t.Chdir(t.TempDir())
	here, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	c := ingestCommand{Paths: []string{"logs", "one.zip", filepath.Join(here, "x", "..", "other")}}
	for uri, want := range map[string]bool{
		"logs":                  true,
		"logs/a/b.json":         true,
		"logs2/a.json":          false,
		"log":                   false,
		"one.zip":               true,
		"one.zip!inside.json":   true,
		"one.zip.json":          false,
		"other/a.json":          true,
		"x/a.json":              false,
		"elsewhere/logs/a.json": false,
	} {
		if got := c.covers(filepath.Join(here, uri)); got != want {
			t.Errorf("%s: %v, want %v", uri, got, want)
		}
	}
	if (&ingestCommand{Paths: []string{"/"}}).covers("/any/file") != true {
		t.Error("the root covers nothing")
	}
}
