package audit_test

import (
	"context"
	"errors"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"github.com/kopterio/kopter/audit"
	"github.com/kopterio/kopter/audit/audittest"
)

const dayMillis = 24 * 3600 * 1000

// fillSmall commits n batches of a few events on three days.
func fillSmall(t *testing.T, m *audittest.Memory, lake *audit.Lake, n int) {
	t.Helper()
	for i := range n {
		b := begin(t, lake)
		for j := range 10 {
			id := i*10 + j
			add(t, b, audit.Added, makeRecord(id, start+int64(id%3)*dayMillis+int64(id), "x"))
		}
		commit(t, m, b)
	}
}

func TestCompactSortsPartsIntoDays(t *testing.T) {
	m := audittest.NewMemory()
	lake := audit.New(m, m)
	fillSmall(t, m, lake, 30)
	before := rowsOf(t, m)
	report, err := lake.Compact(context.Background(), tenant, audit.CompactPolicy{})
	if err != nil {
		t.Fatal(err)
	}
	if after := rowsOf(t, m); !reflect.DeepEqual(before, after) {
		t.Error("the rows have changed")
	}
	parts, _ := m.Parts(context.Background(), tenant)
	if len(parts) != 3 || report.Removed != 30 || report.Added != 3 || report.Rows != 300 {
		t.Errorf("%d parts, %+v, want one for each of three days", len(parts), report)
	}
	for i, day := range []string{"2023-07-12", "2023-07-11", "2023-07-10"} {
		if want := "events/tenant=local/date=" + day + "/"; !strings.HasPrefix(parts[i].Name, want) {
			t.Errorf("part %d is %s, want it in %s", i, parts[i].Name, want)
		}
	}
	clean(t, lake)
	if again, err := lake.Compact(context.Background(), tenant, audit.CompactPolicy{}); err != nil || again.Merges != 0 {
		t.Errorf("compact again: %+v, %v, want nothing to do", again, err)
	}
	if n := m.OpenReaders(); n > len(mustRuns(t, m)) {
		t.Errorf("%d files are open, want the runs at most", n)
	}
}

func TestCompactWaitsForEnoughFreshParts(t *testing.T) {
	m := audittest.NewMemory()
	lake := audit.New(m, m)
	fillSmall(t, m, lake, 4)
	report, err := lake.Compact(context.Background(), tenant, audit.CompactPolicy{MinFresh: 5})
	if err != nil || report.Merges != 0 {
		t.Errorf("%+v, %v, want no merge of four parts", report, err)
	}
	fillSmallFrom(t, m, lake, 1000)
	report, err = lake.Compact(context.Background(), tenant, audit.CompactPolicy{MinFresh: 5})
	if err != nil || report.Removed != 5 {
		t.Errorf("%+v, %v, want five parts merged", report, err)
	}
}

func fillSmallFrom(t *testing.T, m *audittest.Memory, lake *audit.Lake, id int) {
	t.Helper()
	b := begin(t, lake)
	add(t, b, audit.Added, makeRecord(id, start, "x"))
	commit(t, m, b)
}

// Merging keeps order and rows when row groups overlap in time.
func TestCompactMergesOverlappingRowGroups(t *testing.T) {
	m := audittest.NewMemory()
	lake := audit.New(m, m)
	g := newGenerator(3)
	for range 4 {
		g.time = start
		b := begin(t, lake)
		for range 6000 {
			add(t, b, audit.Added, g.next())
		}
		commit(t, m, b)
	}
	before := rowsOf(t, m)
	if _, err := lake.Compact(context.Background(), tenant, audit.CompactPolicy{}); err != nil {
		t.Fatal(err)
	}
	parts, _ := m.Parts(context.Background(), tenant)
	if len(parts) != 1 || parts[0].Rows != 24_000 {
		t.Errorf("parts %v, want one", parts)
	}
	if after := rowsOf(t, m); !reflect.DeepEqual(before, after) {
		t.Error("the rows have changed")
	}
	clean(t, lake)
}

// The same batches and merges give the same files, byte for byte.
func TestReplayGivesTheSameFiles(t *testing.T) {
	var files []map[string]string
	for range 2 {
		m := audittest.NewMemory()
		lake := audit.New(m, m)
		fillSmall(t, m, lake, 12)
		if _, err := lake.Compact(context.Background(), tenant, audit.CompactPolicy{}); err != nil {
			t.Fatal(err)
		}
		fillSmallFrom(t, m, lake, 5000)
		content := make(map[string]string)
		for _, name := range m.Names() {
			content[name] = string(m.Bytes(name))
		}
		files = append(files, content)
	}
	if !maps.Equal(files[0], files[1]) {
		t.Errorf("files %q and %q differ", slices.Sorted(maps.Keys(files[0])), slices.Sorted(maps.Keys(files[1])))
	}
}

func TestSweepRemovesWhatTheIndexDoesNotName(t *testing.T) {
	m := audittest.NewMemory()
	lake := audit.New(m, m)
	fillSmall(t, m, lake, 1)
	want := m.Names()
	lost := begin(t, lake)
	add(t, lost, audit.Added, makeRecord(77, start, "x"))
	finish(t, lost)
	if _, err := lake.Sweep(context.Background(), tenant); !errors.Is(err, audit.ErrBusy) {
		t.Errorf("sweep while a batch is open: %v, want ErrBusy", err)
	}
	m.Put("fresh/tenant=local-2/kept.parquet", nil)
	lake = audit.New(m, m) // the process died
	removed, err := lake.Sweep(context.Background(), tenant)
	if err != nil || removed != 3 {
		t.Errorf("%d files removed, %v, want part, sidecar and run", removed, err)
	}
	want = append(want, "fresh/tenant=local-2/kept.parquet")
	slices.Sort(want)
	if got := m.Names(); !slices.Equal(got, want) {
		t.Errorf("files %q, want %q", got, want)
	}
}

// Check names whatever is wrong with the lake.
func TestCheckFindsDamage(t *testing.T) {
	ctx := context.Background()
	flip := func(name string, m *audittest.Memory, at int) {
		b := m.Bytes(name)
		b[at] ^= 1
		m.Put(name, b)
	}
	for _, tt := range []struct {
		name   string
		damage func(m *audittest.Memory, p audit.Part, r audit.Run)
		want   string
	}{
		{"part gone", func(m *audittest.Memory, p audit.Part, _ audit.Run) { m.Remove(ctx, p.Name) }, "file does not exist"},
		{"part damaged", func(m *audittest.Memory, p audit.Part, _ audit.Run) { flip(p.Name, m, int(p.Bytes)-1) }, "corrupt"},
		{"sidecar gone", func(m *audittest.Memory, p audit.Part, _ audit.Run) { m.Remove(ctx, audit.TokensName(p.Name)) }, "file does not exist"},
		{"sidecar damaged", func(m *audittest.Memory, p audit.Part, _ audit.Run) { flip(audit.TokensName(p.Name), m, 5) }, "corrupt"},
		{"run gone", func(m *audittest.Memory, _ audit.Part, r audit.Run) { m.Remove(ctx, r.Name) }, "file does not exist"},
		{"run damaged", func(m *audittest.Memory, _ audit.Part, r audit.Run) { flip(r.Name, m, 5) }, "corrupt"},
		{"orphan", func(m *audittest.Memory, _ audit.Part, _ audit.Run) { m.Put("ids/tenant=local/x.run", nil) }, "does not name"},
		{"wrong times", func(m *audittest.Memory, p audit.Part, _ audit.Run) {
			p.MaxTime++
			m.Apply(ctx, tenant, audit.Change{AddParts: []audit.Part{p}})
		}, "its times are"},
		{"wrong rows", func(m *audittest.Memory, p audit.Part, _ audit.Run) {
			p.Rows++
			m.Apply(ctx, tenant, audit.Change{AddParts: []audit.Part{p}})
		}, "rows, the index says"},
		{"rows without identity", func(m *audittest.Memory, _ audit.Part, r audit.Run) {
			m.Apply(ctx, tenant, audit.Change{RemoveRuns: []string{r.Name}})
		}, "not in the id runs"},
		{"identities without row", func(m *audittest.Memory, p audit.Part, _ audit.Run) {
			m.Apply(ctx, tenant, audit.Change{RemoveParts: []string{p.Name}})
		}, "have no row"},
		{"rows twice", func(m *audittest.Memory, p audit.Part, r audit.Run) {
			twin := p
			twin.Name, r.Name = "fresh/tenant=local/twin.parquet", "ids/tenant=local/twin.run"
			m.Put(twin.Name, m.Bytes(p.Name))
			m.Put(audit.TokensName(twin.Name), m.Bytes(audit.TokensName(p.Name)))
			m.Put(r.Name, m.Bytes(mustRuns(t, m)[0].Name))
			m.Apply(ctx, tenant, audit.Change{AddParts: []audit.Part{twin}, AddRuns: []audit.Run{r}})
		}, "visible more than once"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := audittest.NewMemory()
			lake := audit.New(m, m)
			fillSmall(t, m, lake, 1)
			parts, _ := m.Parts(ctx, tenant)
			tt.damage(m, parts[0], mustRuns(t, m)[0])
			problems, err := lake.Check(ctx, tenant)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.ContainsFunc(problems, func(p audit.Problem) bool { return strings.Contains(p.Text, tt.want) }) {
				t.Errorf("problems %q, want one with %q", problems, tt.want)
			}
		})
	}
}

// A lake stays in few runs, whatever the number of batches.
func TestRunsStayFew(t *testing.T) {
	m := audittest.NewMemory()
	lake := audit.New(m, m)
	fillSmall(t, m, lake, 60)
	if runs := mustRuns(t, m); len(runs) > 5 {
		t.Errorf("%d runs after 60 batches", len(runs))
	}
	clean(t, lake)
}

func mustRuns(t *testing.T, m *audittest.Memory) []audit.Run {
	t.Helper()
	runs, err := m.Runs(context.Background(), tenant)
	if err != nil {
		t.Fatal(err)
	}
	return runs
}

// clean wants the check to find nothing.
func clean(t *testing.T, lake *audit.Lake) {
	t.Helper()
	problems, err := lake.Check(context.Background(), tenant)
	if err != nil || len(problems) > 0 {
		t.Errorf("check: %v, %v", problems, err)
	}
}

// The schema's columns stand where the writer of parts expects them.
func TestRowColumns(t *testing.T) {
	want := strings.Fields("time account region source name event_type category actor actor_type principal session access_key invoked_by ip user_agent error_code error_message read_only resources.list.element event_id request_id shared_event_id raw")
	var got []string
	for _, path := range parquet.SchemaOf(new(audit.Row)).Columns() {
		got = append(got, strings.Join(path, "."))
	}
	if !slices.Equal(got, want) {
		t.Errorf("columns %q, want %q", got, want)
	}
}
