package cost

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kopterio/kopter/query"
	"github.com/kopterio/kopter/usage"
)

// The words that stand in a row for a value that no source states. A filter
// may name them too: principal:unattributed.
const (
	Unattributed = "unattributed" // principal, actor
	Untagged     = "untagged"     // tag.KEY
	Unknown      = "unknown"      // all other fields
	PriceList    = "price list"   // principal and actor of a step that a new price makes
)

// tagPrefix leads the fields that are tags; what follows is the key, with
// regard to case as AWS has it.
const tagPrefix = "tag."

// fields are the fields of an interval that rows are grouped and filtered by.
// principal and actor are who launched the resource.
var fields = map[string]func(*usage.Interval) string{
	"account":   func(i *usage.Interval) string { return i.Account },
	"region":    func(i *usage.Interval) string { return i.Region },
	"zone":      func(i *usage.Interval) string { return i.Zone },
	"resource":  func(i *usage.Interval) string { return i.Resource },
	"service":   func(i *usage.Interval) string { return i.Shape.Service },
	"type":      func(i *usage.Interval) string { return i.Shape.Type },
	"operation": func(i *usage.Interval) string { return i.Shape.Operation },
	"tenancy":   func(i *usage.Interval) string { return i.Shape.Tenancy },
	"purchase":  func(i *usage.Interval) string { return i.Shape.Purchase },
	"principal": func(i *usage.Interval) string { return principal(i.Launcher) },
	"actor":     func(i *usage.Interval) string { return actor(i.Launcher) },
}

func principal(c *usage.Cause) string {
	if c == nil {
		return ""
	}
	return c.Principal
}

func actor(c *usage.Cause) string {
	if c == nil {
		return ""
	}
	return c.Actor
}

// fieldNames are the keys of fields in order.
var fieldNames = slices.Sorted(maps.Keys(fields))

// Schema lists the fields of a Query's Filter and By.
func Schema() query.Schema {
	s := query.Schema{tagPrefix: query.String}
	for _, name := range fieldNames {
		s[name] = query.String
	}
	return s
}

// field gives the reader of a field, whose value is empty where no source
// states it.
func field(name string) (func(*usage.Interval) string, bool) {
	if key, ok := strings.CutPrefix(name, tagPrefix); ok {
		return func(i *usage.Interval) string { return i.Tags[key] }, true
	}
	read, ok := fields[name]
	return read, ok
}

// grouping reads the values by which rows are told apart.
func grouping(by []string) ([]func(*usage.Interval) string, error) {
	readers := make([]func(*usage.Interval) string, len(by))
	for k, name := range by {
		read, ok := field(name)
		if !ok {
			return nil, fmt.Errorf("group by %q: %w: want %s or tag.KEY", name, ErrField, strings.Join(fieldNames, ", "))
		}
		absent := placeholder(name)
		readers[k] = func(i *usage.Interval) string {
			if v := read(i); v != "" {
				return v
			}
			return absent
		}
	}
	return readers, nil
}

func placeholder(name string) string {
	switch {
	case name == "principal" || name == "actor":
		return Unattributed
	case strings.HasPrefix(name, tagPrefix):
		return Untagged
	}
	return Unknown
}

// allowPlaceholders lets a filter name the word that stands for a missing
// value: principal:unattributed also holds where there is no principal.
func allowPlaceholders(n query.Node) query.Node {
	switch n := n.(type) {
	case query.And:
		return query.And(allowEach(n))
	case query.Or:
		return query.Or(allowEach(n))
	case query.Not:
		return query.Not{Node: allowPlaceholders(n.Node)}
	case query.Term:
		if n.Op == query.Equal && strings.EqualFold(n.Value, placeholder(n.Field)) {
			any := query.Term{Field: n.Field, Op: query.Exists, Offset: n.Offset}
			return query.Or{n, query.Not{Node: any}}
		}
	}
	return n
}

func allowEach(nodes []query.Node) []query.Node {
	out := make([]query.Node, len(nodes))
	for k, n := range nodes {
		out[k] = allowPlaceholders(n)
	}
	return out
}

// filter compiles a query's filter; nil, which lets everything pass, for nil.
func filter(n query.Node) func(query.Values) bool {
	if n == nil {
		return nil
	}
	return query.Compile(allowPlaceholders(n))
}

// values lets a filter read an interval.
type values struct{ interval *usage.Interval }

// Each calls fn with the value of a field, if there is one.
func (v values) Each(name string, fn func(string) bool) {
	if read, ok := field(name); ok {
		if value := read(v.interval); value != "" {
			fn(value)
		}
	}
}

// Text calls fn with the values of all fields and tags.
func (v values) Text(fn func(string) bool) {
	for _, name := range fieldNames {
		if value := fields[name](v.interval); value != "" && !fn(value) {
			return
		}
	}
	for _, key := range slices.Sorted(maps.Keys(v.interval.Tags)) {
		if !fn(v.interval.Tags[key]) {
			return
		}
	}
}
