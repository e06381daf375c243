package audit

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/kopterio/kopter/audit/wordfilter"
	"github.com/kopterio/kopter/query"
)

// plan is a query made ready for row groups. It is immutable.
type plan struct {
	root   clause
	leaves []leaf
}

// clause is a node of the plan: a leaf, or a junction of other clauses with
// the cheapest first.
type clause struct {
	op   clauseOp
	kids []clause
	leaf int // into plan.leaves
}

type clauseOp uint8

const (
	clauseAnd clauseOp = iota
	clauseOr
	clauseNot
	clauseLeaf
)

// leaf is a test of one column, or of the raw record.
type leaf struct {
	field       field
	from, until int64              // of fieldTime: from ≤ time < until
	accepts     func(string) bool  // of other columns
	holds       func([]byte) bool  // of fieldRaw
	words       []wordfilter.Token // words that a raw record with a true leaf holds
}

// cost orders tests by what they read.
func (l *leaf) cost() int {
	switch l.field {
	case fieldTime, fieldReadOnly:
		return 0
	case fieldResources:
		return 2
	case fieldEventID, fieldRequestID:
		return 3
	case fieldRaw:
		return 4
	}
	return 1
}

// compile makes a plan of a query; nil is a query that always holds.
func compile(n query.Node) *plan {
	p := &plan{}
	if n == nil {
		n = query.And{}
	}
	p.root = p.clause(n)
	return p
}

func (p *plan) clause(n query.Node) clause {
	switch n := n.(type) {
	case query.And:
		return clause{op: clauseAnd, kids: p.clauses(n)}
	case query.Or:
		return clause{op: clauseOr, kids: p.clauses(n)}
	case query.Not:
		return clause{op: clauseNot, kids: p.clauses([]query.Node{n.Node})}
	case query.Term:
		return p.add(termLeaf(n))
	}
	return p.add(textLeaf(n.(query.Text)))
}

func (p *plan) clauses(nodes []query.Node) []clause {
	kids := make([]clause, len(nodes))
	for i, n := range nodes {
		kids[i] = p.clause(n)
	}
	slices.SortStableFunc(kids, func(a, b clause) int { return cmp.Compare(p.cost(a), p.cost(b)) })
	return kids
}

func (p *plan) cost(c clause) (cost int) {
	if c.op == clauseLeaf {
		return p.leaves[c.leaf].cost()
	}
	for _, kid := range c.kids {
		cost = max(cost, p.cost(kid))
	}
	return cost
}

func (p *plan) add(l leaf) clause {
	p.leaves = append(p.leaves, l)
	return clause{op: clauseLeaf, leaf: len(p.leaves) - 1}
}

func termLeaf(t query.Term) leaf {
	f, ok := fieldByName(t.Field)
	switch {
	case !ok:
		return recordLeaf(t)
	case f == fieldTime:
		from, until := t.Times()
		return leaf{field: f, from: from, until: until}
	}
	l := leaf{field: f, accepts: t.Matcher()}
	// An id in these columns was read from the record, and so stands in it.
	// An event id that was made up by hashing does not.
	if f == fieldResources || f == fieldEventID && !strings.HasPrefix(query.FoldString(t.Value), "sha256:") {
		l.words = termWords(t)
	}
	return l
}

// recordLeaf is a term on a path of the record or on a tag.
func recordLeaf(t query.Term) leaf {
	accepts, name := t.Matcher(), t.Field
	words := termWords(t)
	if key, ok := strings.CutPrefix(name, tagPrefix); ok {
		words = wordfilter.AppendTokens(words, []byte(key))
	} else {
		words = wordfilter.AppendTokens(words, []byte(name))
	}
	if name == issuedPath && t.Kind == query.String && t.Op == query.Equal {
		words = wordfilter.AppendTokens(words, issuedWord(t.Value))
	}
	return leaf{field: fieldRaw, words: words, holds: func(raw []byte) (found bool) {
		eachInRecord(raw, name, func(value string) bool {
			found = accepts(value)
			return !found
		})
		return found
	}}
}

// termWords gives the words that a value accepted by the term holds.
func termWords(t query.Term) (words []wordfilter.Token) {
	switch {
	case t.Kind != query.String, t.Op != query.Equal && t.Op != query.Pattern:
		return nil
	case t.Op == query.Equal:
		return wordfilter.AppendTokens(nil, []byte(t.Value))
	}
	parts := strings.Split(t.Value, string(query.Wildcard))
	for i, part := range parts {
		words = appendWholeWords(words, part, i == 0, i == len(parts)-1)
	}
	return words
}

func textLeaf(t query.Text) leaf {
	finds := t.Matcher()
	l := leaf{field: fieldRaw, holds: func(raw []byte) bool {
		if finds(asString(raw)) {
			return true
		}
		text, some := unescaped(asString(raw))
		return some && finds(text)
	}}
	for _, part := range t.Parts() {
		l.words = appendWholeWords(l.words, part.Value, part.Begins, part.Closes)
	}
	return l
}

// appendWholeWords appends the words of part of a text: not the one that it
// begins or ends within.
func appendWholeWords(words []wordfilter.Token, part string, begins, closes bool) []wordfilter.Token {
	if !begins {
		part = strings.TrimLeftFunc(part, isWordRune)
	}
	if !closes {
		part = strings.TrimRightFunc(part, isWordRune)
	}
	return wordfilter.AppendTokens(words, []byte(part))
}

func isWordRune(r rune) bool { return r < 0x80 && wordfilter.IsWordByte(byte(r)) }

// mayHold says whether a row group may have a row for which the clause is
// true, by the filter of its words. Without a filter it may.
func (p *plan) mayHold(c clause, tokens *wordfilter.Tokens, group int) bool {
	switch c.op {
	case clauseLeaf:
		words := p.leaves[c.leaf].words
		return len(words) == 0 || tokens.MayContain(group, words)
	case clauseAnd:
		for _, kid := range c.kids {
			if !p.mayHold(kid, tokens, group) {
				return false
			}
		}
		return true
	case clauseOr:
		for _, kid := range c.kids {
			if p.mayHold(kid, tokens, group) {
				return true
			}
		}
		return false
	}
	return true // of a negation the words say nothing
}

// times narrows the time range by the time terms that must hold. 0 is an open
// end.
func (p *plan) times(from, until int64) (int64, int64) {
	if from == 0 {
		from = math.MinInt64
	}
	if until == 0 {
		until = math.MaxInt64
	}
	musts := []clause{p.root}
	if p.root.op == clauseAnd {
		musts = p.root.kids
	}
	for _, c := range musts {
		if l := p.leafOf(c); l != nil && l.field == fieldTime {
			from, until = max(from, l.from), min(until, l.until)
		}
	}
	return from, until
}

func (p *plan) leafOf(c clause) *leaf {
	if c.op != clauseLeaf {
		return nil
	}
	return &p.leaves[c.leaf]
}
