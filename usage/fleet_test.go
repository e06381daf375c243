package usage

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/kopterio/kopter/account"
)

// fleetStore is a store in memory whose answers can be made to fail.
type fleetStore struct {
	mu     sync.Mutex
	facts  []Fact
	snaps  []Snapshot
	fresh  map[place]Seconds
	broken error
}

func (s *fleetStore) Facts(_ context.Context, _ account.Tenant, names ...string) iter.Seq2[Fact, error] {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.broken != nil {
		return func(yield func(Fact, error) bool) { yield(Fact{}, s.broken) }
	}
	return inOrder(slices.DeleteFunc(slices.Clone(s.facts), func(f Fact) bool {
		return len(names) > 0 && !slices.Contains(names, f.Resource)
	}))
}

func (s *fleetStore) Snapshots(context.Context, account.Tenant) ([]Snapshot, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.snaps), s.broken
}

func (s *fleetStore) AddSnapshots(context.Context, account.Tenant, []Snapshot, []Fact) error {
	return errors.ErrUnsupported
}

func (s *fleetStore) Freshness(context.Context, account.Tenant) ([]Freshness, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []Freshness
	for at, last := range s.fresh {
		all = append(all, Freshness{at.account, at.region, last})
	}
	slices.SortFunc(all, func(a, b Freshness) int { return int(a.Last - b.Last) })
	return all, s.broken
}

// add adds what a soup says, and names the resources that it is about.
func (s *fleetStore) add(in soup) (keys []ResourceKey) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range in.facts {
		s.facts = append(s.facts, f)
		keys = append(keys, ResourceKey{f.Account, f.Resource})
	}
	for _, f := range in.fresh {
		at := place{f.Account, f.Region}
		s.fresh[at] = max(s.fresh[at], f.Last)
	}
	s.snaps = append(s.snaps, in.snaps...)
	return keys
}

// drawChunk draws what arrives at once: about a resource, snapshots, or signs
// of life alone.
func drawChunk(t *rapid.T, n int) soup {
	in := drawSoup(t, rapid.SampledFrom([]string{"i-1", "i-2", "i-3"}).Draw(t, "resource"))
	for k := range in.snaps {
		in.snaps[k].ID = fmt.Sprint(n, "/", k)
	}
	switch rapid.IntRange(0, 5).Draw(t, "arrives") {
	case 0:
		in.facts = nil
	case 1, 2:
		in.snaps = nil
	case 3:
		in.facts, in.snaps = nil, nil
	}
	return in
}

// TestLawFleetEqualsTimelines lets facts, snapshots and signs of life arrive
// in chunks, and compares what a fleet makes of them with all timelines from
// scratch, in every view that it has shown.
func TestLawFleetEqualsTimelines(t *testing.T) {
	check(t, func(t *rapid.T) {
		store := &fleetStore{fresh: map[place]Seconds{}}
		f := NewFleet(store, account.Local)
		var views []*FleetView
		var wants [][]Timeline
		for n := range rapid.IntRange(1, 6).Draw(t, "chunks") {
			in := drawChunk(t, n)
			tell(t, f, in, store.add(in), rapid.IntRange(0, 9).Draw(t, "load") == 0)
			views, wants = append(views, f.View()), append(wants, store.timelines(t))
		}
		for n := range views {
			sameLives(t, views[n], wants[n])
			if n > 0 {
				tellsChanges(t, views[n-1], views[n])
			}
		}
	})
}

// tell lets the fleet know what arrived, as the pipeline does.
func tell(t *rapid.T, f *Fleet, in soup, keys []ResourceKey, load bool) {
	if load {
		if err := f.Load(t.Context()); err != nil {
			t.Fatal(err)
		}
		return
	}
	if err := f.Update(t.Context(), keys); err != nil {
		t.Fatal(err)
	}
	if len(in.snaps) > 0 {
		if err := f.UpdateSnapshots(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// timelines are those of all that the store holds, from scratch.
func (s *fleetStore) timelines(t *rapid.T) (all []Timeline) {
	fresh, _ := s.Freshness(t.Context(), account.Local)
	h := NewHorizon(fresh, s.snaps, NoLimit)
	for timeline, err := range Timelines(s.Facts(t.Context(), account.Local), h) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, timeline)
	}
	return all
}

func sameLives(t *rapid.T, v *FleetView, want []Timeline) {
	if len(v.Lives()) != len(want) {
		t.Fatalf("%d lives, want %d", len(v.Lives()), len(want))
	}
	for k := range want {
		w, l := &want[k], v.Lives()[k]
		if l.Account != w.Account || l.Resource != w.Resource || l.Region != w.Region || l.Zone != w.Zone || v.Life(l.key()) != l {
			t.Fatalf("life %+v, want %+v", l, w)
		}
		if diff := cmp.Diff(w.Launcher, l.Launcher); diff != "" {
			t.Fatal(diff)
		}
		got := v.Intervals(l, nil)
		if len(got) == 0 {
			got = nil
		}
		mustEqual(t, w.Intervals, got)
		at := drawTime(t, "ask")
		if diff := cmp.Diff(w.At(at), l.At(at)); diff != "" {
			t.Fatalf("status differs: %s", diff)
		}
		if l.GoneBy(at) && l.At(at).State != "terminated" {
			t.Fatalf("gone, but %+v", l.At(at))
		}
		sameParts(t, v, l, got, at)
	}
}

// sameParts holds what a view gives of a life to its intervals.
func sameParts(t *rapid.T, v *FleetView, l *Life, all []Interval, at Seconds) {
	var i Interval
	var open, runs []Interval
	for _, in := range all {
		in.Opened, in.Closed = nil, nil
		if in.Open {
			open = append(open, in)
		}
		if in.Start <= at && (at < in.End || in.Open) {
			runs = append(runs, in)
		}
	}
	if v.OpenInterval(l, &i) != (len(open) == 1) || len(open) == 1 && !cmp.Equal(i, open[0]) {
		t.Fatalf("open %+v, want %+v", i, open)
	}
	if end, ended := l.EndedBefore(at); ended && (len(open) > 0 || end != all[len(all)-1].End || end >= at) {
		t.Fatalf("ended at %d before %d: %+v", end, at, all)
	}
	if v.RunningAt(l, at, &i) != (len(runs) == 1) || len(runs) == 1 && !cmp.Equal(i, runs[0]) {
		t.Fatalf("running %+v, want %+v", i, runs)
	}
}

// tellsChanges checks that whoever follows two views learns of every
// difference: by the log, or by a horizon that moved.
func tellsChanges(t *rapid.T, before, after *FleetView) {
	keys, known := after.ChangedSince(before.Version())
	if !known {
		return
	}
	for _, l := range after.Lives() {
		was := before.Life(l.key())
		if was != l && !slices.Contains(keys, l.key()) {
			t.Fatalf("%+v changed, told %+v", l.key(), keys)
		}
		if was == l && slices.Contains(keys, l.key()) {
			t.Fatalf("%+v did not change, told %+v", l.key(), keys)
		}
	}
	if before.Version() == after.Version() && (len(keys) > 0 || !slices.Equal(before.Freshness(), after.Freshness())) {
		t.Fatal("a change without a new version")
	}
}

// A log that is full forgets the oldest changes, and says so.
func TestFleetLog(t *testing.T) {
	v := &FleetView{}
	changed := make([]ResourceKey, 1000)
	for k := range changed {
		changed[k] = ResourceKey{scriptAccount, fmt.Sprintf("i-%04d", k)}
	}
	for range 100 {
		v.version++
		v.record(changed)
	}
	if _, known := v.ChangedSince(0); known || len(v.log) > maxLog {
		t.Errorf("%d changes, the first known: %v", len(v.log), known)
	}
	for since := v.floor; since <= v.version; since++ {
		keys, known := v.ChangedSince(since)
		if want := min(1, v.version-since) * 1000; !known || len(keys) != int(want) {
			t.Errorf("since %d: %d keys, want %d, known: %v", since, len(keys), want, known)
		}
	}
}

// After an error a fleet shows what it did before.
func TestFleetErrors(t *testing.T) {
	broken := errors.New("no disk")
	store := &fleetStore{fresh: map[place]Seconds{{scriptAccount, scriptRegion}: day}}
	s := statement{kind: kindLaunch, at: day, region: scriptRegion, cause: Cause{EventID: "e", Time: day}}
	store.facts = []Fact{s.fact("i-1")}
	f := NewFleet(store, account.Local)
	if err := f.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	before := f.View()
	key := []ResourceKey{{scriptAccount, "i-1"}}
	store.broken = broken
	for name, err := range map[string]error{
		"load": f.Load(t.Context()), "update": f.Update(t.Context(), key), "snapshots": f.UpdateSnapshots(t.Context()),
	} {
		if !errors.Is(err, broken) {
			t.Errorf("%s: %v", name, err)
		}
	}
	store.broken = nil
	store.facts = append(store.facts, Fact{scriptAccount, "i-1", "x", []byte("not a fact")})
	if err := f.Update(t.Context(), key); !errors.Is(err, errEncoding) {
		t.Errorf("a bad fact: %v", err)
	}
	if f.View() != before || f.Version() != before.Version() {
		t.Error("an error changed the fleet")
	}
}

// A resource of which no facts are left is gone.
func TestFleetForgets(t *testing.T) {
	store := &fleetStore{fresh: map[place]Seconds{}}
	s := statement{kind: kindLaunch, at: day, region: scriptRegion, cause: Cause{EventID: "e", Time: day}}
	store.facts = []Fact{s.fact("i-1"), s.fact("i-2"), s.fact("i-3")}
	f := NewFleet(store, account.Local)
	if err := f.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	store.facts = []Fact{store.facts[0], store.facts[2]}
	if err := f.Update(t.Context(), []ResourceKey{{scriptAccount, "i-2"}, {scriptAccount, "i-9"}}); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, l := range f.View().Lives() {
		names = append(names, l.Resource)
	}
	if !slices.Equal(names, []string{"i-1", "i-3"}) {
		t.Errorf("left are %v", names)
	}
}

// TestFleetReadersAndWriters lets readers look while facts arrive.
func TestFleetReadersAndWriters(t *testing.T) {
	store := &fleetStore{fresh: map[place]Seconds{}}
	f := NewFleet(store, account.Local)
	var work sync.WaitGroup
	done := make(chan struct{})
	for range 2 {
		work.Go(func() {
			for {
				v := f.View()
				for _, l := range v.Lives() {
					if all := v.Intervals(l, nil); len(all) == 0 || all[0].Resource != l.Resource {
						t.Errorf("%s shows %+v", l.Resource, all)
					}
				}
				select {
				case <-done:
					return
				default:
				}
			}
		})
	}
	for k := range 300 {
		s := statement{kind: kindLaunch, at: day + Seconds(k), region: scriptRegion, cause: Cause{EventID: fmt.Sprint(k), Time: day + Seconds(k)}}
		in := soup{facts: []Fact{s.fact(fmt.Sprintf("i-%d", k%40))}, fresh: []Freshness{{scriptAccount, scriptRegion, day + Seconds(k)}}}
		if err := f.Update(t.Context(), store.add(in)); err != nil {
			t.Fatal(err)
		}
	}
	close(done)
	work.Wait()
}

// An id is packed only when it is unpacked as it was.
func TestActKeepsTheCause(t *testing.T) {
	for id, packed := range map[string]bool{
		"0dbc91f4-29e4-4eee-d465-f607aba4d435": true, "0DBC91F4-29e4-4eee-d465-f607aba4d435": false,
		"0dbc91f4-29e4-4eee-d465-f607aba4d43g": false, "0dbc91f4x29e4-4eee-d465-f607aba4d435": false,
		"00000000-0000-0000-0000-000000000000": false, "sha256:0a0b": false, "": false,
	} {
		p := newPool()
		c := &Cause{EventID: id, EventName: "StopInstances", Time: day, Principal: "ann", Actor: "ann", ActorType: "IAMUser",
			Session: "s", AccessKey: "k", IP: "192.0.2.1", UserAgent: "cli", InvokedBy: "x"}
		a := p.act(c)
		if diff := cmp.Diff(c, a.cause()); diff != "" {
			t.Error(diff)
		}
		if (a.id != [16]byte{}) != packed {
			t.Errorf("%s: packed as %x", id, a.id)
		}
		later := *c
		later.Time++
		if b := p.act(&later); packed && b.by != a.by || b.cause().Time != day+1 {
			t.Errorf("%s: callers are not shared: %+v, %+v", id, a, b)
		}
		if p.act(nil).cause() != nil {
			t.Error("a cause out of none")
		}
	}
}
