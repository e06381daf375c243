package cost

import (
	"maps"
	"slices"

	"github.com/kopterio/kopter/query"
)

// stepFields are the fields of a step that an interval has not, or has in
// another sense: principal and actor are who caused the step.
var stepFields = map[string]func(*Step) string{
	"delta_per_hour": func(s *Step) string { return s.Delta.String() },
	"kind":           func(s *Step) string { return string(s.Kind) },
	"principal":      func(s *Step) string { return stated(s.Principal()) },
	"actor":          func(s *Step) string { return stated(s.Actor()) },
	"event_id":       func(s *Step) string { return s.Cause.EventID },
	"event_name":     func(s *Step) string { return s.Cause.EventName },
	"access_key":     func(s *Step) string { return s.Cause.AccessKey },
	"ip":             func(s *Step) string { return s.Cause.IP },
	"user_agent":     func(s *Step) string { return s.Cause.UserAgent },
}

// stated gives no value for a word that stands for none.
func stated(who string) string {
	if who == Unattributed {
		return ""
	}
	return who
}

var stepFieldNames = slices.Sorted(maps.Keys(stepFields))

// StepSchema lists the fields of a StepQuery's Filter: those of Schema, with
// principal and actor in the sense of the step's cause, and those of the step.
func StepSchema() query.Schema {
	s := Schema()
	for _, name := range stepFieldNames {
		s[name] = query.String
	}
	s["ip"], s["delta_per_hour"] = query.IP, query.Number
	return s
}

// stepValues lets a filter read a step and the interval that it is an edge of.
type stepValues struct {
	values
	step *Step
}

// Each calls fn with the value of a field, if there is one.
func (v *stepValues) Each(name string, fn func(string) bool) {
	read, ok := stepFields[name]
	if !ok {
		v.values.Each(name, fn)
		return
	}
	if value := read(v.step); value != "" {
		fn(value)
	}
}

// Text calls fn with the values of all fields and tags.
func (v *stepValues) Text(fn func(string) bool) {
	for _, name := range stepFieldNames {
		if value := stepFields[name](v.step); value != "" && !fn(value) {
			return
		}
	}
	v.values.Text(fn)
}

// ofIntervals says that a filter asks for nothing that the steps of one
// interval differ in.
func ofIntervals(n query.Node) bool {
	switch n := n.(type) {
	case query.And:
		return !slices.ContainsFunc(n, func(n query.Node) bool { return !ofIntervals(n) })
	case query.Or:
		return !slices.ContainsFunc(n, func(n query.Node) bool { return !ofIntervals(n) })
	case query.Not:
		return ofIntervals(n.Node)
	case query.Term:
		_, ofStep := stepFields[n.Field]
		return !ofStep
	}
	return false
}
