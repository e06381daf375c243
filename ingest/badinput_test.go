package ingest_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"runtime/metrics"
	"strings"
	"sync"
	"testing"

	"github.com/kopterio/kopter/cloudtrail"
	"github.com/kopterio/kopter/ingest"
	"github.com/kopterio/kopter/ingest/ingesttest"
)

// maxHeap bounds what ingesting may add to the heap, in bytes, whatever the
// files hold: two workers with a batch, a row group and a window each.
const maxHeap = 64 << 20

// heap watches the heap. It is looked at while a source is read, for that is
// when memory grows.
type heap struct {
	mu          sync.Mutex
	floor, peak uint64
}

func newHeap() *heap {
	h := &heap{}
	h.look()
	h.floor, h.peak = h.peak, 0
	return h
}

func (h *heap) look() {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.peak = max(h.peak, sample[0].Value.Uint64())
}

// watched looks at the heap with each read.
type watched struct {
	io.Reader
	heap *heap
}

func (w watched) Read(p []byte) (int, error) {
	w.heap.look()
	return w.Reader.Read(p)
}

// repeated is a text n times over, as a stream.
func repeated(text string, n int64) io.Reader {
	block := strings.Repeat(text, max(1, 64<<10/len(text)))
	return io.LimitReader(&loop{text: block}, n*int64(len(text)))
}

type loop struct {
	text string
	at   int
}

func (l *loop) Read(p []byte) (int, error) {
	n := copy(p, l.text[l.at:])
	l.at = (l.at + n) % len(l.text)
	return n, nil
}

func texts(parts ...any) io.Reader {
	readers := make([]io.Reader, len(parts))
	for i, p := range parts {
		switch p := p.(type) {
		case string:
			readers[i] = strings.NewReader(p)
		case io.Reader:
			readers[i] = p
		}
	}
	return io.MultiReader(readers...)
}

// gzipped compresses a stream of any length into memory.
func gzipped(t testing.TB, r io.Reader) []byte {
	t.Helper()
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(z, r); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

const gigabyte = 1 << 30

// badFile is a file of which not all can be read.
type badFile struct {
	name string
	open func() io.Reader
	// events is how many records of it are good all the same.
	events int64
	reason string // a part of what the quarantine says
}

func badFiles(t testing.TB) []badFile {
	of := func(text string) func() io.Reader { return func() io.Reader { return strings.NewReader(text) } }
	bytesOf := func(b []byte) func() io.Reader { return func() io.Reader { return bytes.NewReader(b) } }
	list := func(records ...string) string { return `{"Records":[` + strings.Join(records, ",") + `]}` }
	whole := gzipped(t, strings.NewReader(list(event(9001), event(9002))))
	return []badFile{
		{"zero bytes", of(""), 0, "empty"},
		{"white space only", of(" \n\t "), 0, "empty"},
		{"AWSLogs/111122223333/CloudTrail/", of(""), 0, "folder marker"},
		{"empty gzip", bytesOf(gzipped(t, strings.NewReader(""))), 0, "empty"},
		{"truncated gzip", bytesOf(whole[:len(whole)-12]), 2, ""},
		{"gzip cut in its header", bytesOf(whole[:5]), 0, ""},
		{"gzip with a wrong checksum", bytesOf(append(bytes.Clone(whole[:len(whole)-8]), 1, 2, 3, 4, 5, 6, 7, 8)), 2, ""},
		{"gzip bomb of blanks", bytesOf(gzipped(t, texts(`{"Records":[`, repeated(" ", gigabyte), `]}`))), 0, ""},
		{"gzip bomb in a string", bytesOf(gzipped(t, texts(`{"Records":[`+event(9003)+`,{"eventID":"`, repeated("A", gigabyte), `"}]}`))), 1, ""},
		{"depth bomb of lists", func() io.Reader { return texts(repeated("[", 20_000_000)) }, 0, ""},
		{"depth bomb of objects", func() io.Reader {
			return texts(`{"Records":[`+event(9004)+`,`, repeated(`{"a":`, 5_000_000))
		}, 1, ""},
		{"depth bomb in a record", func() io.Reader {
			return texts(`{"Records":[`+event(9005)+`,{"eventTime":"2026-03-01T00:00:00Z","eventID":"x","requestParameters":`,
				repeated("[", 1_000_000), repeated("]", 1_000_000), `},`+event(9006)+`]}`)
		}, 2, "deep"},
		{"one string of a gigabyte", func() io.Reader {
			return texts(`{"Records":[`+event(9007)+`,{"eventTime":"2026-03-01T00:00:00Z","eventID":"x","userAgent":"`, repeated("A", gigabyte), `"},`+event(9008)+`]}`)
		}, 2, ""},
		{"invalid UTF-8", of(list(event(9009), strings.Replace(event(9010), "GetObject", "Get\xff\xfeObject", 1), event(9011))), 2, "UTF-8"},
		{"a comma too many", of(list(event(9012), `{"eventTime":"2026-03-01T00:00:00Z","eventID":"x",}`, event(9013))), 2, ""},
		{"not CloudTrail, an object", of(`{"name":"package","version":"1.0.0"}`), 0, ""},
		{"not CloudTrail, a list", of(`[1,2,3]`), 0, ""},
		{"not CloudTrail, a page", of(`<!DOCTYPE html><html></html>`), 0, "not JSON"},
		{"binary", bytesOf(bytes.Repeat([]byte{0, 1, 2, 0xfe, 0xff}, 1000)), 0, ""},
		{"an event without a time", of(list(event(9014), `{"eventID":"x","eventName":"y","eventSource":"z"}`)), 1, ""},
		{"duplicate keys", of(list(event(9015), `{"eventTime":"2026-03-01T00:00:00Z","eventName":"a","eventID":"x","eventID":"y","recipientAccountId":"111122223333"}`)), 1, "eventID"},
	}
}

// TestBadInputCostsOnlyItself ingests every bad file between two good ones.
func TestBadInputCostsOnlyItself(t *testing.T) {
	if testing.Short() {
		t.Skip("inflates some gigabytes")
	}
	for n, bad := range badFiles(t) {
		t.Run(bad.name, func(t *testing.T) {
			h := newHeap()
			p := open(t)
			files := func(yield func(ingest.Input, error) bool) {
				_ = yield(input(ingesttest.Log{Name: "good1", Data: plain(event(2 * n))}), nil) &&
					yield(streamed("/logs/"+bad.name, bad.open, h), nil) &&
					yield(input(ingesttest.Log{Name: "good2", Data: plain(event(2*n + 1))}), nil)
			}
			report := p.run(t, files, ingest.Options{})
			t.Logf("peak heap %d MiB over the floor", (h.peak-min(h.peak, h.floor))>>20)
			if h.peak > h.floor+maxHeap {
				t.Errorf("the heap grew by %d MiB", (h.peak-h.floor)>>20)
			}
			if report.Files != 3 || report.Failed != 0 || report.Events != 2+bad.events {
				t.Errorf("got %+v, want %d events", report.Totals, 2+bad.events)
			}
			s := p.state(t)
			if len(s.Quarantine) == 0 || int64(len(s.Quarantine)) != report.Quarantined {
				t.Fatalf("%d in quarantine, the report says %d", len(s.Quarantine), report.Quarantined)
			}
			for _, q := range s.Quarantine {
				if q.URI != "/logs/"+bad.name || q.Reason == "" || q.Offset < 0 || len(q.Excerpt) > ingest.ExcerptLimit {
					t.Errorf("quarantined %+v", q)
				}
			}
			if got := s.Quarantine[0].Reason; !strings.Contains(got, bad.reason) {
				t.Errorf("reason %q, want %q in it", got, bad.reason)
			}
			same(t, "a second run", p.run(t, files, ingest.Options{}).Totals, ingest.Totals{Known: 3})
		})
	}
}

// streamed is an input whose content is made while it is read.
func streamed(uri string, open func() io.Reader, h *heap) ingest.Input {
	return ingest.Input{
		Object: ingest.Object{URI: uri, Version: "1"},
		Open: func(context.Context) (cloudtrail.Source, io.Closer, error) {
			return cloudtrail.Source{Name: uri, R: watched{open(), h}}, io.NopCloser(nil), nil
		},
	}
}

// TestWrongTypesAreKeptOrQuarantined puts every kind of value into every field:
// nothing vanishes, and the next record is read.
func TestWrongTypesAreKeptOrQuarantined(t *testing.T) {
	fields := []string{
		"eventVersion", "userIdentity", "eventTime", "eventSource", "eventName", "awsRegion", "sourceIPAddress",
		"userAgent", "errorCode", "errorMessage", "requestParameters", "responseElements", "additionalEventData",
		"requestID", "eventID", "eventType", "apiVersion", "managementEvent", "readOnly", "resources",
		"recipientAccountId", "serviceEventDetails", "sharedEventID", "vpcEndpointId", "eventCategory", "addendum",
		"sessionCredentialFromConsole", "edgeDeviceDetails", "tlsDetails", "EVENTID", "eventid",
	}
	values := []string{
		`null`, `true`, `17`, `-1.5e300`, `""`, `"text"`, `[]`, `[1,"a",null,{}]`, `{}`, `{"a":{"b":[1]}}`,
		`{"type":7,"arn":[],"sessionContext":"x","instancesSet":3}`, `{"instancesSet":{"items":"none"}}`,
	}
	var records []string
	for _, field := range fields {
		for _, value := range values {
			for _, name := range []string{"RunInstances", "TerminateInstances", "CreateTags", "ModifyInstanceAttribute", "CreateFleet"} {
				records = append(records, misfit(field, value, name, len(records)))
			}
		}
	}
	p := open(t)
	report := p.run(t, inputs(
		ingesttest.Log{Name: "misfits", Data: plain(`{"Records":[` + strings.Join(records, ",") + `]}`)},
		ingesttest.Log{Name: "good", Data: plain(event(1))},
	), ingest.Options{})
	refused := int64(0)
	for _, q := range p.state(t).Quarantine {
		if !strings.HasPrefix(q.Reason, "facts of ") {
			refused++
		}
	}
	if want := int64(len(records)) + 1; report.Events+refused != want {
		t.Errorf("%d events and %d refused of %d records", report.Events, refused, want)
	}
	if report.Added < int64(len(records))*8/10 {
		t.Errorf("only %d of %d records are in: nothing is dropped for its type", report.Added, len(records))
	}
	t.Logf("%+v", report.Totals)
}

// misfit is a record with a value in a field, in place of what stood there.
func misfit(field, value, name string, n int) string {
	members := [][2]string{
		{"eventTime", `"2026-03-01T00:00:00Z"`}, {"eventSource", `"ec2.amazonaws.com"`}, {"eventName", fmt.Sprintf("%q", name)},
		{"awsRegion", `"eu-west-1"`}, {"eventID", fmt.Sprintf(`"misfit-%d"`, n)}, {"recipientAccountId", `"111122223333"`},
	}
	var b strings.Builder
	for _, m := range members {
		if m[0] != field {
			fmt.Fprintf(&b, "%q:%s,", m[0], m[1])
		}
	}
	return fmt.Sprintf("{%s%q:%s}", b.String(), field, value)
}
