package cloudtrail

import "math"

// Lookup gives the JSON text of the value at a path of keys in valid JSON
// text, a string with its quotes: Lookup(raw, "requestParameters",
// "instanceType"). Arrays on the way are entered, and the first value found
// is given. Nothing is allocated.
func Lookup(raw []byte, path ...string) ([]byte, bool) {
	var value []byte
	found := false
	walk(raw, path, false, func(v []byte) bool {
		value, found = v, true
		return false
	})
	return value, found
}

// Each calls fn with the JSON text of every value at a path of keys, until it
// returns false. Arrays on the way and at the end are entered: each of their
// elements is a value.
func Each(raw []byte, path []string, fn func(value []byte) bool) {
	walk(raw, path, true, fn)
}

// walk is Each; elements says whether an array at the path's end is entered.
func walk(raw []byte, path []string, elements bool, fn func([]byte) bool) {
	p := pathWalker{elements: elements, fn: fn}
	p.reset(raw, math.MaxInt)
	if i := p.skipSpace(0); i >= 0 {
		p.walk(i, path)
	}
}

type pathWalker struct {
	scanner
	elements bool
	fn       func([]byte) bool
	done     bool
}

// walk passes the value at i and reports what lies at the path in it.
func (p *pathWalker) walk(i int, path []string) int {
	if i >= len(p.text) {
		return p.short()
	}
	if p.text[i] == '[' && (len(path) > 0 || p.elements) {
		return p.walkArray(i, path)
	}
	if len(path) > 0 && p.text[i] == '{' {
		return p.walkObject(i, path)
	}
	end := p.value(i, check)
	if end >= 0 && len(path) == 0 && !p.done {
		p.done = !p.fn(p.text[i:end])
	}
	return end
}

func (p *pathWalker) walkArray(i int, path []string) int {
	for first, i := true, i+1; ; first = false {
		at, more := p.element(i, first)
		if !more {
			return at
		}
		if i = p.walk(at, path); i < 0 || p.done {
			return -1
		}
	}
}

func (p *pathWalker) walkObject(i int, path []string) int {
	for first, i := true, i+1; ; first = false {
		key, at, more := p.member(i, first)
		if !more {
			return at
		}
		if string(key) == path[0] {
			i = p.walk(at, path[1:])
		} else {
			i = p.value(at, check)
		}
		if i < 0 || p.done {
			return -1
		}
	}
}
