package usage

import (
	"bytes"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// node is a piece of a request or response, read without trust in its shape:
// CloudTrail makes an object of a list of one, a string of a number and a
// boolean of the tag "true". What is not there, or null, is the zero node, and
// so is everything in it.
//
// It is the JSON text itself, known to be valid, and taken apart only where
// someone asks: a record holds a hundred fields, and five of them matter.
type node struct{ raw []byte }

// lenient accepts what AWS has been seen to write.
var lenient = json.JoinOptions(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))

// nodeOf gives the node of a text that begins with a value.
func nodeOf(text []byte) node {
	n, _ := nodeAt(text, 0)
	return n
}

// nodeAt gives the value at or after i, and the index after it.
func nodeAt(text []byte, i int) (node, int) {
	i = skipSpace(text, i)
	end := skipValue(text, i)
	if i == end || text[i] == 'n' {
		return node{}, end
	}
	return node{text[i:end]}, end
}

func (n node) absent() bool { return n.raw == nil }

// kind is the first byte of the value, 0 when it is absent.
func (n node) kind() byte {
	if n.raw == nil {
		return 0
	}
	return n.raw[0]
}

// members calls visit for each member of an object, until it says no. The
// name is without its quotes.
func (n node) members(visit func(name []byte, value node) bool) {
	if n.kind() != '{' {
		return
	}
	for i := skipSpace(n.raw, 1); i < len(n.raw) && n.raw[i] == '"'; {
		end := skipValue(n.raw, i)
		name := n.raw[i+1 : max(end-1, i+1)]
		value, end := nodeAt(n.raw, skipSpace(n.raw, end)+len(":"))
		if !visit(name, value) {
			return
		}
		i = skipSpace(n.raw, skipSpace(n.raw, end)+len(","))
	}
}

// get gives a member by its name in camel case, or as newer APIs write it
// with a capital. The first of a name counts.
func (n node) get(name string) node {
	var exact, capital node
	n.members(func(found []byte, value node) bool {
		switch {
		case string(found) == name:
			exact = value
			return exact.absent()
		case capital.absent() && len(found) == len(name) && found[0] == name[0]&^('a'-'A') && string(found[1:]) == name[1:]:
			capital = value
		}
		return true
	})
	if exact.absent() {
		return capital
	}
	return exact
}

// only gives the single member of an object that has no other.
func (n node) only() (string, node) {
	var name []byte
	var inner node
	count := 0
	n.members(func(found []byte, value node) bool {
		name, inner = found, value
		count++
		return count < 2
	})
	if count != 1 {
		return "", node{}
	}
	return string(name), inner
}

// items gives a list's items. A list is an array, alone or as the member item
// or items of an object; a list of one may be its item, and an empty list {}.
func (n node) items() []node {
	if n.kind() == '{' {
		if bytes.IndexByte(n.raw, '"') < 0 {
			return nil
		}
		for _, name := range [...]string{"items", "item"} {
			if inner := n.get(name); !inner.absent() {
				return inner.elements()
			}
		}
	}
	return n.elements()
}

// elements gives an array's elements, null ones absent; of anything else that
// is there and not empty, itself.
func (n node) elements() []node {
	switch {
	case n.absent() || string(n.raw) == `""`:
		return nil
	case n.kind() != '[':
		return []node{n}
	}
	var all []node
	for i := skipSpace(n.raw, 1); i < len(n.raw) && n.raw[i] != ']'; {
		element, end := nodeAt(n.raw, i)
		all = append(all, element)
		i = skipSpace(n.raw, skipSpace(n.raw, end)+len(","))
	}
	return all
}

// text gives a string, or a number or boolean as JSON writes it; "" for
// anything else.
func (n node) text() string {
	switch n.kind() {
	case 0, '{', '[':
		return ""
	case '"':
		return unquote(n.raw)
	}
	return string(n.raw)
}

func unquote(raw []byte) string {
	if bytes.IndexByte(raw, '\\') < 0 {
		return strings.ToValidUTF8(string(raw[1:max(len(raw)-1, 1)]), "\ufffd")
	}
	plain, err := jsontext.AppendUnquote(nil, raw)
	if err != nil && len(plain) == 0 {
		return string(raw)
	}
	return string(plain)
}

func (n node) truth() bool { return n.text() == "true" }

// skipSpace gives the index of the first byte at or after i that is no space.
func skipSpace(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\t' || b[i] == '\r') {
		i++
	}
	return min(i, len(b))
}

// skipValue gives the index after the value that begins at i, at most len(b).
func skipValue(b []byte, i int) int {
	depth := 0
	for i < len(b) {
		switch b[i] {
		case '"':
			i = skipString(b, i)
		case '{', '[':
			depth++
			i++
		case '}', ']':
			depth--
			i++
		case ',', ':', ' ', '\n', '\t', '\r':
			i++
		default:
			i = skipWord(b, i)
		}
		if depth <= 0 {
			break
		}
	}
	return min(i, len(b))
}

// skipString gives the index after the string whose quote is at i.
func skipString(b []byte, i int) int {
	for i++; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(b)
}

// skipWord gives the index after a number, true, false or null.
func skipWord(b []byte, i int) int {
	for i < len(b) && bytes.IndexByte(wordEnds, b[i]) < 0 {
		i++
	}
	return i
}

var wordEnds = []byte(",:]}[{\" \n\t\r")

// tagsOf reads a tag set, never nil: that there are no tags is said too.
func tagsOf(set node) Tags {
	tags := Tags{}
	addTags(tags, set.items())
	return tags
}

func addTags(tags Tags, items []node) {
	for _, item := range items {
		if key := item.get("key").text(); key != "" {
			tags[key] = item.get("value").text()
		}
	}
}

// hasProductCode says whether a list names a product code: a licence with a
// price that no price list shows.
func hasProductCode(codes node, name string) bool {
	return slices.ContainsFunc(codes.items(), func(c node) bool { return c.get(name).text() != "" })
}

// maxCPUs bounds cores and threads that are believed; the largest instances
// have under a thousand.
const maxCPUs = 1 << 15

// cpus gives cores × threads of CPU options, 0 when they are not set.
func cpus(options node) int {
	cores, _ := strconv.Atoi(options.get("coreCount").text())
	threads, err := strconv.Atoi(options.get("threadsPerCore").text())
	if err != nil {
		threads = 1
	}
	if cores < 1 || threads < 1 || cores > maxCPUs || threads > maxCPUs {
		return 0
	}
	return cores * threads
}
