package query

import (
	"math"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// CompareNumbers orders two decimal numbers; ok is false when either is none.
// Whole numbers compare exactly, others as float64.
func CompareNumbers(a, b string) (order int, ok bool) {
	x, errX := strconv.ParseInt(a, 10, 64)
	y, errY := strconv.ParseInt(b, 10, 64)
	if errX == nil && errY == nil {
		return order3(x, y), true
	}
	f, okF := parseFloat(a)
	g, okG := parseFloat(b)
	return order3(f, g), okF && okG
}

func order3[T int64 | float64](x, y T) int {
	switch {
	case x < y:
		return -1
	case x > y:
		return 1
	}
	return 0
}

// parseFloat takes plain decimal numbers: no hexadecimal, no underscore, no
// NaN or infinity.
func parseFloat(s string) (float64, bool) {
	if strings.Trim(s, "0123456789+-.eE") != "" {
		return 0, false
	}
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil
}

// timeForms are the ways to write a time, and how long each of them is.
var timeForms = [...]struct {
	layout string
	end    func(time.Time) time.Time
}{
	{"2006", func(t time.Time) time.Time { return t.AddDate(1, 0, 0) }},
	{"2006-01", func(t time.Time) time.Time { return t.AddDate(0, 1, 0) }},
	{"2006-01-02", func(t time.Time) time.Time { return t.AddDate(0, 0, 1) }},
	{"2006-01-02T15", plus(time.Hour)},
	{"2006-01-02T15Z07:00", plus(time.Hour)},
	{"2006-01-02T15:04", plus(time.Minute)},
	{"2006-01-02T15:04Z07:00", plus(time.Minute)},
	{"2006-01-02T15:04:05", plus(time.Second)},
	{"2006-01-02T15:04:05Z07:00", plus(time.Second)},
}

func plus(d time.Duration) func(time.Time) time.Time {
	return func(t time.Time) time.Time { return t.Add(d) }
}

// Span reads a time and gives the stretch it names, until exclusive: a year,
// month, day, hour, minute or second, or the millisecond where a fraction is
// written. Without an offset it is UTC.
func Span(s string) (from, until time.Time, ok bool) {
	for _, form := range timeForms {
		t, err := time.Parse(form.layout, s)
		if err != nil {
			continue
		}
		if strings.ContainsAny(s, ".,") { // Parse takes a fraction unasked
			t = t.Truncate(time.Millisecond)
			return t, t.Add(time.Millisecond), true
		}
		return t, form.end(t), true
	}
	return time.Time{}, time.Time{}, false
}

// Times is what a term on a Time field accepts: from ≤ t < until, in
// milliseconds since 1970, with the ends of int64 where it is open.
func (t Term) Times() (from, until int64) {
	lo, hi, _ := Span(t.Value)
	switch t.Op {
	case Less:
		return math.MinInt64, lo.UnixMilli()
	case AtMost:
		return math.MinInt64, hi.UnixMilli()
	case Greater:
		return hi.UnixMilli(), math.MaxInt64
	case AtLeast:
		return lo.UnixMilli(), math.MaxInt64
	case Exists:
		return math.MinInt64, math.MaxInt64
	default:
		return lo.UnixMilli(), hi.UnixMilli()
	}
}

// parsePrefix reads an IP prefix. Bits below the mask are ignored.
func parsePrefix(s string) (netip.Prefix, bool) {
	p, err := netip.ParsePrefix(s)
	if err != nil {
		return netip.Prefix{}, false
	}
	return p.Masked(), true
}

// parseAddr reads an address; an IPv4 address inside IPv6 is the IPv4 address.
func parseAddr(s string) (netip.Addr, bool) {
	if s == "" || s[0] != ':' && foldByte(s[0]) > 'f' {
		return netip.Addr{}, false // a host name: most values that are no address
	}
	a, err := netip.ParseAddr(s)
	return a.Unmap().WithZone(""), err == nil
}
