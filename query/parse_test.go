package query

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var testSchema = Schema{
	"actor": String, "name": String, "principal": String, "ip": IP, "time": Time,
	"count": Number, "read_only": Bool, "tag.": String, "requestParameters.": String,
}

const w = string(Wildcard)

func field(name, value string) Term { return Term{Field: name, Value: value} }

func TestParse(t *testing.T) {
	for text, want := range map[string]Node{
		"":                                     And{},
		"  \t\n":                               And{},
		"bert":                                 Text{Value: "bert"},
		"a b":                                  And{Text{Value: "a"}, Text{Value: "b"}},
		"a AND b":                              And{Text{Value: "a"}, Text{Value: "b"}},
		"a OR b c":                             Or{Text{Value: "a"}, And{Text{Value: "b"}, Text{Value: "c"}}},
		"(a OR b) c":                           And{Or{Text{Value: "a"}, Text{Value: "b"}}, Text{Value: "c"}},
		"((a))":                                Text{Value: "a"},
		"and or not":                           And{Text{Value: "and"}, Text{Value: "or"}, Text{Value: "not"}},
		`"a phrase (whole)"`:                   Text{Value: "a phrase (whole)", Phrase: true},
		`"say \"hi\" \\ a\b *"`:                Text{Value: `say "hi" \ a\b *`, Phrase: true},
		"i-0dbc91f429e48eeed":                  Text{Value: "i-0dbc91f429e48eeed"},
		"run*":                                 Text{Value: "run" + w},
		`*in\*st*`:                             Text{Value: w + "in*st" + w},
		`a\:b`:                                 Text{Value: "a:b"},
		`AWS\Admin`:                            Text{Value: `AWS\Admin`},
		`end\`:                                 Text{Value: `end\`},
		"-a":                                   Not{Text{Value: "a"}},
		"NOT NOT a":                            Not{Not{Text{Value: "a"}}},
		"-(a b)":                               Not{And{Text{Value: "a"}, Text{Value: "b"}}},
		"actor:bert-jan":                       field("actor", "bert-jan"),
		"-actor:x":                             Not{field("actor", "x")},
		`actor:"two words*"`:                   field("actor", "two words*"),
		"actor:*":                              Term{Field: "actor", Op: Exists},
		`actor:""`:                             Not{Term{Field: "actor", Op: Exists}},
		"actor:b*t":                            Term{Field: "actor", Op: Pattern, Value: "b" + w + "t"},
		`actor:b\*t`:                           field("actor", "b*t"),
		`actor:\>5`:                            field("actor", ">5"),
		"actor:(a OR b OR -c)":                 Or{field("actor", "a"), field("actor", "b"), Not{field("actor", "c")}},
		"actor:(a b) x":                        And{And{field("actor", "a"), field("actor", "b")}, Text{Value: "x"}},
		"actor:(a:b:c)":                        field("actor", "a:b:c"),
		`actor:("a b" OR NOT (c d*))`:          Or{field("actor", "a b"), Not{And{field("actor", "c"), Term{Field: "actor", Op: Pattern, Value: "d" + w}}}},
		"count:(>5 <=9)":                       And{Term{Field: "count", Kind: Number, Op: Greater, Value: "5"}, Term{Field: "count", Kind: Number, Op: AtMost, Value: "9"}},
		"count:-5":                             Term{Field: "count", Kind: Number, Value: "-5"},
		"principal:arn:aws:iam::1:role/x":      field("principal", "arn:aws:iam::1:role/x"),
		"tag.team:web":                         field("tag.team", "web"),
		`tag.aws\:autoscaling\:groupName:a`:    field("tag.aws:autoscaling:groupName", "a"),
		"requestParameters.max:>5":             Term{Field: "requestParameters.max", Op: Greater, Value: "5"},
		"time:>2023-07-10":                     Term{Field: "time", Kind: Time, Op: Greater, Value: "2023-07-10"},
		"time:2023-07-10T11:55:21.5+02:00":     Term{Field: "time", Kind: Time, Value: "2023-07-10T11:55:21.5+02:00"},
		"ip:10.0.0.0/8":                        Term{Field: "ip", Kind: IP, Op: Within, Value: "10.0.0.0/8"},
		"ip:2001:db8::1":                       Term{Field: "ip", Kind: IP, Value: "2001:db8::1"},
		"ip:10.*":                              Term{Field: "ip", Kind: IP, Op: Pattern, Value: "10." + w},
		"read_only:True":                       Term{Field: "read_only", Kind: Bool, Value: "true"},
		"größe":                                Text{Value: "größe"},
		"name:x(actor:y)":                      And{field("name", "x"), field("actor", "y")},
		"name:AND actor:OR":                    And{field("name", "AND"), field("actor", "OR")},
		"requestParameters.a.b:\"x\"name:\"\"": And{field("requestParameters.a.b", "x"), Not{Term{Field: "name", Op: Exists}}},
	} {
		got, err := Parse(text, testSchema)
		if err != nil {
			t.Errorf("Parse(%q): %v", text, err)
			continue
		}
		if diff := cmp.Diff(want, withoutOffsets(got)); diff != "" {
			t.Errorf("Parse(%q), want -, got +:\n%s", text, diff)
		}
	}
}

func TestParseSaysWhereItFails(t *testing.T) {
	for _, c := range []struct {
		text   string
		offset int
		reason string
	}{
		{"actr:x", 0, "did you mean actor?"},
		{"a  acotr:x", 3, "did you mean actor?"},
		{"a tags.x:y", 2, "there is no field tags.x"},
		{"princ:x", 0, "did you mean principal?"},
		{"zebra:x", 0, "put text with colons in quotes"},
		{"zebra:(x y)", 0, "there is no field zebra"},
		{"tag.:x", 0, "a name is missing after tag."},
		{":x", 0, "a field is missing"},
		{"actor:", 6, "actor has no value here"},
		{"actor: x", 6, "actor has no value here"},
		{"count:>", 7, "no value here"},
		{"count:>(5)", 7, "no value here"},
		{`count:>""`, 7, "no value here"},
		{"count:many", 6, "many is not a number"},
		{"count:0x10", 6, "not a number"},
		{"count:1*", 6, "a * has no meaning here"},
		{"actor:>5*", 7, "a * has no meaning here"},
		{"actor:>b", 7, "b is not a number"},
		{"time:yesterday", 5, "yesterday is not a time"},
		{"time:<=2023-13-01", 7, "not a time"},
		{"time:2023*", 5, "a * has no meaning here: time is a time"},
		{"ip:10.0.0.0/99", 3, "not an address prefix"},
		{"ip:>10.0.0.1", 4, "addresses have no order"},
		{"read_only:yes", 10, "true or false"},
		{"read_only:>true", 11, "true or false"},
		{"(a b", 0, "never closed"},
		{"x (a (b)", 2, "never closed"},
		{"actor:(a", 6, "never closed"},
		{"a b)", 3, "closes nothing"},
		{"()", 1, "a term is missing before this parenthesis"},
		{"a OR", 4, "the query ends"},
		{"OR a", 0, "before this OR"},
		{"a AND OR b", 6, "before this OR"},
		{"a AND", 5, "the query ends"},
		{"NOT", 3, "the query ends"},
		{"a - b", 2, "a hyphen negates"},
		{"a -", 2, "a hyphen negates"},
		{"--a", 0, "two hyphens"},
		{`a "b`, 2, "never closed"},
		{`a"b`, 1, "a quote inside a word"},
		{`""`, 0, "nothing between these quotes"},
		{`a*b\ c`, 0, "holds no white space"},
		{"a \xff", 2, "not UTF-8"},
		{"ab\uE000", 2, "U+E000"},
		{strings.Repeat("(", 101), 100, "more than 100 parentheses"},
		{strings.Repeat("a ", 1001), 2000, "more than 1000 terms"},
		{strings.Repeat("a", MaxLength+1), MaxLength, "longer than"},
	} {
		_, err := Parse(c.text, testSchema)
		var e *Error
		if !errors.As(err, &e) {
			t.Errorf("Parse(%.40q): got error %v", c.text, err)
			continue
		}
		if e.Offset != c.offset || !strings.Contains(e.Reason, c.reason) {
			t.Errorf("Parse(%.40q): got offset %d, %q; want %d, %q", c.text, e.Offset, e.Reason, c.offset, c.reason)
		}
	}
}

func TestParseKeepsOffsets(t *testing.T) {
	n, err := Parse(`a  -actor:(b OR "c")`, testSchema)
	if err != nil {
		t.Fatal(err)
	}
	list := n.(And)[1].(Not).Node.(Or)
	got := fmt.Sprint(n.(And)[0].(Text).Offset, list[0].(Term).Offset, list[1].(Term).Offset)
	if got != "0 11 16" {
		t.Errorf("offsets %s, want 0 11 16", got)
	}
}

func TestStringIsReadAsTheSameTree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := drawNode(t, 4)
		text := n.(fmt.Stringer).String()
		got, err := Parse(text, testSchema)
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		if diff := cmp.Diff(n, withoutOffsets(got)); diff != "" {
			t.Fatalf("%q, drawn -, read +:\n%s", text, diff)
		}
	})
}

func drawNode(t *rapid.T, depth int) Node {
	kinds := 6
	if depth == 0 {
		kinds = 3
	}
	letters := rapid.StringOfN(rapid.SampledFrom([]rune(`ab-*\"():<>= OR`+"é\t")), 1, 8, -1)
	switch rapid.IntRange(0, kinds-1).Draw(t, "kind") {
	case 0:
		return Text{Value: letters.Draw(t, "phrase"), Phrase: true}
	case 1:
		return Term{Field: "tag." + letters.Draw(t, "key"), Value: letters.Draw(t, "value")}
	case 2:
		return Term{Field: "actor", Op: Pattern, Value: letters.Draw(t, "value") + w}
	case 3:
		return Not{drawNode(t, depth-1)}
	case 4:
		return And(drawNodes(t, depth))
	default:
		return Or(drawNodes(t, depth))
	}
}

func drawNodes(t *rapid.T, depth int) []Node {
	list := make([]Node, rapid.IntRange(2, 3).Draw(t, "n"))
	for i := range list {
		list[i] = drawNode(t, depth-1)
	}
	return list
}

func withoutOffsets(n Node) Node {
	switch n := n.(type) {
	case And:
		return And(each(n, withoutOffsets))
	case Or:
		return Or(each(n, withoutOffsets))
	case Not:
		return Not{withoutOffsets(n.Node)}
	case Term:
		n.Offset = 0
		return n
	case Text:
		n.Offset = 0
		return n
	}
	return n
}

func each(nodes []Node, fn func(Node) Node) []Node {
	list := make([]Node, len(nodes))
	for i, n := range nodes {
		list[i] = fn(n)
	}
	return list
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		`a -b OR (c "d e")`, `actor:(a OR -b*) time:>2023 ip:10.0.0.0/8`, `tag.a\:b:"x\"y"`, `NOT -x`, `count:>=5 read_only:false`,
		`actor:\<x\* *a\ b*`, `"\`, "\xff", `name:""`, `name:<"`, `requestParameters.x:>-1e3`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		n, err := Parse(text, testSchema)
		if err != nil {
			var e *Error
			if !errors.As(err, &e) || e.Offset < 0 || e.Offset > len(text) || e.Reason == "" {
				t.Fatalf("Parse(%q): error %#v", text, err)
			}
			return
		}
		Match(n, record{"actor": {text}, "": {text}})
		printed := n.(fmt.Stringer).String()
		if len(text) > 1000 { // printed, it may be past a limit
			return
		}
		again, err := Parse(printed, testSchema)
		if err != nil {
			t.Fatalf("Parse(%q) is printed as %q: %v", text, printed, err)
		}
		if diff := cmp.Diff(withoutOffsets(n), withoutOffsets(again)); diff != "" {
			t.Fatalf("Parse(%q) is printed as %q, and read as another tree:\n%s", text, printed, diff)
		}
	})
}
