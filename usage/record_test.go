package usage

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/kopterio/kopter/cloudtrail"
)

// record makes a record of its parts, as a reader would.
func record(source, name, body string) *cloudtrail.Record {
	return &cloudtrail.Record{
		Time: day*1000 + 999, EventID: []byte("e1"), Account: []byte(scriptAccount), Region: []byte(scriptRegion),
		Source: []byte(source), Name: []byte(name), Principal: []byte("ann"), Raw: []byte(body), BodyHash: 0xab,
	}
}

func factsOf(t *testing.T, rec *cloudtrail.Record) ([]Fact, error) {
	t.Helper()
	var facts []Fact
	err := FromRecord(rec, func(f Fact) { facts = append(facts, f) })
	return facts, err
}

// TestFromRecord runs the cases in testdata/records: a call's name and the
// body of its record, and what it says. A case whose name ends in "!" is an
// error.
func TestFromRecord(t *testing.T) {
	const file = "testdata/records/forms.txtar"
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(archive.Files); i += 2 {
		in, want := archive.Files[i], &archive.Files[i+1]
		t.Run(in.Name, func(t *testing.T) {
			call, body, _ := strings.Cut(string(in.Data), "\n")
			source := "ec2.amazonaws.com"
			if strings.Contains(call, "Notification") {
				source = "aws.ec2"
			}
			got := sayings(t, record(source, call, body))
			if *update {
				want.Data = []byte(got)
			}
			if want.Name != "says" || got != string(want.Data) {
				t.Errorf("%s%s:\n%s\ngot:\n%s", in.Data, want.Name, want.Data, got)
			}
		})
	}
	if *update {
		if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// sayings writes what a record says in the words of the timelines' cases.
func sayings(t *testing.T, rec *cloudtrail.Record) string {
	t.Helper()
	facts, err := factsOf(t, rec)
	var out strings.Builder
	for i := range facts {
		var s statement
		if err := s.decode(facts[i].Data); err != nil {
			t.Fatal(err)
		}
		writeStatement(&out, &facts[i], &s)
	}
	if err != nil {
		fmt.Fprintf(&out, "error: %v\n", err)
	}
	return out.String()
}

func writeStatement(out *strings.Builder, f *Fact, s *statement) {
	word := ""
	for w, k := range scriptKinds {
		if k == s.kind {
			word = w
		}
	}
	fmt.Fprintf(out, "%s %s %s", f.Resource, f.Key, word)
	p := s.shape
	for _, part := range []struct{ name, value string }{
		{"prev", strings.TrimPrefix(s.state.String(), "unknown")}, {"zone", s.zone}, {"type", p.typ}, {"tenancy", p.tenancy},
		{"purchase", p.purchase}, {"replaces", s.replaces},
	} {
		if part.value != "" {
			fmt.Fprintf(out, " %s=%s", part.name, part.value)
		}
	}
	if p.cpus != 0 {
		fmt.Fprintf(out, " cpus=%d", p.cpus)
	}
	for _, flag := range []struct {
		name string
		on   bool
	}{{"hibernate", s.hibernate}, {"windows", p.windows}, {"marketplace", p.marketplace == yes}} {
		if flag.on {
			out.WriteString(" " + flag.name)
		}
	}
	out.WriteString(tagText(s.tags))
	for _, m := range s.untag {
		fmt.Fprintf(out, " gone=%s:%s:%v", m.key, m.value, m.anyText)
	}
	out.WriteString("\n")
}

// Who did it, where and when is taken from the record's fields; milliseconds
// are cut off.
func TestCauseOfRecord(t *testing.T) {
	rec := record("ec2.amazonaws.com", "CreateTags", `{"requestParameters":{"resourcesSet":{"items":[{"resourceId":"i-1"}]}}}`)
	rec.Actor, rec.ActorType, rec.Session = []byte("ann-a"), []byte("AssumedRole"), []byte("s")
	rec.AccessKey, rec.IP, rec.UserAgent, rec.InvokedBy = []byte("AKIA"), []byte("1.2.3.4"), []byte("cli"), []byte("svc")
	facts, err := factsOf(t, rec)
	if err != nil || len(facts) != 1 {
		t.Fatalf("%d facts, %v", len(facts), err)
	}
	for _, field := range [][]byte{rec.EventID, rec.Name, rec.Principal, rec.Account, rec.Region} {
		clear(field) // the facts must not alias the record
	}
	var s statement
	if err := s.decode(facts[0].Data); err != nil {
		t.Fatal(err)
	}
	want := Cause{
		EventID: "e1", EventName: "CreateTags", Time: day, Principal: "ann", Actor: "ann-a", ActorType: "AssumedRole",
		Session: "s", AccessKey: "AKIA", IP: "1.2.3.4", UserAgent: "cli", InvokedBy: "svc",
	}
	if diff := cmp.Diff(want, s.cause); diff != "" {
		t.Errorf("cause (-want +got):\n%s", diff)
	}
	if f := facts[0]; f.Account != scriptAccount || s.region != scriptRegion || s.at != day || f.Key != "e1/ab" {
		t.Errorf("fact %+v at %d in %s", f, s.at, s.region)
	}
}

func TestFailedCallsSayNothing(t *testing.T) {
	rec := record("ec2.amazonaws.com", "RunInstances", `not looked at`)
	rec.ErrorCode = []byte("Client.UnauthorizedOperation")
	if facts, err := factsOf(t, rec); err != nil || len(facts) != 0 {
		t.Errorf("%d facts, %v", len(facts), err)
	}
}

var irrelevant = []*cloudtrail.Record{
	record("ec2.amazonaws.com", "DescribeInstances", ``),
	record("s3.amazonaws.com", "GetObject", ``),
	record("rds.amazonaws.com", "CreateTags", ``),
	record("ec2.amazonaws.com", "RebootInstances", ``),
	record("ec2.amazonaws.com", "runinstances", ``),
	record("aws.ec2", "EC2 Spot Instance Request Fulfillment", ``),
}

func TestIrrelevantRecordsCostNothing(t *testing.T) {
	emit := func(f Fact) { t.Errorf("fact %+v", f) }
	for _, rec := range irrelevant {
		n := testing.AllocsPerRun(100, func() {
			if err := FromRecord(rec, emit); err != nil {
				t.Errorf("%s: %v", rec.Name, err)
			}
		})
		if n != 0 {
			t.Errorf("%s: %v allocations", rec.Name, n)
		}
	}
}

func BenchmarkReject(b *testing.B) {
	for i := 0; b.Loop(); i++ {
		_ = FromRecord(irrelevant[i%len(irrelevant)], nil)
	}
}

func TestSecondsRoundDown(t *testing.T) {
	for ms, want := range map[int64]Seconds{0: 0, 999: 0, 1000: 1, -1: -1, -1000: -1, -1001: -2} {
		if got := seconds(ms); got != want {
			t.Errorf("%d ms: %d s, want %d", ms, got, want)
		}
	}
}

func FuzzFromRecord(f *testing.F) {
	archive, err := txtar.ParseFile("testdata/records/forms.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for i := 0; i < len(archive.Files); i += 2 {
		call, body, _ := strings.Cut(string(archive.Files[i].Data), "\n")
		f.Add(call, body)
	}
	f.Fuzz(func(t *testing.T, call, body string) {
		for _, source := range []string{"ec2.amazonaws.com", "aws.ec2"} {
			keys := map[string]bool{}
			err := FromRecord(record(source, call, body), func(fact Fact) {
				if keys[fact.Resource+" "+fact.Key] {
					t.Errorf("key %s of %s twice", fact.Key, fact.Resource)
				}
				keys[fact.Resource+" "+fact.Key] = true
				if _, err := TimelineOf([]Fact{fact}, Horizon{until: NoLimit}); err != nil {
					t.Errorf("timeline of %+v: %v", fact, err)
				}
			})
			if err != nil && !strings.HasPrefix(err.Error(), "facts of ") {
				t.Errorf("error without context: %v", err)
			}
		}
	})
}
