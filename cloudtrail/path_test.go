package cloudtrail

import (
	"strings"
	"testing"
)

const pathText = `{"a":{"b":"x","l":[{"c":1},{"c":[2,3]},4,{"d":5}],"e":[]},"n":null, "k\u0065y" : true }`

func TestLookup(t *testing.T) {
	for _, test := range []struct{ path, want string }{
		{"a.b", `"x"`},
		{"a.l.c", `1`},
		{"a.e", `[]`},
		{"n", `null`},
		{"key", `true`},
		{"a.l.d", `5`},
		{"a.l", `[{"c":1},{"c":[2,3]},4,{"d":5}]`},
		{"a.x", ``},
		{"a.b.c", ``},
		{"A", ``},
	} {
		value, ok := Lookup([]byte(pathText), strings.Split(test.path, ".")...)
		if string(value) != test.want || ok != (test.want != "") {
			t.Errorf("%s: %s %v, want %s", test.path, value, ok, test.want)
		}
	}
}

func TestEach(t *testing.T) {
	for _, test := range []struct{ path, want string }{
		{"a.b", `"x"`},
		{"a.l.c", `1 2 3`},
		{"a.e", ``},
		{"a.l", `{"c":1} {"c":[2,3]} 4 {"d":5}`},
	} {
		var got []string
		Each([]byte(pathText), strings.Split(test.path, "."), func(v []byte) bool {
			got = append(got, string(v))
			return true
		})
		if strings.Join(got, " ") != test.want {
			t.Errorf("%s: %q, want %s", test.path, got, test.want)
		}
	}
	calls := 0
	Each([]byte(pathText), []string{"a", "l"}, func([]byte) bool { calls++; return calls < 2 })
	if calls != 2 {
		t.Errorf("%d calls after false", calls)
	}
}

func TestUnquote(t *testing.T) {
	for value, want := range map[string]string{
		`"x"`: "x", `"a\n\u00e4\ud83d\ude00\ud83d"`: "a\nä😀\ufffd", `17`: "17", `true`: "true", `null`: "", `{"a":1}`: `{"a":1}`, `""`: "", ``: "",
		`"\/\b\f\r\t\\"`: "/\b\f\r\t\\",
	} {
		if got := Unquote([]byte(value)); got != want {
			t.Errorf("%s: %q, want %q", value, got, want)
		}
	}
}
