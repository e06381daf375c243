package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/kopterio/kopter/query"
)

// parseMoment reads a moment as the user writes it: in a form that queries know
// (RFC 3339, a date, a month), "now", or a distance from now ("now-6h",
// "now-30d", "now-2w").
func parseMoment(text string, now time.Time) (time.Time, error) {
	if rest, relative := strings.CutPrefix(text, "now"); relative {
		distance, err := parseDistance(rest)
		if err != nil {
			return time.Time{}, fmt.Errorf("time %q: %w", text, err)
		}
		return now.Add(distance).UTC(), nil
	}
	if t, _, ok := query.Span(strings.Replace(text, " ", "T", 1)); ok {
		return t.UTC(), nil
	}
	return time.Time{}, fmt.Errorf("time %q: want RFC 3339, a date like 2023-07-10, or now-6h", text)
}

// parseDistance reads "", "-6h", "+30m", "-7d" or "-2w".
func parseDistance(text string) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	if text[0] != '-' && text[0] != '+' {
		return 0, fmt.Errorf("%q is no distance: want -6h, -7d or -2w", text)
	}
	days := map[byte]time.Duration{'d': 24 * time.Hour, 'w': 7 * 24 * time.Hour}
	if unit, ok := days[text[len(text)-1]]; ok {
		n, err := strconv.Atoi(text[:len(text)-1])
		if err != nil || n > 36500 || n < -36500 {
			return 0, fmt.Errorf("%q is no distance: want -6h, -7d or -2w", text)
		}
		return time.Duration(n) * unit, nil
	}
	return time.ParseDuration(text)
}
