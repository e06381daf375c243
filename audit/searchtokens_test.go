package audit

import (
	"bytes"
	"io"
	"testing"

	"github.com/kopterio/kopter/audit/wordfilter"
)

// WriteTokens writes the token sidecar of a part with these row groups.
func WriteTokens(out io.Writer, groups [][]Row) error {
	var w wordfilter.Writer
	w.Reset(out)
	for _, rows := range groups {
		for i := range rows {
			addWords(&w, []byte(rows[i].Raw))
		}
		if err := w.EndGroup(); err != nil {
			return err
		}
	}
	return w.Finish()
}

// TestIssuedWord finds the row group whose record issued a key among those
// whose records name it otherwise.
func TestIssuedWord(t *testing.T) {
	const key = "ASIAEXAMPLE1"
	uses := Row{Raw: `{"userIdentity":{"accessKeyId":"` + key + `"},"responseElements":{"credentials":{"accessKeyId":"ASIAEXAMPLE2"}}}`}
	issues := Row{Raw: `{"responseElements":{"credentials":{"expiration":"x","accessKeyId":"` + key + `"}}}`}
	hides := Row{Raw: `{"responseElements":{"\u0063redentials":{"accessKeyId":"` + key + `"}}}`}
	var out bytes.Buffer
	if err := WriteTokens(&out, [][]Row{{uses}, {uses, issues}, {hides}}); err != nil {
		t.Fatal(err)
	}
	tokens, err := wordfilter.OpenTokens(sidecar{bytes.NewReader(out.Bytes())})
	if err != nil {
		t.Fatal(err)
	}
	p := compile(term(issuedPath, key))
	for group, want := range []bool{false, true, true} {
		if got := p.mayHold(p.root, tokens, group); got != want {
			t.Errorf("row group %d may hold who issued the key: %v, want %v", group, got, want)
		}
	}
}

// sidecar is a file in memory.
type sidecar struct{ *bytes.Reader }

func (sidecar) Close() error { return nil }
