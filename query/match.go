package query

import (
	"strings"
	"unicode/utf8"
)

// Values is a record that a query can be asked of. An empty value counts as
// no value.
type Values interface {
	// Each calls fn with the values of a field until fn returns false.
	// Times are given in a form that Span reads, booleans as true or false.
	Each(field string, fn func(value string) bool)
	// Text calls fn with every text in which free words are looked for,
	// until fn returns false.
	Text(fn func(text string) bool)
}

// Match says whether a record fulfils a query.
func Match(n Node, r Values) bool { return Compile(n)(r) }

// Compile prepares a query for many records. The function is safe for
// concurrent use.
func Compile(n Node) func(Values) bool {
	switch n := n.(type) {
	case And:
		return compileList(n, false)
	case Or:
		return compileList(n, true)
	case Not:
		inner := Compile(n.Node)
		return func(r Values) bool { return !inner(r) }
	case Term:
		return compileTerm(n)
	case Text:
		finds := n.Matcher()
		return func(r Values) (found bool) {
			r.Text(func(text string) bool {
				found = finds(text)
				return !found
			})
			return found
		}
	}
	panic("query: a Node of no known type")
}

// compileList stops at the first node that is decisive: a true one of an Or, a
// false one of an And.
func compileList(nodes []Node, decisive bool) func(Values) bool {
	list := make([]func(Values) bool, len(nodes))
	for i, n := range nodes {
		list[i] = Compile(n)
	}
	return func(r Values) bool {
		for _, holds := range list {
			if holds(r) == decisive {
				return decisive
			}
		}
		return !decisive
	}
}

func compileTerm(t Term) func(Values) bool {
	accepts := t.Matcher()
	return func(r Values) (found bool) {
		r.Each(t.Field, func(value string) bool {
			found = accepts(value)
			return !found
		})
		return found
	}
}

// Matcher gives the test of one value that the term makes. It refuses the
// empty value, and is safe for concurrent use.
func (t Term) Matcher() func(value string) bool {
	switch t.Op {
	case Exists:
		return func(v string) bool { return v != "" }
	case Pattern:
		return patternMatcher(t.Value)
	case Within:
		prefix, _ := parsePrefix(t.Value)
		return func(v string) bool {
			addr, ok := parseAddr(v)
			return ok && prefix.Contains(addr)
		}
	}
	switch {
	case t.Kind == Time:
		return timeMatcher(t)
	case t.Kind == Number || t.Op != Equal:
		return numberMatcher(t)
	case t.Kind == IP:
		return addressMatcher(t.Value)
	}
	return equalMatcher(t.Value)
}

func equalMatcher(value string) func(string) bool {
	folded := FoldString(value)
	return func(v string) bool {
		return v != "" && foldedPrefix(v, folded) == len(v)
	}
}

// addressMatcher compares addresses in whatever way they are written, and
// names of hosts as text.
func addressMatcher(value string) func(string) bool {
	want, ok := parseAddr(value)
	if !ok {
		return equalMatcher(value)
	}
	return func(v string) bool {
		addr, ok := parseAddr(v)
		return ok && addr == want
	}
}

func timeMatcher(t Term) func(string) bool {
	from, until := t.Times()
	return func(v string) bool {
		at, _, ok := Span(v)
		return ok && from <= at.UnixMilli() && at.UnixMilli() < until
	}
}

func numberMatcher(t Term) func(string) bool {
	return func(v string) bool {
		order, ok := CompareNumbers(v, t.Value)
		return ok && t.Op.holds(order)
	}
}

func (op Op) holds(order int) bool {
	switch op {
	case Less:
		return order < 0
	case AtMost:
		return order <= 0
	case Greater:
		return order > 0
	case AtLeast:
		return order >= 0
	default:
		return order == 0
	}
}

// patternMatcher matches a whole value with wildcards: the text before the
// first one, the text after the last one, and what is between them in order.
func patternMatcher(pattern string) func(string) bool {
	parts := strings.Split(FoldString(pattern), string(Wildcard))
	if len(parts) == 1 {
		return equalMatcher(pattern)
	}
	first, last := parts[0], parts[len(parts)-1]
	middle := parts[1 : len(parts)-1]
	return func(v string) bool {
		if v == "" {
			return false
		}
		n := foldedPrefix(v, first)
		if n < 0 {
			return false
		}
		v = v[n:]
		for _, part := range middle {
			_, end := foldedIndex(v, part)
			if end < 0 {
				return false
			}
			v = v[end:]
		}
		return foldedSuffix(v, last)
	}
}

// foldedSuffix says whether s ends with folded without regard to case.
func foldedSuffix(s, folded string) bool {
	if rarest(folded) >= 0 || folded == "" {
		return len(s) >= len(folded) && equalBytes(s[len(s)-len(folded):], folded)
	}
	// A folded rune may differ from its other case in length, by two bytes at
	// the most.
	for i := len(s); i >= 0 && len(s)-i <= 3*len(folded); {
		if foldedPrefix(s[i:], folded) == len(s)-i {
			return true
		}
		_, n := utf8.DecodeLastRuneInString(s[:i])
		if n == 0 {
			return false
		}
		i -= n
	}
	return false
}
