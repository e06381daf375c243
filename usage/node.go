package usage

import (
	"slices"
	"strconv"
	"unicode"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// node is a piece of a request or response, read without trust in its shape:
// CloudTrail makes an object of a list of one, a string of a number and a
// boolean of the tag "true". What is not there is the zero node, and so is
// everything in it.
type node struct{ value any }

// lenient accepts what AWS has been seen to write.
var lenient = json.JoinOptions(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))

func parseNode(raw []byte) (node, error) {
	var n node
	err := json.Unmarshal(raw, &n.value, lenient)
	return n, err
}

func (n node) absent() bool { return n.value == nil }

// get gives a member by its name in camel case, or as newer APIs write it
// with a capital.
func (n node) get(name string) node {
	object, ok := n.value.(map[string]any)
	if !ok {
		return node{}
	}
	if v, ok := object[name]; ok {
		return node{v}
	}
	first, size := utf8.DecodeRuneInString(name)
	return node{object[string(unicode.ToUpper(first))+name[size:]]}
}

// only gives the single member of an object that has no other.
func (n node) only() (string, node) {
	object, ok := n.value.(map[string]any)
	if ok && len(object) == 1 {
		for name, v := range object {
			return name, node{v}
		}
	}
	return "", node{}
}

// items gives a list's items. A list is an array, alone or as the member item
// or items of an object; a list of one may be its item, and an empty list {}.
func (n node) items() []node {
	switch v := n.value.(type) {
	case nil:
		return nil
	case []any:
		all := make([]node, len(v))
		for i := range v {
			all[i] = node{v[i]}
		}
		return all
	case map[string]any:
		for _, name := range [...]string{"items", "item"} {
			if inner, ok := v[name]; ok {
				return node{inner}.items()
			}
		}
		if len(v) == 0 {
			return nil
		}
	case string:
		if v == "" {
			return nil
		}
	}
	return []node{n}
}

// text gives a string, or a number or boolean as JSON writes it; "" for
// anything else.
func (n node) text() string {
	switch v := n.value.(type) {
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return ""
}

func (n node) truth() bool { return n.text() == "true" }

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
