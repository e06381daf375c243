package cloudtrail

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/goccy/go-yaml"

	"github.com/kopterio/kopter/internal/shareddata"
)

// readFile gives what a Reader yields of a file.
func readFile(t *testing.T, path string) (ids []string, broken []*Broken) {
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
	r := NewReader(Source{Name: path, R: f, At: f, Size: info.Size()}, Limits{})
	defer r.Close()
	for {
		rec, err := r.Next()
		var b *Broken
		switch {
		case err == nil:
			ids = append(ids, string(rec.EventID))
		case err == io.EOF:
			return ids, broken
		case errors.As(err, &b):
			broken = append(broken, b)
		default:
			t.Fatal(err)
		}
	}
}

// The counts are those of data/README.md, except that opensearch-catalog holds
// 841 readable events (its samples.json is refused), and that custodian-cwe
// holds 24: 23 records and one change of an instance's state.
func TestRealSets(t *testing.T) {
	for _, set := range []struct {
		name             string
		events, distinct int
		broken           int
	}{
		{"invictus-ir", 2900, 2900, 1},
		{"boogy-cloudtrail-log-parser", 1685, 1685, 0},
		{"opensearch-catalog", 841, 841, 52},
		{"stratus-red-team", 310, 310, 0},
		{"aws-spotlight", 260, 260, 0},
		{"umccr-flaws-subset", 185, 184, 1},
		{"splunk-security-content", 0, 0, 49},
		{"cloudtrail-watcher", 37, 37, 0},
		{"custodian-cwe", 24, 22, 13},
		{"otrf", 0, 0, 104},
		{"plaso", 6, 6, 0},
	} {
		t.Run(set.name, func(t *testing.T) {
			events, broken := 0, 0
			distinct := map[string]bool{}
			for _, path := range filesUnder(t, shareddata.Path(t, "cloudtrail/"+set.name)) {
				ids, bad := readFile(t, path)
				events, broken = events+len(ids), broken+len(bad)
				for _, id := range ids {
					distinct[id] = true
				}
			}
			if events != set.events || len(distinct) != set.distinct || broken != set.broken {
				t.Errorf("%d events, %d distinct, %d broken; want %d, %d, %d",
					events, len(distinct), broken, set.events, set.distinct, set.broken)
			}
		})
	}
}

// filesUnder lists the files of a folder but for licences.
func filesUnder(t *testing.T, root string) []string {
	t.Helper()
	var paths []string
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && d.Name() != "LICENSE" {
			paths = append(paths, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

// Where the form is simple, jsontext alone counts the same events.
func TestRealSetsCountedByJSONText(t *testing.T) {
	for _, set := range []string{
		"invictus-ir", "boogy-cloudtrail-log-parser", "stratus-red-team", "aws-spotlight",
		"umccr-flaws-subset", "cloudtrail-watcher",
	} {
		for _, path := range filesUnder(t, shareddata.Path(t, "cloudtrail/"+set)) {
			if filepath.Ext(path) != ".json" {
				continue
			}
			ids, _ := readFile(t, path)
			if want := eventIDs(t, path); !slices.Equal(ids, want) {
				t.Errorf("%s: %d events, want %d", path, len(ids), len(want))
			}
		}
	}
}

// eventIDs lists the members eventID, in order, of the objects that have an
// eventTime as well.
func eventIDs(t *testing.T, path string) []string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	type object struct {
		id   string
		time bool
	}
	objects := []object{{}}
	d := jsontext.NewDecoder(bytes.NewReader(text))
	for {
		token, err := d.ReadToken()
		if err == io.EOF {
			return ids
		}
		if err != nil {
			t.Fatal(path, err)
		}
		top := &objects[len(objects)-1]
		switch kind := token.Kind(); {
		case kind == '{':
			objects = append(objects, object{})
		case kind == '}':
			if top.time {
				ids = append(ids, top.id)
			}
			objects = objects[:len(objects)-1]
		case kind == '"' && token.String() == "eventTime":
			top.time = true
		case kind == '"' && token.String() == "eventID":
			if token, err = d.ReadToken(); err != nil {
				t.Fatal(path, err)
			}
			top.id = token.String()
		}
	}
}

// The example events in the YAML files of splunk-security-content.
func TestRealExamplesInYAML(t *testing.T) {
	events := 0
	for _, path := range filesUnder(t, shareddata.Path(t, "cloudtrail/splunk-security-content")) {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var source struct {
			ExampleLog string `yaml:"example_log"`
		}
		if err := yaml.Unmarshal(text, &source); err != nil {
			t.Fatal(path, err)
		}
		if source.ExampleLog == "" {
			continue
		}
		var rec Record
		if err := ScanRecord([]byte(source.ExampleLog), &rec); err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		events++
	}
	if events != 48 {
		t.Errorf("%d events, want 48", events)
	}
}

// bert-jan launched both instances of the incident.
func TestRealLaunches(t *testing.T) {
	launched := map[string]string{}
	for _, raw := range realRecords(t) {
		var rec Record
		if err := ScanRecord(raw, &rec); err != nil {
			t.Fatal(err)
		}
		if string(rec.Name) != "RunInstances" || len(rec.ErrorCode) > 0 {
			continue
		}
		Each(rec.Raw, []string{"responseElements", "instancesSet", "items", "instanceId"}, func(id []byte) bool {
			launched[Unquote(id)] = string(rec.Actor)
			if !slices.ContainsFunc(rec.Resources, func(r []byte) bool { return string(r) == Unquote(id) }) {
				t.Errorf("%s is not among the resources %q", id, rec.Resources)
			}
			return true
		})
	}
	want := map[string]string{"i-0dbc91f429e48eeed": "bert-jan", "i-05c30218156bcc246": "bert-jan"}
	if !maps.Equal(launched, want) {
		t.Errorf("launched %v, want %v", launched, want)
	}
}
