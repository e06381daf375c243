package cloudtrail

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
)

// failure says why a scan ended before the text was read.
type failure uint8

const (
	sound     failure = iota
	short             // the text ends inside a value
	broken            // the text is not JSON
	tooDeep           // nested past the limit
	container         // records stand inside the object that was scanned
)

// purpose is what a value is walked for.
type purpose uint8

const (
	check   purpose = iota // its syntax only
	collect                // also the resources named in it
	named                  // it is itself a resource's name or holds such names
)

// scanner walks JSON text in one pass. Positions are indexes into text; a
// method gets the position of what it reads and returns the one behind it, or
// -1 with why, at and reason set.
type scanner struct {
	text  []byte
	depth int // levels that may still be opened

	why    failure
	at     int    // where the scan failed
	reason string // for why == broken

	space     int    // white space between tokens, in bytes
	surrogate bool   // some escape is half a surrogate pair
	arena     []byte // text of strings that could not be aliased
	found     [][]byte
}

func (s *scanner) reset(text []byte, depth int) {
	s.text, s.depth = text, depth
	s.why, s.at, s.reason = sound, 0, ""
	s.space, s.surrogate = 0, false
	s.arena, s.found = s.arena[:0], s.found[:0]
}

func (s *scanner) fail(at int, reason string) int {
	s.why, s.at, s.reason = broken, at, reason
	return -1
}

func (s *scanner) short() int {
	s.why, s.at = short, len(s.text)
	return -1
}

// skipSpace gives the position of the next byte that is not white space, or
// -1 if the text ends first.
func (s *scanner) skipSpace(i int) int {
	for from := i; i < len(s.text); i++ {
		switch s.text[i] {
		case ' ', '\t', '\n', '\r':
		default:
			s.space += i - from
			return i
		}
	}
	return s.short()
}

// withoutSpace gives text from its first byte on that is not white space.
func withoutSpace(text []byte) []byte {
	for i, c := range text {
		if c != ' ' && c != '\t' && c != '\n' && c != '\r' {
			return text[i:]
		}
	}
	return nil
}

// value walks the value that begins at i, which is no white space.
func (s *scanner) value(i int, why purpose) int {
	if i >= len(s.text) {
		return s.short()
	}
	switch c := s.text[i]; c {
	case '"':
		end, escaped := s.str(i)
		if why != check && end > 0 {
			s.resource(i+1, end-1, escaped, why)
		}
		return end
	case '{':
		return s.object(i, why)
	case '[':
		return s.array(i, why)
	case 't':
		return s.literal(i, "true")
	case 'f':
		return s.literal(i, "false")
	case 'n':
		return s.literal(i, "null")
	default:
		return s.number(i)
	}
}

func (s *scanner) object(i int, why purpose) int {
	if !s.descend(i) {
		return -1
	}
	for first, i := true, i+1; ; first = false {
		key, at, more := s.member(i, first)
		if !more {
			s.depth++
			return at
		}
		inner := why
		if why != check {
			inner = purposeOf(key)
		}
		if i = s.value(at, inner); i < 0 {
			return -1
		}
	}
}

func (s *scanner) array(i int, why purpose) int {
	if !s.descend(i) {
		return -1
	}
	for first, i := true, i+1; ; first = false {
		at, more := s.element(i, first)
		if !more {
			s.depth++
			return at
		}
		if i = s.value(at, why); i < 0 {
			return -1
		}
	}
}

func (s *scanner) descend(i int) bool {
	if s.depth == 0 {
		s.why, s.at = tooDeep, i
		return false
	}
	s.depth--
	return true
}

// member reads from behind a '{' (first) or a member's value up to the next
// member's value, which begins at at. Without more, at is behind the '}', or
// -1.
func (s *scanner) member(i int, first bool) (key []byte, at int, more bool) {
	if !first && i+1 < len(s.text) && s.text[i] == ',' && s.text[i+1] == '"' {
		i++ // the usual case
	} else if i, more = s.separator(i, first, '}'); !more {
		return nil, i, false
	} else if s.text[i] != '"' {
		return nil, s.fail(i, "a key was expected"), false
	}
	end, escaped := s.str(i)
	if end < 0 {
		return nil, -1, false
	}
	key = s.text[i+1 : end-1]
	if escaped {
		key = s.unescaped(key)
	}
	if end < len(s.text) && s.text[end] == ':' && end+1 < len(s.text) && s.text[end+1] > ' ' {
		return key, end + 1, true
	}
	if end = s.skipSpace(end); end < 0 {
		return nil, -1, false
	}
	if s.text[end] != ':' {
		return nil, s.fail(end, "a colon was expected"), false
	}
	at = s.skipSpace(end + 1)
	return key, at, at >= 0
}

// element is member for arrays.
func (s *scanner) element(i int, first bool) (at int, more bool) {
	return s.separator(i, first, ']')
}

// separator passes the comma between two members or elements. Without more,
// the closing bracket stood there, and i is behind it.
func (s *scanner) separator(i int, first bool, closing byte) (int, bool) {
	if i >= len(s.text) || s.text[i] <= ' ' {
		if i = s.skipSpace(i); i < 0 {
			return -1, false
		}
	}
	c := s.text[i]
	if c == closing {
		return i + 1, false
	}
	if first {
		return i, true
	}
	if c != ',' {
		return s.fail(i, "a comma or a closing bracket was expected"), false
	}
	i++
	if i >= len(s.text) || s.text[i] <= ' ' {
		if i = s.skipSpace(i); i < 0 {
			return -1, false
		}
	}
	if s.text[i] == closing {
		return s.fail(i, "a value was expected after the comma"), false
	}
	return i, true
}

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

// literal passes true, false or null.
func (s *scanner) literal(i int, word string) int {
	rest := s.text[i:]
	if len(rest) >= len(word) {
		if string(rest[:len(word)]) == word {
			return i + len(word)
		}
	} else if string(rest) == word[:len(rest)] {
		return s.short()
	}
	return s.fail(i, "a value was expected")
}

// number passes a number. One that ends with the text is complete: the caller
// sees what follows it.
func (s *scanner) number(i int) int {
	start := i
	if i < len(s.text) && s.text[i] == '-' {
		i++
	}
	switch {
	case i >= len(s.text):
		return s.short()
	case s.text[i] == '0':
		i++
	case s.text[i] >= '1' && s.text[i] <= '9':
		i = digits(s.text, i)
	default:
		return s.fail(start, "a value was expected")
	}
	if i < len(s.text) && s.text[i] == '.' {
		if i = s.digitsNeeded(i + 1); i < 0 {
			return -1
		}
	}
	if i < len(s.text) && (s.text[i] == 'e' || s.text[i] == 'E') {
		i++
		if i < len(s.text) && (s.text[i] == '+' || s.text[i] == '-') {
			i++
		}
		return s.digitsNeeded(i)
	}
	return i
}

func (s *scanner) digitsNeeded(i int) int {
	end := digits(s.text, i)
	if end > i {
		return end
	}
	if i >= len(s.text) {
		return s.short()
	}
	return s.fail(i, "a digit was expected")
}

func digits(b []byte, i int) int {
	for i < len(b) && b[i] >= '0' && b[i] <= '9' {
		i++
	}
	return i
}

// appendCompact appends the JSON text without the white space between its
// tokens. The text must be valid.
func appendCompact(dst, text []byte) []byte {
	for i := 0; i < len(text); {
		switch c := text[i]; c {
		case ' ', '\t', '\n', '\r':
			i++
		case '"':
			end := stringEnd(text, i)
			dst = append(dst, text[i:end]...)
			i = end
		default:
			end := i + 1
			for end < len(text) && text[end] > ' ' && text[end] != '"' {
				end++
			}
			dst = append(dst, text[i:end]...)
			i = end
		}
	}
	return dst
}

// stringEnd gives the position behind the string at i of valid JSON text.
func stringEnd(text []byte, i int) int {
	for i++; i < len(text); i++ {
		n := bytes.IndexByte(text[i:], '"')
		if n < 0 {
			return len(text)
		}
		i += n
		slashes := 0
		for text[i-1-slashes] == '\\' {
			slashes++
		}
		if slashes%2 == 0 {
			return i + 1
		}
	}
	return len(text)
}
