package price

// words gives each text a number, so that the hundred thousand rows of an
// offer hold numbers. Number 0 is the empty text.
type words struct {
	texts []string
	index map[string]uint32
}

func newWords() *words {
	return &words{texts: []string{""}, index: map[string]uint32{"": 0}}
}

// add gives the number of b, which it copies if it is new.
func (w *words) add(b []byte) uint32 {
	if i, ok := w.index[string(b)]; ok {
		return i
	}
	return w.addNew(string(b))
}

// addString is add for a text that may be kept.
func (w *words) addString(s string) uint32 {
	if i, ok := w.index[s]; ok {
		return i
	}
	return w.addNew(s)
}

func (w *words) addNew(s string) uint32 {
	i := uint32(len(w.texts))
	w.texts = append(w.texts, s)
	w.index[s] = i
	return i
}
