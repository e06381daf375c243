package query

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// token is a stretch of the query text.
type token struct {
	kind   tokenKind
	value  string // of a word: unescaped, with Wildcard runes; of a phrase: its text
	field  string // of a word with an unescaped colon: what stood before it
	named  bool   // there was such a colon
	op     Op     // of a value that begins with a comparison, else Equal
	offset int    // where it begins
	at     int    // where its value begins
}

type tokenKind uint8

const (
	endToken tokenKind = iota
	openToken
	closeToken
	minusToken // a hyphen that negates
	andToken
	orToken
	notToken
	wordToken
	phraseToken
)

// scanner cuts a query into tokens.
type scanner struct {
	text string
	at   int
}

// next reads a token. Where values are expected (after "field:(") a word has
// no field of its own.
func (s *scanner) next(values bool) (token, error) {
	s.skipSpace()
	start := s.at
	if start == len(s.text) {
		return token{kind: endToken, offset: start, at: start}, nil
	}
	switch s.text[start] {
	case '(':
		s.at++
		return token{kind: openToken, offset: start}, nil
	case ')':
		s.at++
		return token{kind: closeToken, offset: start}, nil
	case '-':
		s.at++
		return token{kind: minusToken, offset: start}, nil
	}
	if values {
		return s.value(token{kind: wordToken, offset: start})
	}
	if s.text[start] == '"' {
		return s.phrase(token{offset: start, at: start})
	}
	return s.word(start)
}

func (s *scanner) skipSpace() {
	for s.at < len(s.text) {
		r, n := utf8.DecodeRuneInString(s.text[s.at:])
		if !unicode.IsSpace(r) {
			return
		}
		s.at += n
	}
}

// word reads a keyword, a free word, or a field with its value.
func (s *scanner) word(start int) (token, error) {
	text, colon, err := s.bare(true)
	if err != nil {
		return token{}, err
	}
	if colon {
		s.at++
		return s.value(token{kind: wordToken, field: plain(text), named: true, offset: start})
	}
	return token{kind: keyword(s.text[start:s.at]), value: text, offset: start, at: start}, nil
}

func keyword(written string) tokenKind {
	switch written {
	case "AND":
		return andToken
	case "OR":
		return orToken
	case "NOT":
		return notToken
	}
	return wordToken
}

// value reads what follows a colon: a comparison and a bare or quoted value;
// a list in parentheses is left to the parser.
func (s *scanner) value(t token) (token, error) {
	t.op = s.comparison()
	t.at = s.at
	if s.at < len(s.text) && s.text[s.at] == '"' {
		return s.phrase(t)
	}
	text, _, err := s.bare(false)
	if err != nil {
		return token{}, err
	}
	t.value = text
	if !t.named && t.op == Equal {
		t.kind = keyword(s.text[t.at:s.at])
	}
	return t, nil
}

func (s *scanner) comparison() Op {
	rest := s.text[s.at:]
	for _, c := range [...]struct {
		sign string
		op   Op
	}{{"<=", AtMost}, {">=", AtLeast}, {"<", Less}, {">", Greater}} {
		if strings.HasPrefix(rest, c.sign) {
			s.at += len(c.sign)
			return c.op
		}
	}
	return Equal
}

// bare reads up to white space, a parenthesis, or (where it separates a field)
// a colon. It stops before a quote too, which is an error inside a word.
func (s *scanner) bare(colons bool) (text string, colon bool, err error) {
	var b strings.Builder
	for s.at < len(s.text) {
		r, n := utf8.DecodeRuneInString(s.text[s.at:])
		switch {
		case r == '\\':
			r, n = s.escaped()
		case r == '*':
			r = Wildcard
		case r == ':' && colons:
			return b.String(), true, nil
		case r == '"':
			return "", false, &Error{s.at, `a quote inside a word; write \" for the character, or a space before it`}
		case r == '(' || r == ')' || unicode.IsSpace(r):
			return b.String(), false, nil
		}
		b.WriteRune(r)
		s.at += n
	}
	return b.String(), false, nil
}

// escaped reads a backslash and what it escapes. Before a letter, a digit or
// the end it is a backslash.
func (s *scanner) escaped() (r rune, size int) {
	next, n := utf8.DecodeRuneInString(s.text[s.at+1:])
	if n == 0 || isWord(next) {
		return '\\', 1
	}
	return next, 1 + n
}

func (s *scanner) phrase(t token) (token, error) {
	open := s.at
	s.at++
	var b strings.Builder
	for s.at < len(s.text) {
		r, n := utf8.DecodeRuneInString(s.text[s.at:])
		switch r {
		case '"':
			s.at++
			t.kind, t.value = phraseToken, b.String()
			return t, nil
		case '\\':
			r, n = s.escaped()
		}
		b.WriteRune(r)
		s.at += n
	}
	return token{}, &Error{open, "this quote is never closed"}
}

// plain turns wildcards back into stars: a field's name has none.
func plain(s string) string { return strings.ReplaceAll(s, string(Wildcard), "*") }
