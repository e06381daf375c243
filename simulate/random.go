package simulate

import "math/bits"

// random is a splitmix64 generator: small, fast, and the same in every version
// of Go.
type random struct{ state uint64 }

const golden = 0x9e3779b97f4a7c15

func (r *random) next() uint64 {
	r.state += golden
	return scramble(r.state)
}

// below draws from 0 ≤ x < n; n must be positive.
func (r *random) below(n int64) int64 {
	hi, _ := bits.Mul64(r.next(), uint64(n))
	return int64(hi)
}

// between draws from lo ≤ x ≤ hi.
func (r *random) between(lo, hi int64) int64 { return lo + r.below(hi-lo+1) }

// chance is true in parts of a thousand.
func (r *random) chance(perMille int64) bool { return r.below(1000) < perMille }

func pick[T any](r *random, from []T) T { return from[r.below(int64(len(from)))] }

func scramble(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// mix makes one seed of several values; their order matters.
func mix(values ...uint64) uint64 {
	var z uint64
	for _, v := range values {
		z = scramble(z ^ scramble(v+golden))
	}
	return z
}

// digest makes a seed of a text (FNV-1a, then scrambled).
func digest(s string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return scramble(h)
}

// apportion gives the share of the first part of a whole: total × part /
// whole, rounded down. Differences of growing parts sum to total.
func apportion(total int64, part, whole uint64) int64 {
	if whole == 0 {
		return 0
	}
	hi, lo := bits.Mul64(uint64(total), part)
	q, _ := bits.Div64(hi, lo, whole)
	return int64(q)
}

// pair is 128 random bits: an event's, a request's or a token's identity.
type pair struct{ hi, lo uint64 }

func (r *random) pair() pair { return pair{r.next(), r.next()} }

func (p pair) zero() bool { return p == pair{} }

const (
	lowerHex = "0123456789abcdef"
	base32   = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
	base64   = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
)

// appendUUID appends p as a version 4 UUID.
func appendUUID(dst []byte, p pair) []byte {
	hi := p.hi&^0xf000 | 0x4000
	lo := p.lo&^(3<<62) | 1<<63
	dst = append(appendHex(dst, hi>>32, 8), '-')
	dst = append(appendHex(dst, hi>>16, 4), '-')
	dst = append(appendHex(dst, hi, 4), '-')
	dst = append(appendHex(dst, lo>>48, 4), '-')
	return appendHex(dst, lo, 12)
}

// appendHex appends the lowest digits of v.
func appendHex(dst []byte, v uint64, digits int) []byte {
	for shift := 4 * (digits - 1); shift >= 0; shift -= 4 {
		dst = append(dst, lowerHex[v>>shift&15])
	}
	return dst
}

// appendBase32 appends digits capital letters and numerals drawn from v, as
// in access keys and in the suffixes of log files.
func appendBase32(dst []byte, v uint64, digits int) []byte {
	for i := range digits {
		if i == 12 {
			v = scramble(v ^ golden)
		}
		dst = append(dst, base32[v&31])
		v >>= 5
	}
	return dst
}

// appendToken appends n characters of base 64.
func appendToken(dst []byte, r *random, n int) []byte {
	for n > 0 {
		v := r.next()
		for range min(n, 10) {
			dst = append(dst, base64[v&63])
			v >>= 6
		}
		n -= min(n, 10)
	}
	return dst
}
