package query

import (
	"strings"
	"unicode"
)

// The text of a node is a query that Parse reads as the same tree, but for
// offsets. It holds for every tree that Parse makes.

func (n And) String() string  { return joinNodes(n, " ") }
func (n Or) String() string   { return joinNodes(n, " OR ") }
func (n Not) String() string  { return negate(n.Node) }
func (t Term) String() string { return quoteField(t.Field) + ":" + t.operand() }

func (t Text) String() string {
	if t.Phrase {
		return quote(t.Value)
	}
	return escape(t.Value, `\"():`)
}

func joinNodes(nodes []Node, separator string) string {
	var b strings.Builder
	for i, n := range nodes {
		if i > 0 {
			b.WriteString(separator)
		}
		b.WriteString(nested(n))
	}
	return b.String()
}

// nested gives the text of a node inside another one.
func nested(n Node) string {
	switch n := n.(type) {
	case And:
		return "(" + n.String() + ")"
	case Or:
		return "(" + n.String() + ")"
	case Not:
		return n.String()
	case Term:
		return n.String()
	default:
		return n.(Text).String()
	}
}

func negate(n Node) string {
	if _, twice := n.(Not); twice {
		return "NOT " + nested(n)
	}
	return "-" + nested(n)
}

func (t Term) operand() string {
	switch t.Op {
	case Exists:
		return "*"
	case Pattern:
		text := escape(t.Value, `\"()`)
		if strings.HasPrefix(text, "<") || strings.HasPrefix(text, ">") {
			return `\` + text
		}
		return text
	}
	sign := map[Op]string{Less: "<", AtMost: "<=", Greater: ">", AtLeast: ">="}[t.Op]
	if strings.ContainsFunc(t.Value, func(r rune) bool {
		return unicode.IsSpace(r) || strings.ContainsRune(`\"()<>=*`, r)
	}) {
		return sign + quote(t.Value)
	}
	return sign + t.Value
}

func quoteField(field string) string { return escape(field, `\"():`) }

// escape writes a bare word: wildcards as stars, and a backslash before what
// would not be part of it.
func escape(s, special string) string {
	var b strings.Builder
	for i, r := range s {
		switch {
		case r == Wildcard:
			r = '*'
		case r == '*', i == 0 && r == '-', unicode.IsSpace(r), strings.ContainsRune(special, r):
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}
