package audit_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/kopterio/kopter/account"
	"github.com/kopterio/kopter/audit"
	"github.com/kopterio/kopter/query"
	"github.com/parquet-go/parquet-go"
	"go.uber.org/goleak"
)

func parse(t testing.TB, text string) query.Node {
	t.Helper()
	n, err := query.Parse(text, audit.Schema())
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// someRows gives n rows, a second apart, by three actors.
func someRows(n int) []audit.Row {
	rows := make([]audit.Row, n)
	for i := range rows {
		id := fmt.Sprintf("%08d", i)
		rows[i] = audit.Row{
			Time: epoch + int64(i)*1000, Account: "111111111111", Region: "us-east-1", Name: "RunInstances",
			Actor: []string{"ann", "bert-jan", "=cmd()"}[i%3], EventID: id, RequestID: "r" + id,
			Resources: []string{"i-1", "vol-" + id},
			Raw:       fmt.Sprintf(`{"eventID":"%s","note":"rare%d common","resources":["i-1","vol-%s"]}`, id, i, id),
		}
	}
	return rows
}

var wholePart = layout{tokens: true, page: 10_000}

func TestEventsAreWrittenAsInAListing(t *testing.T) {
	e := audit.Event{Row: audit.Row{
		Time: epoch + 250, Account: "1", Region: "r", Source: "s", Name: "n", Actor: `quo"te`, ActorType: "t", Principal: "p",
		AccessKey: "k", IP: "i", UserAgent: "u\xff", ErrorCode: "c", ErrorMessage: "m\n", ReadOnly: true, Resources: []string{"a", "b"},
		EventID: "e", Session: "not shown", Raw: `{"x":1}`,
	}}
	want := `{"event_id":"e","time":"2023-07-10T11:00:00.25Z","account":"1","region":"r","source":"s","name":"n","actor":"quo\"te",` +
		`"actor_type":"t","principal":"p","access_key":"k","ip":"i","user_agent":"u` + "\uFFFD" + `","error_code":"c","error_message":"m\n",` +
		`"read_only":true,"resources":["a","b"],"raw":{"x":1}}`
	if got := string(e.AppendJSON(nil)); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	e.Raw, e.Resources = "", nil
	if got := string(e.AppendJSON(nil)); !strings.HasSuffix(got, `"resources":[]}`) {
		t.Errorf("without resources and raw: %s", got)
	}
}

func TestTagsAreFoundInTheirManySpellings(t *testing.T) {
	for raw, want := range map[string]string{
		`{"requestParameters":{"tagSpecificationSet":{"items":[{"resourceType":"instance","tags":[{"key":"team","value":"web"},{"key":"x","value":"y"}]}]}}}`:       "web",
		`{"requestParameters":{"resourcesSet":{},"tagSet":{"items":[{"key":"team","value":"a b"}]}}}`:                                                               "a b",
		`{"requestParameters":{"tags":[{"Key":"team","Value":"db"}]}}`:                                                                                              "db",
		`{"requestParameters":{"tags":[{"tagKey":"team","tagValue":"kms"}]}}`:                                                                                       "kms",
		`{"requestParameters":{"tags":{"team":"map","x":"y"}}}`:                                                                                                     "map",
		`{"requestParameters":{"tagSet":{"items":[{"key":"team","value":true}]}}}`:                                                                                  "true",
		`{"responseElements":{"instancesSet":{"items":[{"tagSet":{"items":[{"key":"team","value":"one"}]}},{"tagSet":{"items":[{"key":"team","value":"two"}]}}]}}}`: "one,two",
		`{"requestParameters":{"tagSet":{"items":[{"key":"Team","value":"x"}]}}}`:                                                                                   "",
		`{"requestParameters":{"tags":null}}`:                                                                                                                       "",
		`{}`:                                                                                                                                                        "",
	} {
		var got []string
		(&audit.Row{Raw: raw}).Each("tag.team", func(v string) bool {
			got = append(got, v)
			return true
		})
		if strings.Join(got, ",") != want {
			t.Errorf("%s: got %q, want %q", raw, got, want)
		}
	}
}

func TestSearchGoesOnWhenPartsAreCompacted(t *testing.T) {
	rows := someRows(300)
	for _, text := range []string{"", "actor:ann", "common", "rare7 OR rare250"} {
		w := newWorld()
		var old []string
		for i := 0; i < 300; i += 50 {
			old = append(old, w.write(t, wholePart, [][]audit.Row{rows[i : i+50]}))
		}
		w.rows = rows
		// When the third part is opened, all have been merged into one.
		compacting := &compacting{Files: w.files, at: old[3], compact: func() {
			merged := newWorld()
			merged.files, merged.nextID = w.files, 100
			merged.write(t, wholePart, [][]audit.Row{rows[:100], rows[100:]})
			if err := w.files.Apply(context.Background(), account.Local, audit.Change{RemoveParts: old}); err != nil {
				t.Error(err)
			}
			for _, name := range old {
				if err := errors.Join(w.files.Remove(context.Background(), name), w.files.Remove(context.Background(), audit.TokensName(name))); err != nil {
					t.Error(err)
				}
			}
		}}
		lake := audit.New(compacting, w.files)
		want := w.matching(parse(t, text), 0, 0)
		for _, run := range []func() (int64, error){
			func() (int64, error) {
				got, err := lake.Search(context.Background(), account.Local, audit.Request{Query: parse(t, text), Limit: 500, Total: true})
				if diff := cmp.Diff(rowKeys(want), eventKeys(got.Events)); diff != "" {
					t.Errorf("%q, want -, got +:\n%s", text, diff)
				}
				return got.Total, err
			},
			func() (int64, error) {
				got, err := lake.Count(context.Background(), account.Local, audit.CountRequest{Query: parse(t, text)})
				if len(got) != 1 {
					return 0, err
				}
				return got[0].Count, err
			},
		} {
			if n, err := run(); err != nil || n != int64(len(want)) {
				t.Errorf("%q: %d events, %v; want %d", text, n, err, len(want))
			}
		}
		if !compacting.done.Load() {
			t.Errorf("%q: nothing was compacted meanwhile", text)
		}
		lake.Close()
		if n := w.files.OpenReaders(); n != 0 {
			t.Errorf("%q: %d files are left open", text, n)
		}
	}
}

// compacting is a folder that is compacted when a file is about to be opened.
type compacting struct {
	audit.Files
	at      string
	compact func()
	done    atomic.Bool
}

func (c *compacting) Open(ctx context.Context, name string) (audit.FileReader, error) {
	if name == c.at && c.done.CompareAndSwap(false, true) {
		c.compact()
	}
	return c.Files.Open(ctx, name)
}

func TestAPartWithoutItsFileIsAnError(t *testing.T) {
	w := newWorld()
	name := w.write(t, wholePart, [][]audit.Row{someRows(3)})
	if err := w.files.Remove(context.Background(), name); err != nil {
		t.Fatal(err)
	}
	_, err := w.lake.Search(context.Background(), account.Local, audit.Request{})
	if !errors.Is(err, audit.ErrCorrupt) || !strings.Contains(err.Error(), name) {
		t.Errorf("got %v", err)
	}
}

func TestDamageIsAnErrorOrHarmless(t *testing.T) {
	w := newWorld()
	name := w.write(t, layout{page: 500}, [][]audit.Row{someRows(200)})
	whole := slices.Clone(w.files.Bytes(name))
	ask := func() (string, error) {
		lake := audit.New(w.files, w.files)
		defer lake.Close()
		counts, err := lake.Count(context.Background(), account.Local, audit.CountRequest{Query: parse(t, "common actor:a*"), By: []string{"resources"}})
		if err != nil {
			return "", err
		}
		var events bytes.Buffer
		err = lake.Export(context.Background(), account.Local, audit.Request{Raw: true}, "ndjson", &events)
		return fmt.Sprint(counts, events.String()), err
	}
	want, err := ask()
	if err != nil {
		t.Fatal(err)
	}
	file, err := parquet.OpenFile(bytes.NewReader(whole), int64(len(whole)))
	if err != nil {
		t.Fatal(err)
	}
	pagesEnd := int(file.Metadata().RowGroups[0].Columns[0].ColumnIndexOffset) // what follows has no checksum
	for i := 0; i < len(whole); i += 31 {
		damaged := slices.Clone(whole)
		damaged[i] ^= 0x55
		w.files.Put(name, damaged)
		got, err := ask()
		if err == nil && got != want && i < pagesEnd {
			t.Errorf("damage at byte %d of %d gives another answer", i, len(whole))
		}
	}
}

func TestSearchStopsWhenItIsCalledOff(t *testing.T) {
	defer goleak.VerifyNone(t)
	w := newWorld()
	for i := range 8 {
		rows := someRows(800)[i*100 : (i+1)*100]
		w.write(t, layout{page: 500}, [][]audit.Row{rows[:50], rows[50:]})
	}
	ctx, cancel := context.WithCancel(context.Background())
	stop := &compacting{Files: w.files, at: w.parts[3], compact: cancel}
	lake := audit.New(stop, w.files)
	defer lake.Close()
	if _, err := lake.Search(ctx, account.Local, audit.Request{Query: parse(t, "-common")}); !errors.Is(err, context.Canceled) {
		t.Errorf("search: %v", err)
	}
	if _, err := lake.Count(ctx, account.Local, audit.CountRequest{Query: parse(t, "common")}); !errors.Is(err, context.Canceled) {
		t.Errorf("count: %v", err)
	}
	for _, err := range lake.Each(ctx, account.Local, audit.Request{}) {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("each: %v", err)
		}
	}
}

func TestNewestEventsNeedFewParts(t *testing.T) {
	w := newWorld()
	for i := range 10 {
		rows := someRows(1000)[i*100 : (i+1)*100]
		w.write(t, wholePart, [][]audit.Row{rows[:50], rows[50:]})
	}
	defer w.lake.Close()
	for _, c := range []struct {
		request       audit.Request
		parts, groups int64
	}{
		{audit.Request{Limit: 10}, 1, 1},
		{audit.Request{Limit: 10, Query: parse(t, "common")}, 1, 1},
		{audit.Request{From: epoch + 450_000, Until: epoch + 460_000}, 1, 1},
		{audit.Request{Query: parse(t, "time:<2023-07-10T11:01:40Z actor:ann")}, 1, 2},
		{audit.Request{Query: parse(t, "rare777")}, 10, 1}, // by the filter of words
		{audit.Request{Query: parse(t, "resources:vol-00000777")}, 10, 1},
		{audit.Request{Query: parse(t, "-rare777"), Limit: 1000}, 10, 20},
	} {
		got, err := w.lake.Search(context.Background(), account.Local, c.request)
		if err != nil {
			t.Fatal(err)
		}
		if got.Work.Parts > c.parts || got.Work.Groups > c.groups {
			t.Errorf("%v: read %+v, want at most %d parts and %d row groups", c.request.Query, got.Work, c.parts, c.groups)
		}
	}
}

func TestTenantsDoNotSeeEachOther(t *testing.T) {
	w := newWorld()
	w.write(t, wholePart, [][]audit.Row{someRows(5)})
	defer w.lake.Close()
	got, err := w.lake.Search(context.Background(), "other", audit.Request{})
	if err != nil || len(got.Events) != 0 {
		t.Errorf("%d events, %v", len(got.Events), err)
	}
}

func TestWrongRequests(t *testing.T) {
	w := newWorld()
	w.write(t, wholePart, [][]audit.Row{someRows(5)})
	defer w.lake.Close()
	ctx := context.Background()
	for _, cursor := range []string{"!", "AA", "AgU", "____________________________", "gICAgICAgICAgICA"} {
		if _, err := w.lake.Search(ctx, account.Local, audit.Request{Cursor: cursor}); !errors.Is(err, audit.ErrCursor) {
			t.Errorf("cursor %q: %v", cursor, err)
		}
	}
	for _, by := range [][]string{{"nothing"}, {"raw"}, {"tag.team"}, {"name", "name", "name", "name", "name", "name", "name"}} {
		if _, err := w.lake.Count(ctx, account.Local, audit.CountRequest{By: by}); !errors.Is(err, audit.ErrCountBy) {
			t.Errorf("by %v: %v", by, err)
		}
	}
	if err := w.lake.Export(ctx, account.Local, audit.Request{}, "xml", &bytes.Buffer{}); !errors.Is(err, audit.ErrFormat) {
		t.Errorf("xml: %v", err)
	}
}

func TestSuggest(t *testing.T) {
	w := newWorld()
	w.write(t, wholePart, [][]audit.Row{someRows(10)})
	defer w.lake.Close()
	for _, c := range []struct {
		field, prefix string
		want          string
	}{
		{"", "ACC", "[{account 0} {access_key 0}]"},
		{"", "zz", "[]"},
		{"actor", "", "[{ann 4} {=cmd() 3}]"},
		{"user", "B", "[{bert-jan 3}]"},
		{"resources", "i", "[{i-1 10}]"},
		{"session", "", "[]"},
		{"event_id", "0", "[]"},
		{"read_only", "f", "[{false 10}]"},
		{"nothing", "", "[]"},
	} {
		got, err := w.lake.Suggest(context.Background(), account.Local, audit.SuggestRequest{Field: c.field, Prefix: c.prefix, Limit: 2})
		if err != nil || fmt.Sprint(got.List) != c.want || got.Since != 0 {
			t.Errorf("%s:%s: got %v, %v; want %s", c.field, c.prefix, got, err, c.want)
		}
	}
}

func TestExport(t *testing.T) {
	rows := someRows(5000) // more than a page of Each
	w := newWorld()
	w.write(t, wholePart, [][]audit.Row{rows[:3000], rows[3000:]})
	w.rows = rows
	defer w.lake.Close()
	export := func(r audit.Request, format string) []byte {
		var out bytes.Buffer
		if err := w.lake.Export(context.Background(), account.Local, r, format, &out); err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}
	want := w.matching(query.And{}, 0, 0)

	got, err := parquet.Read[audit.Row](bytes.NewReader(export(audit.Request{}, "parquet")), int64(len(export(audit.Request{}, "parquet"))))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("parquet, want -, got +:\n%.2000s", diff)
	}
	lines := strings.Split(string(export(audit.Request{Raw: true}, "ndjson")), "\n")
	first := (&audit.Event{Row: want[0]}).AppendJSON(nil)
	if len(lines) != 5001 || lines[5000] != "" || lines[0] != string(first) {
		t.Errorf("ndjson: %d lines, the first\n%s, want\n%s", len(lines), lines[0], first)
	}
	lines = strings.Split(string(export(audit.Request{Query: parse(t, `actor:"=cmd()"`), Until: epoch + 6000}, "csv")), "\n")
	wantCSV := []string{
		"event_id,time,account,region,source,name,actor,actor_type,principal,access_key,ip,user_agent,error_code,error_message,read_only,resources",
		"00000005,2023-07-10T11:00:05Z,111111111111,us-east-1,,RunInstances,=cmd(),,,,,,,,false,i-1 vol-00000005",
		"00000002,2023-07-10T11:00:02Z,111111111111,us-east-1,,RunInstances,=cmd(),,,,,,,,false,i-1 vol-00000002", "",
	}
	if diff := cmp.Diff(wantCSV, lines); diff != "" {
		t.Errorf("csv, want -, got +:\n%s", diff)
	}
}

func TestManyPartsDoNotStayOpen(t *testing.T) {
	w := newWorld()
	rows := someRows(300)
	for i := range rows {
		w.write(t, layout{page: 1000}, [][]audit.Row{rows[i : i+1]})
	}
	got, err := w.lake.Count(context.Background(), account.Local, audit.CountRequest{By: []string{"actor"}})
	if err != nil || len(got) != 3 || got[0].Count != 100 {
		t.Errorf("got %v, %v", got, err)
	}
	if n := w.files.OpenReaders(); n > 256 {
		t.Errorf("%d files are open", n)
	}
	w.lake.Close()
	if n := w.files.OpenReaders(); n != 0 {
		t.Errorf("%d files are open after Close", n)
	}
}

func TestPagesGoOnWhileEventsArrive(t *testing.T) {
	w := newWorld()
	rows := someRows(200)
	w.write(t, wholePart, [][]audit.Row{rows[:100]})
	defer w.lake.Close()
	var seen []*audit.Event
	r := audit.Request{Limit: 30}
	for page := 0; ; page++ {
		got, err := w.lake.Search(context.Background(), account.Local, r)
		if err != nil {
			t.Fatal(err)
		}
		seen = append(seen, got.Events...)
		if page == 1 {
			w.write(t, wholePart, [][]audit.Row{rows[100:]}) // newer ones
		}
		if r.Cursor = got.Next; r.Cursor == "" {
			break
		}
	}
	w.rows = rows[:100]
	if diff := cmp.Diff(rowKeys(w.matching(query.And{}, 0, 0)), eventKeys(seen)); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
}
