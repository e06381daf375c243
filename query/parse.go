package query

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// The limits of a query. They bound the work that a stranger's text can cause.
const (
	MaxLength = 16 << 10 // bytes
	MaxDepth  = 100      // of parentheses and negations
	MaxTerms  = 1000
)

// Parse reads a query. An empty text is And{}, which always holds. The error
// is an *Error.
func Parse(text string, s Schema) (Node, error) {
	if err := checkText(text); err != nil {
		return nil, err
	}
	p := parser{scan: scanner{text: text}, schema: s}
	if err := p.advance(); err != nil {
		return nil, err
	}
	if p.token.kind == endToken {
		return And{}, nil
	}
	n, err := p.or()
	if err != nil {
		return nil, err
	}
	if p.token.kind != endToken {
		return nil, &Error{p.token.offset, "this parenthesis closes nothing"}
	}
	return n, nil
}

func (e *Error) Error() string {
	return fmt.Sprintf("query, offset %d: %s", e.Offset, e.Reason)
}

func checkText(text string) error {
	if len(text) > MaxLength {
		return &Error{MaxLength, fmt.Sprintf("the query is longer than %d bytes", MaxLength)}
	}
	for i, r := range text {
		if r == Wildcard {
			return &Error{i, "the character U+E000 cannot be searched for"}
		}
		if r == utf8.RuneError && !strings.HasPrefix(text[i:], string(utf8.RuneError)) {
			return &Error{i, "this byte is not UTF-8"}
		}
	}
	return nil
}

// parser reads the grammar
//
//	or   = and {"OR" and}
//	and  = not {["AND"] not}
//	not  = ("-" | "NOT") not | "(" or ")" | field ":(" or ")" | term
//
// with one token of foresight. Inside "field:(…)" terms are values.
type parser struct {
	scan   scanner
	schema Schema
	token  token
	depth  int
	terms  int

	// field is what the values of a list belong to; nil outside of one.
	field *token
}

func (p *parser) advance() (err error) {
	p.token, err = p.scan.next(p.field != nil)
	return err
}

func (p *parser) or() (Node, error) {
	first, err := p.and()
	if err != nil || p.token.kind != orToken {
		return first, err
	}
	list := Or{first}
	for p.token.kind == orToken {
		if err := p.advance(); err != nil {
			return nil, err
		}
		n, err := p.and()
		if err != nil {
			return nil, err
		}
		list = append(list, n)
	}
	return list, nil
}

func (p *parser) and() (Node, error) {
	first, err := p.not()
	if err != nil {
		return nil, err
	}
	list := And{first}
	for p.token.kind != endToken && p.token.kind != closeToken && p.token.kind != orToken {
		if p.token.kind == andToken {
			if err := p.advance(); err != nil {
				return nil, err
			}
		}
		n, err := p.not()
		if err != nil {
			return nil, err
		}
		list = append(list, n)
	}
	if len(list) == 1 {
		return first, nil
	}
	return list, nil
}

func (p *parser) not() (Node, error) {
	p.depth++
	defer func() { p.depth-- }()
	if p.depth > MaxDepth {
		return nil, &Error{p.token.offset, fmt.Sprintf("more than %d parentheses or negations inside one another", MaxDepth)}
	}
	switch t := p.token; t.kind {
	case minusToken:
		return p.minus(t)
	case notToken:
		return p.negated()
	case openToken:
		return p.group(t.offset)
	case wordToken, phraseToken:
		return p.term(t)
	case andToken, orToken:
		return nil, &Error{t.offset, "a term is missing before this " + map[tokenKind]string{andToken: "AND", orToken: "OR"}[t.kind]}
	case closeToken:
		return nil, &Error{t.offset, "a term is missing before this parenthesis"}
	}
	return nil, &Error{p.token.offset, "the query ends where a term is expected"}
}

// minus is the negating hyphen: it stands directly before what it negates.
func (p *parser) minus(t token) (Node, error) {
	before := p.scan.at
	p.scan.skipSpace()
	if p.scan.at != before || before == len(p.scan.text) {
		return nil, &Error{t.offset, `a hyphen negates what directly follows it; for the character write \-`}
	}
	if p.scan.text[before] == '-' {
		return nil, &Error{t.offset, `two hyphens; put the word in quotes to search for them`}
	}
	return p.negated()
}

func (p *parser) negated() (Node, error) {
	if err := p.advance(); err != nil {
		return nil, err
	}
	n, err := p.not()
	if err != nil {
		return nil, err
	}
	return Not{n}, nil
}

// group reads from an opening parenthesis to its closing one.
func (p *parser) group(offset int) (Node, error) {
	if err := p.advance(); err != nil {
		return nil, err
	}
	n, err := p.or()
	if err != nil {
		return nil, err
	}
	if p.token.kind != closeToken {
		return nil, &Error{offset, "this parenthesis is never closed"}
	}
	return n, p.advance()
}

func (p *parser) term(t token) (Node, error) {
	if p.field != nil {
		return p.compare(*p.field, t)
	}
	if !t.named {
		return p.text(t)
	}
	if t.kind == wordToken && t.op == Equal && t.value == "" && p.listFollows() {
		return p.list(t)
	}
	return p.compare(t, t)
}

func (p *parser) listFollows() bool {
	return p.scan.at < len(p.scan.text) && p.scan.text[p.scan.at] == '('
}

// list reads field:(a OR b): a group in which every term is a value of field.
func (p *parser) list(field token) (Node, error) {
	if _, err := p.kind(field); err != nil {
		return nil, err
	}
	p.field = &field
	if err := p.advance(); err != nil {
		return nil, err
	}
	offset := p.token.offset
	if err := p.advance(); err != nil {
		return nil, err
	}
	n, err := p.or()
	if err != nil {
		return nil, err
	}
	if p.token.kind != closeToken {
		return nil, &Error{offset, "this parenthesis is never closed"}
	}
	p.field = nil
	return n, p.advance()
}

func (p *parser) count(offset int) error {
	if p.terms++; p.terms > MaxTerms {
		return &Error{offset, fmt.Sprintf("more than %d terms", MaxTerms)}
	}
	return nil
}

func (p *parser) text(t token) (Node, error) {
	if err := p.count(t.offset); err != nil {
		return nil, err
	}
	if t.value == "" {
		return nil, &Error{t.offset, "there is nothing between these quotes"}
	}
	if inner := strings.Trim(t.value, string(Wildcard)); strings.ContainsRune(inner, Wildcard) &&
		strings.ContainsFunc(inner, stopsWildcard) {
		return nil, &Error{t.offset, "a word with * inside holds no white space or quote"}
	}
	return Text{Value: t.value, Phrase: t.kind == phraseToken, Offset: t.offset}, p.advance()
}
