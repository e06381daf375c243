package audit

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// unescaped gives the text of a record with the escapes of its strings
// resolved, so that words and phrases are found as a person reads them; false
// when there are none.
func unescaped(raw string) (string, bool) {
	at := strings.IndexByte(raw, '\\')
	if at < 0 {
		return "", false
	}
	text := make([]byte, 0, len(raw))
	for ; at >= 0; at = strings.IndexByte(raw, '\\') {
		text = append(text, raw[:at]...)
		r, length := escape(raw[at:])
		text = utf8.AppendRune(text, r)
		raw = raw[at+length:]
	}
	return string(append(text, raw...)), true
}

// escape reads the escape at the beginning of s: the character that it stands
// for and how many bytes it takes.
func escape(s string) (r rune, length int) {
	if len(s) < 2 {
		return utf8.RuneError, len(s)
	}
	switch s[1] {
	case 'b':
		return '\b', 2
	case 'f':
		return '\f', 2
	case 'n':
		return '\n', 2
	case 'r':
		return '\r', 2
	case 't':
		return '\t', 2
	case 'u':
		return unicodeEscape(s)
	default: // a quote or a slash
		return rune(s[1]), 2
	}
}

func unicodeEscape(s string) (r rune, length int) {
	first, ok := codeUnit(s)
	if !ok {
		return utf8.RuneError, 2
	}
	if utf16.IsSurrogate(first) {
		if second, ok := codeUnit(s[6:]); ok {
			if pair := utf16.DecodeRune(first, second); pair != utf8.RuneError {
				return pair, 12
			}
		}
	}
	return first, 6
}

// codeUnit reads \uXXXX at the beginning of s.
func codeUnit(s string) (rune, bool) {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return 0, false
	}
	unit, err := strconv.ParseUint(s[2:6], 16, 16)
	return rune(unit), err == nil
}
