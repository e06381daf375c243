package cloudtrail

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// Reader takes records out of one source after the other. The form in which
// they travel is detected: {"Records":[…]}, an array, one value after the
// other, single records; bare, in EventBridge envelopes or in LookupEvents
// output; plain, gzip or zip.
//
// Its memory is bounded by its Limits. It is not safe for concurrent use.
type Reader struct {
	lim  Limits
	in   input
	win  window
	scan recordScanner
	rec  Record

	within  bool      // a file was begun and has not ended
	fresh   bool      // nothing of it was read yet
	stack   []byte    // the lists and the objects around them that are open
	comma   bool      // a comma is due before the next value of the list
	torn    bool      // something broke, so that the brackets may not match
	said    int       // Brokens given of this file
	hidden  int64     // Brokens not given, past the limit
	first   *Broken   // of those hidden
	last    bool      // no further file follows
	queue   []error   // what Next gives next
	account keyReader // the account that the source's name tells
}

// keyReader reads the account from a source's name when it is asked for.
type keyReader struct {
	name    string
	known   bool
	account []byte
}

// NewReader reads the records of src. Zero limits mean DefaultLimits.
func NewReader(src Source, lim Limits) *Reader {
	r := &Reader{lim: lim.filled()}
	r.scan.split, r.scan.maxDepth = true, r.lim.Depth
	r.in.lim = r.lim
	r.win.limit = int(r.lim.Record) + windowSize
	r.Reset(src)
	return r
}

// Reset turns to another source and keeps the buffers.
func (r *Reader) Reset(src Source) {
	r.in.reset(src)
	r.win.shrink()
	r.within, r.last, r.queue = false, false, r.queue[:0]
	r.account = keyReader{name: src.Name}
}

// Close ends reading. The source's readers stay the caller's to close.
func (r *Reader) Close() error {
	r.in.close()
	r.within, r.last, r.queue = false, true, nil
	return nil
}

// Next gives the next record, which is valid until the next call. At the end
// it gives io.EOF. A *Broken is something that could not be read: call Next
// again for what follows it. Any other error is a failure to read the source,
// and final.
func (r *Reader) Next() (*Record, error) {
	for {
		if len(r.queue) > 0 {
			err := r.queue[0]
			r.queue = r.queue[1:]
			return nil, err
		}
		if !r.within {
			if r.last {
				return nil, io.EOF
			}
			r.begin()
			continue
		}
		if rec := r.step(); rec != nil {
			return rec, nil
		}
	}
}

// begin turns to the next file.
func (r *Reader) begin() {
	err := r.in.next()
	r.win.reset(&r.in)
	r.fresh, r.stack, r.comma, r.torn = true, r.stack[:0], false, false
	r.said, r.hidden, r.first = 0, 0, nil
	switch d := (*damage)(nil); {
	case err == nil:
		r.within = true
	case err == io.EOF:
		r.last = true
	case errors.As(err, &d):
		r.refuse(d.reason)
	default:
		r.fail(err)
	}
}

// fail ends reading: the source cannot be read.
func (r *Reader) fail(err error) {
	r.within, r.last = false, true
	r.queue = append(r.queue, err)
}

// refuse gives up the whole current file.
func (r *Reader) refuse(reason string) {
	r.within = false
	r.queue = append(r.queue, &Broken{Name: r.in.name, Reason: reason, Excerpt: r.excerpt(), Whole: true})
}

// excerpt is the beginning of what the window holds.
func (r *Reader) excerpt() []byte {
	rest := r.win.rest()
	return bytes.Clone(rest[:min(len(rest), ExcerptLimit)])
}

// brokenHere describes what begins here. Of what will be hidden there is no
// excerpt.
func (r *Reader) brokenHere(reason string) *Broken {
	b := &Broken{Name: r.in.name, Offset: r.win.offset(), Reason: reason}
	if r.first == nil {
		b.Excerpt = r.excerpt()
	}
	return b
}

// report gives b, which ends here, to the caller, unless it is one of too many.
func (r *Reader) report(b *Broken) {
	if n := r.win.offset() - b.Offset; n < int64(len(b.Excerpt)) {
		b.Excerpt = b.Excerpt[:n]
	}
	if r.said < r.lim.Broken {
		r.said++
		r.queue = append(r.queue, b)
		return
	}
	if r.first == nil {
		r.first = b
	}
	r.hidden++
}

// finish ends the current file.
func (r *Reader) finish() {
	r.within = false
	if r.hidden > 0 {
		r.first.Reason = fmt.Sprintf("%d more things broken, of which this is the first: %s", r.hidden, r.first.Reason)
		r.queue = append(r.queue, r.first)
	}
	var d *damage
	switch {
	case errors.As(r.win.ended, &d):
		b := r.brokenHere(d.reason)
		b.Whole = r.fresh
		r.queue = append(r.queue, b)
	case r.win.ended != io.EOF:
		r.fail(r.win.ended)
	case r.fresh:
		r.refuse("empty file")
	case len(r.stack) > 0 && !r.torn:
		r.queue = append(r.queue, r.brokenHere("the file ends inside a list of records"))
	}
}

// step passes one token between records, or reads one record.
func (r *Reader) step() *Record {
	if !r.skipSpace() {
		r.finish()
		return nil
	}
	c := r.win.buf[r.win.pos]
	if r.fresh && c != '{' && c != '[' {
		r.refuse("not JSON")
		return nil
	}
	r.fresh = false
	if len(r.stack) > 0 && r.stack[len(r.stack)-1] == '{' {
		return r.wrapper(c)
	}
	return r.list(c)
}

// list reads a comma, an element or the end of a list. The file itself is a
// list in which commas are optional.
func (r *Reader) list(c byte) *Record {
	inside := len(r.stack) > 0
	switch {
	case c == ']' && inside:
		r.pop()
	case c == ',' && r.comma:
		r.win.pos++
		r.comma = false
	case inside && r.comma && (c == '{' || c == '['):
		r.comma = false
		r.report(r.brokenHere("a comma is missing between two records"))
	default:
		r.comma = true
		return r.element(c)
	}
	return nil
}

// pop passes a closing bracket.
func (r *Reader) pop() {
	r.win.pos++
	r.stack = r.stack[:len(r.stack)-1]
	r.comma = true
}

// push passes n bytes, which open brackets.
func (r *Reader) push(n int, brackets string) {
	r.win.pos += n
	r.stack = append(r.stack, brackets...)
	r.comma = false
}

// element reads a list or a record.
func (r *Reader) element(c byte) *Record {
	switch {
	case c == '{':
		return r.object()
	case c != '[':
		r.resync(1, "a record was expected")
	case len(r.stack) < r.lim.Depth:
		r.push(1, "[")
	default:
		r.pass(tooDeepReason(r.lim.Depth))
	}
	return nil
}

// wrapper reads a member, or the end, of an object around records.
func (r *Reader) wrapper(c byte) *Record {
	switch {
	case c == '}':
		r.pop()
	case c == ',':
		r.win.pos++
	case c == '{' && !r.comma:
		r.comma = true
		return r.object()
	case c == '{' || c == '[':
		r.report(r.brokenHere("a closing bracket is missing"))
		for len(r.stack) > 0 && r.stack[len(r.stack)-1] == '{' {
			r.stack = r.stack[:len(r.stack)-1]
		}
		r.comma, r.torn = false, true
	default:
		r.member()
	}
	return nil
}

// member reads a member of the object around a list: another list, or
// something that is passed over.
func (r *Reader) member() {
	s := &r.scan.scanner
	for {
		s.reset(r.win.rest(), r.lim.Depth)
		key, at, _ := s.member(0, true)
		switch {
		case at >= 0:
			f := fieldOf(key)
			if (f == listRecords || f == listEvents) && s.text[at] == '[' {
				r.push(at+1, "[")
				return
			}
			r.win.pos += at
			r.skipValue()
			return
		case s.why == broken:
			r.resync(s.at, s.reason)
			return
		case int64(len(s.text)) > r.lim.Record || !r.win.more():
			r.unended()
			return
		}
	}
}

// object reads the object that begins here.
func (r *Reader) object() *Record {
	n, err := r.scanHere()
	switch e := err.(type) {
	case nil:
		r.rec.Offset = r.win.offset()
		r.win.pos += n
		if len(r.rec.Account) == 0 {
			r.rec.Account = r.account.get()
		}
		return &r.rec
	case errNotRecord:
		b := r.brokenHere(string(e))
		b.Whole = e == errDigest && len(r.stack) == 0
		r.win.pos += n
		r.report(b)
		return nil
	}
	switch {
	case err == errContainer:
		if len(r.stack)+1 >= r.lim.Depth {
			r.pass(tooDeepReason(r.lim.Depth))
			return nil
		}
		r.push(r.scan.at, r.scan.opened)
	case err == errShort:
		r.unended()
	case r.scan.why == tooDeep:
		r.pass(err.Error())
	default:
		r.resync(r.scan.at, err.Error())
	}
	return nil
}

// scanHere scans the object at the window's position, reading on as far as it
// reaches. It gives errShort if the file ends before the object, or the object
// is longer than the limit.
func (r *Reader) scanHere() (int, error) {
	for {
		n, err := r.scan.scan(r.win.rest(), &r.rec)
		if int64(n) > r.lim.Record {
			return 0, errShort
		}
		if err != errShort || int64(len(r.win.rest())) > r.lim.Record || !r.win.more() {
			return n, err
		}
	}
}

// skipSpace passes white space and says whether anything follows it. A byte
// order mark at the beginning of the file is white space.
func (r *Reader) skipSpace() bool {
	if r.fresh && r.win.offset() == 0 {
		for r.win.end < 3 && r.win.more() {
			continue
		}
		if bytes.HasPrefix(r.win.rest(), []byte("\xef\xbb\xbf")) {
			r.win.pos += 3
		}
	}
	for {
		for ; r.win.pos < r.win.end; r.win.pos++ {
			switch r.win.buf[r.win.pos] {
			case ' ', '\t', '\n', '\r':
			default:
				return true
			}
		}
		if !r.win.more() {
			return false
		}
	}
}

// get is the account, if the name tells one.
func (k *keyReader) get() []byte {
	if !k.known {
		k.known = true
		if key, err := ParseKey(k.name); err == nil {
			k.account = []byte(key.Account)
		}
	}
	return k.account
}
