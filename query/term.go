package query

import (
	"fmt"
	"slices"
	"strings"
)

// Kind gives the kind of a field, or false when the schema does not know it.
func (s Schema) Kind(field string) (Kind, bool) {
	if k, ok := s[field]; ok && !strings.HasSuffix(field, ".") {
		return k, true
	}
	for i := len(field) - 1; i > 0; i-- { // the longest prefix, with a key after it
		if field[i-1] == '.' {
			if k, ok := s[field[:i]]; ok {
				return k, true
			}
		}
	}
	return String, false
}

func (p *parser) kind(field token) (Kind, error) {
	k, ok := p.schema.Kind(field.field)
	if ok {
		return k, nil
	}
	if field.field == "" {
		return k, &Error{field.offset, "a field is missing before the colon; put text with colons in quotes"}
	}
	if strings.HasSuffix(field.field, ".") {
		return k, &Error{field.offset, fmt.Sprintf("a name is missing after %s", field.field)}
	}
	hint := "put text with colons in quotes"
	if near := p.schema.nearest(field.field); near != "" {
		hint = fmt.Sprintf("did you mean %s?", near)
	}
	return k, &Error{field.offset, fmt.Sprintf("there is no field %s; %s", field.field, hint)}
}

// compare makes the term "field value" and checks that the field takes it.
func (p *parser) compare(field, t token) (Node, error) {
	kind, err := p.kind(field)
	if err != nil {
		return nil, err
	}
	if err := p.count(t.offset); err != nil {
		return nil, err
	}
	term := Term{Field: field.field, Kind: kind, Op: t.op, Value: t.value, Offset: t.offset}
	n, err := checkTerm(term, t)
	if err != nil {
		return nil, err
	}
	return n, p.advance()
}

// checkTerm settles what a value means on a field of its kind.
func checkTerm(term Term, t token) (Node, error) {
	wild := t.kind == wordToken && strings.ContainsRune(t.value, Wildcard)
	switch {
	case t.value == "" && (t.kind == wordToken || t.op != Equal):
		return nil, &Error{t.at, fmt.Sprintf(`%s has no value here; write %s:* for any value, %s:"" for none`, term.Field, term.Field, term.Field)}
	case t.value == "": // an empty value is no value
		term.Op = Exists
		return Not{term}, nil
	case wild && t.op == Equal && strings.Trim(t.value, string(Wildcard)) == "":
		term.Op, term.Value = Exists, ""
		return term, nil
	case wild && (t.op != Equal || term.Kind != String && term.Kind != IP):
		return nil, &Error{t.at, "a * has no meaning here: " + term.Field + " is " + kindNames[term.Kind]}
	case wild:
		term.Op = Pattern
		return term, nil
	}
	return checkValue(term, t.at)
}

var kindNames = [...]string{
	String: "compared with numbers by < and >",
	Number: "a number",
	Time:   "a time",
	IP:     "an address",
	Bool:   "true or false",
}

func checkValue(term Term, at int) (Node, error) {
	ordered := term.Op != Equal
	switch term.Kind {
	case Time:
		if _, _, ok := Span(term.Value); !ok {
			return nil, &Error{at, fmt.Sprintf("%s is not a time; write 2023-07-10 or 2023-07-10T12:00:00Z", term.Value)}
		}
	case IP:
		return checkAddress(term, at)
	case Bool:
		value := FoldString(term.Value)
		if ordered || value != "true" && value != "false" {
			return nil, &Error{at, term.Field + " is true or false"}
		}
		term.Value = value
	default:
		if _, ok := parseFloat(term.Value); !ok && (ordered || term.Kind == Number) {
			return nil, &Error{at, term.Value + " is not a number"}
		}
	}
	return term, nil
}

func checkAddress(term Term, at int) (Node, error) {
	if term.Op != Equal {
		return nil, &Error{at, "addresses have no order; write " + term.Field + ":10.0.0.0/8 for a range"}
	}
	if !strings.Contains(term.Value, "/") {
		return term, nil
	}
	if _, ok := parsePrefix(term.Value); !ok {
		return nil, &Error{at, term.Value + " is not an address prefix such as 10.0.0.0/8"}
	}
	term.Op = Within
	return term, nil
}

// nearest gives the known field that is at most two edits away from a wrong
// one, or goes on from it; "" when there is none.
func (s Schema) nearest(wrong string) string {
	names := make([]string, 0, len(s))
	for name := range s {
		names = append(names, name)
	}
	slices.Sort(names)
	best, bestEdits := "", 3
	wrong = FoldString(wrong)
	for _, name := range names {
		edits := editDistance(wrong, FoldString(strings.TrimSuffix(name, ".")))
		if edits < bestEdits && edits < len(wrong) {
			best, bestEdits = name, edits
		}
	}
	for _, name := range names {
		if best == "" && len(wrong) > 2 && strings.HasPrefix(FoldString(name), wrong) {
			best = name
		}
	}
	return best
}

// editDistance counts the insertions, deletions and replacements of bytes
// between two names. What is longer than any name is far.
func editDistance(a, b string) int {
	const longest = 64
	if len(a) > longest {
		return longest
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(diagonal+cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
