package api

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/parquet-go/parquet-go"

	"github.com/kopterio/kopter/access"
	"github.com/kopterio/kopter/money"
)

func TestExportEvents(t *testing.T) {
	w := sharedWorld(t)
	c := w.client(t)
	want := int(w.truth.EventsByName["RunInstances"])
	for _, format := range []string{"csv", "ndjson", "parquet"} {
		a := c.get("/v1/audit/aws/export", "q", "name:RunInstances", "format", format, "from", "2026-01-05", "to", "2026-01-15T12:00")
		if a.status != 200 || a.err != nil {
			t.Fatalf("%s: %d %v %s", format, a.status, a.err, a.body)
		}
		if got := a.header.Get("Content-Disposition"); got != `attachment; filename="kopter-events-20260105T0000Z-to-20260115T1200Z.`+format+`"` {
			t.Errorf("%s: %s", format, got)
		}
		if got := countRows(t, format, a.body); got != want {
			t.Errorf("%s: %d rows, want %d", format, got, want)
		}
	}
	if a := c.get("/v1/audit/aws/export", "q", "name:None", "format", "ndjson"); a.status != 200 || a.body != "" || a.header.Get("Content-Type") != "application/x-ndjson" {
		t.Errorf("nothing: %d %q", a.status, a.body)
	}
}

func countRows(t *testing.T, format, body string) int {
	t.Helper()
	switch format {
	case "csv":
		rows, err := csv.NewReader(strings.NewReader(body)).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		return len(rows) - 1
	case "ndjson":
		n := 0
		for line := range strings.Lines(body) {
			var v map[string]any
			if err := json.Unmarshal([]byte(line), &v); err != nil {
				t.Fatal(err)
			}
			n++
		}
		return n
	}
	f, err := parquet.OpenFile(bytes.NewReader([]byte(body)), int64(len(body)))
	if err != nil {
		t.Fatal(err)
	}
	return int(f.NumRows())
}

func TestExportCost(t *testing.T) {
	w := sharedWorld(t)
	c := w.client(t)
	path := "/v1/cost/export"
	table := c.get(path, "format", "csv", "by", "account,tag.team", "step", "day")
	rows, err := csv.NewReader(strings.NewReader(table.body)).ReadAll()
	if err != nil || strings.Join(rows[0], " ") != "start account tag.team amount currency seconds unpriced_seconds" {
		t.Fatalf("%v %v", rows, err)
	}
	var total money.Nano
	for _, row := range rows[1:] {
		total += amount(t, row[3])
	}
	lines := c.get(path, "format", "ndjson", "by", "account,tag.team", "step", "day")
	file := c.get(path, "format", "parquet", "by", "account,tag.team", "step", "day")
	if n := countRows(t, "ndjson", lines.body); n != len(rows)-1 || countRows(t, "parquet", file.body) != n {
		t.Errorf("%d rows of csv, %d of ndjson, %d of parquet", len(rows)-1, n, countRows(t, "parquet", file.body))
	}
	if int64(total) != w.truth.Total.Nano || parquetAmounts(t, file.body) != total {
		t.Errorf("csv sums to %v, parquet to %v; the truth is %d", total, parquetAmounts(t, file.body), w.truth.Total.Nano)
	}
	if name := file.header.Get("Content-Disposition"); !strings.Contains(name, "kopter-cost-2025") && !strings.Contains(name, "kopter-cost-2026") {
		t.Errorf("the file's name: %s", name)
	}
	if p := c.problemOf(path, "format", "csv", "by", "nosuch"); p.Status != 400 {
		t.Errorf("got %s", describe(p))
	}
}

// parquetAmounts sums the column of amounts, which is a decimal of nine places.
func parquetAmounts(t *testing.T, body string) (total money.Nano) {
	t.Helper()
	f, err := parquet.OpenFile(bytes.NewReader([]byte(body)), int64(len(body)))
	if err != nil {
		t.Fatal(err)
	}
	column, ok := f.Schema().Lookup("amount")
	if kind := column.Node.Type().String(); !ok || kind != "DECIMAL(18,9)" {
		t.Fatalf("the column is %s", kind)
	}
	r := parquet.NewGenericReader[any](f)
	defer r.Close()
	rows := make([]parquet.Row, 64)
	for {
		n, err := r.ReadRows(rows)
		for _, row := range rows[:n] {
			total += money.Nano(row[column.ColumnIndex].Int64())
		}
		if errors.Is(err, io.EOF) {
			return total
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestExportThatFails sees to it that a torso is never taken for a file.
func TestExportThatFails(t *testing.T) {
	s := &server{exports: newSlots(1), Options: Options{Log: slog.New(slog.DiscardHandler), Metrics: NewMetrics(), Now: time.Now}}
	for _, row := range []struct {
		before int // bytes before the failure
		cut    bool
	}{{0, false}, {100, false}, {10 * exportBuffer, true}} {
		handler := s.observed(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			ctx := context.WithValue(r.Context(), identityKey{}, access.Identity{Tenant: "local"})
			e := &export{server: s, ctx: ctx, name: "x", format: "csv", write: func(_ context.Context, out io.Writer) error {
				out.Write(make([]byte, row.before))
				return errors.New("the disk is gone")
			}}
			if err := e.send(w); err != nil {
				s.fail(w, r, err)
			}
		}))
		server := httptest.NewServer(handler)
		response, err := server.Client().Get(server.URL)
		if err != nil {
			t.Fatal(err)
		}
		_, err = io.ReadAll(response.Body)
		if row.cut && (err == nil || response.StatusCode != 200) {
			t.Errorf("after %d bytes: %d, read without an error", row.before, response.StatusCode)
		}
		if !row.cut && (err != nil || response.StatusCode != 500 || response.Header.Get("Content-Disposition") != "") {
			t.Errorf("after %d bytes: %d %v %v", row.before, response.StatusCode, response.Header, err)
		}
		server.Close()
	}
}
