package simulate

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/kopterio/kopter/cloudtrail"
)

func TestSameClockGivesSameBytes(t *testing.T) {
	opt := LiveOptions{History: past(3), Rate: 20}
	one, _ := lively(t, opt, 5*time.Minute, 0, 2300*time.Millisecond)
	two, _ := lively(t, opt, 5*time.Minute, 0, 2300*time.Millisecond)
	if len(one.files) < 100 || !maps.EqualFunc(one.files, two.files, bytes.Equal) {
		t.Errorf("%d and %d files, which differ", len(one.files), len(two.files))
	}
}

func TestLiveEventsAreNewAndCounted(t *testing.T) {
	opt := LiveOptions{History: past(5), Rate: 30, DescribeEvery: 5 * time.Minute}
	opt.History.Duplicates = 0.05
	history := simulation(t, opt.History)
	old := map[string]bool{}
	for _, e := range history.events(t) {
		old[e.EventID] = true
	}
	live := goOn(t, history.memory, opt, 12*time.Minute) // the sink refuses a second file of a name
	all := simulated{memory: history.memory}.events(t)
	fresh, names, accounts := map[string]bool{}, map[string]int64{}, map[string]int64{}
	for _, e := range all {
		if e.at < opt.History.End.Unix() || fresh[e.EventID] {
			continue
		}
		if fresh[e.EventID] = true; old[e.EventID] {
			t.Fatalf("%s has an id of the history", e.EventName)
		}
		names[e.EventName]++
		accounts[e.Account]++
	}
	truth := live.Truth()
	if int64(len(fresh)) != truth.Events || int64(len(all)) != truth.Records+history.truth.Records || truth.Records != truth.Events+truth.Duplicates {
		t.Errorf("%d new events, %d records in all; the truth says %d, and %d after %d", len(fresh), len(all), truth.Events, truth.Records, history.truth.Records)
	}
	if truth.Duplicates*100 < 3*truth.Events || truth.Duplicates*100 > 7*truth.Events {
		t.Errorf("%d of %d were delivered twice, want one in twenty", truth.Duplicates, truth.Events)
	}
	if diff := gocmp.Diff(truth.EventsByName, names) + gocmp.Diff(truth.EventsByAccount, accounts); diff != "" {
		t.Errorf("(-truth +logs):\n%s", diff)
	}
}

func TestASecondRunIsAnother(t *testing.T) {
	opt := LiveOptions{History: past(5), Rate: 30}
	one, _ := lively(t, opt, 5*time.Minute)
	ids := map[string]bool{}
	for _, e := range one.events(t) {
		ids[e.EventID] = true
	}
	ctx, cancel := context.WithCancel(t.Context())
	clock := &fakeClock{at: opt.History.End.Add(time.Hour), end: opt.History.End.Add(65 * time.Minute), enough: cancel}
	opt.Now, opt.Wait = clock.now, clock.wait
	live, err := NewLive(opt)
	if err != nil {
		t.Fatal(err)
	}
	if err := live.Run(ctx, one.memory); err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, e := range one.events(t) {
		if e.at >= opt.History.End.Add(time.Hour).Unix() {
			n++
			if ids[e.EventID] {
				t.Fatalf("%s happened in both runs", e.EventID)
			}
		}
	}
	if n == 0 || int64(n) != live.Truth().Events {
		t.Errorf("%d events in the second run, the truth says %d", n, live.Truth().Events)
	}
}

func TestTheRateIsKept(t *testing.T) {
	for _, rate := range []int64{1, 3, 40, 2000} {
		t.Run(fmt.Sprint(rate), func(t *testing.T) {
			length := 10 * time.Minute
			if rate > 1000 {
				length = time.Minute
			}
			live := goOn(t, &nowhere{}, LiveOptions{History: past(1), Rate: rate}, length)
			got, want := live.Truth().Events, rate*int64(length/time.Second)
			if got*100 < want*95 || got*100 > want*105 {
				t.Errorf("%d events in %s, want about %d", got, length, want)
			}
		})
	}
}

// TestAnyOrganisationGoesOn lets small and odd ones go on.
func TestAnyOrganisationGoesOn(t *testing.T) {
	end := time.Date(2026, 3, 7, 23, 59, 59, 0, time.UTC)
	for name, history := range map[string]Options{
		"demo":    Demo(),
		"one":     {Accounts: 1, Regions: []string{"sa-east-1"}, Events: MinEvents},
		"blind":   {Events: 3_000, SnapshotEvery: -1},
		"weekend": {Seed: 5, Accounts: 3, Events: 8_000, Start: end.AddDate(0, 0, -3), End: end, Story: true},
		"many":    {Accounts: MaxAccounts, Events: 8_000, Late: 1, EventsPerFile: 1},
	} {
		t.Run(name, func(t *testing.T) {
			opt := LiveOptions{History: history.withDefaults(), Rate: 5}
			s, live := lively(t, opt, 20*time.Minute)
			if got := int64(len(distinct(s.events(t)))); got != live.Events() || got < 5*1190 {
				t.Errorf("%d events in twenty minutes, the truth says %d", got, live.Events())
			}
			if s.truth.Total.Seconds == 0 || len(s.truth.ByType) < 5 {
				t.Errorf("the truth holds %+v and %d types", s.truth.Total, len(s.truth.ByType))
			}
		})
	}
}

// TestWhateverTheClockDoes holds what must hold under clocks that are late,
// leap or stand still.
func TestWhateverTheClockDoes(t *testing.T) {
	small := Options{Accounts: 2, Events: MinEvents}.withDefaults()
	rapid.Check(t, func(rt *rapid.T) {
		var late []time.Duration
		for range rapid.IntRange(1, 5).Draw(rt, "waits") {
			late = append(late, time.Duration(rapid.Int64Range(-1e9, 200e9).Draw(rt, "late")))
		}
		opt := LiveOptions{History: small, Rate: 10, DeliverEvery: time.Duration(rapid.Int64Range(1, 20).Draw(rt, "every")) * time.Second, DescribeEvery: -1}
		late[0] = max(late[0], 0) // or time would stand still
		s, live := lively(t, opt, 2*time.Minute, late...)
		start, until := s.truth.Start, s.truth.End
		for _, e := range s.events(t) {
			moment := s.moments[e.file].Unix()
			if e.at < start || e.at >= until || e.at >= moment {
				rt.Fatalf("an event at %d in a file of %d; it went from %d to %d", e.at, moment, start, until)
			}
		}
		if want := 10 * (until - start); live.Truth().Events*100 < want*95 || live.Truth().Events*100 > want*105 {
			rt.Fatalf("%d events in %d s", live.Truth().Events, until-start)
		}
	})
}

func TestLiveFilesAreCloudTrails(t *testing.T) {
	s, _ := lively(t, LiveOptions{History: past(4), Rate: 10}, 15*time.Minute)
	var records int64
	for _, name := range s.below("logs/") {
		if !logName.MatchString(name) {
			t.Fatalf("name %s", name)
		}
		r := cloudtrail.NewReader(cloudtrail.Source{Name: name, R: bytes.NewReader(s.files[name])}, cloudtrail.Limits{})
		for {
			_, err := r.Next()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			records++
		}
		_ = r.Close()
	}
	if records != s.truth.Records || records == 0 {
		t.Errorf("%d records were read, the truth says %d", records, s.truth.Records)
	}
}

func TestLiveTruthIsWhatTheEventsTell(t *testing.T) {
	opt := LiveOptions{History: past(6), Rate: 20, DescribeEvery: 10 * time.Minute}
	history := simulation(t, opt.History)
	live := goOn(t, history.memory, opt, 30*time.Minute)
	truth := live.Truth()
	world := replay(distinct(simulated{memory: history.memory}.events(t)))
	told, ended := 0, 0
	for _, in := range truth.Instances {
		r := world[in.ID]
		if r == nil {
			if !in.Before {
				t.Fatalf("%s was launched, but no event says so", in.ID)
			}
			continue
		}
		told++
		if diff := gocmp.Diff(fromTruth(in), r.periods, gocmp.AllowUnexported(replayedPeriod{})); diff != "" {
			t.Fatalf("%s (-truth +events):\n%s", in.ID, diff)
		}
		if last := in.Periods[len(in.Periods)-1]; last.TrueEnd >= opt.History.End.Unix() {
			ended++
		}
	}
	if told != len(world) || ended == 0 || len(truth.Instances) <= len(history.truth.Instances) {
		t.Errorf("events tell of %d instances, the truth of %d of them; %d ended live", len(world), told, ended)
	}
}

func TestLiveRecordingsAgreeWithTheTruth(t *testing.T) {
	s, _ := lively(t, LiveOptions{History: past(8), Rate: 30, DescribeEvery: 10 * time.Second}, 15*time.Minute)
	moments := map[int64]int{}
	for _, shot := range s.truth.Snapshots {
		moments[shot.At]++
		shown := strings.Count(string(s.files[shot.File]), `"InstanceId"`)
		running := strings.Count(string(s.files[shot.File]), `"Name": "running"`) + strings.Count(string(s.files[shot.File]), `"Name": "pending"`)
		want := 0
		for _, in := range s.truth.Instances {
			for _, p := range in.Periods {
				if in.Account == shot.Account && in.Region == shot.Region && p.Start <= shot.At && (p.Open || p.TrueEnd > shot.At) {
					want++
				}
			}
		}
		if shown != shot.Instances || running != want {
			t.Errorf("%s shows %d, %d of them running; the truth is %d and %d", shot.File, shown, running, shot.Instances, want)
		}
	}
	for _, e := range s.events(t) {
		if e.ErrorCode == "" && (e.changes() || e.EventName == "StopInstances" || e.EventName == "StartInstances") && moments[e.at] > 0 {
			t.Errorf("%s at the moment of a recording, which sees it half done", e.EventName)
		}
	}
	if len(moments) != 90 {
		t.Errorf("recordings at %d moments, want at the beginning and every ten seconds", len(moments))
	}
}

// stopper is a folder that ends the simulation while a delivery is written.
type stopper struct {
	Dir
	left int
	stop context.CancelFunc
}

func (s *stopper) Create(name string, moment time.Time) (io.WriteCloser, error) {
	if s.left--; s.left == 0 {
		s.stop()
	}
	return s.Dir.Create(name, moment)
}

func TestAStopLeavesNothingHalf(t *testing.T) {
	defer goleak.VerifyNone(t)
	for _, after := range []int{1, 20, 50} {
		ctx, cancel := context.WithCancel(t.Context())
		sink := &stopper{Dir: Dir(t.TempDir()), left: after, stop: cancel}
		clock := &fakeClock{at: past(1).End, end: past(1).End.Add(time.Hour), enough: cancel}
		live, err := NewLive(LiveOptions{History: past(1), Rate: 50, Now: clock.now, Wait: clock.wait})
		if err != nil {
			t.Fatal(err)
		}
		if err := live.Run(ctx, sink); err != nil {
			t.Fatal(err)
		}
		if files, records := wholeFiles(t, string(sink.Dir)); files == 0 || files != live.Truth().Files || records != live.Truth().Records {
			t.Errorf("stopped at file %d: %d files with %d records, the truth says %d and %d", after, files, records, live.Truth().Files, live.Truth().Records)
		}
	}
}

// wholeFiles counts the log files of a folder and their records; each must be
// whole and have its name.
func wholeFiles(t *testing.T, dir string) (files, records int64) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(path, ".json") {
			return err
		}
		if strings.HasPrefix(d.Name(), ".") {
			t.Errorf("%s was left", path)
		}
		text := readLog(t, path)
		if !bytes.HasSuffix(text, []byte("}]}")) {
			t.Errorf("%s ends with %q", path, text[max(0, len(text)-9):])
		}
		files++
		records += int64(bytes.Count(text, []byte(`{"eventVersion":`)))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files, records
}

func TestLiveWaitsForRealTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		history := past(1)
		history.Start, history.End = time.Now().AddDate(0, 0, -8), time.Now().Add(3*time.Second)
		live, err := NewLive(LiveOptions{History: history, Rate: 30, Now: time.Now, DeliverEvery: 2 * time.Second})
		if err != nil {
			t.Fatal(err)
		}
		done := make(chan error)
		go func() { done <- live.Run(ctx, &memory{}) }()
		time.Sleep(63*time.Second + 500*time.Millisecond) // a fake minute after the history's end
		if got := live.Truth().Events; got < 1750 || got > 1850 {
			t.Errorf("%d events in a minute, want 1800", got)
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func TestAFailingWaitIsTold(t *testing.T) {
	broken := errors.New("no more time")
	wait := func(context.Context, time.Duration) error { return broken }
	live, err := NewLive(LiveOptions{History: past(1), Now: func() time.Time { return past(1).End }, Wait: wait})
	if err != nil {
		t.Fatal(err)
	}
	if err := live.Run(t.Context(), &nowhere{}); !errors.Is(err, broken) {
		t.Errorf("ended with %v", err)
	}
}

func TestAFullDiskEndsTheRun(t *testing.T) {
	clock := &fakeClock{at: past(1).End, end: past(1).End.Add(time.Hour), enough: func() {}}
	live, err := NewLive(LiveOptions{History: past(1), Now: clock.now, Wait: clock.wait})
	if err != nil {
		t.Fatal(err)
	}
	if err := live.Run(t.Context(), &failing{left: 20}); !errors.Is(err, errFull) {
		t.Errorf("ended with %v", err)
	}
}

func TestLiveOptionsOutsideTheirRangesAreRefused(t *testing.T) {
	good := LiveOptions{History: past(1), Now: time.Now}
	for name, change := range map[string]func(*LiveOptions){
		"clock":    func(o *LiveOptions) { o.Now = nil },
		"rate":     func(o *LiveOptions) { o.Rate = -1 },
		"fast":     func(o *LiveOptions) { o.Rate = MaxRate + 1 },
		"fraction": func(o *LiveOptions) { o.DeliverEvery = 1500 * time.Millisecond },
		"slow":     func(o *LiveOptions) { o.DeliverEvery = 2 * time.Hour },
		"look":     func(o *LiveOptions) { o.DescribeEvery = time.Millisecond },
		"history":  func(o *LiveOptions) { o.History.Accounts = 99 },
		"plan":     func(o *LiveOptions) { o.History.Events = MinEvents },
	} {
		opt := good
		change(&opt)
		if _, err := NewLive(opt); !errors.Is(err, ErrOptions) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := NewLive(good); err != nil {
		t.Error(err)
	}
}

func readLog(t *testing.T, path string) []byte {
	t.Helper()
	stored, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return simulated{memory: &memory{files: map[string][]byte{path: stored}}}.inflate(t, path)
}
