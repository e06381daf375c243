package simulate

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"
)

var logName = regexp.MustCompile(`^logs/AWSLogs/o-[0-9a-f]{10}/(\d{12})/CloudTrail/([a-z0-9-]+)/(\d{4}/\d\d/\d\d)/(\d{12})_CloudTrail_([a-z0-9-]+)_(\d{8}T\d{4}Z)_[A-Z2-7]{16}\.json\.gz$`)

func TestEveryEventIsDeliveredAndCounted(t *testing.T) {
	s := richSimulation(t)
	all := s.events(t)
	once := distinct(all)
	byName, byAccount := map[string]int64{}, map[string]int64{}
	for _, e := range once {
		byName[e.EventName]++
		byAccount[e.Account]++
	}
	if got := int64(len(once)); got != s.opt.Events || got != s.truth.Events {
		t.Errorf("%d distinct events, the truth says %d, asked for %d", got, s.truth.Events, s.opt.Events)
	}
	if got := int64(len(all)); got != s.truth.Records || got != s.truth.Events+s.truth.Duplicates {
		t.Errorf("%d records, the truth says %d of which %d twice", got, s.truth.Records, s.truth.Duplicates)
	}
	if diff := cmp.Diff(s.truth.EventsByName, byName); diff != "" {
		t.Errorf("events by name (-truth +logs):\n%s", diff)
	}
	if diff := cmp.Diff(s.truth.EventsByAccount, byAccount); diff != "" {
		t.Errorf("events by account (-truth +logs):\n%s", diff)
	}
	if got := int64(len(s.below("logs/"))); got != s.truth.Files {
		t.Errorf("%d files, the truth says %d", got, s.truth.Files)
	}
	if share := float64(s.truth.Duplicates) / float64(s.truth.Events); share < 0.015 || share > 0.025 {
		t.Errorf("a share of %.4f was delivered twice, asked for 0.02", share)
	}
}

func TestFilesAreNamedAsAWSNamesThem(t *testing.T) {
	s := richSimulation(t)
	for _, e := range s.events(t) {
		m := logName.FindStringSubmatch(e.file)
		if m == nil {
			t.Fatalf("name %s", e.file)
		}
		stamp, err := time.Parse("20060102T1504Z", m[6])
		if err != nil || stamp.Format("2006/01/02") != m[3] || m[1] != m[4] || m[2] != m[5] {
			t.Fatalf("name %s contradicts itself (%v)", e.file, err)
		}
		if e.Account != m[1] || e.Region != m[2] {
			t.Fatalf("%s holds an event of %s in %s", e.file, e.Account, e.Region)
		}
		if e.at > stamp.Unix() || e.at < s.opt.Start.Unix() || e.at >= s.opt.End.Unix() {
			t.Fatalf("%s holds an event of %s", e.file, e.EventTime)
		}
		if moment := s.moments[e.file]; !moment.Equal(stamp) {
			t.Fatalf("%s is of %s", e.file, moment)
		}
	}
}

func TestFilesAreOneLineOfValidJSONAndCutInTime(t *testing.T) {
	s := richSimulation(t)
	longest := 0
	for _, name := range s.below("logs/") {
		text := s.inflate(t, name)
		if !jsontext.Value(text).IsValid() {
			t.Fatalf("%s is not JSON", name)
		}
		if !bytes.HasPrefix(text, []byte(`{"Records":[{`)) || bytes.ContainsRune(text, '\n') {
			t.Fatalf("%s is not written as AWS writes: %.60s", name, text)
		}
		longest = max(longest, bytes.Count(text, []byte(`{"eventVersion":`)))
	}
	if longest != s.opt.EventsPerFile {
		t.Errorf("the fullest file has %d records, want it cut at %d", longest, s.opt.EventsPerFile)
	}
}

func TestDeliveryLagsAsMeasured(t *testing.T) {
	s := simulation(t, Options{Events: 30_000})
	var lags []int64
	for _, e := range s.events(t) {
		lags = append(lags, s.moments[e.file].Unix()-e.at)
	}
	slices.Sort(lags)
	p50, p95 := lags[len(lags)/2], lags[len(lags)*95/100]
	if p50 < 170 || p50 > 250 || p95 < 350 || p95 > 480 {
		t.Errorf("file stamp minus event time: p50 %d s, p95 %d s; measured were 200 and 425", p50, p95)
	}
}

func TestLogsHoldEveryFormOfIdentity(t *testing.T) {
	s := richSimulation(t)
	types, onBehalf, source, shared, failed := map[string]int{}, 0, 0, map[string][]event{}, map[string]int{}
	for _, e := range distinct(s.events(t)) {
		types[e.UserIdentity.Type]++
		if e.UserIdentity.OnBehalfOf.UserID != "" {
			onBehalf++
		}
		if e.UserIdentity.SessionContext.SourceIdentity != "" {
			source++
		}
		if e.SharedID != "" {
			shared[e.SharedID] = append(shared[e.SharedID], e)
		}
		failed[e.ErrorCode]++
	}
	for _, want := range []string{"", "Root", "IAMUser", "AssumedRole", "Role", "FederatedUser", "Directory", "AWSAccount", "AWSService", "IdentityCenterUser", "SAMLUser", "WebIdentityUser", "Unknown"} {
		if types[want] == 0 {
			t.Errorf("no event by %q", want)
		}
	}
	for _, want := range []string{"AccessDenied", "Client.VcpuLimitExceeded", "Client.UnauthorizedOperation", "Server.InsufficientInstanceCapacity"} {
		if failed[want] == 0 {
			t.Errorf("no call failed with %s", want)
		}
	}
	if onBehalf == 0 || source == 0 {
		t.Errorf("%d events on behalf of somebody, %d with a source identity", onBehalf, source)
	}
	for id, pair := range shared {
		if len(pair) != 2 || pair[0].Account == pair[1].Account || pair[0].EventID == pair[1].EventID {
			t.Errorf("shared id %s: %+v", id, pair)
		}
	}
	if len(shared) == 0 {
		t.Error("no events share an id")
	}
}

func TestRecordsHaveTheSizeOfRealOnes(t *testing.T) {
	s := simulation(t, Demo())
	if mean := s.truth.Bytes / s.truth.Records; mean < 1150 || mean > 1350 {
		t.Errorf("a record has %d bytes in the mean; real ones have about 1,260", mean)
	}
}

func TestEventsAreExact(t *testing.T) {
	for _, opt := range []Options{
		{Events: MinEvents},
		{Events: 1_001, Accounts: 1, Regions: []string{"sa-east-1"}},
		{Events: 7_777, Accounts: MaxAccounts, Seed: 3},
		{Events: 5_000, Start: time.Unix(1, 0), End: time.Unix(90_000, 0), SnapshotEvery: -1},
	} {
		t.Run(fmt.Sprint(opt.Events), func(t *testing.T) {
			if s := simulation(t, opt); int64(len(distinct(s.events(t)))) != opt.Events {
				t.Errorf("%d events, want %d", len(distinct(s.events(t))), opt.Events)
			}
		})
	}
}
