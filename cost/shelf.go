package cost

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kopterio/kopter/price"
	"github.com/kopterio/kopter/query"
	"github.com/kopterio/kopter/usage"
)

// The journals that are kept ready. A point of a curve is 52 bytes; grouped by
// a field of few values, 13 months are some ten thousand points for each.
const (
	maxJournals = 16
	maxPoints   = 4 << 20
)

// shelf keeps the journals that were read last.
type shelf struct {
	journals []shelved // the one read last is last
}

type shelved struct {
	key string
	*journal
}

// take gives the journal of a filter and grouping, a new one if there is none
// of it, and lets go of those that were not read for longest.
func (s *shelf) take(v *usage.FleetView, prices price.Prices, by []string, keep query.Node) (*journal, error) {
	s.drop(v)
	key := strings.Join(by, "\x00") + "\x00\x00" + text(keep)
	if at := slices.IndexFunc(s.journals, func(j shelved) bool { return j.key == key }); at >= 0 {
		found := s.journals[at]
		s.journals = append(slices.Delete(s.journals, at, at+1), found)
		return found.journal, nil
	}
	j, err := newJournal(prices, by, keep)
	if err != nil {
		return nil, err
	}
	s.trim()
	s.journals = append(s.journals, shelved{key, j})
	return j, nil
}

// drop lets go of journals that are too far behind a view to be amended: they
// would keep alive what they still show.
func (s *shelf) drop(v *usage.FleetView) {
	s.journals = slices.DeleteFunc(s.journals, func(j shelved) bool {
		version := j.version.Load()
		return version > 0 && !v.Remembers(version)
	})
}

// text is the filter as it would be written.
func text(n query.Node) string {
	if n == nil {
		return ""
	}
	return fmt.Sprint(n)
}

// trim makes room for another journal.
func (s *shelf) trim() {
	points, first := int64(0), len(s.journals)
	for first > 0 && len(s.journals)-first < maxJournals-1 {
		if points += s.journals[first-1].points.Load(); points > maxPoints {
			break
		}
		first--
	}
	s.journals = slices.Delete(s.journals, 0, first)
}
