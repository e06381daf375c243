package query

import (
	"testing"
	"time"
)

func TestMoment(t *testing.T) {
	now := time.Date(2023, 7, 12, 12, 30, 15, 0, time.UTC) // a Wednesday
	for text, want := range map[string]string{
		"now":                       "2023-07-12T12:30:15Z",
		"now-6h":                    "2023-07-12T06:30:15Z",
		"now-90m":                   "2023-07-12T11:00:15Z",
		"now-1h30m":                 "2023-07-12T11:00:15Z",
		"now-7d":                    "2023-07-05T12:30:15Z",
		"now-2w":                    "2023-06-28T12:30:15Z",
		"now+1d":                    "2023-07-13T12:30:15Z",
		"now-1M":                    "2023-06-12T12:30:15Z",
		"now-1y":                    "2022-07-12T12:30:15Z",
		"now/m":                     "2023-07-12T12:30:00Z",
		"now/h":                     "2023-07-12T12:00:00Z",
		"now/d":                     "2023-07-12T00:00:00Z",
		"now/w":                     "2023-07-10T00:00:00Z",
		"now/M":                     "2023-07-01T00:00:00Z",
		"now/y":                     "2023-01-01T00:00:00Z",
		"now-1d/d":                  "2023-07-11T00:00:00Z",
		"now/M-1M":                  "2023-06-01T00:00:00Z",
		"now/d+8h":                  "2023-07-12T08:00:00Z",
		"2023-07-10":                "2023-07-10T00:00:00Z",
		"2023-07":                   "2023-07-01T00:00:00Z",
		"2023-07-10T11:55":          "2023-07-10T11:55:00Z",
		"2023-07-10 11:55:21":       "2023-07-10T11:55:21Z",
		"2023-07-10T11:55:21+02:00": "2023-07-10T09:55:21Z",
	} {
		got, err := Moment(text, now)
		if err != nil || got.Format(time.RFC3339) != want {
			t.Errorf("%s: got %v, %v; want %s", text, got, err, want)
		}
	}
	for _, text := range []string{"", "yesterday", "now6h", "now-", "now-d", "now-6x", "now/", "now/x", "now/d/",
		"now--1d", "2023-13-01", "10.07.2023", "now-99999999d", "now-999999h", "now-2000M", "now 6h"} {
		if got, err := Moment(text, now); err == nil {
			t.Errorf("%q: got %v, want an error", text, got)
		}
	}
}

func TestMomentKeepsToTheMonth(t *testing.T) {
	for now, want := range map[string]string{
		"2023-03-31": "2023-02-28", // now-1M
		"2024-03-31": "2024-02-29",
		"2023-01-15": "2022-12-15",
	} {
		at, _, _ := Span(now)
		if got, err := Moment("now-1M", at); err != nil || got.Format(time.DateOnly) != want {
			t.Errorf("a month before %s: got %v, %v; want %s", now, got, err, want)
		}
	}
	sunday := time.Date(2023, 7, 16, 23, 0, 0, 0, time.FixedZone("", -7200)) // Monday in UTC
	if got, err := Moment("now/w", sunday); err != nil || got.Format(time.DateOnly) != "2023-07-17" {
		t.Errorf("the week of %v: got %v, %v", sunday, got, err)
	}
}
