package usage

import (
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kopterio/kopter/cloudtrail"
	"github.com/kopterio/kopter/internal/shareddata"
)

// told is what a set of real logs says.
type told struct {
	facts   map[string][]Fact // by account and resource
	fresh   []Freshness
	errs    []string
	byName  map[string]int // facts by event name
	records int
}

// readLogs reads every file under a folder of real logs.
func readLogs(t *testing.T, folder string) *told {
	t.Helper()
	all := &told{facts: map[string][]Fact{}, byName: map[string]int{}}
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			all.readFile(t, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func (a *told) readFile(t *testing.T, path string) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	r := cloudtrail.NewReader(cloudtrail.Source{Name: path, R: f, At: f, Size: info.Size()}, cloudtrail.Limits{})
	defer r.Close()
	for {
		rec, err := r.Next()
		var broken *cloudtrail.Broken
		switch {
		case err == io.EOF:
			return
		case errors.As(err, &broken):
			continue
		case err != nil:
			t.Fatal(err)
		}
		a.record(rec)
	}
}

func (a *told) record(rec *cloudtrail.Record) {
	a.records++
	a.fresh = append(a.fresh, Freshness{string(rec.Account), string(rec.Region), seconds(rec.Time)})
	err := FromRecord(rec, func(f Fact) {
		a.byName[string(rec.Name)]++
		key := f.Account + "/" + f.Resource
		a.facts[key] = append(a.facts[key], f)
	})
	if err != nil {
		a.errs = append(a.errs, err.Error())
	}
}

func (a *told) timeline(t *testing.T, resource string) Timeline {
	t.Helper()
	timeline, err := TimelineOf(a.facts[resource], NewHorizon(a.fresh, nil, NoLimit))
	if err != nil {
		t.Fatal(err)
	}
	return timeline
}

// The two instances of invictus-ir, by hand: RunInstances' eventTime to
// TerminateInstances' eventTime.
func TestInvictus(t *testing.T) {
	logs := readLogs(t, shareddata.Path(t, "cloudtrail/invictus-ir"))
	if logs.records != 2900 || len(logs.errs) != 0 {
		t.Errorf("%d records, want 2900; errors: %v", logs.records, logs.errs)
	}
	const bert = "arn:aws:iam::123837392027:user/bert-jan"
	for _, want := range []struct {
		instance   string
		start, end Seconds
		ran        Seconds
		opened     string
		closed     string
	}{
		{"i-0dbc91f429e48eeed", 1688990121, 1688990886, 765, "86eac0ac-8521-4126-aa32-a22f2b74d02e", "2d893b1d-e8f2-499b-a558-cb927d9b48ea"},
		{"i-05c30218156bcc246", 1688990604, 1688990885, 281, "8c9d5d59-f65e-4d38-a71b-6d712487cd91", "cb45d9ea-ee4a-4e63-bb8e-c658cd2203f9"},
	} {
		timeline := logs.timeline(t, "123837392027/"+want.instance)
		if len(timeline.Intervals) != 1 {
			t.Fatalf("%s: %d intervals, want 1", want.instance, len(timeline.Intervals))
		}
		in := timeline.Intervals[0]
		if in.Start != want.start || in.End != want.end || in.NotAfter != want.end || in.End-in.Start != want.ran || in.Open || !in.Last {
			t.Errorf("%s ran %d to %d..%d, want %d to %d", want.instance, in.Start, in.End, in.NotAfter, want.start, want.end)
		}
		if in.Opened.OrNone().EventID != want.opened || in.Closed.OrNone().EventID != want.closed || in.Launcher.OrNone().Principal != bert || in.Launcher.OrNone().Actor != "bert-jan" {
			t.Errorf("%s: opened by %+v, closed by %+v, launched by %+v", want.instance, in.Opened.OrNone(), in.Closed.OrNone(), in.Launcher.OrNone())
		}
		shape := Shape{Service: "ec2", Type: "t3.micro", Operation: "RunInstances", OperationAssumed: true, Tenancy: "Shared", Purchase: "on-demand"}
		if in.Shape != shape || in.Zone != "us-east-1a" || in.Region != "us-east-1" || !maps.Equal(in.Tags, Tags{"StratusRedTeam": "true"}) {
			t.Errorf("%s: %+v in %s, tags %v", want.instance, in.Shape, in.Zone, in.Tags)
		}
	}
	if len(logs.facts) != 2 {
		t.Errorf("facts about %v, want the two instances", slices.Sorted(maps.Keys(logs.facts)))
	}
}

// Every EC2 event of the real sets says what a reader of it would expect; the
// numbers were counted by eye.
func TestRealEvents(t *testing.T) {
	for _, set := range []struct {
		name  string
		facts map[string]int
		runs  map[string]string // instance: intervals
	}{
		{"aws-spotlight", map[string]int{"RunInstances": 2, "TerminateInstances": 2, "CreateFleet": 1}, map[string]string{
			// Terminated while stopped: when it had stopped, no event tells.
			"999999999999/i-0fc5d99558e8357e8": "2021-04-05T07:12:42Z..2021-04-05T07:12:42Z/2021-04-07T10:32:44Z t3.2xlarge RunInstances:0002",
			"999999999999/i-08c5275650cfd628a": "2023-08-21T06:35:41Z..open m5.2xlarge RunInstances",
		}},
		{"boogy-cloudtrail-log-parser", map[string]int{"StartInstances": 2, "StopInstances": 2}, map[string]string{
			"123456789012/i-EXAMPLE56126103cb": "2023-07-19T21:17:28Z..open  RunInstances",
		}},
		{"cloudtrail-watcher", map[string]int{"RunInstances": 3}, map[string]string{
			// Two launches under one made-up id.
			"000000000000/i-YOUR_INSTANCE_IDS": "2022-01-23T01:21:37Z..2022-03-19T02:18:29Z t3a.micro RunInstances, 2022-03-19T02:18:29Z..open t3.nano RunInstances",
		}},
		{"custodian-cwe", map[string]int{"RunInstances": 4, "EC2 Instance State-change Notification": 1}, map[string]string{
			"101010101111/i-a2d74f12":          "2015-11-23T06:58:14Z..open  RunInstances",
			"644160558196/i-0f7c711dc84bedda0": "2016-07-24T10:57:13Z..open m3.medium RunInstances",
		}},
		{"plaso", map[string]int{"RunInstances": 1, "StopInstances": 1, "TerminateInstances": 1}, map[string]string{
			"012345678901/i-01234567890123456": "2022-02-07T22:19:05Z..2022-02-07T22:23:03Z t2.micro RunInstances",
		}},
		{"stratus-red-team", map[string]int{"StartInstances": 1, "StopInstances": 1}, map[string]string{
			"309303190113/i-DDd6c7B0e18F0E35f": "2024-08-01T12:04:19Z..open  RunInstances",
		}},
		{"opensearch-catalog", map[string]int{}, nil},
		{"umccr-flaws-subset", map[string]int{}, nil},
	} {
		t.Run(set.name, func(t *testing.T) {
			logs := readLogs(t, shareddata.Path(t, "cloudtrail/"+set.name))
			if !maps.Equal(logs.byName, set.facts) || len(logs.errs) != 0 {
				t.Errorf("facts %v, want %v; errors %v", logs.byName, set.facts, logs.errs)
			}
			for resource, want := range set.runs {
				if got := describe(logs.timeline(t, resource)); got != want {
					t.Errorf("%s: %s, want %s", resource, got, want)
				}
			}
		})
	}
}

func describe(t Timeline) string {
	var all []string
	for _, in := range t.Intervals {
		end := clock(in.End)
		if in.NotAfter != in.End {
			end += "/" + clock(in.NotAfter)
		}
		if in.Open {
			end = "open"
		}
		all = append(all, clock(in.Start)+".."+end+" "+in.Shape.Type+" "+in.Shape.Operation)
	}
	return strings.Join(all, ", ")
}

// Every instance of the recorded DescribeInstances is read, or refused for a
// reason that its recording bears out.
func TestRealInventories(t *testing.T) {
	seen, facts, refused := 0, 0, map[string]int{}
	err := filepath.WalkDir(shareddata.Path(t, "ec2-describe"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		inv, err := ReadInventory(path, strings.NewReader(string(text)), InventoryOptions{At: 1_800_000_000, Complete: true})
		if !strings.Contains(string(text), `"Reservations"`) {
			if !errors.Is(err, ErrNoInventory) {
				t.Errorf("%s: %v, want ErrNoInventory", path, err)
			}
			return nil
		}
		if err != nil {
			return err
		}
		seen += inv.Instances
		facts += len(inv.Facts)
		for _, p := range inv.Problems {
			_, reason, _ := strings.Cut(p.Reason, "refused: ")
			refused[reason]++
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]int{
		"no OwnerId in its reservation, and no account given": 11,
		"no zone in its Placement, and no region given":       6,
	}
	if seen != 297 || facts != 280 || !maps.Equal(refused, want) {
		t.Errorf("%d instances, %d facts, refused %v; want 297, 280, %v", seen, facts, refused, want)
	}
}
