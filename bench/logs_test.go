package main

import (
	"context"
	"errors"
	"os"
	"testing"

	"github.com/kopterio/kopter/cloudtrail"
	"github.com/kopterio/kopter/internal/shareddata"
)

// TestSimulatedLogs counts what is in the files by reading them.
func TestSimulatedLogs(t *testing.T) {
	for _, pack := range []int{0, 100_000} {
		set, err := simulateLogs(context.Background(), simulation{Dir: t.TempDir(), Events: 2_000, Pack: pack})
		if err != nil {
			t.Fatal(err)
		}
		records, err := readRecords(set.logs())
		if err != nil {
			t.Fatal(err)
		}
		ids := map[string]bool{}
		for _, r := range records {
			ids[string(r.id)] = true
		}
		if int64(len(records)) != set.Records || int64(len(ids)) != set.Distinct {
			t.Errorf("pack %d: %d records of %d events in the files, want %d of %d", pack, len(records), len(ids), set.Records, set.Distinct)
		}
		if set.Files == 0 || set.Bytes == 0 || set.Median == 0 || int64(set.Median) > set.Records {
			t.Errorf("pack %d: %+v", pack, set)
		}
	}
}

// TestMultipliedLogs copies real logs: the same records, each under an id of
// its own and some hours earlier.
func TestMultipliedLogs(t *testing.T) {
	real := shareddata.Path(t, "cloudtrail/invictus-ir")
	originals, err := readRecords(real)
	if err != nil {
		t.Fatal(err)
	}
	n := len(originals)
	set, err := multiplyLogs(context.Background(), multiplication{Real: real, Dir: t.TempDir(), Events: int64(3 * n)})
	if err != nil {
		t.Fatal(err)
	}
	copies, err := readRecords(set.logs())
	if err != nil {
		t.Fatal(err)
	}
	if len(copies) != 3*n || set.Records != int64(3*n) {
		t.Fatalf("%d records in the files, %d in the set, want %d", len(copies), set.Records, 3*n)
	}
	ids := map[string]bool{}
	for k, c := range copies {
		ids[string(c.id)] = true
		if want := originals[k%n].time - int64(k/n)*copyShift.Milliseconds(); c.time != want {
			t.Fatalf("record %d is of %d, want %d", k, c.time, want)
		}
	}
	if len(ids) != 3*n {
		t.Errorf("%d ids for %d records", len(ids), 3*n)
	}
}

func TestUnitOf(t *testing.T) {
	name := "logs/AWSLogs/111122223333/CloudTrail/us-east-1/2026/01/05/111122223333_CloudTrail_us-east-1_20260105T0005Z_abcdefghijklmnop.json.gz"
	if got := unitOf(name); got != "111122223333_CloudTrail_us-east-1" {
		t.Errorf("the unit is %q", got)
	}
}

// TestCached makes what is not there, once, and nothing of a failure.
func TestCached(t *testing.T) {
	b, dir, calls := &bench{}, t.TempDir()+"/made", 0
	if _, err := cached(b, dir, func() (int, error) { return 0, os.ErrInvalid }); !errors.Is(err, os.ErrInvalid) {
		t.Errorf("a failure gives %v", err)
	}
	for range 2 {
		got, err := cached(b, dir, func() (int, error) { calls++; return 7, nil })
		if err != nil || got != 7 {
			t.Errorf("%d, %v", got, err)
		}
	}
	if calls != 1 {
		t.Errorf("it was made %d times", calls)
	}
}

func TestFreshID(t *testing.T) {
	id := []byte("66600ca5-aebb-48ba-ae14-f8e70bd7fb4b")
	a, b := freshID(id, 1), freshID(id, 2)
	if string(a) == string(b) || len(a) != len(id) || string(a) != string(freshID(id, 1)) {
		t.Errorf("fresh ids %s and %s of %s", a, b, id)
	}
	record := realRecord{raw: []byte(`{"eventName":"RunInstances","eventTime":"2023-07-10T12:00:00Z","eventID":"` + string(id) + `"}`), id: id, time: 1688990400000}
	want := `{"eventName":"RunInstances","eventTime":"2023-07-10T06:00:00Z","eventID":"` + string(a) + `"}`
	if got := string(record.copy(1)); got != want {
		t.Errorf("the copy is %s, want %s", got, want)
	}
	var scanned cloudtrail.Record
	if err := cloudtrail.ScanRecord(record.copy(1), &scanned); err != nil || scanned.Time != record.time-copyShift.Milliseconds() {
		t.Errorf("the copy is read as of %d, %v", scanned.Time, err)
	}
}
