package app

import (
	"slices"
	"strings"
	"testing"

	"github.com/kopterio/kopter/cost"
	"github.com/kopterio/kopter/price"
)

func TestNotes(t *testing.T) {
	spot := func(instance, region string, seconds int64) cost.Unpriced {
		return cost.Unpriced{Key: price.Key{Type: instance, Region: region}, Reason: "spot", Resource: "i-" + region, Seconds: seconds}
	}
	s := cost.Summary{
		Unpriced: []cost.Unpriced{
			spot("m5.large", "a", 3600), spot("c5.large", "a", 7200), spot("m5.large", "b", 5400),
			{Reason: "no type", Resource: "i-x", Seconds: 360},
		},
		Totals:              []cost.Sum{{Tally: cost.Tally{AssumedSeconds: 1800}}, {Tally: cost.Tally{AssumedSeconds: 1800}}},
		UnattributedSeconds: 36000,
	}
	want := []string{
		"unpriced: 2.5 h of m5.large (first i-a): spot",
		"unpriced: 2.0 h of c5.large (first i-a): spot",
		"unpriced: 0.1 h of an unknown type (first i-x): no type",
		"assumed: 1.0 h are taken for Linux/UNIX, because no inventory says otherwise.",
		"unattributed: 10.0 h of instances whose launch is not in the logs.",
	}
	if got := notes(s); !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if got := notes(cost.Summary{}); got != nil {
		t.Errorf("notes about nothing: %q", got)
	}
}

func TestNotesAreBounded(t *testing.T) {
	var s cost.Summary
	for i := range 9 {
		s.Unpriced = append(s.Unpriced, cost.Unpriced{Key: price.Key{Type: "t" + string(rune('1'+i))}, Seconds: int64(9 - i)})
	}
	got := notes(s)
	if len(got) != shownReasons+1 || got[shownReasons] != "… and 4 more reasons for unpriced time." {
		t.Errorf("got %q", got)
	}
}

func TestResourceID(t *testing.T) {
	for text, want := range map[string]bool{
		"i-0dbc91f429e48eeed": true, "i-DDd6c7B0e18F0E35f": true, "i-": false, "i-0d*": false, "actor:i-0d": false, "ann": false,
	} {
		if got := resourceID.MatchString(text); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}
