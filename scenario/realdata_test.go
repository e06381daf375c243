package scenario

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/kopterio/kopter/internal/shareddata"
)

// realSets are the sets of real logs, each with what a complete reader finds:
// records, distinct events, and pieces that are no CloudTrail record. Each
// folder's licence is one of those pieces. The counts were made without
// Kopter; see also the tests of package cloudtrail.
var realSets = []struct {
	name                     string
	events, distinct, broken int
}{
	{"aws-spotlight", 260, 260, 1},
	{"boogy-cloudtrail-log-parser", 1685, 1685, 1},
	{"cloudtrail-watcher", 37, 37, 1},
	{"custodian-cwe", 24, 22, 14}, // 23 calls and a change of state; the rest are other events of EventBridge
	{"invictus-ir", 2900, 2900, 2},
	{"opensearch-catalog", 841, 841, 53}, // two breaks in one file, fifty records of another schema
	{"otrf", 0, 0, 105},                  // no eventTime
	{"plaso", 6, 6, 1},
	{"splunk-security-content", 0, 0, 50}, // YAML: see TestExamplesInYAML
	{"stratus-red-team", 310, 310, 1},
	{"umccr-flaws-subset", 185, 184, 2},
}

// TestRealData ingests every real log that is at hand, set by set and then all
// at once, twice: everything is either in or in quarantine.
func TestRealData(t *testing.T) {
	all := shareddata.Path(t, "cloudtrail")
	events, distinct, broken := 0, 0, 0
	for _, set := range realSets {
		events, distinct, broken = events+set.events, distinct+set.distinct, broken+set.broken
		t.Run(set.name, func(t *testing.T) {
			k := kopter{t: t, dir: t.TempDir()}
			k.wantIngest(filepath.Join(all, set.name), set.events, set.distinct, set.broken)
		})
	}
	t.Run("all of them twice", func(t *testing.T) {
		k := kopter{t: t, dir: t.TempDir()}
		k.wantIngest(all, events, distinct, broken)
		before := k.everything()
		if out := k.ingest(all); !strings.Contains(out, "Read 0 events") {
			t.Errorf("the second run reads again: %s", out)
		}
		if after := k.everything(); after != before {
			t.Errorf("the second run changed what is shown")
		}
	})
}

// wantIngest ingests a folder and holds the result to exact counts. Records of
// one event in two files make the difference of events and distinct.
func (k kopter) wantIngest(folder string, events, distinct, broken int) {
	k.t.Helper()
	out := k.ingest(folder)
	var read, added, known int
	line, _, _ := strings.Cut(strings.ReplaceAll(out, ",", ""), "\n")
	at := strings.Index(line, "): ")
	if _, err := fmt.Sscanf(line, "Read %d event", &read); err != nil || at < 0 {
		k.t.Fatalf("summary %q", line)
	}
	if _, err := fmt.Sscanf(line[at+3:], "%d new %d known", &added, &known); err != nil {
		k.t.Fatalf("summary %q: %v", line, err)
	}
	quarantined := strings.Count(string(k.run("quarantine", "--format", "ndjson")), "\n")
	rows := strings.Count(string(k.run("search", "--limit", "0", "--format", "ndjson")), "\n")
	if read != events || added != distinct || rows != distinct || quarantined != broken {
		k.t.Errorf("%d events, %d new, %d found, %d quarantined; want %d, %d, %d, %d\n%s",
			read, added, rows, quarantined, events, distinct, distinct, broken, out)
	}
	k.run("check")
}

// ingest gives what an ingest prints; quarantined input is no failure.
func (k kopter) ingest(path string) string {
	k.t.Helper()
	command := exec.Command(filepath.Join(binary, "kopter"), "ingest", path)
	command.Env = append(os.Environ(), "KOPTER_DATA="+k.path("data"))
	out, err := command.CombinedOutput()
	if failed := (*exec.ExitError)(nil); errors.As(err, &failed) && failed.ExitCode() == 3 {
		err = nil
	}
	if err != nil {
		k.t.Fatalf("kopter ingest %s: %v\n%s", path, err, out)
	}
	return string(out)
}

// everything is all that a store shows.
func (k kopter) everything() string {
	k.t.Helper()
	var all strings.Builder
	for _, listing := range [][]string{
		{"search", "--limit", "0"}, {"quarantine"}, {"conflicts"}, {"cost", "--by", "resource,principal", "--step", "hour"},
		{"blame", "--limit", "0"}, {"inventory", "list"},
	} {
		all.Write(k.run(append(listing, "--format", "ndjson")...))
	}
	return all.String()
}

// TestExamplesInYAML reads the example events that one set keeps inside YAML.
func TestExamplesInYAML(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(shareddata.Path(t, "cloudtrail/splunk-security-content"), "data_sources", "*.yml"))
	if err != nil {
		t.Fatal(err)
	}
	k := kopter{t: t, dir: t.TempDir()}
	if err := os.Mkdir(k.path("logs"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var source struct {
			Example string `yaml:"example_log"`
		}
		if err := yaml.Unmarshal(text, &source); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if source.Example == "" {
			continue
		}
		if err := os.WriteFile(k.path("logs/"+filepath.Base(file)+".json"), []byte(source.Example), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	k.wantIngest(k.path("logs"), 48, 48, 0)
}
