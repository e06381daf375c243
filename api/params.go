package api

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/kopterio/kopter/query"
	"github.com/kopterio/kopter/usage"
)

// given is a parameter's value, or what it is taken for when it is absent.
func given[T any](p *T, otherwise T) T {
	if p == nil {
		return otherwise
	}
	return *p
}

// filter reads the parameter q.
func filter(q *Query, s query.Schema) (query.Node, error) {
	return query.Parse(given(q, ""), s) // its error is told with the offset
}

// list reads a parameter that names several things, separated by commas.
func list(p *string) []string {
	names := []string{}
	for name := range strings.SplitSeq(given(p, ""), ",") {
		if name = strings.TrimSpace(name); name != "" {
			names = append(names, name)
		}
	}
	return names
}

// fields reads a parameter that names fields of a schema.
func fields(parameter string, p *string, s query.Schema) ([]string, error) {
	names := list(p)
	for _, name := range names {
		if _, known := s.Kind(name); !known {
			return nil, wrong(parameter, fmt.Errorf("there is no field %s", name))
		}
	}
	return names, nil
}

// moment reads a parameter that is one; a zero time when it is absent or empty.
func moment(parameter string, p *string, now time.Time) (time.Time, error) {
	if given(p, "") == "" {
		return time.Time{}, nil
	}
	t, err := query.Moment(*p, now)
	if err == nil && t.Unix() <= 0 {
		err = errors.New("nothing is known of a time before 1970")
	}
	return t, wrong(parameter, err)
}

// span is a stretch of time; a zero end is open.
type span struct{ from, until time.Time }

func readSpan(from *From, to *To, now time.Time) (s span, err error) {
	if s.from, err = moment("from", from, now); err != nil {
		return s, err
	}
	if s.until, err = moment("to", to, now); err != nil {
		return s, err
	}
	if !s.from.IsZero() && !s.until.IsZero() && s.until.Before(s.from) {
		return s, wrong("to", fmt.Errorf("%s is before the beginning, %s", clock(s.until), clock(s.from)))
	}
	return s, nil
}

// milliseconds gives the ends since 1970; 0 is open.
func (s span) milliseconds() (from, until int64) {
	if !s.from.IsZero() {
		from = s.from.UnixMilli()
	}
	if !s.until.IsZero() {
		until = s.until.UnixMilli()
	}
	return from, until
}

// seconds gives the ends since 1970; 0 is open.
func (s span) seconds() (from, until usage.Seconds) {
	from, until = s.milliseconds()
	return from / 1000, (until + 999) / 1000
}

func clock(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// second is a moment that counts seconds.
func second(t usage.Seconds) time.Time { return time.Unix(t, 0).UTC() }

// some is a text, or nothing where it is empty.
func some(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// each turns a list into another, which is never null in JSON.
func each[A, B any](in []A, turn func(*A) B) []B {
	out := make([]B, len(in))
	for i := range in {
		out[i] = turn(&in[i])
	}
	return out
}

// texts is a list that is never null in JSON.
func texts(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}
