package cloudtrail

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
)

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// str passes the string that begins with the quote at i and says whether it
// holds escapes. Sixteen bytes are looked at at once, and where the first of
// interest lies is computed without a branch: lengths of strings cannot be
// predicted.
func (s *scanner) str(i int) (end int, escaped bool) {
	text := s.text
	start := i + 1
	for i = start; i+16 <= len(text); i += 16 {
		low := stops(binary.LittleEndian.Uint64(text[i : i+8]))
		high := stops(binary.LittleEndian.Uint64(text[i+8 : i+16]))
		if low|high == 0 {
			continue
		}
		n := bits.TrailingZeros64(low) >> 3 // 8 if there is none
		i += n + bits.TrailingZeros64(high)>>3&-(n>>3)
		if text[i] == '"' {
			return i + 1, false
		}
		break
	}
	return s.strSlowly(start, i)
}

// stops sets a bit for each of eight bytes that is a quote, a backslash, a
// control character or outside ASCII. Borrows may set bits above the lowest
// one, which alone is exact.
func stops(w uint64) uint64 {
	quote, slash := w^('"'*ones), w^('\\'*ones)
	return ((quote - ones) | (slash - ones) | (w - ' '*ones) | w) & highs
}

// strSlowly is str from i on, for a string that begins at start.
func (s *scanner) strSlowly(start, i int) (end int, escaped bool) {
	text := s.text
	var high byte
	for i < len(text) {
		c := text[i]
		switch {
		case c == '"':
			if high >= utf8.RuneSelf && !utf8.Valid(text[start:i]) {
				return s.fail(start, "invalid UTF-8"), false
			}
			return i + 1, escaped
		case c == '\\':
			escaped = true
			if i = s.escape(i); i < 0 {
				return -1, false
			}
		case c < ' ':
			return s.fail(i, "a control character in a string"), false
		default:
			high |= c
			i++
		}
	}
	return s.short(), false
}

// escape passes the escape sequence that begins with the backslash at i.
func (s *scanner) escape(i int) int {
	if i+1 >= len(s.text) {
		return s.short()
	}
	switch s.text[i+1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return i + 2
	case 'u':
	default:
		return s.fail(i, "an unknown escape")
	}
	r, ok := hex4(s.text[i+2:])
	if !ok {
		if len(s.text)-(i+2) < 4 && allHex(s.text[i+2:]) {
			return s.short()
		}
		return s.fail(i, "an unknown escape")
	}
	i += 6
	if r < 0xd800 || r > 0xdfff {
		return i
	}
	rest := s.text[i:]
	if len(rest) < 6 && r < 0xdc00 && couldPair(rest) {
		return s.short()
	}
	if !pairs(r, rest) {
		s.surrogate = true
		return i
	}
	return i + 6
}
