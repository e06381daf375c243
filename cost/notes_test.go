package cost

import (
	"slices"
	"strings"
	"testing"

	"github.com/kopterio/kopter/price"
)

func TestNotes(t *testing.T) {
	spot := func(instance, region string, seconds int64) Unpriced {
		return Unpriced{Key: price.Key{Type: instance, Region: region}, Reason: "spot", Resource: "i-" + region, Seconds: seconds}
	}
	s := Summary{
		Unpriced: []Unpriced{
			spot("m5.large", "a", 3600), spot("c5.large", "a", 7200), spot("m5.large", "b", 5400),
			{Reason: "no type", Resource: "i-x", Seconds: 360},
		},
		Totals:              []Sum{{Tally: Tally{AssumedSeconds: 1800}}, {Tally: Tally{AssumedSeconds: 1800}}},
		UnattributedSeconds: 36000,
	}
	want := []string{
		"unpriced: 2.5 h of m5.large (first i-a): spot",
		"unpriced: 2.0 h of c5.large (first i-a): spot",
		"unpriced: 0.1 h of an unknown type (first i-x): no type",
		"assumed: 1.0 h are taken for Linux/UNIX, because no inventory says otherwise.",
		"unattributed: 10.0 h of instances whose launch is not in the logs.",
	}
	if got := s.Notes(); !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if got := (&Summary{}).Notes(); got != nil {
		t.Errorf("notes about nothing: %q", got)
	}
}

func TestNotesAreBounded(t *testing.T) {
	var s Summary
	for i := range 9 {
		s.Unpriced = append(s.Unpriced, Unpriced{Key: price.Key{Type: "t" + string(rune('1'+i))}, Seconds: int64(9 - i)})
	}
	got := s.Notes()
	if len(got) != shownReasons+1 || got[shownReasons] != "… and 4 more reasons for unpriced time." {
		t.Errorf("got %q", got)
	}
}
