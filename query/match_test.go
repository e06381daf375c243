package query

import (
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// record is a small record; under "" stand the texts for free words.
type record map[string][]string

func (r record) Each(field string, fn func(string) bool) {
	for _, v := range r[field] {
		if !fn(v) {
			return
		}
	}
}

func (r record) Text(fn func(string) bool) { r.Each("", fn) }

func TestMatch(t *testing.T) {
	r := record{
		"actor":     {"Bert-Jan"},
		"principal": {"arn:aws:iam::1:role/x"},
		"name":      {"RunInstances", "run*"},
		"ip":        {"10.1.2.3", "2001:DB8:0::1", "autoscaling.amazonaws.com"},
		"time":      {"2023-07-10T11:55:21.250Z"},
		"count":     {"9007199254740993"},
		"read_only": {"true"},
		"tag.team":  {""},
		"tag.size":  {"12.50"},
		"":          {`{"userAgent":"aws-cli/2.1 Größe","id":"i-0dbc91f429e48eeed","name":"RunInstances","msg":"one\ntwo\u0026three\\nine"}`},
	}
	for text, want := range map[string]bool{
		"":                               true,
		"actor:bert-jan":                 true,
		"actor:BERT*":                    true,
		"actor:*T-J*":                    true,
		"actor:b*-*n":                    true,
		"actor:bert":                     false,
		"actor:*tt*":                     false,
		"actor:bert-jan*jan":             false, // parts do not overlap
		"-actor:bert":                    true,
		"-name:RunInstances":             false, // no value may match
		`name:run\*`:                     true,
		"tag.team:*":                     false, // empty is absent
		`tag.team:""`:                    true,
		"tag.nope:*":                     false,
		"-tag.nope:x":                    true,
		"tag.size:>12":                   true,
		"tag.size:<=12.5":                true,
		"actor:>0":                       false,
		"count:9007199254740993":         true,
		"count:9007199254740992":         false, // beyond float64
		"count:>9007199254740992":        true,
		"ip:10.0.0.0/8":                  true,
		"ip:10.1.2.3":                    true,
		"ip:::ffff:10.1.2.3":             true,
		"ip:2001:db8::1":                 true,
		"ip:2001:db8::/32":               true,
		"ip:192.168.0.0/16":              false,
		"ip:autoscaling.*":               true,
		"ip:Autoscaling.amazonaws.com":   true,
		"time:2023-07-10":                true,
		"time:2023":                      true,
		"time:>2023-07-10":               false,
		"time:>=2023-07-10":              true,
		"time:<=2023-07-10T11":           true,
		"time:<2023-07-10T11:55:21Z":     false,
		"time:2023-07-10T13:55+02:00":    true,
		"time:2023-07-10T11:55:21.25Z":   true,
		"time:*":                         true,
		"read_only:true":                 true,
		"read_only:false":                false,
		"actor:(x OR bert*) -name:Stop*": true,
		"actor:x OR runinstances":        true,
		"i-0DBC91f429e48eeed":            true,
		"0dbc91f429e48eeed":              true,
		"0dbc91f429e48eee":               false, // not at the end of a word
		"0dbc91f429e48eee*":              true,
		"dbc91f429e48eeed":               false,
		"*dbc91f429e48eeed":              true,
		"run":                            false,
		"run*":                           true,
		"*INSTANCES":                     true,
		"run*ces":                        true,
		"run*ce":                         false,
		"aws*2.1":                        true,
		"useragent*cli":                  false, // a * crosses no quote
		`"aws-cli/2.1 grö*"`:             false, // a phrase has no wildcard
		`"aws-cli/2.1 GRÖSSE"`:           false,
		`"aws-cli/2.1 GRÖße"`:            true,
		"größ":                           false,
		"GRÖß*":                          true,
		"*":                              true,
		"two":                            false, // who resolves escapes gives that text, too
		"three":                          false,
		"nine":                           true,
		`"\"id\":"`:                      true,
	} {
		n, err := Parse(text, testSchema)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if got := Match(n, r); got != want {
			t.Errorf("%q: got %v, want %v", text, got, want)
		}
	}
}

// alphabet is small, so that drawn patterns and texts meet; K is the Kelvin
// sign, which folds to an ASCII letter elsewhere.
var alphabet = []rune("aAbB1- \"éÉK" + w)

func TestPatternsMeanTheirExpressions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pattern := rapid.StringOfN(rapid.SampledFrom(alphabet), 1, 6, -1).Draw(t, "pattern")
		value := rapid.StringOfN(rapid.SampledFrom(alphabet[:len(alphabet)-1]), 1, 12, -1).Draw(t, "value")
		expr := expression(pattern, `(?s:.*)`)
		want := regexp.MustCompile(`^` + expr + `$`).MatchString(value)
		if got := (Term{Op: Pattern, Value: pattern}).Matcher()(value); got != want {
			t.Fatalf("%q on %q: got %v, want %v", pattern, value, got, want)
		}
	})
}

func TestWordsMeanTheirExpressions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOfN(rapid.SampledFrom(alphabet[:len(alphabet)-1]), 0, 16, -1).Draw(t, "text")
		word := rapid.StringOfN(rapid.SampledFrom([]rune("aB1-éK"+w)), 1, 5, -1).Draw(t, "word")
		if got, want := (Text{Value: word}).Matcher()(text), findWords(word, text); got != want {
			t.Fatalf("%q in %q: got %v, want %v", word, text, got, want)
		}
	})
}

// findWords tries every place, by regular expressions.
func findWords(word, text string) bool {
	core := strings.Trim(word, w)
	if core == "" {
		return true
	}
	runes := []rune(core)
	before, after := `(?:^|[^\pL\pN])`, `(?:$|[^\pL\pN])`
	if strings.HasPrefix(word, w) || !isWord(runes[0]) {
		before = ""
	}
	if strings.HasSuffix(word, w) || !isWord(runes[len(runes)-1]) {
		after = ""
	}
	return regexp.MustCompile(before + expression(core, `[^\s"]*`) + after).MatchString(text)
}

// expression spells out case, because regexp folds K to k.
func expression(pattern, wild string) string {
	var b strings.Builder
	for _, r := range pattern {
		switch r {
		case Wildcard:
			b.WriteString(wild)
		case 'a', 'A':
			b.WriteString("[aA]")
		case 'b', 'B':
			b.WriteString("[bB]")
		case 'é', 'É':
			b.WriteString("[éÉ]")
		default:
			b.WriteString(regexp.QuoteMeta(string(r)))
		}
	}
	return b.String()
}

func TestPartsAreInEveryTextThatMatches(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOfN(rapid.SampledFrom(alphabet[:len(alphabet)-1]), 0, 16, -1).Draw(t, "text")
		word := Text{Value: rapid.StringOfN(rapid.SampledFrom([]rune("aB1-é"+w)), 1, 5, -1).Draw(t, "word")}
		if !word.Matcher()(text) {
			return
		}
		for _, part := range word.Parts() {
			if !strings.Contains(FoldString(text), part.Value) {
				t.Fatalf("%q matches %q, which does not hold %q", word.Value, text, part.Value)
			}
		}
	})
}

func TestManyWildcardsTakeNoLongTime(t *testing.T) {
	text := strings.Repeat("a", 200_000)
	for _, word := range []string{"a*a*a*a*a*b", "a*b", "aa*aa*c"} {
		value := strings.ReplaceAll(word, "*", w)
		if (Text{Value: value}).Matcher()(text) || (Term{Op: Pattern, Value: value}).Matcher()(text) {
			t.Errorf("%s matches", word)
		}
	}
}

func FuzzMatchers(f *testing.F) {
	f.Add("a"+w+"b", "axxb")
	f.Add("\xffé"+w, "É\xff")
	f.Fuzz(func(t *testing.T, pattern, value string) {
		matched := (Term{Op: Pattern, Value: pattern + w}).Matcher()(value)
		if whole := (Term{Op: Pattern, Value: pattern}).Matcher()(value); whole && !matched {
			t.Fatalf("%q matches %q, but not with a * after it", pattern, value)
		}
		(Text{Value: pattern}).Matcher()(value)
	})
}

func BenchmarkWords(b *testing.B) {
	text := strings.Repeat(`{"eventVersion":"1.08","userIdentity":{"type":"AssumedRole","arn":"arn:aws:sts::123456789012:assumed-role/web/i-0dbc"},`, 10)
	find := Text{Value: "i-0dbc91f429e48eeed"}.Matcher()
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if find(text) {
			b.Fatal("found")
		}
	}
}
