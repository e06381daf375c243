package cloudtrail

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// contentID is the event id of a record that has none: "sha256:" and the hash
// of its canonical text (RFC 8785), or of raw itself where that is not
// defined.
func contentID(raw []byte) []byte {
	canonical := jsontext.Value(bytes.Clone(raw))
	if canonical.Canonicalize() != nil {
		canonical = raw
	}
	sum := sha256.Sum256(canonical)
	return append([]byte("sha256:"), hex.EncodeToString(sum[:])...)
}

// Equal says whether two JSON texts say the same, whatever the order of keys,
// the white space, and the spelling of numbers and strings. Numbers are
// compared exactly. Texts that are not JSON are equal if their bytes are.
func Equal(a, b []byte) bool {
	if bytes.Equal(a, b) {
		return true
	}
	x, okX := parseNode(a)
	y, okY := parseNode(b)
	return okX && okY && x.equal(y)
}

// node is a JSON value in which equal things are spelled alike.
type node struct {
	kind    jsontext.Kind
	text    string   // of a string, or of a number in normal form
	names   []string // of an object's members, sorted
	members []node   // of an array or object
}

// parseNode reads the one value that text must be.
func parseNode(text []byte) (node, bool) {
	d := jsontext.NewDecoder(bytes.NewReader(text),
		jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	n, err := decodeNode(d)
	if err != nil {
		return node{}, false
	}
	_, err = d.ReadToken()
	return n, err != nil && d.InputOffset() >= int64(len(bytes.TrimRight(text, " \t\r\n")))
}

func decodeNode(d *jsontext.Decoder) (node, error) {
	token, err := d.ReadToken()
	if err != nil {
		return node{}, err
	}
	n := node{kind: token.Kind()}
	switch n.kind {
	case '"':
		n.text = token.String()
	case '0':
		n.text = normalNumber(token.String())
	case '[', '{':
		return decodeMembers(d, n)
	}
	return n, nil
}

// decodeMembers reads an array or an object, whose bracket was read.
func decodeMembers(d *jsontext.Decoder, n node) (node, error) {
	for d.PeekKind() != ']' && d.PeekKind() != '}' {
		if n.kind == '{' {
			name, err := d.ReadToken()
			if err != nil {
				return n, err
			}
			n.names = append(n.names, name.String())
		}
		member, err := decodeNode(d)
		if err != nil {
			return n, err
		}
		n.members = append(n.members, member)
	}
	_, err := d.ReadToken()
	n.sort()
	return n, err
}

// sort orders an object's members by name; those of one name keep their
// order.
func (n *node) sort() {
	if n.kind != '{' {
		return
	}
	order := make([]int, len(n.names))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return strings.Compare(n.names[i], n.names[j]) })
	names, members := slices.Clone(n.names), slices.Clone(n.members)
	for to, from := range order {
		names[to], members[to] = n.names[from], n.members[from]
	}
	n.names, n.members = names, members
}

func (n node) equal(m node) bool {
	return n.kind == m.kind && n.text == m.text && slices.Equal(n.names, m.names) &&
		slices.EqualFunc(n.members, m.members, node.equal)
}
