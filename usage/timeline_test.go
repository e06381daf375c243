package usage

import (
	"errors"
	"iter"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func launchFact(account, resource string, at Seconds) Fact {
	s := &statement{kind: kindLaunch, at: at, region: scriptRegion, tags: Tags{}, cause: Cause{EventID: resource, EventName: "RunInstances", Time: at}}
	return Fact{Account: account, Resource: resource, Key: resource + "/0", Data: s.encode()}
}

// Resources of one id in two accounts are two resources.
func TestTimelinesByAccountAndResource(t *testing.T) {
	facts := []Fact{launchFact("1", "i-1", day), launchFact("1", "i-2", day+1), launchFact("2", "i-2", day+2)}
	h := NewHorizon([]Freshness{{"1", scriptRegion, day + 10}, {"2", scriptRegion, day + 20}}, nil, NoLimit)
	var got []string
	for timeline, err := range Timelines(each(facts), h) {
		if err != nil {
			t.Fatal(err)
		}
		in := timeline.Intervals[0]
		got = append(got, timeline.Account+" "+timeline.Resource+" "+hour(in.Start)+" "+hour(in.End))
	}
	want := []string{"1 i-1 00:00:00 00:00:10", "1 i-2 00:00:01 00:00:10", "2 i-2 00:00:02 00:00:20"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("timelines (-want +got):\n%s", diff)
	}
}

func TestTimelinesStopAtAnError(t *testing.T) {
	broken := errors.New("disk on fire")
	good, bad := launchFact("1", "i-1", day), Fact{Account: "1", Resource: "i-2", Key: "k", Data: []byte("?")}
	for name, c := range map[string]struct {
		facts iter.Seq2[Fact, error]
		want  error
	}{
		"of the store": {func(yield func(Fact, error) bool) { _ = yield(good, nil) && yield(Fact{}, broken) && yield(good, nil) }, broken},
		"of a fact":    {each([]Fact{bad, good, launchFact("1", "i-3", day)}), errEncoding},
	} {
		var errs []error
		for _, err := range Timelines(c.facts, Horizon{until: NoLimit}) {
			errs = append(errs, err)
		}
		if len(errs) == 0 || !errors.Is(errs[len(errs)-1], c.want) || slices.ContainsFunc(errs[:len(errs)-1], func(err error) bool { return err != nil }) {
			t.Errorf("%s: %v, want %v at last", name, errs, c.want)
		}
	}
}

func TestTimelinesStopWhenTold(t *testing.T) {
	for range Timelines(each([]Fact{launchFact("1", "i-1", day), launchFact("1", "i-2", day), launchFact("1", "i-3", day)}), Horizon{until: NoLimit}) {
		break // a second yield would panic
	}
}

// A timeline stays what it is while the next one is built in the same memory.
func TestTimelinesDoNotShareMemory(t *testing.T) {
	facts := benchFacts(3)
	h := NewHorizon([]Freshness{{scriptAccount, scriptRegion, day + 20_000}}, nil, NoLimit)
	i := 0
	var all []Timeline
	for timeline, err := range Timelines(each(facts), h) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, timeline)
	}
	for ; i < len(all); i++ {
		alone, err := TimelineOf(facts[8*i:8*i+8], h)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(alone.Intervals, all[i].Intervals); diff != "" {
			t.Errorf("%s: %s", alone.Resource, diff)
		}
		for at := Seconds(day); at < day+10_000; at += 500 {
			if diff := cmp.Diff(alone.At(at), all[i].At(at)); diff != "" {
				t.Errorf("%s at %s: %s", alone.Resource, hour(at), diff)
			}
		}
	}
}

func TestNoFactsNoTimeline(t *testing.T) {
	timeline, err := TimelineOf(nil, Horizon{})
	if err != nil || timeline.Intervals != nil || timeline.Resource != "" {
		t.Errorf("%+v, %v", timeline, err)
	}
	if s := timeline.At(day); s.State != "unknown" {
		t.Errorf("status %+v", s)
	}
}

func TestHorizon(t *testing.T) {
	fresh := []Freshness{{"1", "r", 100}, {"1", "r", 90}, {"2", "r", 500}}
	snaps := []Snapshot{
		{Account: "1", Region: "r", At: 200, Complete: true}, {Account: "1", Region: "r", At: 150, Complete: true},
		{Account: "1", Region: "r", At: 300}, {Account: "1", Region: "q", At: 120, Complete: true},
	}
	h := NewHorizon(fresh, snaps, 400)
	for _, c := range []struct {
		at         place
		seen, want Seconds
	}{
		{place{"1", "r"}, 0, 300}, {place{"1", "r"}, 350, 350}, {place{"1", "r"}, 450, 400},
		{place{"2", "r"}, 0, 400}, {place{"1", "q"}, 0, 120}, {place{"3", "r"}, 7, 7},
	} {
		if got := h.end(c.at, c.seen); got != c.want {
			t.Errorf("%v seen at %d: %d, want %d", c.at, c.seen, got, c.want)
		}
	}
	for after, want := range map[Seconds]Seconds{0: 150, 149: 150, 150: 200, 199: 200, 200: 0} {
		if got, ok := h.lookAfter(place{"1", "r"}, after); got != want || ok != (want != 0) {
			t.Errorf("look after %d: %d, want %d", after, got, want)
		}
	}
}

// What began one interval and ended another, or made the resource, is one
// cause, and the timelines that follow leave it as it is.
func TestIntervalsShareCauses(t *testing.T) {
	var all []Interval
	for timeline, err := range Timelines(each(benchFacts(2)), Horizon{until: NoLimit}) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, timeline.Intervals...)
	}
	if len(all) != 6 {
		t.Fatalf("%d intervals, want three of each instance", len(all))
	}
	for k := 0; k < len(all); k += 3 {
		first, tagged, again := all[k], all[k+1], all[k+2]
		if first.Launcher != first.Opened || first.Launcher != again.Launcher || first.Closed != tagged.Opened {
			t.Errorf("%s holds a cause twice", first.Resource)
		}
	}
	if a, b := *all[0].Launcher, *all[3].Launcher; a.EventName != "RunInstances" || b.EventName != "RunInstances" || a.EventID == b.EventID {
		t.Errorf("launched by %+v and %+v", a, b)
	}
}

func TestCauseOrNone(t *testing.T) {
	var none *Cause
	if got := none.OrNone(); got != (Cause{}) {
		t.Errorf("nil gives %+v", got)
	}
	if c := (Cause{EventID: "e"}); c.OrNone() != c {
		t.Errorf("%+v gives %+v", c, c.OrNone())
	}
}
