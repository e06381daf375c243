package audit_test

import (
	stdcmp "cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"
	"pgregory.net/rapid"

	"github.com/kopterio/kopter/account"
	"github.com/kopterio/kopter/audit"
	"github.com/kopterio/kopter/audit/audittest"
	"github.com/kopterio/kopter/query"
)

// epoch is around when the events of the tests happen.
var epoch = time.Date(2023, 7, 10, 11, 0, 0, 0, time.UTC).UnixMilli()

func pick[T any](t *rapid.T, label string, from ...T) T {
	return rapid.SampledFrom(from).Draw(t, label)
}

// drawRow gives a row of a small world, so that queries find something and
// times are often equal.
func drawRow(t *rapid.T, n int) audit.Row {
	name := pick(t, "name", "RunInstances", "StopInstances", "DescribeInstances", "CreateTags")
	resources := rapid.SliceOfN(rapid.SampledFrom([]string{"i-0dbc91f4", "i-0DBC91F4", "vol-1", "arn:aws:iam::1:role/web"}), 0, 3).Draw(t, "resources")
	r := audit.Row{
		Time:      epoch + int64(pick(t, "minute", 0, 1, 1, 2, 30, 61, 500))*60_000 + int64(pick(t, "milli", 0, 0, 250)),
		Account:   pick(t, "account", "111111111111", "222222222222"),
		Region:    pick(t, "region", "us-east-1", "eu-west-1"),
		Source:    "ec2.amazonaws.com",
		Name:      name,
		Actor:     pick(t, "actor", "", "bert-jan", "Bert-Jan", "ann", "größe"),
		Principal: pick(t, "principal", "", "arn:aws:iam::1:role/web", "arn:aws:iam::1:user/ann"),
		IP:        pick(t, "ip", "10.1.2.3", "192.168.0.1", "autoscaling.amazonaws.com", "2001:db8::1"),
		ErrorCode: pick(t, "error", "", "", "Client.UnauthorizedOperation"),
		ReadOnly:  strings.HasPrefix(name, "Describe"),
		Resources: resources,
		EventID:   fmt.Sprintf("%04d-%s", n/2, pick(t, "id", "aB", "cd")), // an id may stand in both accounts
		RequestID: fmt.Sprint(n),
	}
	r.Raw = fmt.Sprintf(`{"eventID":%q,"eventName":%q,"requestParameters":{"instanceType":%q,"max":%d,"items":[{"id":%q},{"id":"x"}]%s},"resources":[%s],"message":"%s"}`,
		r.EventID, r.Name, pick(t, "type", "t3.micro", "m5.large"), pick(t, "max", 1, 5, 50), pick(t, "item", "a-1", "B-2"),
		pick(t, "tags", "", `,"tagSet":{"items":[{"key":"team","value":"web shop"},{"key":"env","value":"prod"}]}`, `,"tags":{"team":"data"}`),
		quoted(resources), pick(t, "message", "", `one two`, `first\nTwo`, `\u0041bc two`, "größe two", `a\\ntwo`))
	return r
}

func quoted(list []string) string {
	var b strings.Builder
	for i, s := range list {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "%q", s)
	}
	return b.String()
}

// drawQuery gives a query about that world.
func drawQuery(t *rapid.T, depth int) query.Node {
	kind := rapid.IntRange(0, 9).Draw(t, "node")
	switch {
	case depth > 0 && kind == 0:
		return query.Not{Node: drawQuery(t, depth-1)}
	case depth > 0 && kind <= 3:
		return query.And{drawQuery(t, depth-1), drawQuery(t, depth-1)}
	case depth > 0 && kind == 4:
		return query.Or{drawQuery(t, depth-1), drawQuery(t, depth-1)}
	}
	text := pick(t, "term",
		"", "actor:bert-jan", "user:ann", "actor:*", `actor:""`, "actor:*t-j*", "name:Run*", "name:(RunInstances OR stopinstances)",
		"account:111111111111", "region:us-east-1", "-region:us-east-1", "source:ec2.amazonaws.com", "source:s3*",
		"principal:arn:aws:iam::1:role/web", "ip:10.0.0.0/8", "ip:2001:db8::/32", "ip:auto*", "error:*", "error_code:client.*",
		"read_only:true", "read_only:false", "read_only:*", "resources:i-0dbc91f4", "resources:*role*", "resource:*", "-resources:vol-1",
		"id:0001-ab", "event_id:000*", "request_id:3", "session:*",
		"time:2023-07-10T11:01", "time:>2023-07-10T11:01", "time:<=2023-07-10T11:30", "time:2023-07-10T11:00:00.25Z", "time:*",
		"requestParameters.instanceType:T3.micro", "requestParameters.instanceType:*large", "requestParameters.max:>4", "requestParameters.max:5",
		"requestParameters.items.id:b-2", "requestParameters.nothing:*", "tag.team:web*", `tag.team:"web shop"`, "tag.team:data", "-tag.env:*",
		"two", "TWO", "tw", "tw*", "*wo", "*w*", "größe", "abc", "i-0dbc91f4", `"one two"`, "eventName*Run*", "nothing", "*",
		"RunInstances", "-t3.micro", "*0dbc*")
	n, err := query.Parse(text, audit.Schema())
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// world is a lake and the rows that are in it.
type world struct {
	files  *audittest.Memory
	lake   *audit.Lake
	rows   []audit.Row
	parts  []string
	nextID int
	cases  int // answers that were compared with the model's
}

func newWorld() *world {
	m := audittest.NewMemory()
	return &world{files: m, lake: audit.New(m, m)}
}

// layout is how a part is written.
type layout struct {
	tokens     bool // the sidecar is written
	broken     bool // with another part's contents
	dictionary int64
	page       int
}

// write makes a part of row groups visible.
func (w *world) write(t testing.TB, l layout, groups [][]audit.Row) string {
	t.Helper()
	ctx := context.Background()
	w.nextID++
	part := audit.Part{Name: fmt.Sprintf("fresh/tenant=local/%06d.parquet", w.nextID)}
	out := create(t, w.files, part.Name)
	options := []parquet.WriterOption{parquet.PageBufferSize(l.page)}
	if l.dictionary > 0 {
		options = append(options, parquet.DictionaryMaxBytes(l.dictionary))
	}
	writer := parquet.NewGenericWriter[audit.Row](out, options...)
	for _, rows := range groups {
		if _, err := writer.Write(rows); err != nil {
			t.Fatal(err)
		}
		if err := writer.Flush(); err != nil {
			t.Fatal(err)
		}
		for _, r := range rows {
			if part.Rows++; part.Rows == 1 {
				part.MinTime, part.MaxTime = r.Time, r.Time
			}
			part.MinTime, part.MaxTime = min(part.MinTime, r.Time), max(part.MaxTime, r.Time)
		}
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	closeFile(t, out)
	if l.tokens {
		w.writeTokens(t, part.Name, l, groups)
	}
	if err := w.files.Apply(ctx, account.Local, audit.Change{AddParts: []audit.Part{part}}); err != nil {
		t.Fatal(err)
	}
	w.parts = append(w.parts, part.Name)
	return part.Name
}

func (w *world) writeTokens(t testing.TB, part string, l layout, groups [][]audit.Row) {
	out := create(t, w.files, audit.TokensName(part))
	if l.broken {
		fmt.Fprint(out, "no sidecar at all, but long enough to be looked into")
	} else if err := audit.WriteTokens(out, groups); err != nil {
		t.Fatal(err)
	}
	closeFile(t, out)
}

func create(t testing.TB, files audit.Files, name string) audit.FileWriter {
	out, err := files.Create(context.Background(), name)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func closeFile(t testing.TB, out audit.FileWriter) {
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
}

// drawWorld fills a lake with random rows in random parts and row groups.
func drawWorld(t *rapid.T, tb testing.TB) *world {
	w := newWorld()
	for range rapid.IntRange(0, 4).Draw(t, "parts") {
		l := layout{
			tokens:     pick(t, "tokens", true, true, false),
			broken:     pick(t, "broken", false, false, true),
			dictionary: pick(t, "dictionary", int64(0), 0, 40),
			page:       pick(t, "page", 100, 1000, 100_000),
		}
		var groups [][]audit.Row
		for range rapid.IntRange(1, 3).Draw(t, "groups") {
			groups = append(groups, w.drawRows(t))
		}
		w.write(tb, l, groups)
	}
	return w
}

func (w *world) drawRows(t *rapid.T) []audit.Row {
	rows := make([]audit.Row, rapid.SampledFrom([]int{1, 2, 5, 70}).Draw(t, "rows"))
	for i := range rows {
		rows[i] = drawRow(t, len(w.rows)+i)
	}
	if rapid.Bool().Draw(t, "sorted") {
		slices.SortStableFunc(rows, func(a, b audit.Row) int { return stdcmp.Compare(a.Time, b.Time) })
	}
	// Two rows of one account and event id cannot be visible.
	seen := map[string]bool{}
	for _, r := range w.rows {
		seen[r.Account+r.EventID] = true
	}
	for i := range rows {
		for seen[rows[i].Account+rows[i].EventID] {
			id := rows[i].EventID
			rows[i].EventID += "x"
			rows[i].Raw = strings.Replace(rows[i].Raw, id, rows[i].EventID, 1)
		}
		seen[rows[i].Account+rows[i].EventID] = true
	}
	w.rows = append(w.rows, rows...)
	return rows
}

// matching is the model: every row asked, then sorted.
func (w *world) matching(n query.Node, from, until int64) []audit.Row {
	var rows []audit.Row
	for _, r := range w.rows {
		if (from == 0 || r.Time >= from) && (until == 0 || r.Time < until) && query.Match(n, &r) {
			rows = append(rows, r)
		}
	}
	slices.SortFunc(rows, func(a, b audit.Row) int {
		return stdcmp.Or(stdcmp.Compare(b.Time, a.Time), stdcmp.Compare(a.EventID, b.EventID), stdcmp.Compare(a.Account, b.Account))
	})
	return rows
}

func TestSearchEqualsAskingEveryRow(t *testing.T) {
	cases := 0
	rapid.Check(t, func(rt *rapid.T) {
		w := drawWorld(rt, t)
		defer w.lake.Close()
		for range 20 {
			n := drawQuery(rt, 3)
			from, until := pick(rt, "from", 0, 0, epoch+60_000), pick(rt, "until", 0, 0, epoch+30*60_000)
			want := w.matching(n, from, until)
			w.checkPages(rt, n, from, until, want)
			w.checkEach(rt, n, from, until, want)
			for range 3 {
				w.checkCount(rt, n, from, until, want)
			}
		}
		cases += w.cases
	})
	t.Logf("%d answers compared", cases)
}

func keys[E any](list []E, row func(E) *audit.Row) []string {
	keys := make([]string, len(list))
	for i, e := range list {
		r := row(e)
		keys[i] = fmt.Sprintf("%d %s %s", r.Time, r.EventID, r.Account)
	}
	return keys
}

func rowKeys(rows []audit.Row) []string {
	return keys(rows, func(r audit.Row) *audit.Row { return &r })
}

func eventKeys(events []*audit.Event) []string {
	return keys(events, func(e *audit.Event) *audit.Row { return &e.Row })
}

// checkPages walks all pages of a search.
func (w *world) checkPages(t *rapid.T, n query.Node, from, until int64, want []audit.Row) {
	r := audit.Request{Query: n, From: from, Until: until, Raw: true,
		Limit: pick(t, "limit", 1, 2, 7, 100), Total: rapid.Bool().Draw(t, "total")}
	rest := want
	for {
		got, err := w.lake.Search(context.Background(), account.Local, r)
		if err != nil {
			t.Fatalf("%v: %v", n, err)
		}
		w.cases++
		page := rest[:min(r.Limit, len(rest))]
		if diff := cmp.Diff(rowKeys(page), eventKeys(got.Events)); diff != "" {
			t.Fatalf("%v, limit %d, cursor %q, want -, got +:\n%s", n, r.Limit, r.Cursor, diff)
		}
		for i, e := range got.Events {
			checkEvent(t, &page[i], e)
		}
		if r.Total && got.Total != int64(len(want)) {
			t.Fatalf("%v: total %d, want %d", n, got.Total, len(want))
		}
		rest = rest[len(page):]
		if (got.Next == "") != (len(rest) == 0) {
			t.Fatalf("%v: cursor %q with %d events left", n, got.Next, len(rest))
		}
		if r.Cursor = got.Next; r.Cursor == "" {
			return
		}
	}
}

func checkEvent(t *rapid.T, want *audit.Row, got *audit.Event) {
	row := *want
	row.RequestID = "" // not of the listing
	if len(row.Resources) == 0 {
		row.Resources = nil
	}
	if diff := cmp.Diff(row, got.Row); diff != "" {
		t.Fatalf("event, want -, got +:\n%s", diff)
	}
}

func (w *world) checkEach(t *rapid.T, n query.Node, from, until int64, want []audit.Row) {
	w.cases++
	var got []*audit.Event
	for e, err := range w.lake.Each(context.Background(), account.Local, audit.Request{Query: n, From: from, Until: until}) {
		if err != nil {
			t.Fatalf("%v: %v", n, err)
		}
		got = append(got, e)
	}
	if diff := cmp.Diff(rowKeys(want), eventKeys(got)); diff != "" {
		t.Fatalf("%v, want -, got +:\n%s", n, diff)
	}
}

func (w *world) checkCount(t *rapid.T, n query.Node, from, until int64, want []audit.Row) {
	by := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{
		"name", "account", "user", "hour", "day", "month", "time", "read_only", "resources", "event_id", "session", "ip",
	}), 0, audit.MaxCountBy, rapid.ID).Draw(t, "by")
	w.cases++
	got, err := w.lake.Count(context.Background(), account.Local, audit.CountRequest{Query: n, From: from, Until: until, By: by})
	if err != nil {
		t.Fatalf("%v by %v: %v", n, by, err)
	}
	if diff := cmp.Diff(countModel(want, by), got); diff != "" {
		t.Fatalf("%v by %v, want -, got +:\n%s", n, by, diff)
	}
}

func countModel(rows []audit.Row, by []string) []audit.CountRow {
	counts := map[string]*audit.CountRow{}
	for i := range rows {
		for _, values := range combinations(&rows[i], by) {
			key := strings.Join(values, "\x00")
			if counts[key] == nil {
				counts[key] = &audit.CountRow{Values: values}
			}
			counts[key].Count++
		}
	}
	list := []audit.CountRow{}
	for _, row := range counts {
		list = append(list, *row)
	}
	slices.SortFunc(list, func(a, b audit.CountRow) int {
		return stdcmp.Or(stdcmp.Compare(b.Count, a.Count), slices.Compare(a.Values, b.Values))
	})
	return list
}

func combinations(r *audit.Row, by []string) [][]string {
	list := [][]string{{}}
	for _, name := range by {
		var longer [][]string
		for _, head := range list {
			for _, value := range countValues(r, name) {
				longer = append(longer, append(slices.Clone(head), value))
			}
		}
		list = longer
	}
	return list
}

func countValues(r *audit.Row, name string) []string {
	at := time.UnixMilli(r.Time).UTC()
	switch name {
	case "hour":
		return []string{at.Format("2006-01-02T15") + ":00:00Z"}
	case "day":
		return []string{at.Format("2006-01-02")}
	case "month":
		return []string{at.Format("2006-01")}
	}
	var values []string
	r.Each(name, func(v string) bool {
		if !slices.Contains(values, v) {
			values = append(values, v)
		}
		return true
	})
	if values == nil {
		return []string{""}
	}
	return values
}
