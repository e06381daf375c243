// Package query is the language of every filter: text in, a checked tree out,
// and the one meaning of that tree.
//
//	field:value  -field:value  field:(a OR b)  "phrase"  field:*  field:>5
//	ip:10.0.0.0/8  tag.team:web  free words
//
// Terms are joined by AND unless OR stands between them; parentheses group; a
// hyphen or NOT negates; * in a value stands for any run of characters. A term
// is split at its first colon only, because ARNs hold colons. Values compare
// without regard to case.
//
// It is a package of words: it imports nothing of Kopter. The audit log
// compiles the tree into column scans; everything smaller calls Match.
package query

// Node is one node of a parsed query: And, Or, Not, Term or Text.
type Node interface{ node() }

// And holds when all of its nodes hold; an empty And always holds.
type And []Node

// Or holds when any of its nodes holds.
type Or []Node

// Not holds when Node does not. On a field with several values it therefore
// says that no value matches.
type Not struct{ Node Node }

// Op is how a Term compares.
type Op uint8

// The comparisons of a Term.
const (
	Equal   Op = iota // the whole value, without regard to case; Pattern when it holds a wildcard
	Pattern           // with * for any run of characters, the whole value
	Exists            // field:* — the field has a value that is not empty
	Less              // field:<v
	AtMost            // field:<=v
	Greater           // field:>v
	AtLeast           // field:>=v
	Within            // ip:10.0.0.0/8 — an address inside a prefix
)

// Term compares one field with one value. Field is a name of the Schema, or a
// prefix of it followed by a key ("tag.team").
type Term struct {
	Field  string
	Kind   Kind // of the field, by the Schema
	Op     Op
	Value  string // as written, unquoted; for Pattern the unescaped wildcards are Wildcard runes
	Offset int    // of the term in the query text, in bytes
}

// Text looks for words anywhere in the record: a phrase keeps its order and
// spacing.
type Text struct {
	Value  string // for a word with wildcards, they are Wildcard runes
	Phrase bool   // it stood in quotes
	Offset int
}

// Wildcard stands in a Term's or Text's value for an unescaped *; a plain * in
// the value is the character itself.
const Wildcard = '\uE000'

func (And) node()  {}
func (Or) node()   {}
func (Not) node()  {}
func (Term) node() {}
func (Text) node() {}

// Kind is what a field holds, and so which comparisons it takes.
type Kind uint8

// The kinds of fields.
const (
	String Kind = iota
	Number
	Time
	IP
	Bool
)

// Schema lists the fields that a query may name. A name that ends in a dot
// stands for all names that begin with it (tag.team under "tag.").
type Schema map[string]Kind

// Error says what is wrong with a query and where.
type Error struct {
	Offset int    // in bytes from the start of the query
	Reason string // a sentence for a person
}
