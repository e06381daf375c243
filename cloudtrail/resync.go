package cloudtrail

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// unended deals with a record whose end is not in sight: the file ends first,
// or the record is too long to be kept.
func (r *Reader) unended() {
	var d *damage
	ended := r.win.ended
	switch {
	case ended == nil || int64(len(r.win.rest())) > r.lim.Record:
		r.pass(fmt.Sprintf("longer than %d bytes", r.lim.Record))
	case errors.As(ended, &d):
		r.win.ended = io.EOF // said here, and not again by finish
		r.resync(len(r.win.rest()), d.reason)
	case ended == io.EOF:
		r.resync(len(r.win.rest()), "the file ends inside a record")
	default:
		r.fail(ended)
	}
}

// resync reports what begins here and breaks n bytes further on, and goes to
// where a record begins next.
func (r *Reader) resync(n int, reason string) {
	b := r.brokenHere(reason)
	r.torn, r.comma = true, false
	r.win.pos += resumption(r.win.rest(), n)
	r.seek()
	r.report(b)
}

// resumption says where in text, which begins with a record that breaks after
// n bytes, the next record could begin: at the first line that begins with a
// brace, for a record cut short may have swallowed the lines that follow it;
// else at the last brace before the break; else at the break.
func resumption(text []byte, n int) int {
	if i := bytes.Index(text[:n], []byte("\n{")); i >= 0 {
		return i + 1
	}
	if i := bytes.LastIndexByte(text[:n], '{'); i > 0 {
		return i
	}
	return max(n, 1)
}

// seek goes to the next place where a record or a list of records begins, or
// to the end. An object that is the value of a key is none, unless it begins
// a line: what a caller put into a request must not pass for a record.
func (r *Reader) seek() {
	previous := byte(0)
	for {
		rest := r.win.rest()
		i := bytes.IndexByte(rest, '{')
		if i < 0 {
			previous = lastOf(rest, previous)
			r.win.pos = r.win.end
			if !r.win.more() {
				return
			}
			continue
		}
		previous = lastOf(rest[:i], previous)
		r.win.pos += i
		if previous == ':' {
			r.win.pos++
			previous = '{'
			continue
		}
		n := r.implausible()
		if n == 0 {
			return
		}
		previous = lastOf(r.win.rest()[:n], previous)
		r.win.pos += n
	}
}

// lastOf gives text's last byte that is not white space, but a line's end
// counts, or previous if there is none.
func lastOf(text []byte, previous byte) byte {
	text = bytes.TrimRight(text, " \t\r")
	if len(text) == 0 {
		return previous
	}
	return text[len(text)-1]
}

// implausible says how many bytes to pass because no record begins here, or 0
// if one does. Every byte is scanned a bounded number of times: what is
// complete is passed as a whole, and what breaks up to the last brace before
// the break.
func (r *Reader) implausible() int {
	n, err := r.scanHere()
	if err == nil || err == errContainer {
		return 0
	}
	if _, ok := err.(errNotRecord); ok {
		return n
	}
	if err == errShort {
		return 1
	}
	if i := bytes.LastIndexByte(r.win.rest()[:r.scan.at], '{'); i > 0 {
		return i
	}
	return max(r.scan.at, 1)
}

// pass reports the value that begins here and goes to its end, without
// looking closely or keeping it.
func (r *Reader) pass(reason string) {
	b := r.brokenHere(reason)
	if !r.skipValue() {
		r.torn = true
	}
	r.report(b)
}

// skipValue goes to the end of the value that begins here, or of the file if
// that comes first.
func (r *Reader) skipValue() bool {
	var k skipper
	for {
		n, done := k.skip(r.win.rest())
		r.win.pos += n
		if done || !r.win.more() {
			return done
		}
	}
}

// skipper finds the end of a value of any length, in pieces: it counts
// brackets outside strings.
type skipper struct {
	depth           int
	text, backslash bool // inside a string; behind a backslash in it
}

// skip passes what belongs to the value and says whether that ends it.
func (k *skipper) skip(b []byte) (n int, done bool) {
	for i, c := range b {
		switch {
		case k.backslash:
			k.backslash = false
		case k.text && c < ' ':
			return i, true // an unclosed string: nobody knows what it took in
		case k.text:
			k.backslash = c == '\\'
			k.text = c != '"'
			if !k.text && k.depth == 0 {
				return i + 1, true
			}
		default:
			if ended, own := k.outside(c); ended {
				if own {
					i++
				}
				return i, true
			}
		}
	}
	return len(b), false
}

// outside takes a byte outside strings and says whether the value ends with
// it (own) or before it.
func (k *skipper) outside(c byte) (ended, own bool) {
	switch c {
	case '"':
		k.text = true
	case '{', '[':
		k.depth++
	case '}', ']':
		k.depth--
		return k.depth <= 0, k.depth == 0
	case ',', ' ', '\t', '\n', '\r':
		return k.depth == 0, false
	}
	return false, false
}
