package usage

import (
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"
)

func TestNodeForms(t *testing.T) {
	n := nodeOf([]byte(` { "a" : [ 1 , "x\u0041" , null , true , {} , [ ] ] ,"Big":{"items":{"k":"v"}},"e\"":7,
		"set":{"item":["p","q"]},"one":{"items":"z"},"none":{},"empty":"","zero":null,"f":false } `))
	for path, want := range map[string]string{"big": "", "empty": "", "zero": "", "missing": "", "f": "false"} {
		if got := n.get(path).text(); got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
	var texts []string
	for _, item := range n.get("a").items() {
		texts = append(texts, item.text())
	}
	if diff := cmp.Diff([]string{"1", "xA", "", "true", "", ""}, texts); diff != "" {
		t.Errorf("a: %s", diff)
	}
	for name, want := range map[string]int{"big": 1, "set": 2, "one": 1, "none": 0, "empty": 0, "zero": 0, "missing": 0} {
		if got := len(n.get(name).items()); got != want {
			t.Errorf("%s has %d items, want %d", name, got, want)
		}
	}
	if name, inner := n.get("set").only(); name != "item" || len(inner.items()) != 2 {
		t.Errorf("only: %q %s", name, inner.raw)
	}
	if got := nodeOf([]byte("\"a\xffb\"")).text(); got != "a\ufffdb" {
		t.Errorf("invalid UTF-8: %q", got)
	}
}

// FuzzNode compares what nodes find in valid JSON with what jsontext finds,
// and looks for trouble in the rest.
func FuzzNode(f *testing.F) {
	f.Add(`{"a":{"b":[1,"\u00e9",null,{"c":"d\\\""}]},"A":2}`)
	f.Add(`{"items":{"item":[{}]},"":-1.5e3}`)
	f.Add(benchLaunch)
	f.Add(`{"a":[1,2`)
	f.Add(`]{"`)
	f.Fuzz(func(t *testing.T, text string) {
		n := nodeOf([]byte(text))
		walkNode(n)
		var want any
		if json.Unmarshal([]byte(text), &want, json.DefaultOptionsV2()) == nil {
			sameNode(t, n, want)
		}
	})
}

func walkNode(n node) {
	n.text()
	n.only()
	n.get("a")
	n.members(func([]byte, node) bool { return true })
	if n.kind() == '[' {
		for _, e := range n.items() {
			walkNode(e)
		}
	}
}

func sameNode(t *testing.T, n node, want any) {
	switch want := want.(type) {
	case nil:
		if !n.absent() {
			t.Errorf("null: %s", n.raw)
		}
	case string:
		if n.text() != want {
			t.Errorf("%s: %q, want %q", n.raw, n.text(), want)
		}
	case []any:
		items := n.elements()
		if len(items) != len(want) {
			t.Fatalf("%s: %d elements, want %d", n.raw, len(items), len(want))
		}
		for i := range want {
			sameNode(t, items[i], want[i])
		}
	case map[string]any:
		count := 0
		n.members(func(name []byte, value node) bool {
			count++
			sameNode(t, value, want[unquote([]byte(`"`+string(name)+`"`))])
			return true
		})
		if count != len(want) {
			t.Errorf("%s: %d members, want %d", n.raw, count, len(want))
		}
	}
}
