package price

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/bits"

	"github.com/go-json-experiment/json/jsontext"
)

// window is how much of the input a scanner holds, and so the longest token it
// can hand out. Prices and attributes are a few dozen bytes; descriptions,
// which are longer, are skipped.
const window = 256 << 10

// slack is what the buffer has beyond the window, so that eight bytes can be
// loaded at any position in it.
const slack = 8

// maxDepth bounds the nesting of skipped values; offer files nest six deep.
const maxDepth = 64

// errToken is returned for a key or a wanted text as long as the window.
var errToken = errors.New("text too long")

// input is a sliding window over a stream: the base of both scanners.
type input struct {
	ctx  context.Context
	r    io.Reader
	buf  []byte
	pos  int   // of the next byte
	end  int   // of what has been read
	base int64 // offset of buf[0] in the stream
	err  error // of r; io.EOF at the end
}

func newInput(ctx context.Context, r io.Reader) input {
	return input{ctx: ctx, r: r, buf: make([]byte, window+slack)}
}

// offset is how far the input was used.
func (in *input) offset() int64 { return in.base + int64(in.pos) }

// more slides the bytes from keep on to the front of the window and reads on
// behind them. It is false at the end of the input, on an error and when what
// is kept fills the window; stopped tells which.
func (in *input) more(keep int) bool {
	if in.err != nil {
		return false
	}
	n := copy(in.buf, in.buf[keep:in.end])
	in.base += int64(keep)
	in.pos -= keep
	in.end = n
	if n >= window {
		in.err = errToken
		return false
	}
	if in.err = in.ctx.Err(); in.err != nil {
		return false
	}
	for range 100 {
		n, err := in.r.Read(in.buf[in.end:window])
		in.end += n
		in.err = err
		if n > 0 || err != nil {
			return n > 0
		}
	}
	in.err = io.ErrNoProgress
	return false
}

// stopped is why more was false in the middle of something.
func (in *input) stopped() error {
	if in.err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return in.err
}

// scanner walks JSON text as a stream. What it steps over is not validated
// beyond strings and balanced brackets: it is not used.
type scanner struct {
	input
	scratch []byte // the last key, when its window had to move
}

// syntax reports what stands at the scanner's position instead of what was
// wanted.
func (s *scanner) syntax(want string) error {
	return fmt.Errorf("found %q, want %s", s.buf[s.pos], want)
}

// peek steps over white space and returns the next byte without using it.
func (s *scanner) peek() (byte, error) {
	for {
		for s.pos < s.end {
			c := s.buf[s.pos]
			if c != ' ' && c != '\n' && c != '\t' && c != '\r' {
				return c, nil
			}
			s.pos++
		}
		if !s.more(s.end) {
			return 0, s.stopped()
		}
	}
}

// expect uses the next byte, which must be c.
func (s *scanner) expect(c byte) error {
	got, err := s.peek()
	if err != nil {
		return err
	}
	if got != c {
		return s.syntax("'" + string(rune(c)) + "'")
	}
	s.pos++
	return nil
}

// object calls member for each member of the object that follows. The key is
// valid until member uses the input; member must use the value.
func (s *scanner) object(member func(key []byte) error) error {
	if err := s.expect('{'); err != nil {
		return err
	}
	if c, err := s.peek(); err != nil || c == '}' {
		s.pos++
		return err
	}
	for {
		key, err := s.key()
		if err != nil {
			return err
		}
		if err := member(key); err != nil {
			return err
		}
		if last, err := s.comma('}'); err != nil || last {
			return err
		}
	}
}

// array calls element for each element of the array that follows, which must
// use it.
func (s *scanner) array(element func() error) error {
	if err := s.expect('['); err != nil {
		return err
	}
	if c, err := s.peek(); err != nil || c == ']' {
		s.pos++
		return err
	}
	for {
		if err := element(); err != nil {
			return err
		}
		if last, err := s.comma(']'); err != nil || last {
			return err
		}
	}
}

// comma uses the ',' or the closing byte after a member or an element.
func (s *scanner) comma(closing byte) (last bool, err error) {
	c, err := s.peek()
	if err != nil {
		return false, err
	}
	if c != ',' && c != closing {
		return false, s.syntax("',' or '" + string(rune(closing)) + "'")
	}
	s.pos++
	return c == closing, nil
}

// text uses the string that follows; it is valid until the input is used
// again.
func (s *scanner) text() ([]byte, error) {
	if err := s.expect('"'); err != nil {
		return nil, err
	}
	return s.textTail(s.pos)
}

// textTail uses the rest of a string that begins at start, after its quote.
func (s *scanner) textTail(start int) ([]byte, error) {
	escaped := false
	for {
		s.pos = stringStop(s.buf, s.pos, s.end)
		switch {
		case s.pos < s.end && s.buf[s.pos] == '"':
			raw := s.buf[start:s.pos]
			s.pos++
			if escaped {
				return unescape(raw)
			}
			return raw, nil
		case s.pos+1 < s.end: // a backslash and what it escapes
			escaped = true
			s.pos += 2
		default:
			kept := start
			if !s.more(kept) {
				return nil, s.stopped()
			}
			start -= kept
		}
	}
}

// key uses a member's name and the ':' behind it. It is valid until the input
// is used again.
func (s *scanner) key() ([]byte, error) {
	key, err := s.text()
	if err != nil {
		return nil, err
	}
	for s.pos < s.end && s.buf[s.pos] == ' ' {
		s.pos++
	}
	if s.pos < s.end && s.buf[s.pos] == ':' {
		s.pos++
		return key, nil
	}
	s.scratch = append(s.scratch[:0], key...)
	return s.scratch, s.expect(':')
}

func unescape(raw []byte) ([]byte, error) {
	quoted := make([]byte, 0, len(raw)+2)
	quoted = append(append(append(quoted, '"'), raw...), '"')
	return jsontext.AppendUnquote(nil, quoted)
}

// skip uses the value that follows, whatever it is.
func (s *scanner) skip() error {
	c, err := s.peek()
	if err != nil {
		return err
	}
	switch c {
	case '"':
		s.pos++
		return s.skipString()
	case '{', '[':
		return s.skipNested()
	default:
		return s.skipScalar()
	}
}

// skipScalar uses a number, true, false or null.
func (s *scanner) skipScalar() error {
	used := false
	for {
		for s.pos < s.end && scalarByte(s.buf[s.pos]) {
			s.pos++
			used = true
		}
		if s.pos < s.end && used {
			return nil
		}
		if s.pos < s.end {
			return s.syntax("a value")
		}
		if !s.more(s.end) {
			return s.stopped()
		}
	}
}

func scalarByte(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c == 'E' || c == '-' || c == '+' || c == '.'
}

// skipString uses the rest of a string.
func (s *scanner) skipString() error {
	for {
		s.pos = stringStop(s.buf, s.pos, s.end)
		switch {
		case s.pos < s.end && s.buf[s.pos] == '"':
			s.pos++
			return nil
		case s.pos+1 < s.end:
			s.pos += 2
		case !s.more(s.pos):
			return s.stopped()
		}
	}
}

// skipNested uses an object or array. Nearly all of an offer file is read
// here, so the inner loop keeps its state in registers, goes from quote to
// quote and bracket to bracket, and leaves only where the window ends.
func (s *scanner) skipNested() error {
	var kinds uint64 // of the open brackets: 1 an object; the innermost lowest
	depth := 0
	for {
		buf, i, end := s.buf, s.pos, s.end
		for i = nextStop(buf, i, end); i < end; i = nextStop(buf, i, end) {
			c := buf[i]
			i++
			switch c {
			case '"':
				if i = stringStop(buf, i, end); i < end && buf[i] == '"' {
					i++
					continue
				}
				s.pos = i
				if err := s.skipString(); err != nil {
					return err
				}
				buf, i, end = s.buf, s.pos, s.end
			case '{', '[':
				if depth++; depth > maxDepth {
					s.pos = i - 1
					return fmt.Errorf("nested deeper than %d", maxDepth)
				}
				kinds = kinds<<1 | uint64(c>>5&1)
			case '}', ']':
				if s.pos = i; kinds&1 != uint64(c>>5&1) {
					s.pos--
					return s.syntax("the other closing bracket")
				}
				kinds >>= 1
				if depth--; depth == 0 {
					return nil
				}
			}
		}
		s.pos = end
		if !s.more(end) {
			return s.stopped()
		}
	}
}

const (
	everyByte = 0x0101010101010101
	highBits  = 0x8080808080808080
)

// stringStop is the position of the first quote or backslash in buf[i:end], or
// end. It looks at eight bytes at a time.
func stringStop(buf []byte, i, end int) int {
	for i < end {
		x := binary.LittleEndian.Uint64(buf[i:])
		q := x ^ everyByte*'"'
		b := x ^ everyByte*'\\'
		hit := ((q-everyByte)&^q | (b-everyByte)&^b) & highBits
		if hit != 0 {
			return min(i+bits.TrailingZeros64(hit)>>3, end)
		}
		i += 8
	}
	return end
}

// nextStop is the position of the next byte in buf[i:end] that may be a quote
// or a bracket, or end. With the bits 0x26 set, all four brackets become 0x7f;
// so do some letters, which no value outside a string has.
func nextStop(buf []byte, i, end int) int {
	for i < end {
		x := binary.LittleEndian.Uint64(buf[i:])
		q := x ^ everyByte*'"'
		b := (x | everyByte*0x26) ^ everyByte*0x7f
		hit := ((q-everyByte)&^q | (b-everyByte)&^b) & highBits
		if hit != 0 {
			return min(i+bits.TrailingZeros64(hit)>>3, end)
		}
		i += 8
	}
	return end
}
