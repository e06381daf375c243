package cloudtrail

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

var seedRecords = []string{
	record("a"),
	`{"eventTime":"2023-07-10T11:55:21.5+02:00","eventName":null,"eventSource":{"x" : 1},"readOnly":"true"}`,
	`{"eventTime":"2023-07-10T11:55:21Z","eventName":"\ud83d\ude00\ud83d\u00e4\"\/","userAgent":"ä😀"}`,
	` { "eventTime" : "2023-07-10T11:55:21Z" , "event\u004eame" : "X" , "x" : [ 1 , -0.0e-1 , { } , [ ] ] } `,
	`{"eventTime":"2023-02-30T11:55:21Z","eventName":"X"}`,
	`{"eventName":"X","eventName":"Y","eventTime":"2023-07-10T11:55:21Z"}`,
	`{"EVENTID":"x","eventid":"y","eventTime":"2023-07-10T11:55:21Z","eventName":"X","userIdentity":{"type":"Root","sessionContext":{"sessionIssuer":[1]}}}`,
	`{"a":-}`, `{"a":1.}`, `{"a":1e}`, `{"a":1e+`, `{"a":-0.1E-2}`, `{"a":tr`, `{"a":nul}`, `{"a":"\q`, `{"a":"\u12`,
	`{"a":01}`, `{"a":1,}`, `{"a" 1}`, `{"a":tru}`, `{"a":"\x"}`, "{\"a\":\"\xff\"}", `{"a":"` + "\x00" + `"}`, `[]`, `{`, `{"a":"\ud800`,
	`{"requestParameters":{"bucketName":"b","x":["arn:aws:s3:::b","i-0123456789abcdef0"]},"eventTime":"2023-07-10T11:55:21Z","eventName":"X"}`,
	`{"detail-type":"AWS API Call via CloudTrail","detail":{"eventTime":"2023-07-10T11:55:21Z","eventName":"X"}}`,
	`{"CloudTrailEvent":"{\"eventTime\":\"2023-07-10T11:55:21Z\",\"eventName\":\"X\"}"}`,
}

// strictly says whether jsontext takes text for one JSON object in valid
// UTF-8, and not too deep for us. Half a surrogate pair and keys that occur
// twice are taken.
func strictly(text []byte) bool {
	if !utf8.Valid(text) {
		return false
	}
	d := jsontext.NewDecoder(bytes.NewReader(text), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	if d.PeekKind() != '{' {
		return false
	}
	for {
		if _, err := d.ReadToken(); err != nil {
			return false
		}
		if d.StackDepth() > DefaultLimits().Depth {
			return false
		}
		if d.StackDepth() == 0 {
			break
		}
	}
	_, err := d.ReadToken()
	return err == io.EOF
}

// member gives the text of a top-level member as jsontext reads it: "" for
// null and absence, JSON text without white space for what is no string.
func member(t *testing.T, text []byte, name string) string {
	d := jsontext.NewDecoder(bytes.NewReader(text), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	d.ReadToken()
	for d.PeekKind() == '"' {
		key, err := d.ReadToken()
		if err != nil {
			t.Fatal(err)
		}
		found := key.String() == name
		value, err := d.ReadValue()
		if err != nil {
			t.Fatal(err)
		}
		if !found {
			continue
		}
		switch value.Kind() {
		case 'n':
			return ""
		case '"':
			plain, _ := jsontext.AppendUnquote(nil, value)
			return string(plain)
		}
		value = value.Clone()
		if err := value.Compact(jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true)); err != nil {
			t.Fatal(err)
		}
		return string(value)
	}
	return ""
}

func FuzzScanRecord(f *testing.F) {
	for _, seed := range seedRecords {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var rec Record
		err := ScanRecord(text, &rec)
		if !strictly(text) {
			if err == nil {
				t.Fatalf("accepted, but not by jsontext: %q", text)
			}
			return
		}
		var refused errNotRecord
		if err != nil && !errors.As(err, &refused) && !strings.Contains(err.Error(), "occurs twice") {
			t.Fatalf("not accepted: %v", err)
		}
		if err != nil {
			return
		}
		if !jsontext.Value(rec.Raw).IsValid(jsontext.AllowDuplicateNames(true)) {
			t.Fatalf("Raw is not valid: %q", rec.Raw)
		}
		if member(t, text, "eventName") == "" && member(t, text, "eventTime") == "" {
			return // wrapped
		}
		if member(t, text, "insightDetails") != "" {
			return // named after what it is about
		}
		compareFields(t, text, &rec)
	})
}

// compareFields compares a scanned record with what jsontext reads.
func compareFields(t *testing.T, text []byte, rec *Record) {
	t.Helper()
	for name, got := range map[string][]byte{
		"awsRegion": rec.Region, "eventSource": rec.Source, "eventName": rec.Name, "eventType": rec.Type,
		"eventCategory": rec.Category, "sourceIPAddress": rec.IP, "userAgent": rec.UserAgent,
		"errorCode": rec.ErrorCode, "errorMessage": rec.ErrorMessage,
		"requestID": rec.RequestID, "sharedEventID": rec.SharedEventID,
	} {
		if want := member(t, text, name); string(got) != want {
			t.Fatalf("%s is %q, want %q", name, got, want)
		}
	}
	if want := member(t, text, "eventID"); want != "" && string(rec.EventID) != want {
		t.Fatalf("eventID is %q, want %q", rec.EventID, want)
	}
	if want := member(t, text, "readOnly") == "true"; rec.ReadOnly != want {
		t.Fatalf("readOnly is %v", rec.ReadOnly)
	}
}

func FuzzReader(f *testing.F) {
	for i, seed := range seedRecords {
		f.Add([]byte(seed + seedRecords[(i+1)%len(seedRecords)]))
		f.Add([]byte(`{"Records":[` + seed + `,` + seedRecords[0] + `],"x":1}`))
		f.Add([]byte(seed[:len(seed)/2] + "\n" + seedRecords[0]))
		f.Add([]byte(gzipped(seed)))
	}
	f.Add([]byte(zipped(f, [2]string{"a", record("a")}, [2]string{"b", "{"})))
	f.Add([]byte(`[{"aws":{"cloudtrail":` + record("a") + `}}}`))
	f.Fuzz(func(t *testing.T, file []byte) {
		if len(file) > 1<<20 {
			return
		}
		lim := Limits{Inflated: 1 << 22, Record: 1 << 12, Depth: 20, Broken: 5}
		whole := readFuzzed(t, bytes.NewReader(file), len(file), lim)
		pieces := readFuzzed(t, iotest.HalfReader(bytes.NewReader(file)), len(file), lim)
		if strings.Join(whole, "\n") != strings.Join(pieces, "\n") {
			t.Fatalf("read in pieces it differs: %q and %q", whole, pieces)
		}
	})
}

// readFuzzed gives what a Reader yields in words, and checks that it goes
// forward and ends.
func readFuzzed(t *testing.T, from io.Reader, size int, lim Limits) []string {
	r := NewReader(Source{Name: "f", R: from}, lim)
	defer r.Close()
	var said []string
	for range 1 << 24 {
		rec, err := r.Next()
		var b *Broken
		switch {
		case err == io.EOF:
			return said
		case errors.As(err, &b):
			if len(b.Excerpt) > ExcerptLimit || b.Offset < 0 || b.Reason == "" {
				t.Fatalf("%+v", b)
			}
			said = append(said, b.Error()+string(b.Excerpt))
		case err != nil:
			t.Fatal(err)
		default:
			if !jsontext.Value(rec.Raw).IsValid(jsontext.AllowDuplicateNames(true)) {
				t.Fatalf("Raw is not valid: %q", rec.Raw)
			}
			said = append(said, string(rec.Raw))
		}
	}
	t.Fatalf("no end in a file of %d bytes", size)
	return nil
}

// A line that is anything costs at most itself: the records before it are
// read, and the one behind it is read or reported.
func FuzzReaderLine(f *testing.F) {
	for _, seed := range seedRecords {
		f.Add(seed)
		f.Add(seed[:len(seed)/2])
	}
	f.Add(`{"Records":[],"x":`)
	f.Fuzz(func(t *testing.T, line string) {
		if strings.Contains(line, "\n") || len(line) > 1<<12 {
			return
		}
		file := record("1") + "\n" + record("2") + "\n" + line + "\n" + record("3") + "\n"
		o := readAll(t, Source{Name: "f", R: strings.NewReader(file)}, Limits{})
		if len(o.ids) < 2 || o.ids[0] != "1" || o.ids[1] != "2" {
			t.Fatalf("the records before %q are lost", line)
		}
		if o.ids[len(o.ids)-1] != "3" && len(o.broken) == 0 {
			t.Fatalf("the record behind %q is lost without a word", line)
		}
	})
}

func FuzzParseKey(f *testing.F) {
	for _, test := range keys {
		f.Add(test.key)
	}
	f.Fuzz(func(t *testing.T, key string) {
		k, err := ParseKey(key)
		if err != nil {
			return
		}
		if !isAccount(k.Account) || folderOf(string(k.Folder)) == "" || !strings.HasPrefix(key, k.Prefix) {
			t.Fatalf("%q: %+v", key, k)
		}
	})
}

func FuzzEqual(f *testing.F) {
	for _, test := range equals {
		f.Add([]byte(test.a), []byte(test.b))
	}
	f.Fuzz(func(t *testing.T, a, b []byte) {
		if !Equal(a, a) || Equal(a, b) != Equal(b, a) {
			t.Fatal("not an equivalence")
		}
		if jsontext.Value(a).IsValid() && !Equal(a, append(append([]byte(" "), a...), '\n')) {
			t.Fatal("white space counts")
		}
		x, y := jsontext.Value(bytes.Clone(a)), jsontext.Value(bytes.Clone(b))
		if x.Canonicalize() != nil || y.Canonicalize() != nil {
			return
		}
		if Equal(a, b) && !bytes.Equal(x, y) {
			t.Fatalf("equal, but not to jsontext: %s and %s", x, y)
		}
	})
}

func FuzzLookup(f *testing.F) {
	for _, seed := range seedRecords {
		f.Add([]byte(seed), "requestParameters", "bucketName")
	}
	f.Fuzz(func(t *testing.T, raw []byte, a, b string) {
		value, ok := Lookup(raw, a, b)
		if ok && jsontext.Value(raw).IsValid() && !jsontext.Value(value).IsValid() {
			t.Fatalf("%q is not a value", value)
		}
	})
}
