package audit

import (
	"strconv"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"pgregory.net/rapid"
)

func TestUnescaped(t *testing.T) {
	for raw, want := range map[string]string{
		`{"a":"b\"c\\d\/e"}`:       `{"a":"b"c\d/e"}`,
		`"caf\u00e9 \ud83d\ude00"`: `"café 😀"`,
		`"\n\t\r\b\f"`:             "\"\n\t\r\b\f\"",
		`"half \ud83d"`:            "\"half \uFFFD\"",
		`cut \u00`:                 "cut \uFFFD00",
		`cut \`:                    "cut \uFFFD",
	} {
		if got, some := unescaped(raw); got != want || !some {
			t.Errorf("%s: got %q, want %q", raw, got, want)
		}
	}
	if _, some := unescaped(`{"plain":1}`); some {
		t.Error("a text without escapes has some")
	}
}

// What a JSON string stands for is what its text becomes.
func TestUnescapedMeansWhatJSONMeans(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text")
		quoted, err := jsontext.AppendQuote(nil, text)
		if err != nil {
			t.Skip("not UTF-8")
		}
		got, some := unescaped(string(quoted))
		if !some {
			got = string(quoted)
		}
		if got != `"`+text+`"` {
			t.Errorf("%s: got %s, want %s", quoted, strconv.Quote(got), strconv.Quote(text))
		}
	})
}
