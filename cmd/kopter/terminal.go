package main

import (
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// printable makes text safe for a terminal: what comes from a log, a file's
// name or a query may hold escape sequences.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if !strconv.IsPrint(r) {
			return '·'
		}
		return r
	}, s)
}

// safeWriter writes lines of text to a terminal with every other control
// character replaced.
type safeWriter struct {
	w    io.Writer
	rest []byte // a character that is not whole yet
}

func (s *safeWriter) Write(p []byte) (int, error) {
	text := append(s.rest, p...)
	whole := len(text) - unfinished(text)
	s.rest = append([]byte(nil), text[whole:]...)
	safe := strings.Map(func(r rune) rune {
		if r != '\n' && r != '\t' && !strconv.IsPrint(r) {
			return '·'
		}
		return r
	}, string(text[:whole]))
	if _, err := io.WriteString(s.w, safe); err != nil {
		return 0, err
	}
	return len(p), nil
}

// unfinished gives the length of a character at the end of text of which more
// bytes may come.
func unfinished(text []byte) int {
	for n := 1; n < utf8.UTFMax && n <= len(text); n++ {
		end := text[len(text)-n:]
		if utf8.RuneStart(end[0]) {
			if utf8.FullRune(end) {
				return 0
			}
			return n
		}
	}
	return 0
}
