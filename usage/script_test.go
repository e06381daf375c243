package usage

import (
	"cmp"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "write the timelines that are found into the cases")

// TestTimelines runs the cases in testdata/timelines. A case states facts,
// one to a line: a time of day, a word, and what is known:
//
//	10:00 run type=t3.micro by=ann tag.team=web
//	10:30 stop prev=running
//	11:00 seen state=stopped launched=10:00:01 ended=10:30:00
//	12:00 look                 a complete snapshot without the instance
//	13:00 fresh                the newest sign of life of the region
//	13:00 until
//
// and the intervals that follow from them.
func TestTimelines(t *testing.T) {
	files, err := filepath.Glob("testdata/timelines/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i+1 < len(archive.Files); i += 2 {
			facts, want := archive.Files[i], &archive.Files[i+1]
			t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar")+"/"+facts.Name, func(t *testing.T) {
				got := runScript(t, string(facts.Data))
				if *update {
					want.Data = []byte(got)
				}
				if want.Name != "intervals" || got != string(want.Data) {
					t.Errorf("facts:\n%s\n%s:\n%s\ngot:\n%s", facts.Data, want.Name, want.Data, got)
				}
			})
		}
		if *update {
			if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func runScript(t *testing.T, text string) string {
	t.Helper()
	s, err := parseScript(text)
	if err != nil {
		t.Fatal(err)
	}
	timeline, err := TimelineOf(s.facts, s.horizon())
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for i := range timeline.Intervals {
		writeInterval(&out, &timeline.Intervals[i])
	}
	for _, at := range s.ask {
		st := timeline.At(at)
		fmt.Fprintf(&out, "at %s: %s since %s %s%s\n", hour(at), st.State, hour(st.Since), shapeText(st.Shape), tagText(st.Tags))
	}
	return out.String()
}

// script is a case taken apart.
type script struct {
	facts []Fact
	fresh []Freshness
	snaps []Snapshot
	until Seconds
	ask   []Seconds
}

func (s *script) horizon() Horizon { return NewHorizon(s.fresh, s.snaps, s.until) }

// day is the day of all cases; their times are within it or the next.
const day = 1_700_006_400 // 2023-11-15

func hour(at Seconds) string {
	if at == 0 {
		return "never"
	}
	return time.Unix(at, 0).UTC().Format("15:04:05")
}

func parseHour(text string) (Seconds, error) {
	if len(text) == len("10:00") {
		text += ":00"
	}
	at, err := time.Parse("15:04:05", text)
	if err != nil {
		return 0, err
	}
	return day + Seconds(at.Sub(at.Truncate(24*time.Hour))/time.Second), nil
}

const scriptAccount, scriptRegion = "123456789012", "us-east-1"

func parseScript(text string) (*script, error) {
	s := &script{until: NoLimit}
	for n, line := range strings.Split(text, "\n") {
		line, _, _ = strings.Cut(line, "#")
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		if err := s.line(n, words); err != nil {
			return nil, fmt.Errorf("line %d, %q: %w", n+1, line, err)
		}
	}
	return s, nil
}

func (s *script) line(n int, words []string) error {
	at, err := parseHour(words[0])
	if err != nil {
		return err
	}
	switch words[1] {
	case "fresh":
		s.fresh = append(s.fresh, Freshness{scriptAccount, scriptRegion, at})
	case "until":
		s.until = at
	case "at":
		s.ask = append(s.ask, at)
	case "look", "partial":
		s.snaps = append(s.snaps, Snapshot{
			ID: strconv.Itoa(n), Account: scriptAccount, Region: scriptRegion, At: at, Complete: words[1] == "look",
		})
	default:
		return s.fact(n, at, words[1], words[2:])
	}
	return nil
}

var scriptKinds = map[string]kind{
	"run": kindLaunch, "fleet": kindFleet, "bid": kindBid, "start": kindStart, "stop": kindStop,
	"terminate": kindTerminate, "evict": kindEvict, "notice": kindNotice, "modify": kindModify,
	"tag": kindTag, "untag": kindUntag, "seen": kindSeen,
}

func (s *script) fact(n int, at Seconds, word string, settings []string) error {
	k, ok := scriptKinds[word]
	if !ok {
		return fmt.Errorf("no such word: %s", word)
	}
	st := &statement{kind: k, at: at, region: scriptRegion}
	if k.launches() || k == kindTag || k == kindSeen {
		st.tags = Tags{}
	}
	if k == kindLaunch || k == kindSeen {
		st.shape.marketplace = no
	}
	key := fmt.Sprintf("e%02d", n)
	if k != kindSeen {
		st.cause = Cause{EventID: key, EventName: word, Time: at}
	}
	for _, setting := range settings {
		name, value, _ := strings.Cut(setting, "=")
		if err := st.set(name, value); err != nil {
			return err
		}
	}
	if k != kindSeen {
		key = st.cause.EventID + "/" + cmp.Or(bodyOf(settings), "0")
	}
	s.facts = append(s.facts, Fact{Account: scriptAccount, Resource: "i-1", Key: key, Data: st.encode()})
	return nil
}

func bodyOf(settings []string) string {
	for _, setting := range settings {
		if body, ok := strings.CutPrefix(setting, "body="); ok {
			return body
		}
	}
	return ""
}

func (s *statement) set(name, value string) (err error) {
	switch name {
	case "prev", "state":
		s.state = parseState(value)
	case "hibernate":
		s.hibernate = true
	case "launched":
		s.launched, err = parseHour(value)
	case "ended":
		s.ended, err = parseHour(value)
	case "reason":
		s.reason = value
	case "type":
		s.shape.typ = value
	case "op":
		s.shape.operation = value
	case "tenancy":
		s.shape.tenancy = tenancy(value)
	case "purchase":
		s.shape.purchase = value
	case "cpus":
		s.shape.cpus, err = strconv.Atoi(value)
	case "windows":
		s.shape.windows = true
	case "marketplace":
		s.shape.marketplace = yes
	case "zone":
		s.zone = value
	case "gone":
		key, value, valued := strings.Cut(value, ":")
		s.untag = append(s.untag, tagMatch{key, value, !valued})
	case "by":
		s.cause.Principal = value
	case "invoked":
		s.cause.InvokedBy = value
	case "id":
		s.cause.EventID = value
	case "replaces":
		s.replaces = value
	case "body":
	default:
		key, ok := strings.CutPrefix(name, "tag.")
		if !ok {
			return fmt.Errorf("no such setting: %s", name)
		}
		s.tags[key] = value
	}
	return err
}

func writeInterval(out *strings.Builder, in *Interval) {
	fmt.Fprintf(out, "%s-%s", hour(in.Start), hour(in.End))
	if in.NotAfter != in.End {
		fmt.Fprintf(out, "..%s", hour(in.NotAfter))
	}
	fmt.Fprintf(out, " %s%s", shapeText(in.Shape), tagText(in.Tags))
	if in.Zone != "" {
		out.WriteString(" zone=" + in.Zone)
	}
	if in.Period != in.Start {
		out.WriteString(" period=" + hour(in.Period))
	}
	fmt.Fprintf(out, " %s..", causeText(in.Opened.OrNone()))
	switch {
	case in.Open:
		out.WriteString("open")
	case !in.Last:
		out.WriteString(causeText(in.Closed.OrNone()) + " more")
	default:
		out.WriteString(causeText(in.Closed.OrNone()))
	}
	fmt.Fprintf(out, " launcher=%s\n", causeText(in.Launcher.OrNone()))
	for _, why := range in.Evidence {
		if why != operationAssumed {
			fmt.Fprintf(out, "\t%s\n", why)
		}
	}
}

func causeText(c Cause) string {
	if c == (Cause{}) {
		return "?"
	}
	if c.Principal != "" {
		return c.EventName + ":" + c.Principal
	}
	return c.EventName
}

func shapeText(s Shape) string {
	text := cmp.Or(s.Type, "?") + " " + strings.TrimPrefix(s.Operation, "RunInstances")
	if s.OperationAssumed {
		text += "assumed"
	}
	text = strings.TrimSpace(text)
	if s.Tenancy != "" && s.Tenancy != "Shared" {
		text += " " + s.Tenancy
	}
	if s.Purchase != "" && s.Purchase != onDemand {
		text += " " + s.Purchase
	}
	if s.CPUs != 0 {
		text += fmt.Sprintf(" cpus=%d", s.CPUs)
	}
	if s.Marketplace {
		text += " marketplace"
	}
	return text
}

func tagText(t Tags) string {
	var b strings.Builder
	for _, key := range slices.Sorted(maps.Keys(t)) {
		fmt.Fprintf(&b, " %s=%s", key, t[key])
	}
	return b.String()
}
