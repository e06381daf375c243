package simulate

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// scenes are what a watcher should see: for each, which events show it.
var scenes = map[string]func(event) bool{
	"a group ships a release":         func(e event) bool { return e.EventName == "StartInstanceRefresh" && e.by("deployer") },
	"the release launches":            func(e event) bool { return e.EventName == "RunInstances" && e.by("deployer") },
	"the old ones are drained":        func(e event) bool { return e.EventName == "DeregisterTargets" },
	"the old ones are terminated":     func(e event) bool { return e.EventName == "TerminateInstances" && e.by("deployer") },
	"a group grows or shrinks":        func(e event) bool { return e.changes() && e.by("AWSServiceRoleForAutoScaling") },
	"a build starts":                  func(e event) bool { return e.EventName == "RunInstances" && e.by("ci-deploy") },
	"a build ends":                    func(e event) bool { return e.EventName == "TerminateInstances" && e.by("ci-deploy") },
	"somebody tries accelerators":     func(e event) bool { return e.launches("p4d.24xlarge") && e.by("gpu-lab") },
	"a thief looks around":            func(e event) bool { return e.stolen() && e.EventName == "GetCallerIdentity" },
	"the thief is not allowed":        func(e event) bool { return e.stolen() && e.ErrorCode == "Client.UnauthorizedOperation" },
	"the thief wants too much":        func(e event) bool { return e.stolen() && e.ErrorCode == "Client.VcpuLimitExceeded" },
	"the thief launches":              func(e event) bool { return e.stolen() && e.launches("g5.12xlarge") },
	"security ends the theft":         func(e event) bool { return e.EventName == "TerminateInstances" && e.by("incident-response") },
	"the stolen key is locked":        func(e event) bool { return e.EventName == "UpdateAccessKey" && e.by("incident-response") },
	"the market takes a machine back": func(e event) bool { return e.EventName == "BidEvictedEvent" },
	"a machine gets another size":     func(e event) bool { return e.EventName == "ModifyInstanceAttribute" },
	"it starts again":                 func(e event) bool { return e.EventName == "StartInstances" },
	"somebody fails to launch":        func(e event) bool { return e.EventName == "RunInstances" && e.ErrorCode != "" && !e.stolen() },
	"somebody signs in":               func(e event) bool { return e.Response.ConsoleLogin == "Success" },
	"somebody fails to sign in":       func(e event) bool { return e.Response.ConsoleLogin == "Failure" && e.ErrorMessage != "" },
	"programs read parameters":        func(e event) bool { return e.EventName == "GetParameter" },
	"programs decrypt":                func(e event) bool { return e.EventName == "Decrypt" },
	"somebody looks at buckets":       func(e event) bool { return e.EventSource == "s3.amazonaws.com" },
	"programs assume roles":           func(e event) bool { return e.EventName == "AssumeRole" && !e.by("AWSReservedSSO") },
	"people assume roles":             func(e event) bool { return e.EventName == "AssumeRole" && e.by("AWSReservedSSO") },
	"a key is used in no one's region": func(e event) bool {
		return e.stolen() && !slices.Contains([]string{"us-east-1", "eu-west-1", "us-west-2"}, e.Region)
	},
}

func (e event) by(role string) bool { return strings.Contains(e.UserIdentity.ARN, "/"+role) }

func (e event) changes() bool {
	return e.EventName == "RunInstances" || e.EventName == "TerminateInstances"
}

func (e event) launches(machine string) bool {
	items := e.Response.Instances.Items
	return e.EventName == "RunInstances" && len(items) > 0 && items[0].Type == machine
}

func (e event) stolen() bool { return strings.HasSuffix(e.UserIdentity.ARN, "user/reporting-robot") }

func TestEverySceneIsSeen(t *testing.T) {
	for seed := range uint64(4) {
		for _, rate := range []int64{1, 3, 12} {
			t.Run(fmt.Sprintf("seed %d at %d per second", seed, rate), func(t *testing.T) {
				s, _ := lively(t, LiveOptions{History: past(seed), Rate: rate}, 10*time.Minute)
				seen := map[string]bool{}
				firstMinute := 0
				for _, e := range s.events(t) {
					for name, shows := range scenes {
						seen[name] = seen[name] || shows(e)
					}
					if e.changes() && e.ErrorCode == "" && e.at < s.truth.Start+60 {
						firstMinute++
					}
				}
				for name := range scenes {
					if !seen[name] {
						t.Errorf("in ten minutes nobody sees that %s", name)
					}
				}
				if firstMinute == 0 {
					t.Error("nothing happens to instances in the first minute")
				}
			})
		}
	}
}

func TestNoiseHasItsShare(t *testing.T) {
	s, _ := lively(t, LiveOptions{History: past(1)}, 30*time.Minute)
	var quiet int64
	callers := map[string]bool{}
	for _, e := range s.events(t) {
		if !e.changes() && e.EventName != "BidEvictedEvent" {
			quiet++
		}
		callers[e.UserIdentity.ARN] = true
	}
	if len(callers) < 60 {
		t.Errorf("%d callers in half an hour", len(callers))
	}
	if share := quiet * 100 / s.truth.Events; share < 70 || share > 97 {
		t.Errorf("%d %% of the events change no instance", share)
	}
}

// assumedRoles are the roles whose sessions lead to a person.
var assumedRoles = []string{"deployer", "gpu-lab", "incident-response"}

// TestChainsLeadToAPerson follows the access key of every call of those roles
// to the AssumeRole that issued it, in the history and live.
func TestChainsLeadToAPerson(t *testing.T) {
	live, _ := lively(t, LiveOptions{History: past(2)}, 30*time.Minute)
	for name, s := range map[string]simulated{"history": simulation(t, past(2)), "live": live} {
		followed := map[string]int{}
		all := distinct(s.events(t))
		issued := map[string]event{}
		for _, e := range all {
			if key := e.Response.Credentials.AccessKeyID; key != "" {
				issued[key] = e
			}
		}
		for _, e := range all {
			i := slices.IndexFunc(assumedRoles, e.by)
			if i < 0 {
				continue
			}
			by, found := issued[e.UserIdentity.AccessKeyID]
			if !found || by.at > e.at || by.Account != e.Account || !by.by("AWSReservedSSO") || !strings.HasSuffix(by.UserIdentity.ARN, "@kopter.example") {
				t.Fatalf("%s: %s by %s with %s: issued to %q", name, e.EventName, e.UserIdentity.ARN, e.UserIdentity.AccessKeyID, by.UserIdentity.ARN)
			}
			followed[assumedRoles[i]]++
		}
		for _, role := range assumedRoles {
			if followed[role] == 0 && (name == "live" || role != "incident-response") {
				t.Errorf("%s: no call of %s", name, role)
			}
		}
	}
}

func TestTheDemosHistoryHasAStory(t *testing.T) {
	now := time.Date(2026, 7, 1, 9, 14, 3, 500, time.UTC)
	s := simulation(t, DemoHistory(now))
	if s.truth.End != now.Unix() || s.truth.End-s.truth.Start != 90*86400 || len(distinct(s.events(t))) != 60_000 {
		t.Errorf("%d to %d, %d events", s.truth.Start, s.truth.End, s.truth.Events)
	}
	for _, name := range s.below("logs/") {
		if s.moments[name].Unix() > now.Unix() {
			t.Errorf("%s comes after the end", name)
		}
	}
	failed := 0
	for _, e := range s.events(t) {
		if e.Response.ConsoleLogin == "Failure" && e.ErrorMessage == "Failed authentication" && e.ErrorCode == "" {
			failed++
		}
	}
	if failed < 20 {
		t.Errorf("%d sign-ins failed in 90 days", failed)
	}
	forgotten, fleets := 0, map[string]int{}
	for _, in := range s.truth.Instances {
		last := in.Periods[len(in.Periods)-1]
		if strings.HasPrefix(in.Tags["Name"], "llm-try-") && last.Open {
			forgotten++
			if hours := (s.truth.End - last.Start) / 3600; hours < 30 || hours > 64 || last.Cost.Nano < 900e9 {
				t.Errorf("the forgotten machine ran for %d hours and cost %d", hours, last.Cost.Nano)
			}
			if hour := last.Start % 86400 / 3600; hour < 21 && hour > 0 {
				t.Errorf("it was started at %d o'clock", hour)
			}
		}
		if last.Open {
			fleets[in.Tags["aws:autoscaling:groupName"]]++
		}
	}
	if forgotten != 1 || fleets["web-prod-checkout"] < 3 {
		t.Errorf("%d forgotten machines, fleets of %v", forgotten, fleets)
	}
}

// TestAFleetHoldsItsBreathWhileItShips: what a release has planned has not
// happened yet, and must not be ended before it begins.
func TestAFleetHoldsItsBreathWhileItShips(t *testing.T) {
	w, err := plannedWorld(past(1).withDefaults())
	if err != nil {
		t.Fatal(err)
	}
	f, at := w.fleets[0], w.end
	w.end = endless
	f.ship(at)
	old := len(f.members)
	f.breathe(at+20, 0)
	if len(f.members) != old {
		t.Errorf("%d of %d members are left", len(f.members), old)
	}
	if f.breathe(f.busy, 0); len(f.members) != old-stride {
		t.Errorf("after the release: %d of %d members are left", len(f.members), old)
	}
}

// TestFleetsBreathe counts the members of a fleet by day and by night.
func TestFleetsBreathe(t *testing.T) {
	s := simulation(t, DemoHistory(time.Date(2026, 7, 1, 9, 0, 0, 0, time.UTC)))
	members := func(at time.Time) (n int) {
		for _, in := range s.truth.Instances {
			for _, p := range in.Periods {
				if in.Tags["aws:autoscaling:groupName"] == "web-prod-checkout" && p.Start <= at.Unix() && (p.Open || p.TrueEnd > at.Unix()) {
					n++
				}
			}
		}
		return n
	}
	for day := range 5 {
		monday := time.Date(2026, 6, 22+day, 0, 0, 0, 0, time.UTC)
		night, noon := members(monday.Add(3*time.Hour)), members(monday.Add(11*time.Hour))
		if night < 4 || noon < night+6 {
			t.Errorf("%s: %d instances at night, %d at noon", monday.Format(time.DateOnly), night, noon)
		}
	}
}
