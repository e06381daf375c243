package notify_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/kopterio/kopter/account"
	"github.com/kopterio/kopter/audit"
	"github.com/kopterio/kopter/cost"
	"github.com/kopterio/kopter/money"
	"github.com/kopterio/kopter/notify"
	"github.com/kopterio/kopter/notify/notifytest"
	"github.com/kopterio/kopter/price"
	"github.com/kopterio/kopter/queue"
)

var (
	now   = time.Date(2026, 11, 25, 12, 30, 0, 0, time.UTC)
	watch = notify.Watch{Tenant: "acme", Now: now}
)

// call is a cluster that somebody's call caused.
func call(ago time.Duration, deltas ...cost.Delta) cost.Cluster {
	c := cost.Cluster{Time: now.Add(-ago).Unix(), Account: "111122223333", Resource: "i-1", Deltas: deltas,
		Lines: []cost.ClusterLine{{Kind: cost.Open, Region: "us-east-1", Type: "p4d.24xlarge", Instances: 2, Each: 32_772_600_000, Currency: "USD"}}}
	c.Cause.EventID, c.Cause.EventName = "e-1", "RunInstances"
	c.Cause.Actor, c.Cause.Principal = "ann", "arn:aws:iam::111122223333:user/ann"
	c.Cause.IP, c.Cause.UserAgent = "192.0.2.7", "aws-cli"
	return c
}

func usd(nano money.Rate) cost.Delta { return cost.Delta{Currency: "USD", Rate: nano} }

func TestSteps(t *testing.T) {
	got := watch.Steps([]cost.Cluster{call(time.Hour, usd(65_545_200_000))})
	want := []notify.Notice{{
		Kind: notify.CostStep, Severity: notify.Critical, State: notify.Open, Time: now.Add(-time.Hour), Noticed: now,
		Title:   "ann, RunInstances: +65.5452 USD per hour",
		Detail:  "2 × p4d.24xlarge in us-east-1, each +32.7726 USD\nfrom 192.0.2.7 aws-cli",
		Account: "111122223333", Region: "us-east-1", Resource: "i-1", EventID: "e-1",
		Principal: "arn:aws:iam::111122223333:user/ann", Actor: "ann", IP: "192.0.2.7",
		Delta: 65_545_200_000, Currency: "USD", Key: "event 111122223333 e-1",
	}}
	want[0].ID = got[0].ID // see TestIDs
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

func TestWhichStepsAreNoticed(t *testing.T) {
	const unit = 1_000_000_000
	silver := cost.Delta{Currency: "CNY", Rate: -3 * unit}
	for _, c := range []struct {
		name    string
		cluster cost.Cluster
		want    string // severities and changes
	}{
		{"just below", call(0, usd(unit-1)), ""},
		{"just enough", call(0, usd(unit)), "warning +1.00 USD"},
		{"just below critical", call(0, usd(10*unit-1)), "warning +9.999999999 USD"},
		{"critical", call(0, usd(10*unit)), "critical +10.00 USD"},
		{"less cost is news", call(0, usd(-50*unit)), "info -50.00 USD"},
		{"a little less", call(0, usd(1-unit)), ""},
		{"the currency with the larger number", call(0, usd(2*unit), silver), "info -3.00 CNY"},
		{"no price at all", call(0), ""},
		{"just recent", call(48*time.Hour, usd(unit)), "warning +1.00 USD"},
		{"no longer", call(48*time.Hour+time.Second, usd(50*unit)), ""},
		{"ahead of the clock", call(-time.Minute, usd(unit)), "warning +1.00 USD"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, n := range watch.Steps([]cost.Cluster{c.cluster}) {
				_, change, _ := strings.Cut(strings.TrimSuffix(n.Title, " per hour"), ": ")
				got = append(got, string(n.Severity)+" "+change)
			}
			if strings.Join(got, ", ") != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestLimitsOfAWatch(t *testing.T) {
	own := notify.Watch{Tenant: "acme", Now: now, Step: 5, CriticalStep: 7, Recent: time.Hour}
	for delta, want := range map[money.Rate]notify.Severity{4: "", 5: notify.Warning, 7: notify.Critical} {
		got := own.Steps([]cost.Cluster{call(time.Hour, usd(delta))})
		if len(got) == 0 && want == "" {
			continue
		}
		if len(got) != 1 || got[0].Severity != want {
			t.Errorf("%v: %+v, want %q", delta, got, want)
		}
	}
	if got := own.Steps([]cost.Cluster{call(2*time.Hour, usd(50))}); len(got) > 0 {
		t.Errorf("too old, and noticed: %+v", got)
	}
}

func TestWhoCausedAStep(t *testing.T) {
	list, nobody := call(0, usd(2_000_000_000)), call(0, usd(2_000_000_000))
	list.Cause, list.PriceVersion = cost.Cluster{}.Cause, "20261101"
	nobody.Cause = cost.Cluster{}.Cause
	nobody.Lines = append(nobody.Lines, cost.ClusterLine{Region: "eu-west-1", Type: "m5.large", Instances: 1, Unpriced: "no price"})
	got := watch.Steps([]cost.Cluster{list, nobody})
	if len(got) != 2 || got[0].Title != "Price list 20261101: +2.00 USD per hour" || got[1].Title != "Nobody known, i-1: +2.00 USD per hour" {
		t.Fatalf("%+v", got)
	}
	if got[0].Region != "us-east-1" || got[1].Region != "" {
		t.Errorf("regions %q and %q, want us-east-1 and none", got[0].Region, got[1].Region)
	}
	if want := "1 × m5.large in eu-west-1, without a price: no price"; !strings.Contains(got[1].Detail, want) {
		t.Errorf("detail %q, want %q in it", got[1].Detail, want)
	}
}

func TestLongDetailsAreCut(t *testing.T) {
	c := call(0, usd(2_000_000_000))
	for range 7 {
		c.Lines = append(c.Lines, c.Lines[0])
	}
	got := watch.Steps([]cost.Cluster{c})[0].Detail
	if !strings.Contains(got, "and 3 more lines") || strings.Count(got, "p4d") != 5 {
		t.Errorf("detail %q", got)
	}
}

func TestInput(t *testing.T) {
	broken := watch.Quarantined([]notify.Broken{{URI: "/logs/a.json.gz", Entries: 1, Reason: "not JSON", At: now}, {URI: "/logs/b.json.gz", Entries: 3, At: now}}, 0)
	if len(broken) != 2 || broken[0].Title != "1 piece of a log file could not be read" || broken[0].Detail != "/logs/a.json.gz\nnot JSON" ||
		broken[1].Title != "3 pieces of a log file could not be read" {
		t.Errorf("%+v", broken)
	}
	twice := watch.Conflicts([]audit.Conflict{{Account: "111", EventID: "e-1", Time: now.UnixMilli(), Source: "/logs/a.json.gz"}}, 0)
	if len(twice) != 1 || twice[0].EventID != "e-1" || twice[0].Account != "111" || !twice[0].Time.Equal(now) || !strings.Contains(twice[0].Detail, "/logs/a.json.gz") {
		t.Errorf("%+v", twice)
	}
	gaps := watch.Unpriced([]cost.Unpriced{{Key: price.Key{Region: "us-east-1", Type: "u-6tb1.metal", Operation: "RunInstances", Tenancy: "Host"}, Purchase: "on-demand", Reason: "no price list names it", Resource: "i-1"}})
	if len(gaps) != 1 || gaps[0].Title != "There is no price for u-6tb1.metal in us-east-1" || gaps[0].Resource != "i-1" ||
		gaps[0].Detail != "no price list names it\nRunInstances Host on-demand" {
		t.Errorf("%+v", gaps)
	}
}

func TestLettersAreOneNoticeAnHour(t *testing.T) {
	var letters []queue.Letter
	for minute := range 90 { // from 12:30 back to 11:01
		letters = append(letters, queue.Letter{Died: now.Add(-time.Duration(minute) * time.Minute), Reason: "disk full"})
	}
	got := watch.Letters("cloudtrail-ingest", letters)
	if len(got) != 2 || got[0].Severity != notify.Critical || got[0].Detail != "disk full" || !strings.Contains(got[0].Title, "cloudtrail-ingest") {
		t.Errorf("%+v", got)
	}
}

// TestFloods is a backfill in which everything is broken.
func TestFloods(t *testing.T) {
	var files []notify.Broken
	var conflicts []audit.Conflict
	for i := range 1000 {
		files = append(files, notify.Broken{URI: fmt.Sprint(i), Entries: 1, At: now})
		conflicts = append(conflicts, audit.Conflict{EventID: fmt.Sprint(i)})
	}
	for _, got := range [][]notify.Notice{watch.Quarantined(files, 0), watch.Quarantined(files[:500], 500), watch.Conflicts(conflicts, 0), watch.Conflicts(conflicts[:500], 500)} {
		if len(got) != 21 || !strings.HasPrefix(got[20].Title, "980 more ") {
			t.Errorf("%d notices, the last: %+v", len(got), got[len(got)-1])
		}
	}
}

// TestIDs holds ids to what they name: tenant, kind and key, and nothing else.
func TestIDs(t *testing.T) {
	at := func(tenant account.Tenant, when time.Time, files ...string) map[string]string {
		ids := map[string]string{}
		for _, f := range files {
			n := notify.Watch{Tenant: tenant, Now: when}.Quarantined([]notify.Broken{{URI: f, At: when}}, 0)[0]
			ids[n.ID] = f
		}
		return ids
	}
	rapid.Check(t, func(t *rapid.T) {
		files := rapid.SliceOfDistinct(rapid.String(), rapid.ID).Draw(t, "files")
		first := at("acme", now, files...)
		if len(first) != len(files) {
			t.Fatalf("%d ids for %d files", len(first), len(files))
		}
		if d := cmp.Diff(first, at("acme", now.Add(time.Hour), files...)); d != "" {
			t.Fatalf("an hour later: %s", d)
		}
		for id := range at("other", now, files...) {
			if _, taken := first[id]; taken {
				t.Fatalf("tenants share the id %s", id)
			}
		}
	})
	step := watch.Steps([]cost.Cluster{call(0, usd(2_000_000_000))})[0]
	if len(step.ID) != 32 || at("acme", now, step.Key)[step.ID] != "" {
		t.Errorf("id %q; a file of the same key has it, too", step.ID)
	}
}

func TestNoticedTwiceShownOnce(t *testing.T) {
	var store notifytest.Memory
	clusters := []cost.Cluster{call(0, usd(2_000_000_000))}
	for i, want := range []int{1, 0} {
		later := watch
		later.Now = now.Add(time.Duration(i) * time.Minute)
		added, err := store.AddNotices(t.Context(), "acme", later.Steps(clusters))
		if err != nil || len(added) != want {
			t.Errorf("time %d: %d were added, %v; want %d", i, len(added), err, want)
		}
	}
}
