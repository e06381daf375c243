package cloudtrail

import (
	"strings"
	"testing"
)

var equals = []struct {
	a, b string
	want bool
}{
	{`{"a":1,"b":[true,null]}`, ` { "b" : [ true , null ] , "a" : 1.0 } `, true},
	{`"\u0041\/"`, `"A/"`, true},
	{`[100]`, `[1E+2]`, true},
	{`[0.001]`, `[1e-3]`, true},
	{`[-0]`, `[0.0e5]`, true},
	{`[9007199254740993]`, `[9007199254740992]`, false},
	{`[1e400]`, `[1e401]`, false},
	{`[1]`, `["1"]`, false},
	{`[1,2]`, `[2,1]`, false},
	{`{"a":{"x":1,"y":2}}`, `{"a":{"y":2,"x":1}}`, true},
	{`{"a":1,"b":2}`, `{"a":2,"b":1}`, false},
	{`{"a":1}`, `{"A":1}`, false},
	{`{"a":1,"a":2}`, `{"a":2,"a":1}`, false},
	{`{"a":null}`, `{}`, false},
	{`{}`, `[]`, false},
	{`{`, `{`, true},
	{`{`, `{ `, false},
	{`1 2`, `1  2`, false},
}

func TestEqual(t *testing.T) {
	for _, test := range equals {
		if got := Equal([]byte(test.a), []byte(test.b)); got != test.want {
			t.Errorf("%s and %s: %v", test.a, test.b, got)
		}
	}
}

// A record without an id gets the same one however it is written.
func TestContentID(t *testing.T) {
	id := func(text string) string {
		var rec Record
		if err := ScanRecord([]byte(text), &rec); err != nil {
			t.Fatal(err)
		}
		return string(rec.EventID)
	}
	a := id(`{"eventTime":"2013-07-10T11:55:21Z","eventName":"X"}`)
	if b := id(`{ "eventName":"\u0058", "eventTime":"2013-07-10T11:55:21Z"}`); a != b {
		t.Errorf("%s and %s", a, b)
	}
	if b := id(`{"eventTime":"2013-07-10T11:55:21Z","eventName":"Y"}`); a == b || !strings.HasPrefix(b, "sha256:") || len(b) != len("sha256:")+64 {
		t.Errorf("%s and %s", a, b)
	}
}
