package audit

import (
	"context"
	"fmt"
	"slices"

	"github.com/kopterio/kopter/account"
	"github.com/kopterio/kopter/query"
)

// EventDetail is everything that is known under one event id.
type EventDetail struct {
	// Events have all columns and the raw record. There are several when an id
	// stands in several accounts; they are in the order of Search.
	Events []*Event
	// Conflicts are other bodies that came under the id; see Conflict.
	Conflicts []Conflict
}

// maxSameID bounds the events with one id: there is one in each account.
const maxSameID = 1000

// allFields are the columns of Row.
func allFields() []field {
	all := make([]field, fieldCount)
	for f := range all {
		all[f] = field(f)
	}
	return all
}

// Event finds the events with an id, exactly as it is written. Finding none is
// no error.
func (l *Lake) Event(ctx context.Context, t account.Tenant, id string) (EventDetail, error) {
	if id == "" {
		return EventDetail{}, nil
	}
	events, err := l.find(ctx, t, Request{Query: query.Term{Field: fieldEventID.String(), Op: query.Equal, Value: id}, Limit: maxSameID})
	if err != nil {
		return EventDetail{}, fmt.Errorf("event %s: %w", id, err)
	}
	conflicts, err := l.index.Conflicts(ctx, t)
	if err != nil {
		return EventDetail{}, fmt.Errorf("event %s: read conflicts: %w", id, err)
	}
	return EventDetail{
		Events:    slices.DeleteFunc(events, func(e *Event) bool { return e.EventID != id }),
		Conflicts: slices.DeleteFunc(conflicts, func(c Conflict) bool { return c.EventID != id }),
	}, nil
}

// find gives the first page of a search with all columns.
func (l *Lake) find(ctx context.Context, t account.Tenant, r Request) ([]*Event, error) {
	result, err := l.search(ctx, t, r, allFields())
	return result.Events, err
}
