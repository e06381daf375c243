package cloudtrail

import "io"

// windowSize is the window's usual size, in bytes. A record that crosses its
// end is scanned twice, so it is many records long.
const windowSize = 256 << 10

// window is a stretch of a file that moves forward over it. Bytes that were
// looked at stay where they are until more is called.
type window struct {
	from  io.Reader
	buf   []byte
	pos   int   // of the next byte in buf
	end   int   // of what buf holds
	base  int64 // offset of buf[0] in the file
	limit int   // how long buf may grow
	ended error // why nothing follows what buf holds: io.EOF, *damage or a failure
}

func (w *window) reset(from io.Reader) {
	if len(w.buf) == 0 {
		w.buf = make([]byte, windowSize)
	}
	*w = window{from: from, buf: w.buf, limit: w.limit}
}

// rest is what is left in the window.
func (w *window) rest() []byte { return w.buf[w.pos:w.end] }

// offset is the next byte's, in the file.
func (w *window) offset() int64 { return w.base + int64(w.pos) }

// more reads on behind what the window holds, at least one byte, unless the
// file has ended. The window grows if it is full of what was not yet passed.
func (w *window) more() bool {
	if w.ended != nil {
		return false
	}
	if w.pos > 0 {
		copy(w.buf, w.buf[w.pos:w.end])
		w.base += int64(w.pos)
		w.end -= w.pos
		w.pos = 0
	}
	if w.end == len(w.buf) {
		w.grow()
	}
	before := w.end
	for idle := 0; w.end < len(w.buf) && w.ended == nil; {
		n, err := w.from.Read(w.buf[w.end:])
		w.end += n
		w.ended = err
		if n > 0 {
			idle = 0
		} else if idle++; idle > 100 && err == nil {
			w.ended = io.ErrNoProgress
		}
	}
	return w.end > before
}

// grow doubles the buffer, up to the limit.
func (w *window) grow() {
	wider := make([]byte, max(min(2*len(w.buf), w.limit), len(w.buf)+windowSize))
	copy(wider, w.buf)
	w.buf = wider
}

// shrink gives up the memory that a long record took.
func (w *window) shrink() {
	if len(w.buf) > 4*windowSize {
		w.buf = make([]byte, windowSize)
	}
}
