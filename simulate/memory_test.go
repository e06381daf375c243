package simulate

import (
	"bytes"
	"context"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/klauspost/compress/gzip"
)

// memory is a sink that keeps what it is given.
type memory struct {
	mu      sync.Mutex
	files   map[string][]byte
	moments map[string]time.Time
}

func (m *memory) Create(name string, moment time.Time) (io.WriteCloser, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.files == nil {
		m.files, m.moments = map[string][]byte{}, map[string]time.Time{}
	}
	if _, twice := m.files[name]; twice {
		panic("created twice: " + name)
	}
	m.files[name], m.moments[name] = nil, moment
	return &memoryFile{memory: m, name: name}, nil
}

type memoryFile struct {
	bytes.Buffer
	memory *memory
	name   string
}

func (f *memoryFile) Close() error {
	f.memory.mu.Lock()
	defer f.memory.mu.Unlock()
	f.memory.files[f.name] = f.Bytes()
	return nil
}

// below lists the files of a folder, sorted.
func (m *memory) below(folder string) []string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(m.files)) {
		if strings.HasPrefix(name, folder) {
			names = append(names, name)
		}
	}
	return names
}

// simulated is a simulation that several tests look at.
type simulated struct {
	*memory
	truth *Truth
	opt   Options
}

func simulation(t testing.TB, opt Options) simulated {
	t.Helper()
	sink := &memory{}
	truth, err := Write(context.Background(), sink, opt, nil)
	if err != nil {
		t.Fatal(err)
	}
	return simulated{sink, truth, opt.withDefaults()}
}

// richly is one simulation under rich options, which no test changes.
var richly = sync.OnceValues(func() (simulated, error) {
	sink := &memory{}
	truth, err := Write(context.Background(), sink, rich(), nil)
	return simulated{sink, truth, rich().withDefaults()}, err
})

func richSimulation(t testing.TB) simulated {
	t.Helper()
	s, err := richly()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// rich are options under which everything happens that can happen.
func rich() Options {
	return Options{
		Seed: 42, Events: 40_000, Instances: 1500, Accounts: 9, Organisation: true,
		Duplicates: 0.02, Late: 0.01, FilesPerHour: 4, EventsPerFile: 30, SnapshotEvery: 8 * time.Hour, PriceVersions: 2,
		Start: time.Date(2026, 2, 9, 13, 7, 11, 0, time.UTC), End: time.Date(2026, 3, 11, 4, 0, 1, 0, time.UTC),
	}
}

// event is what the tests read of a record.
type event struct {
	EventID      string `json:"eventID"`
	EventTime    string `json:"eventTime"`
	EventSource  string `json:"eventSource"`
	EventName    string `json:"eventName"`
	Region       string `json:"awsRegion"`
	Account      string `json:"recipientAccountId"`
	ErrorCode    string `json:"errorCode"`
	SharedID     string `json:"sharedEventID"`
	IP           string `json:"sourceIPAddress"`
	UserIdentity struct {
		Type           string `json:"type"`
		ARN            string `json:"arn"`
		AccessKeyID    string `json:"accessKeyId"`
		SessionContext struct {
			SourceIdentity string `json:"sourceIdentity"`
			SessionIssuer  struct {
				ARN string `json:"arn"`
			} `json:"sessionIssuer"`
		} `json:"sessionContext"`
		OnBehalfOf struct {
			UserID string `json:"userId"`
		} `json:"onBehalfOf"`
	} `json:"userIdentity"`
	Request struct {
		InstanceID   string           `json:"instanceId"`
		InstanceType jsontextOrObject `json:"instanceType"`
		Hibernate    bool             `json:"hibernate"`
	} `json:"requestParameters"`
	ErrorMessage string `json:"errorMessage"`
	Response     struct {
		ConsoleLogin string
		Credentials  struct {
			AccessKeyID string `json:"accessKeyId"`
		} `json:"credentials"`
		Instances struct {
			Items []item `json:"items"`
		} `json:"instancesSet"`
	} `json:"responseElements"`
	Details struct {
		IDs []string `json:"instanceIdSet"`
	} `json:"serviceEventDetails"`
	at   int64
	file string
}

type item struct {
	ID         string `json:"instanceId"`
	Type       string `json:"instanceType"`
	LaunchTime int64  `json:"launchTime"`
	Tags       struct {
		Items []struct{ Key, Value string }
	} `json:"tagSet"`
	Previous struct {
		Name string `json:"name"`
	} `json:"previousState"`
}

// jsontextOrObject is a type's name, or {"value": name} in a modification.
type jsontextOrObject string

func (v *jsontextOrObject) UnmarshalJSON(b []byte) error {
	var object struct {
		Value string `json:"value"`
	}
	if b[0] == '{' {
		err := json.Unmarshal(b, &object)
		*v = jsontextOrObject(object.Value)
		return err
	}
	return json.Unmarshal(b, (*string)(v))
}

// events reads all records, in the order of files.
func (s simulated) events(t testing.TB) []event {
	t.Helper()
	var all []event
	for _, name := range s.below("logs/") {
		var file struct{ Records []event }
		if err := json.Unmarshal(s.inflate(t, name), &file); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, e := range file.Records {
			at, err := time.Parse(time.RFC3339, e.EventTime)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			e.at, e.file = at.Unix(), name
			all = append(all, e)
		}
	}
	return all
}

func (s simulated) inflate(t testing.TB, name string) []byte {
	t.Helper()
	r, err := gzip.NewReader(bytes.NewReader(s.files[name]))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return text
}

// distinct keeps the first record of each event, in the order of time.
func distinct(all []event) []event {
	seen := map[string]bool{}
	var once []event
	for _, e := range all {
		if !seen[e.EventID] {
			seen[e.EventID] = true
			once = append(once, e)
		}
	}
	slices.SortStableFunc(once, func(a, b event) int { return int(a.at - b.at) })
	return once
}
