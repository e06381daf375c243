package wordfilter

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/go-json-experiment/json/jsontext"
	"pgregory.net/rapid"

	"github.com/kopterio/kopter/audit/bloom"
)

// memoryFile is a File over bytes.
type memoryFile struct{ *bytes.Reader }

func (memoryFile) Close() error { return nil }

func fileOf(b []byte) File { return memoryFile{bytes.NewReader(b)} }

func tokensOf(words ...string) []Token {
	var out []Token
	for _, w := range words {
		out = append(out, hashWord([]byte(strings.ToLower(w)), 0, len(w)))
	}
	return out
}

func asciiWords(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool {
		return r > unicode.MaxASCII || !IsWordByte(byte(r))
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
			if got, want := wordMask(text) != 0, IsWordByte(byte(c)); got != want {
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

// encodeTokens gives the bytes of a sidecar of row groups of raw records.
func encodeTokens(t testing.TB, groups ...[]string) []byte {
	t.Helper()
	var out bytes.Buffer
	var w Writer
	w.Reset(&out)
	for _, group := range groups {
		for _, raw := range group {
			w.Add([]byte(raw))
		}
		if err := w.EndGroup(); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Finish(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// What was added is always found; what was not is mostly not.
func TestTokensContainWhatWasAdded(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	word := func() string { return fmt.Sprintf("%x", rnd.Uint64()) }
	groups := make([][]string, 3)
	for i := range groups {
		for range 2000 {
			groups[i] = append(groups[i], fmt.Sprintf(`{"eventVersion":"1.08","a":"%s-%s"}`, word(), word()))
		}
	}
	tokens, err := OpenTokens(fileOf(encodeTokens(t, groups...)))
	if err != nil {
		t.Fatal(err)
	}
	if tokens.RowGroups() != 3 || tokens.Rows() != 6000 {
		t.Errorf("%d row groups, %d rows", tokens.RowGroups(), tokens.Rows())
	}
	for i, group := range groups {
		for _, raw := range group {
			if !tokens.MayContain(i, AppendTokens(nil, []byte(strings.ToUpper(raw)))) {
				t.Fatalf("row group %d lacks %s", i, raw)
			}
		}
	}
	wrong := 0
	for range 10_000 {
		if tokens.MayContain(1, AppendTokens(nil, []byte(word()))) {
			wrong++
		}
	}
	if wrong > 250 {
		t.Errorf("%d of 10,000 words that were not added may be there", wrong)
	}
	if !tokens.MayContain(3, AppendTokens(nil, []byte("x"))) {
		t.Error("a row group that the sidecar does not know is ruled out")
	}
}

// A row group with an escape that hides a letter is never ruled out.
func TestTokensOfHiddenLetters(t *testing.T) {
	tokens, err := OpenTokens(fileOf(encodeTokens(t, []string{`"\u0041bc"`, `"x"`}, []string{`"x"`})))
	if err != nil {
		t.Fatal(err)
	}
	abc := AppendTokens(nil, []byte("abc"))
	if !tokens.MayContain(0, abc) || tokens.MayContain(1, abc) {
		t.Error("want abc to be possible in the first row group only")
	}
}

// A damaged sidecar never rules out what is there.
func TestTokensSurviveEveryChangedByte(t *testing.T) {
	group := []string{"alpha beta", "gamma"}
	good := encodeTokens(t, group, group)
	words := AppendTokens(nil, []byte("alpha beta gamma"))
	for at := range good {
		bad := bytes.Clone(good)
		bad[at] ^= 0x04
		tokens, err := OpenTokens(fileOf(bad))
		if err != nil {
			if !errors.Is(err, bloom.ErrCorrupt) {
				t.Fatalf("byte %d: %v, want bloom.ErrCorrupt", at, err)
			}
			continue
		}
		if !tokens.MayContain(0, words) || !tokens.MayContain(1, words) {
			t.Fatalf("byte %d changed: words are ruled out", at)
		}
		if err := tokens.Verify(); !errors.Is(err, bloom.ErrCorrupt) {
			t.Fatalf("byte %d changed: verify says %v, want bloom.ErrCorrupt", at, err)
		}
	}
}

func FuzzTokens(f *testing.F) {
	f.Add(encodeTokens(f))
	f.Add(encodeTokens(f, []string{"alpha"}, []string{"beta", "gamma"}))
	f.Fuzz(func(t *testing.T, data []byte) {
		tokens, err := OpenTokens(fileOf(data))
		if err != nil {
			return
		}
		for i := range tokens.RowGroups() {
			tokens.MayContain(i, tokensOf("alpha", "beta"))
		}
		if err := tokens.Verify(); err != nil && !errors.Is(err, bloom.ErrCorrupt) {
			t.Errorf("verify: %v, want bloom.ErrCorrupt", err)
		}
	})
}

// The scan of words never reads past the text and finds them all.
func FuzzRecordTokens(f *testing.F) {
	f.Add([]byte(`{"a":"b\nc\u00e9d\\"}`))
	f.Add([]byte(`{"a":"b, c\nd","e":[1,2e3,"f\u002cg,h"],"a":"b, c\nd"}`))
	f.Add([]byte(`\u`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		got, _ := appendRecordTokens(nil, raw)
		want := tokensOf(asciiWords(string(bytes.ToValidUTF8(raw, []byte("é"))))...)
		if !slices.Equal(got[:len(want)], want) {
			t.Errorf("%q: not the words of a plain split", raw)
		}
		var w Writer
		w.Reset(io.Discard)
		w.Add(raw)
		for _, word := range got {
			if !w.opaque && jsontext.Value(raw).IsValid() && !slices.Contains(w.words, word) {
				t.Errorf("%q: taken apart, it lacks a word", raw)
			}
		}
	})
}

func BenchmarkTokens(b *testing.B) {
	raws := make([]string, 5000)
	rnd := rand.New(rand.NewPCG(3, 4))
	size := 0
	for i := range raws {
		raws[i] = fmt.Sprintf(`{"eventVersion":"1.08","userIdentity":{"type":"AssumedRole","arn":"arn:aws:sts::123456789012:assumed-role/role-%d/session-%d","accountId":"123456789012","accessKeyId":"ASIA%08X","sessionContext":{"sessionIssuer":{"type":"Role","accountId":"123456789012","userName":"role-%d"},"attributes":{"creationDate":"2023-07-10T12:%02d:00Z","mfaAuthenticated":"false"}}},"eventSource":"ec2.amazonaws.com","requestParameters":{"instancesSet":{"items":[{"instanceId":"i-%017x"}]}},"requestID":"%08x-%04x-%04x","eventID":"%08x-%04x-%04x-%012x","readOnly":true,"eventType":"AwsApiCall","managementEvent":true,"tlsDetails":{"tlsVersion":"TLSv1.2","cipherSuite":"ECDHE-RSA-AES128-GCM-SHA256","clientProvidedHostHeader":"ec2.eu-west-1.amazonaws.com"}}`,
			rnd.IntN(100), rnd.IntN(1000), rnd.IntN(3000), rnd.IntN(100), rnd.IntN(60), rnd.IntN(5000),
			rnd.Uint32(), rnd.IntN(65536), rnd.IntN(65536), rnd.Uint32(), rnd.IntN(65536), rnd.IntN(65536), rnd.Uint64()>>16)
		size += len(raws[i])
	}
	b.SetBytes(int64(size))
	var out bytes.Buffer
	var w Writer
	for b.Loop() {
		out.Reset()
		w.Reset(&out)
		for _, raw := range raws {
			w.Add([]byte(raw))
		}
		if err := w.EndGroup(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(raws)), "ns/event")
	b.ReportMetric(float64(out.Len())/float64(len(raws)), "B/event")
}
