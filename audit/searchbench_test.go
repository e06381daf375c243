package audit_test

import (
	"context"
	"fmt"
	"io/fs"
	"iter"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/kopterio/kopter/account"
	"github.com/kopterio/kopter/audit"
	"github.com/kopterio/kopter/audit/audittest"
	"github.com/kopterio/kopter/cloudtrail"
	"github.com/kopterio/kopter/query"
)

// folder is audit.Files in a folder, without the care for durability.
type folder struct {
	audit.Files // List is not needed
	root        string
}

type folderFile struct {
	*os.File
	size int64
}

func (f folderFile) Size() int64 { return f.size }
func (f folderFile) Discard()    { f.File.Close(); os.Remove(f.Name()) }

func (f folder) Create(_ context.Context, name string) (audit.FileWriter, error) {
	path := filepath.Join(f.root, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	file, err := os.Create(path)
	return folderFile{File: file}, err
}

func (f folder) Open(_ context.Context, name string) (audit.FileReader, error) {
	file, err := os.Open(filepath.Join(f.root, name))
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	return folderFile{file, info.Size()}, err
}

func (f folder) Remove(_ context.Context, name string) error {
	return os.Remove(filepath.Join(f.root, name))
}

func (f folder) List(context.Context, string) iter.Seq2[audit.FileInfo, error] {
	return func(func(audit.FileInfo, error) bool) {}
}

// benchDays is how long the bench's events stretch.
const benchDays = 90

var benchStart = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli()

// benchLake gives a lake of KOPTER_BENCH_EVENTS events (a million without) in
// 90 parts of a day. It lies in the folder KOPTER_BENCH_LAKE, if that is set,
// and is made only once there.
var benchLake = sync.OnceValues(func() (*audit.Lake, error) {
	events, err := strconv.Atoi(os.Getenv("KOPTER_BENCH_EVENTS"))
	if err != nil {
		events = 1_000_000
	}
	root := os.Getenv("KOPTER_BENCH_LAKE")
	if root == "" {
		if root, err = os.MkdirTemp("", "kopter-bench-"); err != nil {
			return nil, err
		}
	}
	files, index := folder{root: root}, audittest.NewMemory()
	lake := audit.New(files, index)
	known := filepath.Join(root, fmt.Sprintf("parts-%d.json", events))
	text, err := os.ReadFile(known)
	if err == nil {
		var parts []audit.Part
		if err := json.Unmarshal(text, &parts); err != nil {
			return nil, err
		}
		return lake, index.Apply(context.Background(), account.Local, audit.Change{AddParts: parts})
	}
	if err := fillLake(lake, index, events); err != nil {
		return nil, err
	}
	parts, err := index.Parts(context.Background(), account.Local)
	if err != nil {
		return nil, err
	}
	if text, err = json.Marshal(parts); err != nil {
		return nil, err
	}
	return lake, os.WriteFile(known, text, fs.FileMode(0o600))
})

func fillLake(lake *audit.Lake, index audit.Index, events int) error {
	ctx, world := context.Background(), newBenchWorld(events)
	for day := range benchDays {
		batch, err := lake.Begin(account.Local)
		if err != nil {
			return err
		}
		for range events / benchDays {
			if _, err := batch.Add(ctx, world.next(day), "bench"); err != nil {
				return err
			}
		}
		change, err := batch.Finish(ctx)
		if err != nil {
			return err
		}
		if err := index.Apply(ctx, account.Local, change); err != nil {
			return err
		}
		batch.Committed()
	}
	return nil
}

// benchWorld makes events with the cardinalities of a middling organisation.
type benchWorld struct {
	random *rand.Rand
	events int // in all
	n      int
	zipf   func(n int) int
	rec    cloudtrail.Record
	raw    []byte
}

func newBenchWorld(events int) *benchWorld {
	random := rand.New(rand.NewPCG(1, 2))
	zipfs := map[int]*rand.Zipf{}
	return &benchWorld{random: random, events: events, zipf: func(n int) int {
		if zipfs[n] == nil {
			zipfs[n] = rand.NewZipf(random, 1.3, 4, uint64(n-1))
		}
		return int(zipfs[n].Uint64())
	}}
}

// rareInstance stands in five events, rareWord in three of their records.
const (
	rareInstance = "i-0dbc91f429e48eeed"
	rareWord     = "xylophone"
)

func (w *benchWorld) next(day int) *cloudtrail.Record {
	w.n++
	perDay := w.events / benchDays
	at := benchStart + int64(day)*86_400_000 + int64(w.n%perDay)*86_400_000/int64(perDay)
	at -= at % 1000
	user, name, account := w.zipf(800), w.zipf(260), w.zipf(12)
	instance := fmt.Sprintf("i-0%016x", uint64(w.zipf(20_000))*0x9e3779b97f4a7c15)
	if w.n%(w.events/5) == w.events/10 {
		instance = rareInstance
	}
	id := fmt.Sprintf("%08x-%04x-4%03x-%04x-%012x", w.random.Uint32(), w.random.Uint32()>>16, w.random.Uint32()>>20, w.random.Uint32()>>16, w.random.Uint64()>>16)
	role, session := fmt.Sprintf("team-%d-deployer", user%60), fmt.Sprintf("user%d@example.com", user)
	accountID := fmt.Sprintf("%012d", 100000000000+account*7919)
	failed := ""
	if w.random.IntN(40) == 0 {
		failed = []string{"AccessDenied", "Client.UnauthorizedOperation", "ThrottlingException"}[w.zipf(3)]
	}
	word := ""
	if instance == rareInstance {
		word = rareWord
	}
	source, event := fmt.Sprintf("service%d.amazonaws.com", name%30), fmt.Sprintf("%sThing%d", []string{"Describe", "Get", "List", "Create", "Put"}[name%5], name)
	key, ip := fmt.Sprintf("ASIA%016X", uint64(user*1000+day*4)*0x9e3779b97f4a7c15), fmt.Sprintf("10.%d.%d.%d", user%8, user%250, w.zipf(20))
	agent := fmt.Sprintf("aws-sdk-go-v2/1.%d.0 os/linux lang/go#1.22 md/GOOS#linux md/GOARCH#arm64 api/ec2#1.%d.0", user%30, name%12)
	request := fmt.Sprintf("%016x%016x", w.random.Uint64(), w.random.Uint64())
	w.raw = fmt.Appendf(w.raw[:0], `{"eventVersion":"1.08","userIdentity":{"type":"AssumedRole","principalId":"AROA%016X:%s","arn":"arn:aws:sts::%s:assumed-role/%s/%s","accountId":"%s","accessKeyId":"%s","sessionContext":{"sessionIssuer":{"type":"Role","principalId":"AROA%016X","arn":"arn:aws:iam::%s:role/%s","accountId":"%s","userName":"%s"},"webIdFederationData":{},"attributes":{"creationDate":"%s","mfaAuthenticated":"false"}}},"eventTime":"%s","eventSource":"%s","eventName":"%s","awsRegion":"%s","sourceIPAddress":"%s","userAgent":"%s","requestParameters":{"instancesSet":{"items":[{"instanceId":"%s"}]},"filterSet":{},"maxResults":%d,"note":"%s"},"responseElements":null,"requestID":"%s","eventID":"%s","readOnly":%v,"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":"%s","eventCategory":"Management","errorCode":"%s","tlsDetails":{"tlsVersion":"TLSv1.3","cipherSuite":"TLS_AES_128_GCM_SHA256","clientProvidedHostHeader":"ec2.us-east-1.amazonaws.com"}}`,
		user*31, session, accountID, role, session, accountID, key, user*31, accountID, role, accountID, role,
		time.UnixMilli(at-at%3_600_000).UTC().Format(time.RFC3339), time.UnixMilli(at).UTC().Format(time.RFC3339),
		source, event, benchRegion(account), ip, agent, instance, w.zipf(1000), word, request, id, name%5 < 3, accountID, failed)
	w.rec = cloudtrail.Record{
		Time: at, EventID: []byte(id), Account: []byte(accountID), Region: []byte(benchRegion(account)), Source: []byte(source),
		Name: []byte(event), Type: []byte("AwsApiCall"), Category: []byte("Management"), Actor: []byte(session), ActorType: []byte("AssumedRole"),
		Principal: fmt.Appendf(nil, "arn:aws:iam::%s:role/%s", accountID, role), Session: []byte(session), AccessKey: []byte(key),
		IP: []byte(ip), UserAgent: []byte(agent), ErrorCode: []byte(failed), ReadOnly: name%5 < 3, RequestID: []byte(request),
		Resources: [][]byte{[]byte(instance)}, Raw: w.raw, BodyHash: w.random.Uint64(),
	}
	return &w.rec
}

func benchRegion(account int) string {
	return []string{"us-east-1", "eu-west-1", "ap-southeast-2"}[account%3]
}

// BenchmarkSearch measures the questions of the numbers to reach. It reports
// the median and the slowest of a hundred in milliseconds, the processor time
// of all cores together, and the memory that Go holds.
func BenchmarkSearch(b *testing.B) {
	lake, err := benchLake()
	if err != nil {
		b.Fatal(err)
	}
	from := benchStart + 45*86_400_000
	month := audit.Request{From: from, Until: from + 30*86_400_000}
	principal := fmt.Sprintf("principal:arn:aws:iam::%012d:role/team-7-deployer", 100000000000)
	for _, question := range []struct {
		name, query string
		request     audit.Request
		by          []string
		want        int // events, at least
	}{
		{"newest 100 of an account", fmt.Sprintf("account:%012d", 100000000000+3*7919), audit.Request{}, nil, 100},
		{"newest 100 with raw", fmt.Sprintf("account:%012d", 100000000000+3*7919), audit.Request{Raw: true}, nil, 100},
		{"a principal in 30 days with count", principal, audit.Request{From: month.From, Until: month.Until, Total: true}, nil, 100},
		{"a resource with 5 hits", "resources:" + rareInstance, audit.Request{Raw: true}, nil, 5},
		{"counts per hour and name", "", audit.Request{}, []string{"hour", "name"}, 1000},
		{"errors by user", "error_code:*", audit.Request{}, []string{"actor"}, 100},
		{"rare free text", rareWord, audit.Request{Raw: true}, nil, 5},
		{"common free text, newest 100", "AssumedRole", audit.Request{Raw: true}, nil, 100},
		{"rare prefix without filter", "xylo*", audit.Request{Raw: true}, nil, 5},
	} {
		b.Run(question.name, func(b *testing.B) {
			n, err := query.Parse(question.query, audit.Schema())
			if err != nil {
				b.Fatal(err)
			}
			ask(b, lake, question.request, n, question.by) // opens the parts
			var took []time.Duration
			before := processorTime(b)
			for b.Loop() {
				begin := time.Now()
				got := ask(b, lake, question.request, n, question.by)
				took = append(took, time.Since(begin))
				if got < question.want {
					b.Fatalf("%d events, want %d", got, question.want)
				}
			}
			b.ReportMetric(float64((processorTime(b)-before).Microseconds())/1000/float64(b.N), "cpu-ms")
			reportTimes(b, took)
		})
	}
}

// processorTime is what the process has used, user and system; unlike the time
// on the wall it does not depend on what else runs on the machine.
func processorTime(b *testing.B) time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func ask(b *testing.B, lake *audit.Lake, r audit.Request, n query.Node, by []string) int {
	if by != nil {
		rows, err := lake.Count(context.Background(), account.Local, audit.CountRequest{Query: n, From: r.From, Until: r.Until, By: by})
		if err != nil {
			b.Fatal(err)
		}
		return len(rows)
	}
	r.Query = n
	result, err := lake.Search(context.Background(), account.Local, r)
	if err != nil {
		b.Fatal(err)
	}
	return len(result.Events)
}

func reportTimes(b *testing.B, took []time.Duration) {
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	b.ReportMetric(float64(memory.Sys-memory.HeapReleased)/(1<<20), "resident-MiB")
}
