package notify

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Sign is when an account was heard of in a region.
type Sign struct {
	Account, Region string
	Last            time.Time // the newest sign of life
	// Hours are the hours of the last days, ascending, in which there was one:
	// each the moment at which the hour begins. A week of them is enough.
	Hours []time.Time
}

// minHours is in how many hours a place must have been heard of to have a
// rhythm: a day's worth.
const minHours = 24

// Silent gives a notice for each account that fell silent, and for each region
// of an account that others are still heard of.
//
// The rule: a place that was heard of in at least 24 of the hours that are
// known has a rhythm, which is the longest time for which it was silent in
// between. It has fallen silent when its last sign is older than twice that,
// and than the watch's Silence. Places without a rhythm, such as a region in
// which somebody tried something once, never are; nor are those whose last sign
// is not recent, such as all that old logs tell of. A place that is heard of
// again and falls silent again is noticed again.
func (w Watch) Silent(signs []Sign) []Notice {
	w = w.withDefaults()
	var notices []Notice
	for _, of := range byAccount(signs) {
		whole := merged(of)
		if n, silent := w.silence(whole); silent {
			notices = append(notices, n)
			continue
		}
		for _, s := range of {
			if n, silent := w.silence(s); silent {
				notices = append(notices, n)
			}
		}
	}
	return notices
}

func byAccount(signs []Sign) [][]Sign {
	sorted := slices.Clone(signs)
	slices.SortFunc(sorted, func(a, b Sign) int {
		return cmp.Or(strings.Compare(a.Account, b.Account), strings.Compare(a.Region, b.Region))
	})
	var groups [][]Sign
	for i, s := range sorted {
		if i == 0 || s.Account != sorted[i-1].Account {
			groups = append(groups, nil)
		}
		groups[len(groups)-1] = append(groups[len(groups)-1], s)
	}
	return groups
}

// merged is the account as a whole.
func merged(signs []Sign) Sign {
	whole := Sign{Account: signs[0].Account}
	for _, s := range signs {
		if s.Last.After(whole.Last) {
			whole.Last = s.Last
		}
		whole.Hours = append(whole.Hours, s.Hours...)
	}
	slices.SortFunc(whole.Hours, time.Time.Compare)
	whole.Hours = slices.CompactFunc(whole.Hours, time.Time.Equal)
	return whole
}

func (w *Watch) silence(s Sign) (Notice, bool) {
	quiet := w.Now.Sub(s.Last)
	if len(s.Hours) < minHours || !w.recent(s.Last) || quiet <= max(w.Silence, 2*longestGap(s.Hours)) {
		return Notice{}, false
	}
	place := "account " + s.Account
	if s.Region != "" {
		place += " in " + s.Region
	}
	return w.notice(Notice{
		Kind: Silence, Severity: Warning, Time: s.Last,
		Title:   "Nothing is heard of " + place,
		Detail:  fmt.Sprintf("The last sign of life was at %s. Before, it was silent for at most %s.", s.Last.UTC().Format(time.RFC3339), hours(longestGap(s.Hours))),
		Account: s.Account, Region: s.Region,
		Key: fmt.Sprintf("%s %s %d", s.Account, s.Region, s.Last.Unix()),
	}), true
}

// longestGap is the longest time between hours, an hour at least.
func longestGap(hours []time.Time) time.Duration {
	longest := time.Hour
	for i := 1; i < len(hours); i++ {
		longest = max(longest, hours[i].Sub(hours[i-1]))
	}
	return longest
}

func hours(d time.Duration) string { return count(int64(d/time.Hour), "hour") }
