package main

import (
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/kopterio/kopter/app"
)

var testColumns = []column{
	{name: "event_id"}, {name: "rows"}, {name: "read_only"}, {name: "resources"},
	{name: "error_message", in: notInTable}, {name: "tags", in: notInTable}, {name: "raw", in: onlyInJSON},
}

func TestListing(t *testing.T) {
	rows := [][]any{
		{"e1", int64(7), true, []string{"i-1", "i-2"}, "no,\n\"way\"", map[string]string{"b": "2", "a": "1"}, jsontext.Value(`{"k": 1}`)},
		{"e2\x1b[31m", int64(0), false, []string(nil), omitted{}, omitted{}, omitted{}},
	}
	want := map[string]string{
		"json": "[\n" +
			`{"event_id":"e1","rows":7,"read_only":true,"resources":["i-1","i-2"],"error_message":"no,\n\"way\"","tags":{"a":"1","b":"2"},"raw":{"k":1}}` + ",\n" +
			`{"event_id":"e2\u001b[31m","rows":0,"read_only":false,"resources":[]}` + "\n]\n",
		"ndjson": `{"event_id":"e1","rows":7,"read_only":true,"resources":["i-1","i-2"],"error_message":"no,\n\"way\"","tags":{"a":"1","b":"2"},"raw":{"k":1}}` + "\n" +
			`{"event_id":"e2\u001b[31m","rows":0,"read_only":false,"resources":[]}` + "\n",
		"csv": "event_id,rows,read_only,resources,error_message,tags\n" +
			"e1,7,true,i-1 i-2,\"no,\n\"\"way\"\"\",\"{\"\"a\"\":\"\"1\"\",\"\"b\"\":\"\"2\"\"}\"\n" +
			"e2\x1b[31m,0,false,,,\n",
		"table": "EVENT ID  ROWS  READ ONLY  RESOURCES\n" +
			"e1        7     true       i-1 i-2\n" +
			"e2·[31m   0     false      \n",
	}
	for format, text := range want {
		t.Run(format, func(t *testing.T) {
			var out strings.Builder
			l, err := newListing(format, &out, testColumns...)
			if err != nil {
				t.Fatal(err)
			}
			for _, row := range rows {
				if err := l.row(row...); err != nil {
					t.Fatal(err)
				}
			}
			if err := l.close(); err != nil {
				t.Fatal(err)
			}
			if out.String() != text {
				t.Errorf("got\n%s\nwant\n%s", out.String(), text)
			}
		})
	}
}

func TestEmptyListing(t *testing.T) {
	for format, want := range map[string]string{"json": "[]\n", "ndjson": "", "csv": "event_id\n", "table": "EVENT ID\n"} {
		var out strings.Builder
		l, err := newListing(format, &out, column{name: "event_id"})
		if err != nil {
			t.Fatal(err)
		}
		if err := l.close(); err != nil || out.String() != want {
			t.Errorf("%s: got %q, %v; want %q", format, out.String(), err, want)
		}
	}
}

func TestUnknownFormat(t *testing.T) {
	if _, err := newListing("yaml", nil); exitCode(err) != exitUsage {
		t.Errorf("format yaml: got %v, want a usage error", err)
	}
}

// TestCells compares what a table shows, made for reading, with CSV.
func TestCells(t *testing.T) {
	unpriced := app.Step{Unpriced: "no sheet"}
	turned := app.Step{Unpriced: "no sheet", Delta: -5_000_000_000}
	for _, c := range []struct {
		value      any
		table, csv string
	}{
		{resourceList{"ami-1", "i-2", "arn:aws:iam::1:role/x", "i-1"}, "i-2 i-1 ami-1 arn:aws:iam::1:role/x", "ami-1 i-2 arn:aws:iam::1:role/x i-1"},
		{resourceList(nil), "", ""},
		{map[string]string{"team": "web", "Name": "a b"}, "Name=a b team=web", `{"Name":"a b","team":"web"}`},
		{delta{&app.Step{}}, "0.0000000000", "0.0000000000"},
		{delta{&unpriced}, "unpriced", "0.0000000000"},
		{delta{&turned}, "-5.0000000000", "-5.0000000000"},
		{omitted{}, "", ""},
		{int64(-7), "-7", "-7"},
		{true, "true", "true"},
	} {
		if table, csv := tableCell(c.value), cell(c.value); table != c.table || csv != c.csv {
			t.Errorf("%v: table %q, CSV %q; want %q, %q", c.value, table, csv, c.table, c.csv)
		}
	}
}

// TestLongTable writes rows before the last is known.
func TestLongTable(t *testing.T) {
	var out strings.Builder
	l, err := newListing("table", &out, column{name: "n"}, column{name: "text", in: wide})
	if err != nil {
		t.Fatal(err)
	}
	for n := range aligned {
		if err := l.row(int64(n), strings.Repeat("x", 100)); err != nil {
			t.Fatal(err)
		}
	}
	if lines := strings.Count(out.String(), "\n"); lines != aligned+1 {
		t.Errorf("%d lines are written before the end, want %d", lines, aligned+1)
	}
	if err := l.row(int64(aligned), strings.Repeat("é", 100)); err != nil {
		t.Fatal(err)
	}
	if err := l.close(); err != nil || !strings.HasSuffix(out.String(), "é\n") {
		t.Errorf("end %q, %v", out.String()[out.Len()-20:], err)
	}
	if got := cut(strings.Repeat("é", cellWidth+1)); got != strings.Repeat("é", cellWidth-1)+"…" {
		t.Errorf("cut to %q", got)
	}
}
