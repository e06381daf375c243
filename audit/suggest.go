package audit

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/kopterio/kopter/account"
	"github.com/kopterio/kopter/query"
)

// Suggestion completes what someone types into a query.
type Suggestion struct {
	Value string
	Count int64 // of events with the value; 0 for the name of a field
}

// Suggest completes a prefix, without regard to case: with an empty field to
// the names of fields, else to the field's most frequent values. Ids, times
// and what lies inside the record are not completed. limit is how many
// suggestions there are at the most.
func (l *Lake) Suggest(ctx context.Context, t account.Tenant, name, prefix string, limit int) ([]Suggestion, error) {
	if name == "" {
		return suggestFields(prefix, limit), nil
	}
	f, ok := fieldByName(name)
	if !ok || f == fieldTime || f == fieldEventID || f == fieldRequestID || f == fieldSharedEventID {
		return nil, nil
	}
	term := query.Term{Field: name, Op: query.Pattern, Value: prefix + string(query.Wildcard)}
	rows, err := l.Count(ctx, t, CountRequest{Query: term, By: []string{name}})
	if err != nil {
		return nil, err
	}
	accepts := term.Matcher() // an event's other resources are not asked for
	suggestions := []Suggestion{}
	for _, row := range rows {
		if len(suggestions) < limit && accepts(row.Values[0]) {
			suggestions = append(suggestions, Suggestion{row.Values[0], row.Count})
		}
	}
	return suggestions, nil
}

func suggestFields(prefix string, limit int) []Suggestion {
	names := slices.Sorted(maps.Keys(Schema()))
	suggestions := []Suggestion{}
	for _, name := range names {
		if len(suggestions) < limit && strings.HasPrefix(query.FoldString(name), query.FoldString(prefix)) {
			suggestions = append(suggestions, Suggestion{Value: name})
		}
	}
	return suggestions
}
