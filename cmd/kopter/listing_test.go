package main

import (
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
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
