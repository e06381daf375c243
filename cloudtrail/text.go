package cloudtrail

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"
)

// Unquote gives the value of a JSON scalar as a string: the text of a string,
// the digits of a number as written, "true", "false", and "" for null. Of an
// object or an array it gives the JSON text. Half a surrogate pair becomes
// U+FFFD.
func Unquote(value []byte) string {
	n := len(value)
	switch {
	case n >= 2 && value[0] == '"' && value[n-1] == '"':
		inner := value[1 : n-1]
		if bytes.IndexByte(inner, '\\') < 0 {
			return string(inner)
		}
		return string(appendUnescaped(make([]byte, 0, n), inner))
	case string(value) == "null":
		return ""
	}
	return string(value)
}

// unescaped gives the text of a string that holds escapes, without its
// quotes. It lies in the arena, which may move but keeps what it gave.
func (s *scanner) unescaped(inner []byte) []byte {
	from := len(s.arena)
	s.arena = appendUnescaped(s.arena, inner)
	return s.arena[from:len(s.arena):len(s.arena)]
}

// appendUnescaped appends the text of a JSON string given without its quotes.
// What is no escape is kept as it is.
func appendUnescaped(dst, inner []byte) []byte {
	for {
		n := bytes.IndexByte(inner, '\\')
		if n < 0 || n+1 >= len(inner) {
			return append(dst, inner...)
		}
		dst = append(dst, inner[:n]...)
		var used int
		dst, used = appendEscape(dst, inner[n:])
		inner = inner[n+used:]
	}
}

// appendEscape appends what the escape at the start of b stands for, and says
// how long it is.
func appendEscape(dst, b []byte) ([]byte, int) {
	switch c := b[1]; c {
	case '"', '\\', '/':
		return append(dst, c), 2
	case 'b':
		return append(dst, '\b'), 2
	case 'f':
		return append(dst, '\f'), 2
	case 'n':
		return append(dst, '\n'), 2
	case 'r':
		return append(dst, '\r'), 2
	case 't':
		return append(dst, '\t'), 2
	case 'u':
	default:
		return append(dst, '\\'), 1
	}
	r, ok := hex4(b[2:])
	switch {
	case !ok:
		return append(dst, '\\'), 1
	case !utf16.IsSurrogate(r):
		return utf8.AppendRune(dst, r), 6
	case pairs(r, b[6:]):
		low, _ := hex4(b[8:])
		return utf8.AppendRune(dst, utf16.DecodeRune(r, low)), 12
	}
	return utf8.AppendRune(dst, utf8.RuneError), 6
}

// replaceHalves overwrites in valid JSON text every escape that is half a
// surrogate pair with \ufffd, which has the same length.
func replaceHalves(text []byte) {
	for i := 0; i+6 <= len(text); {
		n := bytes.IndexByte(text[i:], '\\')
		if n < 0 || i+n+6 > len(text) {
			return
		}
		i += n
		r, ok := hex4(text[i+2:])
		switch {
		case text[i+1] != 'u' || !ok:
			i += 2
		case !utf16.IsSurrogate(r):
			i += 6
		case pairs(r, text[i+6:]):
			i += 12
		default:
			copy(text[i:], `\ufffd`)
			i += 6
		}
	}
}

// pairs says whether rest begins with the escape of a low surrogate that
// completes the high surrogate r.
func pairs(r rune, rest []byte) bool {
	if r >= 0xdc00 || len(rest) < 6 || rest[0] != '\\' || rest[1] != 'u' {
		return false
	}
	low, ok := hex4(rest[2:])
	return ok && low >= 0xdc00 && low <= 0xdfff
}

// couldPair says whether rest, the end of a text, could be the beginning of
// the escape of a low surrogate.
func couldPair(rest []byte) bool {
	return len(rest) == 0 || rest[0] == '\\' &&
		(len(rest) == 1 || rest[1] == 'u' && allHex(rest[2:]))
}

// hex4 reads the four hexadecimal digits that b begins with.
func hex4(b []byte) (rune, bool) {
	if len(b) < 4 || !allHex(b[:4]) {
		return 0, false
	}
	var r rune
	for _, c := range b[:4] {
		r = r<<4 | rune(hexValue(c))
	}
	return r, true
}

func allHex(b []byte) bool {
	for _, c := range b {
		if hexValue(c) > 15 {
			return false
		}
	}
	return true
}

// hexValue gives 0 to 15, or 255 for what is no hexadecimal digit.
func hexValue(c byte) byte {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10
	}
	return 255
}
