package audit

import (
	"io"

	"github.com/kopterio/kopter/audit/wordfilter"
)

// WriteTokens writes the token sidecar of a part with these row groups.
func WriteTokens(out io.Writer, groups [][]Row) error {
	var w wordfilter.Writer
	w.Reset(out)
	for _, rows := range groups {
		for i := range rows {
			w.Add([]byte(rows[i].Raw))
		}
		if err := w.EndGroup(); err != nil {
			return err
		}
	}
	return w.Finish()
}
