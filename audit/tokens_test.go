package audit

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"
)

func tokensOf(words ...string) []Token {
	var out []Token
	for _, w := range words {
		out = append(out, hashWord([]byte(strings.ToLower(w)), 0, len(w)))
	}
	return out
}

func asciiWords(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool {
		return r > unicode.MaxASCII || !isWordByte(byte(r))
	})
}

// The words are those of a plain split, wherever they fall in the 64-byte
// blocks of the scan.
func TestAppendTokensSplitsAsFieldsFunc(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOf(rapid.StringMatching(`[a-cA-C0-9]{0,90}|é|K| |"|:`)).Draw(t, "text"), rapid.SampledFrom([]string{"", " ", "-"}).Draw(t, "sep"))
		got := AppendTokens(nil, []byte(text))
		if want := tokensOf(asciiWords(text)...); !slices.Equal(got, want) {
			t.Fatalf("%q: %d tokens, want %d", text, len(got), len(want))
		}
	})
}

func TestWordBytesAgreesWithIsWordByte(t *testing.T) {
	for c := range 256 {
		for at := range 64 {
			text := bytes.Repeat([]byte{'.'}, 64)
			text[at] = byte(c)
			if got, want := wordMask(text) != 0, isWordByte(byte(c)); got != want {
				t.Fatalf("byte %#x at %d: word %t, want %t", c, at, got, want)
			}
		}
	}
}

func TestRecordTokensResolveEscapes(t *testing.T) {
	for _, tt := range []struct {
		raw  string
		want []string
		all  bool
	}{
		{`"a b"`, []string{"a", "b"}, true},
		{`"a\nbar"`, []string{"a", "bar"}, true},
		{`"a\\nbar"`, []string{"a", "nbar"}, true},
		{`"caf\u00e9s"`, []string{"caf", "s"}, true},
		{`"x\u003cy"`, []string{"x", "y"}, true},
		{`"x\u0041y"`, []string{"x"}, false},
		{`"x\u0039"`, []string{"x"}, false},
		{`"{\"Version\":1}"`, []string{"version", "1"}, true},
		{`\`, nil, true},
		{`\u00`, nil, true},
	} {
		got, all := appendRecordTokens(nil, []byte(tt.raw))
		if all != tt.all {
			t.Errorf("%s: all %t, want %t", tt.raw, all, tt.all)
		}
		for _, w := range tokensOf(tt.want...) {
			if !slices.Contains(got, w) {
				t.Errorf("%s: want the words %q", tt.raw, tt.want)
			}
		}
	}
}
