package audit_test

import (
	stdcmp "cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/kopterio/kopter/account"
	"github.com/kopterio/kopter/audit"
	"github.com/kopterio/kopter/query"
)

// Histograms, facets and suggestions say what asking every row says.
func TestAnswersEqualAskingEveryRow(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := drawWorld(rt, t)
		defer w.lake.Close()
		for range 10 {
			n := drawQuery(rt, 3)
			from, until := pick(rt, "from", 0, 0, epoch+60_000), pick(rt, "until", 0, 0, epoch+30*60_000)
			want := w.matching(n, from, until)
			w.checkHistogram(rt, n, from, until, want)
			w.checkFacets(rt, n, from, until, want)
			w.checkSuggest(rt, n, from, until, want)
		}
	})
}

func (w *world) checkHistogram(t *rapid.T, n query.Node, from, until int64, want []audit.Row) {
	width := pick(t, "width", time.Minute, 17*time.Second*60, time.Hour, 24*time.Hour, audit.Month)
	got, err := w.lake.Histogram(context.Background(), account.Local, audit.HistogramRequest{Query: n, From: from, Until: until, Width: width})
	if err != nil {
		t.Fatalf("%v by %v: %v", n, width, err)
	}
	counts := map[int64]audit.Bucket{}
	var total, failed int64
	for _, r := range want {
		start := bucketModel(r.Time, width)
		b := counts[start]
		b.Start, b.Count = start, b.Count+1
		if total++; r.ErrorCode != "" {
			failed++
			b.Errors++
		}
		counts[start] = b
	}
	last := int64(0)
	for i, b := range got.Buckets {
		if b.Start != bucketModel(b.Start, width) || i > 0 && bucketModel(b.Start-1, width) != last {
			t.Fatalf("%v by %v: bucket %d begins at %d after %d", n, width, i, b.Start, last)
		}
		if last = b.Start; b.Count == 0 {
			b = audit.Bucket{}
		}
		if diff := cmp.Diff(counts[last], b); diff != "" {
			t.Fatalf("%v by %v, bucket %d, want -, got +:\n%s", n, width, last, diff)
		}
		delete(counts, last)
	}
	if len(counts) > 0 || got.Total != total || got.Errors != failed {
		t.Fatalf("%v by %v: buckets %v are missing; %d of %d events, %d of %d errors", n, width, counts, got.Total, total, got.Errors, failed)
	}
}

// bucketModel is the start of the bucket of a time.
func bucketModel(at int64, width time.Duration) int64 {
	if width == audit.Month {
		t := time.UnixMilli(at).UTC()
		return t.Truncate(24*time.Hour).AddDate(0, 0, 1-t.Day()).UnixMilli()
	}
	return at - at%width.Milliseconds()
}

var facetFields = []string{"name", "account", "user", "read_only", "resources", "session", "ip", "error", "region"}

func (w *world) checkFacets(t *rapid.T, n query.Node, from, until int64, want []audit.Row) {
	fields := rapid.SliceOfN(rapid.SampledFrom(facetFields), 0, 5).Draw(t, "fields")
	limit := pick(t, "facet limit", 1, 3, 100)
	got, err := w.lake.Facets(context.Background(), account.Local, audit.FacetRequest{Query: n, From: from, Until: until, Fields: fields, Limit: limit})
	if err != nil {
		t.Fatalf("%v of %v: %v", n, fields, err)
	}
	model := audit.FacetResult{Total: int64(len(want))}
	for _, field := range fields {
		model.Facets = append(model.Facets, facetModel(want, field, limit))
	}
	if diff := cmp.Diff(model, got, cmpopts.IgnoreFields(audit.FacetResult{}, "Work"), cmpopts.EquateEmpty()); diff != "" {
		t.Fatalf("%v of %v, want -, got +:\n%s", n, fields, diff)
	}
}

func facetModel(rows []audit.Row, field string, limit int) audit.Facet {
	f := audit.Facet{Field: field, Exact: true}
	for i, row := range countModel(rows, []string{field}) {
		f.Distinct++
		if i < limit {
			f.Values = append(f.Values, audit.FacetValue{Value: row.Values[0], Count: row.Count})
		} else {
			f.Rest += row.Count
		}
	}
	return f
}

func (w *world) checkSuggest(t *rapid.T, n query.Node, from, until int64, want []audit.Row) {
	field, prefix := rapid.SampledFrom(facetFields).Draw(t, "field"), pick(t, "prefix", "", "r", "B", "1", "AR")
	got, err := w.lake.Suggest(context.Background(), account.Local, audit.SuggestRequest{
		Query: n, From: from, Until: until, Field: field, Prefix: prefix, Limit: 2})
	if err != nil || got.Since != 0 {
		t.Fatalf("%v and %s:%s: %+v, %v", n, field, prefix, got, err)
	}
	var list []audit.Suggestion
	for _, row := range countModel(want, []string{field}) {
		if v := row.Values[0]; v != "" && len(list) < 2 && strings.HasPrefix(strings.ToLower(v), strings.ToLower(prefix)) {
			list = append(list, audit.Suggestion{Value: v, Count: row.Count})
		}
	}
	if diff := cmp.Diff(list, got.List, cmpopts.EquateEmpty()); diff != "" {
		t.Fatalf("%v and %s:%s, want -, got +:\n%s", n, field, prefix, diff)
	}
}

func TestBounds(t *testing.T) {
	w := newWorld()
	defer w.lake.Close()
	got, err := w.lake.Bounds(context.Background(), account.Local)
	if err != nil || got != (audit.Bounds{}) {
		t.Errorf("empty lake: %+v, %v", got, err)
	}
	rows := someRows(10)
	w.write(t, wholePart, [][]audit.Row{rows[:4]})
	w.write(t, wholePart, [][]audit.Row{rows[4:]})
	got, err = w.lake.Bounds(context.Background(), account.Local)
	byTime := func(a, b audit.Row) int { return stdcmp.Compare(a.Time, b.Time) }
	want := audit.Bounds{Oldest: slices.MinFunc(rows, byTime).Time, Newest: slices.MaxFunc(rows, byTime).Time, Rows: 10, Parts: 2, Fresh: 2}
	if err != nil || got != want {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
}

// What is wrong with a request can be told from what is wrong with the lake.
func TestMistakesCanBeTold(t *testing.T) {
	w := newWorld()
	w.write(t, wholePart, [][]audit.Row{someRows(10)})
	defer w.lake.Close()
	ctx, lake := context.Background(), w.lake
	late, cancel := context.WithDeadline(ctx, time.UnixMilli(0))
	defer cancel()
	histogram := func(r audit.HistogramRequest) error {
		_, err := lake.Histogram(ctx, account.Local, r)
		return err
	}
	facets := func(fields ...string) error {
		_, err := lake.Facets(ctx, account.Local, audit.FacetRequest{Fields: fields})
		return err
	}
	search := func(ctx context.Context, r audit.Request) error {
		_, err := lake.Search(ctx, account.Local, r)
		return err
	}
	for _, tt := range []struct {
		name      string
		err, want error
		mistake   bool
	}{
		{"too many buckets", histogram(audit.HistogramRequest{From: 1, Until: 2001*1000 + 1, Width: time.Second}), audit.ErrTooManyBuckets, true},
		{"no width", histogram(audit.HistogramRequest{}), audit.ErrWidth, true},
		{"half a second", histogram(audit.HistogramRequest{Width: 500 * time.Millisecond}), audit.ErrWidth, true},
		{"facet of ids", facets("event_id"), audit.ErrFacet, true},
		{"facet of nothing", facets("nmae"), audit.ErrFacet, true},
		{"too many facets", facets(slices.Repeat([]string{"name"}, audit.MaxFacetFields+1)...), audit.ErrFacet, true},
		{"cursor", search(ctx, audit.Request{Cursor: "x"}), audit.ErrCursor, true},
		{"limit", search(ctx, audit.Request{Limit: audit.MaxLimit + 1}), audit.ErrLimit, true},
		{"deadline", search(late, audit.Request{}), context.DeadlineExceeded, false},
	} {
		if !errors.Is(tt.err, tt.want) || errors.Is(tt.err, audit.ErrRequest) != tt.mistake {
			t.Errorf("%s: %v, want %v", tt.name, tt.err, tt.want)
		}
	}
	if err := histogram(audit.HistogramRequest{From: 1000, Until: 2000*1000 + 1000, Width: time.Second}); err != nil {
		t.Errorf("2000 buckets: %v", err)
	}
}

// Of a field with very many values the frequent ones are still right.
func TestFacetOfManyValues(t *testing.T) {
	w := newWorld()
	defer w.lake.Close()
	const parts, perPart = 5, 40_000
	for part := range parts {
		rows := make([]audit.Row, perPart)
		for i := range rows {
			rows[i] = audit.Row{Time: epoch + int64(i), Account: "1", EventID: fmt.Sprint(part, i), Session: fmt.Sprint("once-", part, "-", i)}
			if i%10 == 0 {
				rows[i].Session = "often"
			}
		}
		w.write(t, layout{page: 1 << 20}, [][]audit.Row{rows})
	}
	got, err := w.lake.Facets(context.Background(), account.Local, audit.FacetRequest{Fields: []string{"session"}, Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	f := got.Facets[0]
	if f.Exact || f.Values[0] != (audit.FacetValue{Value: "often", Count: parts * perPart / 10}) ||
		f.Rest != parts*perPart/10*9 || f.Distinct <= 100_000 || f.Distinct > parts*perPart {
		t.Errorf("%+v", f)
	}
}

// A suggestion that would have to read very many records says where it stopped.
func TestSuggestStopsAndSaysWhere(t *testing.T) {
	w := newWorld()
	defer w.lake.Close()
	rows := make([]audit.Row, 10_000)
	for i := range rows {
		rows[i] = audit.Row{Time: epoch + int64(i/2), Account: "1", EventID: fmt.Sprint(i), Session: fmt.Sprint(i % 3), Raw: `{"a":"word"}`}
	}
	w.write(t, layout{page: 1 << 16}, [][]audit.Row{rows[:4000], rows[4000:]})
	n, err := query.Parse("*ord", audit.Schema())
	if err != nil {
		t.Fatal(err)
	}
	got, err := w.lake.Suggest(context.Background(), account.Local, audit.SuggestRequest{Query: n, Field: "session"})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]int64{}
	for _, r := range rows {
		if r.Time >= got.Since {
			want[r.Session]++
		}
	}
	if got.Since <= epoch || got.Since >= epoch+4000 || len(got.List) != 3 {
		t.Fatalf("%+v", got)
	}
	for _, s := range got.List {
		if want[s.Value] != s.Count {
			t.Errorf("%+v, want %d", s, want[s.Value])
		}
	}
}

func TestSuggestFieldsBeginsWithTheEveryday(t *testing.T) {
	w := newWorld()
	defer w.lake.Close()
	for prefix, want := range map[string]string{
		"":           "name user account",
		"event":      "event event_id event_type",
		"eventN":     "eventName",
		"SOURCEIP":   "sourceIPAddress",
		"requestPar": "requestParameters.",
	} {
		got, err := w.lake.Suggest(context.Background(), account.Local, audit.SuggestRequest{Prefix: prefix, Limit: 3})
		var names []string
		for _, s := range got.List {
			names = append(names, s.Value)
		}
		if err != nil || strings.Join(names, " ") != want {
			t.Errorf("%q: %q, %v, want %q", prefix, names, err, want)
		}
	}
}
