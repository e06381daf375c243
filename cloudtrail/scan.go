package cloudtrail

import (
	"bytes"
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
