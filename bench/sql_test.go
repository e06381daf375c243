package main

import (
	"reflect"
	"strings"
	"testing"

	"github.com/kopterio/kopter/audit"
)

func TestQuoted(t *testing.T) {
	if got := quoted("it's"); got != "'it''s'" {
		t.Errorf("quoted: %s", got)
	}
}

// TestCopyLogs names every column of the lake.
func TestCopyLogs(t *testing.T) {
	text := copyLogs("/logs", "/out.parquet")
	if strings.Contains(text, "%!") || !strings.Contains(text, "'/logs/**/*.json.gz'") {
		t.Errorf("the SQL is %s", text)
	}
	names := map[string]bool{}
	for _, c := range columns {
		names[c[0]] = true
	}
	for column := range reflect.TypeFor[audit.Row]().Fields() {
		name, _, _ := strings.Cut(column.Tag.Get("parquet"), ",")
		if !names[name] {
			t.Errorf("DuckDB does not write the column %s", name)
		}
	}
}

func TestSearchSQL(t *testing.T) {
	for _, c := range []struct{ name, got, want string }{
		{"no bounds", between("x", 0, 0), "x"},
		{"both bounds", between("x", 1, 2), "x AND time >= make_timestamptz(1000) AND time < make_timestamptz(2000)"},
		{"one key", countsSQL("", "actor", "true", 0), "SELECT actor AS k, count(*) AS n FROM events WHERE true GROUP BY ALL"},
		{"two keys", countsSQL("hour", "name", "true", 0), "SELECT hour, name AS k, count(*) AS n FROM events WHERE true GROUP BY ALL"},
		{"newest", newestSQL("x", 0, 5), "WHERE x AND time < make_timestamptz(5000)"},
		{"counted", countedSQL("x", 5, 0), "(SELECT count(*) FROM events WHERE x AND time >= make_timestamptz(5000))"},
	} {
		if !strings.Contains(c.got, c.want) {
			t.Errorf("%s: %s does not hold %s", c.name, c.got, c.want)
		}
	}
}

func TestPriceSQL(t *testing.T) {
	for _, in := range [][]byte{duckPrices("/index.json"), duckPriceRows("/index.csv")} {
		if text := string(in); strings.Contains(text, "%!") || !strings.Contains(text, "LIKE 'Compute Instance%'") {
			t.Errorf("the job is %s", text)
		}
	}
}

func TestAgree(t *testing.T) {
	ours := asked{Name: "q", SQL: []string{"1", "2"}, Answers: []string{"a\nb", "c\t3"}}
	theirs := duckAnswer{Rows: [][][]string{{{"a"}, {"b"}}, {{"c", "3"}}}}
	if err := agree(ours, theirs); err != nil {
		t.Error(err)
	}
	theirs.Rows[1][0][1] = "4"
	if err := agree(ours, theirs); err == nil {
		t.Error("different counts agree")
	}
}

func TestWriteCounts(t *testing.T) {
	rows := []audit.CountRow{{Values: []string{"x", "ab"}, Count: 3}, {Values: []string{"y", "c"}, Count: 2}}
	if got := writeCounts(rows); got != "2\t5\t13\t8" {
		t.Errorf("the counts are %q", got)
	}
}
