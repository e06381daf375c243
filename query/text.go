package query

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Matcher gives the test that looks for the words in a text. It is safe for
// concurrent use.
func (t Text) Matcher() func(text string) bool {
	w := newWords(t.Value)
	return w.find
}

// Parts gives the stretches of the text between its wildcards, and for each
// whether it must begin and end at a word boundary. A record that holds the
// text holds each of them, so a filter of words can rule records out by them.
func (t Text) Parts() []TextPart {
	w := newWords(t.Value)
	parts := make([]TextPart, 0, len(w.parts))
	for i, p := range w.parts {
		if p != "" {
			parts = append(parts, TextPart{p, i == 0 && w.openBound, i == len(w.parts)-1 && w.closeBound})
		}
	}
	return parts
}

// TextPart is a stretch of a Text without wildcards, folded.
type TextPart struct {
	Value          string
	Begins, Closes bool // at a word boundary
}

// words is a text prepared for searching.
type words struct {
	parts                 []string // folded; between them stand wildcards
	openBound, closeBound bool     // no letter or digit may stand before, after
}

func newWords(value string) words {
	trimmed := strings.TrimLeft(value, string(Wildcard))
	openBound := len(trimmed) == len(value)
	core := strings.TrimRight(trimmed, string(Wildcard))
	closeBound := len(core) == len(trimmed)
	parts := strings.FieldsFunc(FoldString(core), func(r rune) bool { return r == Wildcard })
	first, _ := utf8.DecodeRuneInString(core)
	last, _ := utf8.DecodeLastRuneInString(core)
	return words{parts, openBound && isWord(first), closeBound && isWord(last)}
}

func (w words) find(text string) bool {
	if len(w.parts) == 0 {
		return true
	}
	for at := 0; ; {
		start, end := foldedIndex(text[at:], w.parts[0])
		if end < 0 {
			return false
		}
		start, end = at+start, at+end
		_, size := utf8.DecodeRuneInString(text[start:])
		at = start + size
		if w.openBound && !boundary(text, start) {
			continue
		}
		if len(w.parts) == 1 {
			if !w.closeBound || boundary(text, end) {
				return true
			}
			continue
		}
		limit := runEnd(text, end)
		if w.rest(text, end, limit) {
			return true
		}
		at = limit // a later beginning in this run leaves less room for the rest
	}
}

// rest looks for the parts after the first, in order and between end and
// limit.
func (w words) rest(text string, end, limit int) bool {
	last := len(w.parts) - 1
	for _, part := range w.parts[1:last] {
		_, n := foldedIndex(text[end:limit], part)
		if n < 0 {
			return false
		}
		end += n
	}
	for {
		start, n := foldedIndex(text[end:limit], w.parts[last])
		if n < 0 {
			return false
		}
		if !w.closeBound || boundary(text, end+n) {
			return true
		}
		_, size := utf8.DecodeRuneInString(text[end+start:])
		end += start + size
	}
}

// runEnd gives where the run of characters that a wildcard may cover ends.
func runEnd(text string, from int) int {
	if n := strings.IndexFunc(text[from:], stopsWildcard); n >= 0 {
		return from + n
	}
	return len(text)
}

func stopsWildcard(r rune) bool { return r == '"' || unicode.IsSpace(r) }

// boundary says whether no word runs across position i of the text.
func boundary(text string, i int) bool {
	if i == 0 || i == len(text) {
		return true
	}
	before, _ := utf8.DecodeLastRuneInString(text[:i])
	after, _ := utf8.DecodeRuneInString(text[i:])
	return !isWord(before) || !isWord(after)
}
