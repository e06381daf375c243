package query

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Moment reads a moment as a person writes it: in a form that Span knows (a
// date, a month, RFC 3339; a space may stand for the T), or from now on. Behind
// "now" stand steps, taken one after the other: distances (-6h, +30m, -7d, -2w,
// -1M, -1y) and roundings down to the beginning of a UTC minute, hour, day,
// week, month or year (/m, /h, /d, /w, /M, /y). A week begins on Monday.
// "now-1d/d" is the beginning of yesterday. The moment is given in UTC.
func Moment(text string, now time.Time) (time.Time, error) {
	if steps, relative := strings.CutPrefix(text, "now"); relative {
		t, err := take(steps, now.UTC())
		if err != nil {
			return time.Time{}, fmt.Errorf("time %q: %w", text, err)
		}
		return t, nil
	}
	if t, _, ok := Span(strings.Replace(text, " ", "T", 1)); ok {
		return t.UTC(), nil
	}
	return time.Time{}, fmt.Errorf("time %q: want RFC 3339, a date like 2023-07-10, now-6h or now/d", text)
}

// take takes the steps from a moment.
func take(steps string, t time.Time) (time.Time, error) {
	for steps != "" {
		end := len(steps)
		if next := strings.IndexAny(steps[1:], "+-/"); next >= 0 {
			end = next + 1
		}
		var ok bool
		if steps[0] == '/' {
			t, ok = round(steps[1:end], t)
		} else {
			t, ok = move(steps[:end], t)
		}
		if !ok {
			return t, fmt.Errorf("%q is no step from now: want -6h, -7d, -2w, -1M or /d", steps[:end])
		}
		steps = steps[end:]
	}
	return t, nil
}

// maxMove bounds one distance, in days; a hundred years.
const maxMove = 36500

// move adds a distance: a sign, then a whole number of days, weeks, months or
// years, or hours, minutes and seconds.
func move(step string, t time.Time) (time.Time, bool) {
	if step[0] != '-' && step[0] != '+' {
		return t, false
	}
	unit := step[len(step)-1]
	days, calendar := map[byte]int{'d': 1, 'w': 7, 'M': 31, 'y': 366}[unit]
	if !calendar {
		d, err := time.ParseDuration(step)
		return t.Add(d), err == nil && d.Abs() <= maxMove*24*time.Hour
	}
	n, err := strconv.Atoi(step[:len(step)-1])
	if err != nil || n > maxMove/days || n < -maxMove/days {
		return t, false
	}
	switch unit {
	case 'M':
		return addMonths(t, n), true
	case 'y':
		return addMonths(t, 12*n), true
	}
	return t.AddDate(0, 0, days*n), true
}

// addMonths moves by months; a day that the month does not have becomes its
// last.
func addMonths(t time.Time, n int) time.Time {
	moved := t.AddDate(0, n, 0)
	if moved.Day() != t.Day() {
		moved = moved.AddDate(0, 0, -moved.Day())
	}
	return moved
}

// round gives the beginning of the stretch in which a UTC moment lies.
func round(unit string, t time.Time) (time.Time, bool) {
	year, month, day := t.Date()
	switch unit {
	case "m":
		return t.Truncate(time.Minute), true
	case "h":
		return t.Truncate(time.Hour), true
	case "w":
		day -= (int(t.Weekday()) + 6) % 7 // days since Monday
	case "M":
		day = 1
	case "y":
		month, day = time.January, 1
	case "d":
	default:
		return t, false
	}
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC), true
}
