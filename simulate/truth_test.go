package simulate

import (
	"cmp"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	gocmp "github.com/google/go-cmp/cmp"
)

// replayed is what a naive reader of the events alone makes of an instance.
type replayed struct {
	account, region, principal, actor, ip string
	machine                               string
	periods                               []replayedPeriod
}

type replayedPeriod struct {
	machine        string
	start, end     int64
	opened, closed string
}

// human is who stands behind an event, in the order of spec/cloudtrail.md.
func human(e event) string {
	id := e.UserIdentity
	return cmp.Or(id.OnBehalfOf.UserID, id.SessionContext.SourceIdentity, id.ARN[strings.LastIndexByte(id.ARN, '/')+1:])
}

// replay reads events in the order of time, and knows nothing of how they
// were made.
func replay(events []event) map[string]*replayed {
	world := map[string]*replayed{}
	open := func(id, machine string, e event) {
		r := world[id]
		r.machine = cmp.Or(machine, r.machine)
		r.periods = append(r.periods, replayedPeriod{machine: r.machine, start: e.at, opened: e.EventID})
	}
	end := func(id string, e event) {
		r := known(world, id)
		if n := len(r.periods); n > 0 && r.periods[n-1].end == 0 {
			r.periods[n-1].end, r.periods[n-1].closed = e.at, e.EventID
			return
		}
		r.periods = append(r.periods, replayedPeriod{end: e.at, closed: e.EventID})
	}
	for _, e := range events {
		if e.ErrorCode != "" {
			continue
		}
		items := e.Response.Instances.Items
		switch e.EventName {
		case "RunInstances":
			for _, it := range items {
				r := known(world, it.ID)
				r.account, r.region, r.ip, r.actor = e.Account, e.Region, e.IP, human(e)
				r.principal = cmp.Or(e.UserIdentity.SessionContext.SessionIssuer.ARN, e.UserIdentity.ARN)
				open(it.ID, it.Type, e)
			}
		case "StartInstances":
			for _, it := range items {
				open(it.ID, "", e)
			}
		case "StopInstances", "TerminateInstances":
			for _, it := range items {
				if it.Previous.Name == "running" {
					end(it.ID, e)
				}
			}
		case "BidEvictedEvent":
			for _, id := range e.Details.IDs {
				end(id, e)
			}
		case "ModifyInstanceAttribute":
			known(world, e.Request.InstanceID).machine = string(e.Request.InstanceType)
		}
	}
	return world
}

func known(world map[string]*replayed, id string) *replayed {
	if world[id] == nil {
		world[id] = &replayed{}
	}
	return world[id]
}

func TestTruthIsWhatTheEventsTell(t *testing.T) {
	for _, s := range []simulated{richSimulation(t), simulation(t, Demo()), simulation(t, Options{Seed: 9, Events: 20_000, SnapshotEvery: -1})} {
		world := replay(distinct(s.events(t)))
		told := 0
		for _, in := range s.truth.Instances {
			r := world[in.ID]
			if r == nil {
				if !in.Before {
					t.Fatalf("%s was launched, but no event says so", in.ID)
				}
				continue
			}
			told++
			if !in.Before && (r.principal != in.Principal || r.actor != in.Actor || r.ip != in.IP || r.account != in.Account || r.region != in.Region) {
				t.Errorf("%s: events tell of %s from %s, the truth of %s from %s", in.ID, r.principal, r.ip, in.Principal, in.IP)
			}
			if diff := gocmp.Diff(fromTruth(in), r.periods, gocmp.AllowUnexported(replayedPeriod{})); diff != "" {
				t.Fatalf("%s (-truth +events):\n%s", in.ID, diff)
			}
		}
		if told != len(world) {
			t.Errorf("events tell of %d instances, the truth of %d of them", len(world), told)
		}
	}
}

// fromTruth leaves out of a true life what no event tells.
func fromTruth(in Instance) []replayedPeriod {
	var list []replayedPeriod
	for _, p := range in.Periods {
		r := replayedPeriod{machine: p.Type, start: p.Start, opened: p.Opened, closed: p.Closed}
		if p.Opened == "" {
			r.machine, r.start = "", 0
		}
		if p.Closed != "" {
			r.end = p.TrueEnd
		}
		if p.Opened != "" || p.Closed != "" {
			list = append(list, r)
		}
	}
	return list
}

func TestTruthHoldsEveryKindOfLife(t *testing.T) {
	s := richSimulation(t)
	seen := map[string]int{}
	for _, in := range s.truth.Instances {
		seen[in.Operation]++
		seen[in.Purchase]++
		seen[in.Tenancy]++
		for i, p := range in.Periods {
			seen["how "+p.How]++
			if p.NotAfter != p.End {
				seen["bounded"]++
			}
			if p.Cost.Seconds < 60 {
				seen["below a minute"]++
			}
			if i > 0 && p.Type != in.Periods[i-1].Type {
				seen["resized"]++
			}
		}
		if in.Before {
			seen["before"]++
		}
		if in.Tags["cost-center"] != "" {
			seen["tagged"]++
		}
	}
	for _, want := range []string{
		"RunInstances", "RunInstances:0002", "RunInstances:0010", "RunInstances:000g", "RunInstances:0006", "spot", "on-demand", "Shared", "Dedicated",
		"how ", "how stopped", "how hibernated", "how terminated", "how evicted", "how stopped inside", "how destroyed inside",
		"bounded", "below a minute", "resized", "before", "tagged",
	} {
		if seen[want] == 0 {
			t.Errorf("nothing is %q", want)
		}
	}
}

// recording is what the tests read of a recording.
type recording struct {
	Reservations []struct {
		OwnerID   string `json:"OwnerId"`
		Instances []struct {
			InstanceID            string `json:"InstanceId"`
			InstanceType          string
			LaunchTime            time.Time
			UsageOperation        string
			State                 struct{ Name string }
			StateTransitionReason string
			Tags                  []struct{ Key, Value string }
		}
	}
}

func TestRecordingsShowWhatRuns(t *testing.T) {
	s := richSimulation(t)
	if len(s.truth.Snapshots) != len(s.below("describe/")) || len(s.truth.Snapshots) == 0 {
		t.Fatalf("%d recordings, the truth tells of %d", len(s.below("describe/")), len(s.truth.Snapshots))
	}
	for _, shot := range s.truth.Snapshots {
		var d recording
		if err := json.Unmarshal(s.files[shot.File], &d); err != nil {
			t.Fatalf("%s: %v", shot.File, err)
		}
		want, got, n := s.runningAt(shot), map[string]string{}, 0
		for _, r := range d.Reservations {
			for _, in := range r.Instances {
				n++
				if in.State.Name == "running" || in.State.Name == "pending" {
					got[in.InstanceID] = in.InstanceType + " " + in.LaunchTime.UTC().Format(time.RFC3339)
				} else if in.StateTransitionReason == "" {
					t.Errorf("%s: %s is %s without a reason", shot.File, in.InstanceID, in.State.Name)
				}
				if r.OwnerID != shot.Account {
					t.Errorf("%s shows an instance of %s", shot.File, r.OwnerID)
				}
			}
		}
		if diff := gocmp.Diff(want, got); diff != "" {
			t.Fatalf("%s (-truth +recording):\n%s", shot.File, diff)
		}
		if n != shot.Instances {
			t.Errorf("%s shows %d instances, the truth says %d", shot.File, n, shot.Instances)
		}
	}
}

func (s simulated) runningAt(shot Snapshot) map[string]string {
	want := map[string]string{}
	for _, in := range s.truth.Instances {
		for _, p := range in.Periods {
			if in.Account == shot.Account && in.Region == shot.Region && p.Start <= shot.At && (p.TrueEnd == 0 || p.TrueEnd > shot.At) {
				want[in.ID] = p.Type + " " + time.Unix(p.Start, 0).UTC().Format(time.RFC3339)
			}
		}
	}
	return want
}

// TestBoundsAreWhatRecordingsTell finds, for every end that no event tells,
// the bounds in the recordings themselves.
func TestBoundsAreWhatRecordingsTell(t *testing.T) {
	s := richSimulation(t)
	bounded := 0
	for _, in := range s.truth.Instances {
		for _, p := range in.Periods {
			if p.How != "destroyed inside" {
				continue
			}
			ran, gone, told := s.traces(in, p)
			if told && (p.End != p.TrueEnd || p.NotAfter != p.TrueEnd) {
				t.Errorf("%s: a recording tells its end %d, the truth says %d to %d", in.ID, p.TrueEnd, p.End, p.NotAfter)
			}
			if !told {
				bounded++
				if p.End != ran || p.NotAfter != gone {
					t.Errorf("%s: recordings bound its end by %d and %d, the truth says %d and %d", in.ID, ran, gone, p.End, p.NotAfter)
				}
			}
		}
	}
	if bounded == 0 {
		t.Error("no end is bounded")
	}
}

// traces looks for the last recording that shows the instance running, the
// first later one without it, and any that shows it ended.
func (s simulated) traces(in Instance, p Period) (ran, gone int64, told bool) {
	for _, shot := range s.truth.Snapshots {
		if shot.Account != in.Account || shot.Region != in.Region || shot.At < p.Start {
			continue
		}
		text := string(s.files[shot.File])
		switch {
		case !strings.Contains(text, in.ID):
			if gone == 0 {
				gone = shot.At
			}
		case shot.At < p.TrueEnd:
			ran = shot.At
		default:
			told = true
		}
	}
	return ran, gone, told
}

func TestHibernationIsBoundedByWhatComesNext(t *testing.T) {
	s := richSimulation(t)
	apart := 0
	for _, in := range s.truth.Instances {
		for i, p := range in.Periods {
			if p.How != "hibernated" {
				continue
			}
			next := int64(1) << 62
			if i+1 < len(in.Periods) {
				next = in.Periods[i+1].Start
			}
			for _, shot := range s.truth.Snapshots {
				if shot.Account == in.Account && shot.Region == in.Region && shot.At > p.TrueEnd+60 {
					next = min(next, shot.At)
				}
			}
			if p.End < p.TrueEnd || p.End > p.TrueEnd+60 || p.NotAfter != next {
				t.Errorf("%s hibernated at %d: %d to %d, want %d", in.ID, p.TrueEnd, p.End, p.NotAfter, next)
			}
			apart++
		}
	}
	if apart == 0 {
		t.Error("nothing hibernated")
	}
}

func TestSummaryTellsTheTruth(t *testing.T) {
	truth := richSimulation(t).truth
	got := truth.Summary()
	if got.Events != truth.Events || got.Nano != truth.Total.Nano || got.Instances != len(truth.Instances) || got.Accounts != rich().Accounts {
		t.Errorf("%+v", got)
	}
}

func TestTotalsAreSums(t *testing.T) {
	truth := richSimulation(t).truth
	var all Cost
	for _, in := range truth.Instances {
		var one Cost
		for _, p := range in.Periods {
			one.add(p.Cost)
		}
		if one != in.Cost {
			t.Fatalf("%s: periods sum to %+v, not %+v", in.ID, one, in.Cost)
		}
		all.add(one)
	}
	for name, groups := range map[string][]Cost{"account": truth.ByAccount, "region": truth.ByRegion, "principal": truth.ByPrincipal, "type": truth.ByType} {
		sum := Cost{}
		for _, g := range groups {
			sum.add(g)
		}
		if sum != all {
			t.Errorf("by %s: %+v, want %+v", name, sum, all)
		}
		if !slices.IsSortedFunc(groups, func(a, b Cost) int { return cmp.Compare(a.Key, b.Key) }) {
			t.Errorf("by %s is not sorted", name)
		}
	}
	if all.Key = "total"; truth.Total != all {
		t.Errorf("total %+v, want %+v", truth.Total, all)
	}
}

// TestMoneyIsThePriceListsMoney reckons every period again, by fractions and
// from the written price lists.
func TestMoneyIsThePriceListsMoney(t *testing.T) {
	s := richSimulation(t)
	lists := s.offers(t)
	changes := 0
	for _, in := range s.truth.Instances {
		for _, p := range in.Periods {
			if in.Purchase == "spot" {
				if p.Cost.Nano != 0 || p.Cost.UnpricedSeconds != p.Cost.Seconds {
					t.Errorf("%s: spot is priced: %+v", in.ID, p.Cost)
				}
				continue
			}
			key := shape{in.Region, p.Type, in.Operation, in.Tenancy}
			if a, b := lists[0][key], lists[1][key]; a.Cmp(b) != 0 && p.Start < s.truth.PriceLists[1].Effective && p.End > s.truth.PriceLists[1].Effective {
				changes++
			}
			if want := reckon(s.truth, lists, key, p); want != p.Cost.Nano {
				t.Errorf("%s from %d: %d nano, want %d", in.ID, p.Start, p.Cost.Nano, want)
			}
		}
	}
	if changes == 0 {
		t.Error("no price changed while an instance ran")
	}
}

// reckon charges a period by fractions: each stretch of one price is rounded
// once.
func reckon(truth *Truth, lists []map[shape]*big.Rat, key shape, p Period) int64 {
	until := p.Start + billed(key, p)
	stretch := func(list int, from, to int64) int64 {
		charge := new(big.Rat).Mul(lists[list][key], big.NewRat(to-from, 3600))
		charge.Add(charge.Mul(charge, big.NewRat(1e9, 1)), big.NewRat(1, 2))
		return new(big.Int).Div(charge.Num(), charge.Denom()).Int64()
	}
	turn := min(max(truth.PriceLists[1].Effective, p.Start), until)
	if lists[0][key].Cmp(lists[1][key]) == 0 {
		turn = until
	}
	return stretch(0, p.Start, turn) + stretch(1, turn, until)
}

func billed(key shape, p Period) int64 {
	used := p.End - p.Start
	if key.operation != "RunInstances:000g" {
		return max(used, 60)
	}
	hours := used / 3600
	if used%3600 > 0 || used == 0 {
		hours++
	}
	return hours * 3600
}
