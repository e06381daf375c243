package main

import (
	"bufio"
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"

	"github.com/kopterio/kopter/simulate"
)

func TestConsumption(t *testing.T) {
	const stat = "4711 (a (strange) name) S 1 4711 4711 0 -1 4194560 9 0 0 0 150 50 0 0 20 0 9 0 100 123456 256 18446744073709551615 1 1"
	var c consumption
	if err := c.read([]byte(stat)); err != nil {
		t.Fatal(err)
	}
	if c.cpu != 2*time.Second || c.resident != 256*int64(os.Getpagesize()) {
		t.Errorf("%+v", c)
	}
	for _, broken := range []string{"", "1 (x) S 1 2 3", strings.Replace(stat, "150", "many", 1)} {
		if err := new(consumption).read([]byte(broken)); err == nil {
			t.Errorf("%q is read", broken)
		}
	}
	self, err := consumptionOf(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if self.resident < mebibyte || self.files < 3 {
		t.Errorf("this process takes %+v", self)
	}
}

func TestGrowth(t *testing.T) {
	series := func(sizes ...int64) (list []consumption) {
		for _, s := range sizes {
			list = append(list, consumption{resident: s})
		}
		return list
	}
	for _, c := range []struct {
		series []consumption
		want   float64
	}{
		{nil, 1},
		{series(1, 9), 1},
		{series(100, 300, 150), 1.5},
		{series(90, 110, 1, 1, 300, 100), 2},
	} {
		if got := growth(c.series, resident); got != c.want {
			t.Errorf("%v grows %v times, want %v", c.series, got, c.want)
		}
	}
}

// TestFeed lets a small organisation go on for two seconds, and looks the
// samples up in its files.
func TestFeed(t *testing.T) {
	var tell bytes.Buffer
	dir := t.TempDir()
	job := feed{Dir: dir, End: time.Now().Unix(), Rate: 200}
	live, err := simulate.NewLive(simulate.LiveOptions{History: job.history(), Now: time.Now, Rate: job.Rate})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	sink := &sampler{Dir: simulate.Dir(dir), tell: stopAt{&tell, 3, stop}}
	if err := live.Run(ctx, sink); err != nil {
		t.Fatal(err)
	}
	n := 0
	for lines := bufio.NewScanner(&tell); lines.Scan(); n++ {
		var s sample
		if err := json.Unmarshal(lines.Bytes(), &s); err != nil {
			t.Fatal(err)
		}
		if age := time.Since(time.Unix(0, s.At)); s.Event == "" || age < 0 || age > time.Minute {
			t.Errorf("%+v", s)
		}
	}
	files, err := filesOf(filepath.Join(dir, "logs"))
	if err != nil {
		t.Fatal(err)
	}
	if n < 3 || len(files) < n || sink.files != int64(len(files)) {
		t.Errorf("%d samples of %d files, %d of them counted", n, len(files), sink.files)
	}
}

// stopAt stops a simulation when it has told of enough samples.
type stopAt struct {
	*bytes.Buffer
	enough int
	stop   func()
}

func (s stopAt) Write(line []byte) (int, error) {
	n, err := s.Buffer.Write(line)
	if bytes.Count(s.Bytes(), []byte("\n")) >= s.enough {
		s.stop()
	}
	return n, err
}

func TestSampleOf(t *testing.T) {
	log := `{"Records":[
		{"eventTime":"2026-01-01T00:00:00Z","eventName":"RunInstances","eventID":"e1","recipientAccountId":"111111111111","errorCode":"Client.DryRunOperation"},
		{"eventTime":"2026-01-01T00:00:00Z","eventName":"RunInstances","eventID":"e2","recipientAccountId":"111111111111",
		 "responseElements":{"instancesSet":{"items":[{"instanceId":"i-1"},{"instanceId":"i-2"}]}}},
		{"eventTime":"2026-01-01T00:00:00Z","eventName":"StopInstances","eventID":"e3","recipientAccountId":"111111111111"}]}`
	got, err := sampleOf("log.json", strings.NewReader(log))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(sample{Event: "e3", Instance: "i-1"}, got); diff != "" {
		t.Error(diff)
	}
	if _, err := sampleOf("log.json", strings.NewReader(`{"Records":[{`)); err == nil {
		t.Error("half a file gives a sample")
	}
}

func TestQueueFigures(t *testing.T) {
	out := `goos: linux
BenchmarkQueue/send/one_transaction_each-2         	    5000	    250000 ns/op	      4000 messages/s
BenchmarkQueue/send/grouped-2                      	   50000	     20000 ns/op	     50000 messages/s
PASS
`
	got, err := queueFigures([]byte(out))
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 1 {
		t.Fatalf("%d figures", len(got))
	}
	if diff := cmp.Diff([]string{"send, grouped", "", "50,000/s", "4,000/s one transaction each", "12.5×"}, got[0].cells()); diff != "" {
		t.Error(diff)
	}
	for _, broken := range []string{"PASS\n", "BenchmarkQueue/send-2 1 1 ns/op 1 messages/s\n", "BenchmarkQueue/send/grouped-2 1 1 ns/op x messages/s\n"} {
		if _, err := queueFigures([]byte(broken)); err == nil {
			t.Errorf("%q gives figures", broken)
		}
	}
}

func TestCount(t *testing.T) {
	r := report{counted: true, tables: []table{{figures: []figure{
		{what: "quick", unit: milliseconds, bar: atMost(10), kopter: 1},
		{what: "none", unit: counts, bar: atMost(0), kopter: 0},
		{what: "without a bar", unit: milliseconds, kopter: 30},
		{what: "slow", unit: milliseconds, bar: atMost(10), kopter: 30},
	}}}}
	if text := r.markdown(); !strings.HasSuffix(text, "\n2 passed, 1 failed\n") {
		t.Errorf("the report ends with %q", text[len(text)-60:])
	}
}
