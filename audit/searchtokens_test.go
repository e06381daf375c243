package audit

import "io"

// WriteTokens writes the token sidecar of a part with these row groups.
func WriteTokens(out io.Writer, groups [][]Row) error {
	var w tokenWriter
	w.reset(out)
	for _, rows := range groups {
		for i := range rows {
			w.add([]byte(rows[i].Raw))
		}
		if err := w.endGroup(); err != nil {
			return err
		}
	}
	return w.finish()
}
