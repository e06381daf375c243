package cloudtrail

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"
)

// record gives a small valid record.
func record(id string) string {
	return fmt.Sprintf(`{"eventVersion":"1.08","eventTime":"2023-07-10T11:55:21Z","eventSource":"ec2.amazonaws.com","eventName":"RunInstances","eventID":%q}`, id)
}

// outcome is what a Reader yields: event ids, and reasons of what is broken.
type outcome struct {
	ids     []string
	reasons []string
	broken  []*Broken
}

func readAll(t testing.TB, src Source, lim Limits) outcome {
	t.Helper()
	r := NewReader(src, lim)
	defer r.Close()
	return drain(t, r)
}

func drain(t testing.TB, r *Reader) (o outcome) {
	t.Helper()
	for {
		rec, err := r.Next()
		var b *Broken
		switch {
		case err == nil:
			o.ids = append(o.ids, string(rec.EventID))
		case err == io.EOF:
			return o
		case errors.As(err, &b):
			o.reasons = append(o.reasons, b.Reason)
			o.broken = append(o.broken, b)
		default:
			t.Fatal(err)
		}
	}
}

func gzipped(text string) string {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	io.WriteString(w, text)
	w.Close()
	return out.String()
}

func zipped(t testing.TB, members ...[2]string) string {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, m := range members {
		f, err := w.Create(m[0])
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(f, m[1])
	}
	w.Close()
	return out.String()
}

func TestForms(t *testing.T) {
	a, b, c := record("a"), record("b"), record("c")
	quoted := func(s string) string { return `"` + strings.ReplaceAll(s, `"`, `\"`) + `"` }
	envelope := func(s string) string {
		return `{"version":"0","id":"e","detail-type":"AWS API Call via CloudTrail","source":"aws.ec2","account":"123456789012","time":"2023-07-10T11:55:22Z","region":"us-east-1","resources":[],"detail":` + s + `}`
	}
	for _, form := range []struct{ name, text, want string }{
		{"records", `{"Records":[` + a + `,` + b + `,` + c + `]}`, "a b c"},
		{"no records", `{"Records":[]}`, ""},
		{"keys around records", `{"x":{"y":[1,{"z":"]}"}]},"Records":[` + a + `],"n":1.5e3,"s":"}","Records":[` + b + `],"l":null}`, "a b"},
		{"array", ` [ ` + a + ` , ` + b + "\n]\n", "a b"},
		{"array of arrays", `[[` + a + `],[` + b + `,` + c + `]]`, "a b c"},
		{"lines", a + "\n" + b + "\r\n" + c, "a b c"},
		{"side by side", a + b + c, "a b c"},
		{"files side by side", `{"Records":[` + a + `]}{"Records":[` + b + `]}` + "\n" + c, "a b c"},
		{"lines with commas", a + ",\n" + b + ",\n" + c, "a b c"},
		{"one", a, "a"},
		{"pretty", strings.NewReplacer(`,`, ",\n\t", `:"`, ` : "`, `{`, "{\r\n").Replace(a), "a"},
		{"byte order mark", "\ufeff" + a, "a"},
		{"envelope", envelope(a), "a"},
		{"envelopes and records", `[` + envelope(a) + `,` + b + `]` + "\n" + envelope(c), "a b c"},
		{"lookup", `{"Events":[{"EventId":"x","CloudTrailEvent":` + quoted(a) + `},{"CloudTrailEvent":` + quoted(b) + `}],"NextToken":"n"}`, "a b"},
		{"lookup lines", `{"CloudTrailEvent":` + quoted(a) + "}\n" + `{"CloudTrailEvent":` + quoted(b) + "}\n", "a b"},
		{"documents", `[{"aws":{"cloudtrail":` + a + `}},{ "aws" : { "cloudtrail" : ` + b + `}},` + c + `]`, "a b c"},
		{"gzip", gzipped(`{"Records":[` + a + `]}`), "a"},
		{"gzip members", gzipped(a+"\n") + gzipped(b), "a b"},
		{"gzip member in a record", gzipped(a[:40]) + gzipped(a[40:]), "a"},
		{"zip", zipped(t, [2]string{"d/", ""}, [2]string{"d/1.json", a}, [2]string{"2.json.gz", gzipped(b)}), "a b"},
		{"escaped keys", strings.Replace(a, `"eventID"`, `"event\u0049D"`, 1), "a"},
	} {
		t.Run(form.name, func(t *testing.T) {
			o := readAll(t, Source{Name: "f", R: strings.NewReader(form.text)}, Limits{})
			if got := strings.Join(o.ids, " "); got != form.want || len(o.reasons) > 0 {
				t.Errorf("got %q, want %q; broken: %q", got, form.want, o.reasons)
			}
		})
	}
}

func TestBroken(t *testing.T) {
	a, b := record("a"), record("b")
	good := func(bad string) string { return `{"Records":[` + a + `,` + bad + `,` + b + `]}` }
	with := func(member string) string { return a[:len(a)-1] + `,` + member + `}` }
	for _, test := range []struct{ name, text, ids, reason string }{
		{"empty", "", "", "empty file"},
		{"blank", " \n\t", "", "empty file"},
		{"empty gzip", gzipped(""), "", "empty file"},
		{"text", "hello", "", "not JSON"},
		{"csv", "a,b\n{,}", "", "not JSON"},
		{"no event", good(`{}`), "a b", "no eventTime"},
		{"number", good(`17`), "a b", "a record was expected"},
		{"no time", good(`{"eventName":"X","eventTime":"yesterday"}`), "a b", "not a time"},
		{"no name", good(`{"eventTime":"2023-07-10T11:55:21Z"}`), "a b", "neither"},
		{"missing comma", `[` + a + b + `]`, "a b", "a comma is missing"},
		{"double comma", `[` + a + `,,` + b + `]`, "a b", "a record was expected"},
		{"missing comma in a record", good(strings.Replace(a, `,`, ` `, 1)), "a b", "a comma"},
		{"missing quote", good(strings.Replace(a, `":`, `:`, 1)), "a b", "colon"},
		{"stray brackets", `[` + a + `}},` + b + `]`, "a b", "a record was expected"},
		{"cut off", `{"Records":[` + a + `,` + b[:50], "a", "ends inside a record"},
		{"cut off between", `{"Records":[` + a + `,`, "a", "ends inside a list"},
		{"cut off behind the records", `{"Records":[` + a + `,` + b + `],"x":"`, "a b", "ends inside a list"},
		{"cut off, then another file", `{"Records":[` + a + `,` + a[:50] + "\n" + `{"Records":[` + b + `]}`, "a b", "control character"},
		{"cut line", a + "\n" + a[:30] + "\n" + b + "\n", "a b", "control character"},
		{"cut line behind a colon", a + "\n" + a[:16] + "\n" + b, "a b", "ends inside a record"},
		{"control character", good(with(`"x":"` + "\x01" + `"`)), "a b", "control character"},
		{"NUL", good(with(`"x":` + "\x00")), "a b", "a value was expected"},
		{"invalid UTF-8", good(with(`"x":"` + "\xff" + `"`)), "a b", "invalid UTF-8"},
		{"twice", good(with(`"eventName":"x"`)), "a b", "eventName occurs twice"},
		{"twice, spelled differently", good(with(`"event\u004eame":"x"`)), "a b", "eventName occurs twice"},
		{"deep", good(with(`"x":` + strings.Repeat("[", 1e6) + strings.Repeat("]", 1e6))), "a b", "nested deeper"},
		{"deep and open", a + strings.Repeat(`{"a":`, 1e5), "a", "nested deeper"},
		{"deep lists", strings.Repeat("[", 1e6), "", "nested deeper"},
		{"long", good(with(`"x":"` + strings.Repeat("x", 5<<20) + `"`)), "a b", "longer than"},
		{"digest", `{"awsAccountId":"1","digestS3Object":"x","logFiles":[]}`, "", "digest file"},
		{"aggregated", good(`{"eventId":"1","accountId":"2"}`), "a b", "aggregated"},
		{"S3 notification", `{"Records":[{"eventSource":"aws:s3","eventName":"ObjectCreated:Put","eventTime":"2023-07-10T11:55:21Z","s3":{}}]}`, "", "aws:s3"},
		{"other envelope", `{"detail-type":"GuardDuty Finding","detail":{}}`, "", "GuardDuty"},
		{"empty envelope", good(`{"detail-type":"AWS API Call via CloudTrail"}`), "a b", "wrapped record"},
		{"broken wrapped", good(`{"CloudTrailEvent":"{\"eventTime\""}`), "a b", "wrapped record"},
		{"cut gzip", gzipped(a + "\n" + b)[:len(gzipped(a+"\n"+b))-20], "a", "cut off"},
		{"corrupt gzip", "\x1f\x8bxxxxxxxxxxx", "", "cannot be decompressed"},
		{"text behind gzip", gzipped(a) + "a tail that is no gzip", "a", "cannot be decompressed"},
		{"zip in zip", zipped(t, [2]string{"a", a}, [2]string{"b.zip", zipped(t, [2]string{"c", b})}), "a", "a zip archive in a zip archive"},
		{"empty member", zipped(t, [2]string{"a", ""}, [2]string{"b", a}), "a", "empty file"},
		{"zip without files", zipped(t), "", "without files"},
		{"no colon behind the records", `{"Records":[` + a + `],"x" 1}` + "\n" + b, "a b", "a colon was expected"},
		{"another document", good(`{"aws":{"x":{}}}`), "a b", "another schema"},
		{"long garbage", `[` + a + `,1,{"x":"` + strings.Repeat("x", 5<<20) + `"},` + b + `]`, "a b", "a record was expected"},
		{"corrupt zip", "PK\x03\x04xxxx", "", "cannot be decompressed"},
		{"wrapper left open", `[{"aws":{"cloudtrail":` + a + `,` + b + `]`, "a b", "closing bracket is missing"},
		{"look-alike in a broken record", `[` + strings.Replace(with(`"requestParameters":{"x":`+b+`}`), `,`, ` `, 1) + `,` + b + `]`, "b", "a comma"},
	} {
		t.Run(test.name, func(t *testing.T) {
			o := readAll(t, Source{Name: "f", R: strings.NewReader(test.text)}, Limits{})
			if got := strings.Join(o.ids, " "); got != test.ids {
				t.Errorf("got %q, want %q", got, test.ids)
			}
			if len(o.reasons) != 1 || !strings.Contains(o.reasons[0], test.reason) {
				t.Errorf("reasons %q, want one of %q", o.reasons, test.reason)
			}
		})
	}
}

func TestZipNamesItsMembers(t *testing.T) {
	a := record("a")
	text := zipped(t, [2]string{"x.csv", "a,b"}, [2]string{"y.json", a + "\n!"}, [2]string{"z.json", a})
	src := Source{Name: "f.zip", R: strings.NewReader(text), At: strings.NewReader(text), Size: int64(len(text))}
	o := readAll(t, src, Limits{})
	if len(o.ids) != 2 || len(o.broken) != 2 {
		t.Fatalf("%q %q", o.ids, o.reasons)
	}
	if b := o.broken[0]; b.Name != "f.zip!x.csv" || !b.Whole {
		t.Errorf("%+v", b)
	}
	if b := o.broken[1]; b.Name != "f.zip!y.json" || b.Offset != int64(len(a))+1 || string(b.Excerpt) != "!" {
		t.Errorf("%+v", b)
	}
}

func TestZipThatCannotBeSpooled(t *testing.T) {
	text := zipped(t, [2]string{"x", strings.Repeat(record("a"), 10)})
	o := readAll(t, Source{Name: "f.zip", R: strings.NewReader(text)}, Limits{Spool: 100})
	if len(o.ids) != 0 || len(o.broken) != 1 || !o.broken[0].Whole {
		t.Errorf("%q %q", o.ids, o.reasons)
	}
}

func TestRefusedByName(t *testing.T) {
	const logs = "AWSLogs/123456789012/"
	for _, test := range []struct{ name, reason string }{
		{logs + "CloudTrail/", "folder marker"},
		{logs + "CloudTrail-Digest/us-east-1/2023/07/10/x.json.gz", "digest file"},
		{logs + "CloudTrail-Aggregated/us-east-1/2023/07/10/x.json.gz", "aggregated"},
	} {
		o := readAll(t, Source{Name: test.name, R: strings.NewReader(record("a"))}, Limits{})
		if len(o.ids) > 0 || len(o.broken) != 1 || !o.broken[0].Whole || !strings.Contains(o.reasons[0], test.reason) {
			t.Errorf("%s: %q %q", test.name, o.ids, o.reasons)
		}
	}
}

func TestBombs(t *testing.T) {
	bomb := gzipped(record("a") + `{"x":"` + strings.Repeat("x", 1<<20) + `"}` + record("b"))
	for _, lim := range []Limits{{Inflated: 1 << 19}, {RatioFloor: 1 << 10}, {Ratio: 100, RatioFloor: 1 << 19}} {
		o := readAll(t, Source{Name: "f", R: strings.NewReader(bomb)}, lim)
		if len(o.ids) > 1 || len(o.reasons) != 1 || !strings.Contains(o.reasons[0], "inflates") {
			t.Errorf("%+v: %q %q", lim, o.ids, o.reasons)
		}
	}
	if o := readAll(t, Source{Name: "f", R: strings.NewReader(bomb)}, Limits{}); len(o.ids) != 2 {
		t.Errorf("an ordinary file is refused: %q", o.reasons)
	}
}

func TestManyBrokenAreCounted(t *testing.T) {
	o := readAll(t, Source{Name: "f", R: strings.NewReader(strings.Repeat(`{}`, 50) + record("a"))}, Limits{Broken: 10})
	if len(o.ids) != 1 || len(o.broken) != 11 {
		t.Fatalf("%d records, %d broken", len(o.ids), len(o.broken))
	}
	if b := o.broken[10]; b.Offset != 20 || !strings.HasPrefix(b.Reason, "40 more") {
		t.Errorf("%+v", b)
	}
}

// zeros is an endless file.
type repeated byte

func (c repeated) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(c)
	}
	return len(p), nil
}

func TestGigabyteInAString(t *testing.T) {
	size := int64(1 << 30)
	if testing.Short() {
		size = 64 << 20
	}
	file := io.MultiReader(
		strings.NewReader(`{"Records":[`+record("a")+`,{"eventTime":"`),
		io.LimitReader(repeated('x'), size),
		strings.NewReader(`"},`+record("b")+`]}`))
	r := NewReader(Source{Name: "f", R: file}, Limits{})
	o := drain(t, r)
	if len(o.ids) != 2 || len(o.broken) != 1 {
		t.Fatalf("%q %q", o.ids, o.reasons)
	}
	if held := int64(cap(r.win.buf)); held > 4*r.lim.Record {
		t.Errorf("the window grew to %d bytes", held)
	}
}

func TestSourceFailure(t *testing.T) {
	failure := errors.New("line down")
	for _, text := range []string{"", record("a"), record("a") + record("b")[:20], gzipped(record("a"))[:30]} {
		r := NewReader(Source{Name: "f", R: io.MultiReader(strings.NewReader(text), iotest.ErrReader(failure))}, Limits{})
		var err error
		for n := 0; err == nil && n < 10; n++ {
			_, err = r.Next()
		}
		if !errors.Is(err, failure) {
			t.Errorf("after %d bytes: %v", len(text), err)
		}
		if _, err := r.Next(); err != io.EOF {
			t.Errorf("after the failure: %v", err)
		}
	}
}

func TestAccountOfTheKey(t *testing.T) {
	key := "AWSLogs/o-abcd/123456789012/CloudTrail/us-east-1/2023/07/10/x.json"
	r := NewReader(Source{Name: key, R: strings.NewReader(record("a"))}, Limits{})
	rec, err := r.Next()
	if err != nil || string(rec.Account) != "123456789012" {
		t.Errorf("%v %v", rec, err)
	}
}

func TestStateChange(t *testing.T) {
	text := `{"id":"7","detail-type":"EC2 Instance State-change Notification","source":"aws.ec2","account":"123456789012","time":"2015-11-11T21:29:54Z","region":"us-east-1","resources":["arn:aws:ec2:us-east-1:123456789012:instance/i-abcd1111"],"detail":{"instance-id":"i-abcd1111","state":"pending"}}`
	var rec Record
	if err := ScanRecord([]byte(text), &rec); err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprintf("%s %s %s %s %s %s %d %s %s", rec.EventID, rec.Source, rec.Name, rec.Type, rec.Account, rec.Region, rec.Time, rec.Resources, rec.Raw)
	want := "7 aws.ec2 EC2 Instance State-change Notification AwsEventBridge 123456789012 us-east-1 1447277394000 [arn:aws:ec2:us-east-1:123456789012:instance/i-abcd1111 i-abcd1111] " + text
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// Any records in any form, with any white space, packed or not, arriving in
// any pieces, are read as they are.
func TestAnyRecordsInAnyForm(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 12).Draw(t, "n")
		var raws, texts []string
		for i := range n {
			raw := anyRecord(t, fmt.Sprint("id-", i))
			raws = append(raws, raw)
			texts = append(texts, wrap(t, spaced(t, raw)))
		}
		text := contain(t, texts)
		if text == "" || strings.TrimSpace(text) == "" {
			return
		}
		if rapid.Bool().Draw(t, "gzip") {
			text = gzipped(text)
		}
		r := NewReader(Source{Name: "f", R: pieces(t, text)}, Limits{})
		for i, want := range raws {
			rec, err := r.Next()
			if err != nil {
				t.Fatalf("record %d of %q: %v", i, text, err)
			}
			if string(rec.Raw) != want || string(rec.EventID) != fmt.Sprint("id-", i) {
				t.Fatalf("record %d: got %q, want %q", i, rec.Raw, want)
			}
		}
		if rec, err := r.Next(); err != io.EOF {
			t.Fatalf("then %v, %v", rec, err)
		}
	})
}

// anyRecord gives a compact record with members of any kind.
func anyRecord(t *rapid.T, id string) string {
	members := []string{
		`"eventTime":"2023-07-10T11:55:21Z"`, `"eventName":"RunInstances"`, fmt.Sprintf(`"eventID":%q`, id),
	}
	for i := range rapid.IntRange(0, 5).Draw(t, "members") {
		members = append(members, fmt.Sprintf(`"x%d":%s`, i, anyValue(t, 3)))
	}
	return "{" + strings.Join(rapid.Permutation(members).Draw(t, "order"), ",") + "}"
}

func anyValue(t *rapid.T, depth int) string {
	kinds := []string{`null`, `true`, `-0.5e+3`, `""`, `"a\"\\b{[,:]} "`, `"\u00e4ä😀\ud83d\ude00"`, `{}`, `[]`, `"i-0123456789abcdef0"`}
	if depth > 0 {
		kinds = append(kinds, `[…,…]`, `{"k":…,"Records":…}`)
	}
	value := rapid.SampledFrom(kinds).Draw(t, "value")
	for strings.Contains(value, "…") {
		value = strings.Replace(value, "…", anyValue(t, depth-1), 1)
	}
	return value
}

// spaced puts white space between the tokens of a compact text.
func spaced(t *rapid.T, text string) string {
	space := rapid.SampledFrom([]string{"", " ", "\n\t", "\r\n  "}).Draw(t, "space")
	var out strings.Builder
	inside := false
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case inside && c == '\\':
			out.WriteByte(c)
			i++
			c = text[i]
		case c == '"':
			inside = !inside
		case !inside && strings.IndexByte("{}[],:", c) >= 0:
			out.WriteString(space)
			out.WriteByte(c)
			out.WriteString(space)
			continue
		}
		out.WriteByte(c)
	}
	return out.String()
}

// wrap puts a record into what it may travel in.
func wrap(t *rapid.T, record string) string {
	switch rapid.IntRange(0, 3).Draw(t, "wrap") {
	case 0:
		return `{"detail-type":"AWS API Call via CloudTrail","detail":` + record + `,"id":"e"}`
	case 1:
		quoted := strings.NewReplacer(`"`, `\"`, `\`, `\\`, "\n", `\n`, "\r", `\r`, "\t", `\t`).Replace(record)
		return `{"EventId":"e","CloudTrailEvent":"` + quoted + `"}`
	}
	return record
}

// contain puts records into a file.
func contain(t *rapid.T, texts []string) string {
	switch rapid.IntRange(0, 4).Draw(t, "container") {
	case 0:
		return `{"Records":[` + strings.Join(texts, ",") + `]}`
	case 1:
		return ` [` + strings.Join(texts, "\n,") + `] `
	case 2:
		return `{"a":[{"Records":1}],"Events":[` + strings.Join(texts, " , ") + `],"NextToken":"x"}`
	case 3:
		return strings.Join(texts, "")
	}
	return strings.Join(texts, "\n")
}

// pieces gives a text in pieces of any size.
func pieces(t *rapid.T, text string) io.Reader {
	switch rapid.IntRange(0, 3).Draw(t, "pieces") {
	case 0:
		return iotest.OneByteReader(strings.NewReader(text))
	case 1:
		return iotest.HalfReader(strings.NewReader(text))
	case 2:
		return iotest.DataErrReader(strings.NewReader(text))
	}
	return strings.NewReader(text)
}
