package cloudtrail

// maxPathDepth bounds how deep a text may nest for Lookup and Each. It is far
// deeper than any Reader lets through.
const maxPathDepth = 10_000

// Lookup gives the JSON text of the value at a path of keys in valid JSON
// text, a string with its quotes: Lookup(raw, "requestParameters",
// "instanceType"). Arrays on the way are entered, and the first value found
// is given. Nothing is allocated.
func Lookup(raw []byte, path ...string) ([]byte, bool) {
	var p pathWalker
	p.start(raw, path, nil)
	return p.hit, p.hit != nil
}

// Each calls fn with the JSON text of every value at a path of keys, until it
// returns false. Arrays on the way and at the end are entered: each of their
// elements is a value.
func Each(raw []byte, path []string, fn func(value []byte) bool) {
	var p pathWalker
	p.start(raw, path, fn)
}

// pathWalker finds the values at a path. Without a function to call it stops
// at the first. The function is passed along, not kept, so that it need not
// be allocated.
type pathWalker struct {
	scanner
	hit  []byte // the value found last
	done bool
}

func (p *pathWalker) start(raw []byte, path []string, fn func([]byte) bool) {
	p.reset(raw, maxPathDepth)
	if i := p.skipSpace(0); i >= 0 {
		p.walk(i, path, fn)
	}
}

// walk passes the value at i and reports what lies at the path in it.
func (p *pathWalker) walk(i int, path []string, fn func([]byte) bool) int {
	if i >= len(p.text) {
		return p.short()
	}
	if p.text[i] == '[' && (len(path) > 0 || fn != nil) {
		return p.walkArray(i, path, fn)
	}
	if len(path) > 0 && p.text[i] == '{' {
		return p.walkObject(i, path, fn)
	}
	end := p.value(i, check)
	if end >= 0 && len(path) == 0 {
		p.hit = p.text[i:end]
		p.done = fn == nil || !fn(p.hit)
	}
	return end
}

func (p *pathWalker) walkArray(i int, path []string, fn func([]byte) bool) int {
	if !p.descend(i) {
		return -1
	}
	for first, i := true, i+1; ; first = false {
		at, more := p.element(i, first)
		if !more {
			p.depth++
			return at
		}
		if i = p.walk(at, path, fn); i < 0 || p.done {
			return -1
		}
	}
}

func (p *pathWalker) walkObject(i int, path []string, fn func([]byte) bool) int {
	for first, i := true, i+1; ; first = false {
		key, at, more := p.member(i, first)
		if !more {
			return at
		}
		if string(key) == path[0] {
			i = p.walk(at, path[1:], fn)
		} else {
			i = p.value(at, check)
		}
		if i < 0 || p.done {
			return -1
		}
	}
}
