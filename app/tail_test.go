package app

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/kopterio/kopter/audit"
)

// tailer is a client that tails the audit log.
type tailer struct {
	t       *testing.T
	lines   *bufio.Scanner
	times   map[string]int // by event id: how often it came
	skipped int64
	older   []string // ids that a search found when the tail was open
}

const tailQuery = "name:RunInstances"

// tail opens a stream. Like every message that the tail waits for, it may take
// a minute.
func (b *browser) tail() *tailer {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	b.t.Cleanup(cancel)
	params := url.Values{"topics": {"audit"}, "q": {tailQuery}}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, b.base+"/v1/stream?"+params.Encode(), nil)
	if err != nil {
		b.t.Fatal(err)
	}
	answer, err := b.http.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { answer.Body.Close() })
	if answer.StatusCode != http.StatusOK {
		b.t.Fatalf("GET %s: %s", r.URL, answer.Status)
	}
	lines := bufio.NewScanner(answer.Body)
	lines.Buffer(nil, 1<<20)
	return &tailer{t: b.t, lines: lines, times: map[string]int{}, older: b.matching()}
}

// matching searches for what a tail tells of.
func (b *browser) matching() (ids []string) {
	b.t.Helper()
	var page struct {
		Events []struct {
			ID string `json:"event_id"`
		}
	}
	b.get("/v1/audit/aws", url.Values{"q": {tailQuery}, "limit": {"1000"}}, &page)
	for _, e := range page.Events {
		ids = append(ids, e.ID)
	}
	return ids
}

// hear waits for a message of the tail.
func (l *tailer) hear() {
	l.t.Helper()
	event := ""
	for l.lines.Scan() {
		name, value, _ := strings.Cut(l.lines.Text(), ": ")
		switch {
		case name == "event":
			event = value
		case name == "data" && event == "event":
			l.take(value)
			return
		case name == "data" && event != "beat":
			l.t.Fatalf("%s %s", event, value)
		}
	}
	l.t.Fatalf("the stream has ended: %v", l.lines.Err())
}

func (l *tailer) take(data string) {
	l.t.Helper()
	var m struct {
		Events []struct {
			ID   string `json:"event_id"`
			Name string
		}
		Skipped int64
	}
	if err := json.Unmarshal([]byte(data), &m); err != nil {
		l.t.Fatal(err)
	}
	for _, e := range m.Events {
		l.times[e.ID]++
		if e.Name != "RunInstances" {
			l.t.Errorf("event %s is a %s, and does not match", e.ID, e.Name)
		}
	}
	l.skipped += m.Skipped
}

// until hears until all of some events have come.
func (l *tailer) until(ids []string) {
	l.t.Helper()
	for slices.ContainsFunc(ids, func(id string) bool { return l.times[id] == 0 }) {
		l.hear()
	}
}

// drop puts a log file into a folder, of which every other event matches, and
// gives the ids of those that do.
func drop(t *testing.T, logs string, file, events int) (matching []string) {
	t.Helper()
	var records []string
	for i := range events {
		id, name := fmt.Sprintf("e-%03d-%04d", file, i), "DescribeInstances"
		if i%2 == 0 {
			name = "RunInstances"
			matching = append(matching, id)
		}
		records = append(records, fmt.Sprintf(`{"eventTime":%q,"eventName":%q,"eventSource":"ec2.amazonaws.com","awsRegion":"eu-west-1","eventID":%q,"recipientAccountId":"111111111111"}`,
			noon().Add(time.Duration(file)*time.Hour).Format(time.RFC3339), name, id))
	}
	whole := write(t, filepath.Join(t.TempDir(), "log.json"), `{"Records":[`+strings.Join(records, ",")+`]}`)
	if err := os.Rename(whole, filepath.Join(logs, fmt.Sprintf("%03d.json", file))); err != nil {
		t.Fatal(err)
	}
	return matching
}

// compacting merges a server's parts without a pause until the test ends.
func compacting(t *testing.T, s *Server) {
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for ctx.Err() == nil {
			if _, err := s.app.lake.Compact(ctx, s.app.tenant, audit.CompactPolicy{}); err != nil && ctx.Err() == nil {
				t.Errorf("compact: %v", err)
				return
			}
		}
	}()
	t.Cleanup(func() { stop(); <-ended })
}

// TestTailEndToEnd drops files, and has clients tail from the beginning and
// from the middle: each hears everything that is committed while it listens,
// once and soon, whatever is merged meanwhile, and nothing else.
func TestTailEndToEnd(t *testing.T) {
	before := goleak.IgnoreCurrent()
	t.Cleanup(func() { goleak.VerifyNone(t, before) })
	logs := t.TempDir()
	s, b := served(t, ServerOptions{Options: Options{Data: t.TempDir()}, Logs: []string{logs}})
	compacting(t, s)
	first := b.tail()
	var all []string
	var took []time.Duration
	open := []*tailer{first}
	for file := range 12 {
		dropped := time.Now()
		ids := drop(t, logs, file, 10)
		all = append(all, ids...)
		if file%4 == 3 {
			open = append(open, b.tail()) // while the file is on its way
		}
		first.until(ids)
		took = append(took, time.Since(dropped))
	}
	for i, l := range open {
		l.until(slices.DeleteFunc(slices.Clone(all), func(id string) bool { return slices.Contains(l.older, id) }))
		for id, n := range l.times {
			if n != 1 || !slices.Contains(all, id) {
				t.Errorf("client %d heard of event %s %d times", i, id, n)
			}
		}
		if l.skipped != 0 {
			t.Errorf("client %d was told of %d events that were left out", i, l.skipped)
		}
	}
	slices.Sort(took)
	if slowest := took[len(took)-1]; slowest > 3*time.Second {
		t.Errorf("the slowest file took %s, half of them %s", slowest, took[len(took)/2])
	}
	t.Logf("half of the files took %s, the slowest %s", took[len(took)/2], took[len(took)-1])

	first.flood(len(drop(t, logs, 12, 1000)))
}

// flood hears of more events than a message holds: the newest, and the number
// of the others.
func (l *tailer) flood(events int) {
	l.t.Helper()
	before := len(l.times)
	l.hear()
	if got := len(l.times) - before; got != 200 || l.skipped != int64(events-got) {
		l.t.Errorf("%d events came and %d were counted, of %d", got, l.skipped, events)
	}
}
