package main

import (
	"testing"
	"time"
)

func TestParseMoment(t *testing.T) {
	now := time.Date(2023, 7, 10, 12, 30, 0, 0, time.UTC)
	for text, want := range map[string]string{
		"now":                       "2023-07-10T12:30:00Z",
		"now-6h":                    "2023-07-10T06:30:00Z",
		"now-90m":                   "2023-07-10T11:00:00Z",
		"now-7d":                    "2023-07-03T12:30:00Z",
		"now-2w":                    "2023-06-26T12:30:00Z",
		"now+1d":                    "2023-07-11T12:30:00Z",
		"2023-07-10":                "2023-07-10T00:00:00Z",
		"2023-07":                   "2023-07-01T00:00:00Z",
		"2023-07-10T11:55":          "2023-07-10T11:55:00Z",
		"2023-07-10 11:55:21":       "2023-07-10T11:55:21Z",
		"2023-07-10T11:55:21+02:00": "2023-07-10T09:55:21Z",
	} {
		got, err := parseMoment(text, now)
		if err != nil || got.Format(time.RFC3339) != want {
			t.Errorf("%s: got %v, %v; want %s", text, got, err, want)
		}
	}
	for _, text := range []string{"", "yesterday", "now6h", "now-", "now-d", "now-6x", "2023-13-01", "10.07.2023", "now-99999999d"} {
		if got, err := parseMoment(text, now); err == nil {
			t.Errorf("%q: got %v, want an error", text, got)
		}
	}
}
