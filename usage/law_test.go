package usage

import (
	"fmt"
	"hash/fnv"
	"iter"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// check runs a law on 5,000 soups of facts, most of them contradictory.
func check(t *testing.T, law func(*rapid.T)) {
	t.Helper()
	for range 50 {
		rapid.Check(t, law)
	}
}

// soup is facts about one resource with all that surrounds them.
type soup struct {
	facts []Fact
	snaps []Snapshot
	fresh []Freshness
}

func (s soup) horizon() Horizon { return NewHorizon(s.fresh, s.snaps, NoLimit) }

// drawTime gives moments near each other and near the limits by which
// timelines decide.
func drawTime(t *rapid.T, label string) Seconds {
	steps := []Seconds{0, 1, 2, sameStart - 1, sameStart, sameStart + 1, 600, longestPending, longestPending + 1, 3600, 7200}
	return day + rapid.SampledFrom(steps).Draw(t, label) + 3600*rapid.Int64Range(0, 3).Draw(t, label+"hour")
}

func drawTags(t *rapid.T) Tags {
	return Tags(rapid.MapOfN(rapid.SampledFrom([]string{"team", "env", "aws:x"}), rapid.SampledFrom([]string{"a", "b", ""}), 0, 2).Draw(t, "tags"))
}

func drawStatement(t *rapid.T) *statement {
	s := &statement{
		kind:   kind(rapid.Uint8Range(uint8(kindLaunch), uint8(kindEnd-1)).Draw(t, "kind")),
		at:     drawTime(t, "at"),
		region: scriptRegion,
		state:  state(rapid.Uint8Range(0, uint8(stateEnd-1)).Draw(t, "state")),
		shape: patch{
			typ:       rapid.SampledFrom([]string{"", "t3.micro", "m5.large"}).Draw(t, "type"),
			operation: rapid.SampledFrom([]string{"", "RunInstances", "RunInstances:0010"}).Draw(t, "operation"),
			tenancy:   rapid.SampledFrom([]string{"", "Shared", "Dedicated"}).Draw(t, "tenancy"),
			cpus:      rapid.IntRange(0, 2).Draw(t, "cpus"),
			windows:   rapid.Bool().Draw(t, "windows"),
		},
	}
	switch {
	case s.kind == kindSeen:
		s.tags = drawTags(t)
		s.drawLook(t)
		return s
	case s.kind.launches() || s.kind == kindTag:
		s.tags = drawTags(t)
	case s.kind == kindStop:
		s.hibernate = rapid.Bool().Draw(t, "hibernate")
	case s.kind == kindUntag:
		s.untag = rapid.SampledFrom([][]tagMatch{nil, {{"team", "a", false}}, {{"env", "", true}}}).Draw(t, "untag")
	}
	s.cause = Cause{EventID: fmt.Sprintf("e%d", rapid.IntRange(0, 30).Draw(t, "event")), EventName: "x", Time: s.at}
	if rapid.IntRange(0, 20).Draw(t, "addendum") == 0 {
		s.replaces = fmt.Sprintf("e%d", rapid.IntRange(0, 30).Draw(t, "original"))
	}
	return s
}

func (s *statement) drawLook(t *rapid.T) {
	if rapid.Bool().Draw(t, "has launch") {
		s.launched = drawTime(t, "launched")
	}
	if rapid.Bool().Draw(t, "has end") {
		s.ended = drawTime(t, "ended")
	}
	s.reason = rapid.SampledFrom([]string{"", hibernated}).Draw(t, "reason")
}

// fact gives the statement as ingest would: the body's hash is in the key.
func (s *statement) fact(resource string) Fact {
	data := s.encode()
	h := fnv.New64()
	h.Write(data)
	key := fmt.Sprintf("%s/%x", s.cause.EventID, h.Sum64())
	if s.kind == kindSeen {
		key = fmt.Sprintf("sha256:%x", h.Sum64())
	}
	return Fact{Account: scriptAccount, Resource: resource, Key: key, Data: data}
}

func drawSoup(t *rapid.T, resource string) soup {
	var s soup
	for range rapid.IntRange(1, 12).Draw(t, "facts") {
		s.facts = append(s.facts, drawStatement(t).fact(resource))
	}
	for i := range rapid.IntRange(0, 2).Draw(t, "snapshots") {
		s.snaps = append(s.snaps, Snapshot{
			ID: fmt.Sprint(i), Account: scriptAccount, Region: scriptRegion,
			At: drawTime(t, "look"), Complete: rapid.Bool().Draw(t, "complete"),
		})
	}
	s.fresh = []Freshness{{scriptAccount, scriptRegion, drawTime(t, "fresh")}}
	return s
}

func mustTimeline(t *rapid.T, facts []Fact, h Horizon) Timeline {
	timeline, err := TimelineOf(facts, h)
	if err != nil {
		t.Fatal(err)
	}
	return timeline
}

func mustEqual(t *rapid.T, want, got []Interval) {
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("intervals differ (-want +got):\n%s", diff)
	}
}

func TestLawOrderAndRepetitionMeanNothing(t *testing.T) {
	check(t, func(t *rapid.T) {
		s := drawSoup(t, "i-1")
		want := mustTimeline(t, s.facts, s.horizon())
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		mixed := slices.Clone(s.facts)
		for range r.IntN(5) {
			mixed = append(mixed, s.facts[r.IntN(len(s.facts))])
		}
		r.Shuffle(len(mixed), func(i, j int) { mixed[i], mixed[j] = mixed[j], mixed[i] })
		slices.Reverse(s.snaps)
		h := NewHorizon(append(s.fresh, s.fresh...), append(s.snaps, s.snaps...), NoLimit)
		got := mustTimeline(t, mixed, h)
		mustEqual(t, want.Intervals, got.Intervals)
		at := drawTime(t, "ask")
		if diff := cmp.Diff(want.At(at), got.At(at)); diff != "" {
			t.Fatalf("status differs: %s", diff)
		}
	})
}

func TestLawIntervalsAreInOrder(t *testing.T) {
	check(t, func(t *rapid.T) {
		s := drawSoup(t, "i-1")
		timeline := mustTimeline(t, s.facts, s.horizon())
		var ran Seconds
		for i := range timeline.Intervals {
			in := &timeline.Intervals[i]
			wellFormed(t, in)
			ran += in.End - in.Start
			if i > 0 {
				follows(t, &timeline.Intervals[i-1], in)
			}
		}
		if first, last := span(t, &s); ran > last-first {
			t.Fatalf("ran %d s between %d and %d", ran, first, last)
		}
	})
}

func wellFormed(t *rapid.T, in *Interval) {
	switch {
	case in.Start > in.End || in.End > in.NotAfter:
		t.Fatalf("out of order: %+v", in)
	case in.Start == in.NotAfter && !in.Open:
		t.Fatalf("empty and closed: %+v", in)
	case in.Open && (in.Last || in.NotAfter != in.End || in.Closed != nil):
		t.Fatalf("open with an end: %+v", in)
	case !in.Open && !in.Last && in.NotAfter != in.End:
		t.Fatalf("a change at an unknown time: %+v", in)
	case in.Period > in.Start:
		t.Fatalf("period after start: %+v", in)
	case in.Shape.Service != "ec2" || in.Shape.Operation == "":
		t.Fatalf("incomplete shape: %+v", in)
	}
}

func follows(t *rapid.T, a, b *Interval) {
	switch {
	case b.Start < a.NotAfter:
		t.Fatalf("overlap:\n%+v\n%+v", a, b)
	case a.Open:
		t.Fatalf("open, and another follows:\n%+v\n%+v", a, b)
	case a.Last != (b.Period == b.Start):
		t.Fatalf("periods do not fit:\n%+v\n%+v", a, b)
	case !a.Last && (b.Period != a.Period || b.Start != a.End):
		t.Fatalf("a period with a hole:\n%+v\n%+v", a, b)
	}
}

// span is the time from the first to the last sign of anything.
func span(t *rapid.T, s *soup) (first, last Seconds) {
	first, last = s.fresh[0].Last, s.fresh[0].Last
	for _, f := range s.facts {
		var st statement
		if err := st.decode(f.Data); err != nil {
			t.Fatal(err)
		}
		for _, at := range []Seconds{st.at, st.launched, st.ended} {
			if at != 0 {
				first, last = min(first, at), max(last, at)
			}
		}
	}
	for _, snap := range s.snaps {
		last = max(last, snap.At)
	}
	return first, last
}

func TestLawLaterHorizonOnlyExtendsOpen(t *testing.T) {
	check(t, func(t *rapid.T) {
		s := drawSoup(t, "i-1")
		before := mustTimeline(t, s.facts, s.horizon()).Intervals
		more := Freshness{scriptAccount, scriptRegion, s.fresh[0].Last + rapid.Int64Range(0, 10_000).Draw(t, "later")}
		after := mustTimeline(t, s.facts, NewHorizon(append(s.fresh, more), s.snaps, NoLimit)).Intervals
		capped := mustTimeline(t, s.facts, NewHorizon(s.fresh, s.snaps, drawTime(t, "until"))).Intervals
		if len(before) != len(after) || len(before) != len(capped) {
			t.Fatalf("%d intervals, later %d, capped %d", len(before), len(after), len(capped))
		}
		for i := range before {
			if before[i].Open {
				if after[i].End < before[i].End || capped[i].End > before[i].End {
					t.Fatalf("open until %d, later %d, capped %d", before[i].End, after[i].End, capped[i].End)
				}
				after[i].End, after[i].NotAfter = before[i].End, before[i].End
				capped[i].End, capped[i].NotAfter = before[i].End, before[i].End
			}
		}
		mustEqual(t, before, after)
		mustEqual(t, before, capped)
	})
}

// Facts come in batches; who recomputes the resources that a batch touches
// ends up with what a computation of everything gives.
func TestLawIncrementalEqualsFromScratch(t *testing.T) {
	check(t, func(t *rapid.T) {
		resources := []string{"i-1", "i-2", "i-3"}
		h := drawSoup(t, "i-1").horizon()
		var all []Fact
		kept := map[string][]Interval{}
		for range rapid.IntRange(1, 4).Draw(t, "batches") {
			touched := rapid.SampledFrom(resources).Draw(t, "resource")
			all = append(all, drawSoup(t, touched).facts...)
			mine := slices.DeleteFunc(slices.Clone(all), func(f Fact) bool { return f.Resource != touched })
			kept[touched] = mustTimeline(t, mine, h).Intervals
		}
		seen := 0
		for timeline, err := range Timelines(inOrder(all), h) {
			if err != nil {
				t.Fatal(err)
			}
			seen++
			mustEqual(t, kept[timeline.Resource], timeline.Intervals)
		}
		if seen != len(kept) {
			t.Fatalf("%d resources, want %d", seen, len(kept))
		}
	})
}

// inOrder yields facts as a store does.
func inOrder(facts []Fact) iter.Seq2[Fact, error] {
	sorted := slices.SortedFunc(slices.Values(facts), func(a, b Fact) int {
		if a.Resource != b.Resource {
			if a.Resource < b.Resource {
				return -1
			}
			return 1
		}
		return compareFacts(a, b)
	})
	return func(yield func(Fact, error) bool) {
		for _, f := range sorted {
			if !yield(f, nil) {
				return
			}
		}
	}
}

func TestLawEncodingIsFaithful(t *testing.T) {
	check(t, func(t *rapid.T) {
		want := drawStatement(t)
		var got statement
		if err := got.decode(want.encode()); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(*want, got, cmp.AllowUnexported(statement{}, patch{}, tagMatch{})); diff != "" {
			t.Fatalf("decoded (-want +got):\n%s", diff)
		}
		if a, b := want.encode(), got.encode(); !slices.Equal(a, b) {
			t.Fatalf("encoded again: %x, want %x", b, a)
		}
	})
}
