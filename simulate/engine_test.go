package simulate

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/kopterio/kopter/cloudtrail"
	"github.com/kopterio/kopter/usage"
)

// reading is what Kopter's readers make of a simulation.
type reading struct {
	facts map[string][]usage.Fact // by account/instance
	fresh []usage.Freshness
	looks []usage.Snapshot
}

func (r *reading) keep(f usage.Fact) {
	key := f.Account + "/" + f.Resource
	r.facts[key] = append(r.facts[key], f)
}

func (r *reading) log(t *testing.T, s *memory, name string) {
	t.Helper()
	records := cloudtrail.NewReader(cloudtrail.Source{Name: name, R: bytes.NewReader(s.files[name])}, cloudtrail.Limits{})
	defer records.Close()
	for {
		rec, err := records.Next()
		if err == io.EOF {
			return
		}
		if err == nil {
			r.fresh = append(r.fresh, usage.Freshness{Account: string(rec.Account), Region: string(rec.Region), Last: rec.Time / 1000})
			err = usage.FromRecord(rec, r.keep)
		}
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
}

func (r *reading) recording(t *testing.T, s *memory, shot Snapshot) {
	t.Helper()
	inv, err := usage.ReadInventory(shot.File, bytes.NewReader(s.files[shot.File]), usage.InventoryOptions{At: shot.At, Complete: true})
	if err != nil || len(inv.Problems) > 0 {
		t.Fatalf("%s: %v, %v", shot.File, err, inv.Problems)
	}
	for _, f := range inv.Facts {
		r.keep(f)
	}
	r.looks = append(r.looks, inv.Snapshots...)
}

// TestKopterFindsTheTruth lets Kopter read a history with a story and what
// went on after it: each period of each instance, its bounds, its calls and
// its launcher must come out as they were.
func TestKopterFindsTheTruth(t *testing.T) {
	opt := LiveOptions{History: past(11), Rate: 20, DescribeEvery: 7 * time.Minute}
	history := simulation(t, opt.History)
	live := goOn(t, history.memory, opt, 30*time.Minute)
	truth := live.Truth()
	read := &reading{facts: map[string][]usage.Fact{}}
	for _, name := range history.below("logs/") {
		read.log(t, history.memory, name)
	}
	for _, shot := range append(history.truth.Snapshots, truth.Snapshots...) {
		read.recording(t, history.memory, shot)
	}
	horizon := usage.NewHorizon(read.fresh, read.looks, usage.NoLimit)
	for i := range truth.Instances {
		in := &truth.Instances[i]
		timeline, err := usage.TimelineOf(read.facts[in.Account+"/"+in.ID], horizon)
		if err != nil {
			t.Fatal(err)
		}
		if diff := gocmp.Diff(truePeriods(in), foundPeriods(&timeline)); diff != "" {
			t.Errorf("%s (-true +found):\n%s", in.ID, diff)
		}
	}
	if len(read.facts) != len(truth.Instances) {
		t.Errorf("the readers know %d instances, the truth %d", len(read.facts), len(truth.Instances))
	}
}

func truePeriods(in *Instance) (all []string) {
	for _, p := range in.Periods {
		all = append(all, periodText(p.Start, p.End, p.NotAfter, p.Open, p.Opened, p.Closed, p.Type, in.Operation, in.Tenancy, in.Purchase, in.Principal, in.Actor, in.IP))
	}
	return all
}

// foundPeriods joins the intervals that only a change of tags parts.
func foundPeriods(timeline *usage.Timeline) (all []string) {
	list := timeline.Intervals
	for i := 0; i < len(list); i++ {
		in := list[i]
		for i+1 < len(list) && list[i+1].Period == in.Period && list[i+1].Shape == in.Shape {
			i++
			in.End, in.NotAfter, in.Open, in.Closed = list[i].End, list[i].NotAfter, list[i].Open, list[i].Closed
		}
		s, by := in.Shape, in.Launcher.OrNone()
		all = append(all, periodText(in.Start, in.End, in.NotAfter, in.Open, in.Opened.OrNone().EventID, in.Closed.OrNone().EventID,
			s.Type, s.Operation, s.Tenancy, s.Purchase, by.Principal, by.Actor, by.IP))
	}
	return all
}

func periodText(start, end, notAfter int64, open bool, words ...string) string {
	return fmt.Sprintf("%d..%d/%d open=%v %s", start, end, notAfter, open, strings.Join(words, " "))
}
