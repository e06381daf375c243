package audit

import "math/bits"

// bitmap says of every row of a row group whether it is in a set. Bits past
// the last row are zero.
type bitmap []uint64

func newBitmap(rows int) bitmap { return make(bitmap, (rows+63)/64) }

func fullBitmap(rows int) bitmap {
	b := newBitmap(rows)
	b.fill(rows)
	return b
}

func (b bitmap) fill(rows int) {
	for i := range b {
		b[i] = ^uint64(0)
	}
	if rest := rows % 64; rest != 0 {
		b[len(b)-1] = 1<<rest - 1
	}
}

func (b bitmap) has(i int) bool { return b[i/64]>>(i%64)&1 != 0 }
func (b bitmap) set(i int)      { b[i/64] |= 1 << (i % 64) }

func (b bitmap) and(other bitmap) {
	for i := range b {
		b[i] &= other[i]
	}
}

func (b bitmap) or(other bitmap) {
	for i := range b {
		b[i] |= other[i]
	}
}

// not gives the rows that are not in b.
func (b bitmap) not(rows int) bitmap {
	full := fullBitmap(rows)
	for i := range full {
		full[i] &^= b[i]
	}
	return full
}

func (b bitmap) empty() bool {
	for _, w := range b {
		if w != 0 {
			return false
		}
	}
	return true
}

func (b bitmap) count() (n int) {
	for _, w := range b {
		n += bits.OnesCount64(w)
	}
	return n
}

// each calls fn with the rows in ascending order.
func (b bitmap) each(fn func(row int)) {
	for i, w := range b {
		for ; w != 0; w &= w - 1 {
			fn(i*64 + bits.TrailingZeros64(w))
		}
	}
}

// eachWithin calls fn with those of the rows from begin to end, exclusive, that
// are in the set.
func (b bitmap) eachWithin(begin, end int, fn func(row int)) {
	for i := begin / 64; i*64 < end; i++ {
		w := b[i]
		if i*64 < begin {
			w &^= 1<<(begin%64) - 1
		}
		if end-i*64 < 64 {
			w &= 1<<(end%64) - 1
		}
		for ; w != 0; w &= w - 1 {
			fn(i*64 + bits.TrailingZeros64(w))
		}
	}
}
