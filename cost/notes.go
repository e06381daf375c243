package cost

import (
	"cmp"
	"fmt"
	"slices"
)

// shownReasons bounds the notes about unpriced seconds.
const shownReasons = 5

// Notes says in words what a reader of the graph should know: what is unpriced,
// unattributed or assumed.
func (s *Summary) Notes() []string {
	var lines []string
	reasons := byReason(s.Unpriced)
	for _, u := range reasons[:min(len(reasons), shownReasons)] {
		what := cmp.Or(u.Key.Type, "an unknown type")
		lines = append(lines, fmt.Sprintf("unpriced: %s of %s (first %s): %s", hours(u.Seconds), what, u.Resource, u.Reason))
	}
	if more := len(reasons) - shownReasons; more > 0 {
		lines = append(lines, fmt.Sprintf("… and %d more reasons for unpriced time.", more))
	}
	var assumed int64
	for _, total := range s.Totals {
		assumed += total.AssumedSeconds
	}
	if assumed > 0 {
		lines = append(lines, fmt.Sprintf("assumed: %s are taken for Linux/UNIX, because no inventory says otherwise.", hours(assumed)))
	}
	if s.UnattributedSeconds > 0 {
		lines = append(lines, fmt.Sprintf("unattributed: %s of instances whose launch is not in the logs.", hours(s.UnattributedSeconds)))
	}
	return lines
}

// byReason adds up what is unpriced for one reason in many zones or under many
// operations: the most seconds first.
func byReason(all []Unpriced) []Unpriced {
	var sums []Unpriced
	for _, u := range all {
		at := slices.IndexFunc(sums, func(s Unpriced) bool { return s.Key.Type == u.Key.Type && s.Reason == u.Reason })
		if at < 0 {
			sums = append(sums, u)
			continue
		}
		sums[at].Seconds += u.Seconds
		sums[at].Stretches += u.Stretches
	}
	slices.SortStableFunc(sums, func(a, b Unpriced) int { return cmp.Compare(b.Seconds, a.Seconds) })
	return sums
}

// hours writes seconds as instance hours.
func hours(seconds int64) string {
	return fmt.Sprintf("%.1f h", float64(seconds)/3600)
}
