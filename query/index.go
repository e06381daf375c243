package query

import (
	"strings"
	"unicode/utf8"
)

// foldedIndex finds the first place in s, without regard to case, of folded,
// which has been folded. It gives where it begins and ends; end is -1 when
// there is none.
func foldedIndex(s, folded string) (start, end int) {
	if folded == "" {
		return 0, 0
	}
	anchor := rarest(folded)
	if anchor < 0 {
		return foldedIndexRunes(s, folded)
	}
	lower := folded[anchor]
	upper := lower
	if lower >= 'a' && lower <= 'z' {
		upper -= 'a' - 'A'
	}
	seek := seeker{s: s, lower: lower, upper: upper, nextLower: -1, nextUpper: -1}
	for at := anchor; ; {
		at = seek.next(at)
		if at < 0 {
			return 0, -1
		}
		if begin := at - anchor; begin+len(folded) <= len(s) && equalBytes(s[begin:begin+len(folded)], folded) {
			return begin, begin + len(folded)
		}
		at++
	}
}

// seeker finds the places of a letter in either case.
type seeker struct {
	s                    string
	lower, upper         byte
	nextLower, nextUpper int // the next place of each that is known; -1 before the first look
}

// next gives the first place at or after at; -1 when there is none.
func (k *seeker) next(at int) int {
	k.nextLower = k.advance(k.nextLower, at, k.lower)
	if k.upper == k.lower {
		return notEnd(k.nextLower, len(k.s))
	}
	k.nextUpper = k.advance(k.nextUpper, at, k.upper)
	return notEnd(min(k.nextLower, k.nextUpper), len(k.s))
}

func (k *seeker) advance(known, at int, c byte) int {
	if known >= at {
		return known
	}
	if at < len(k.s) {
		if i := strings.IndexByte(k.s[at:], c); i >= 0 {
			return at + i
		}
	}
	return len(k.s)
}

func notEnd(i, end int) int {
	if i == end {
		return -1
	}
	return i
}

func equalBytes(s, folded string) bool {
	for i := 0; i < len(folded); i++ {
		if s[i] != folded[i] && foldByte(s[i]) != folded[i] {
			return false
		}
	}
	return true
}

// commonness orders the bytes of CloudTrail's JSON from frequent to rare; what
// is not named is rare. Searching by a rare byte stops less often.
const commonness = `":,eatinosrcu0l1dm2p4y359867gfbhv-/.{}w`

// rarest gives the position of the byte of s that is rarest in records; -1
// when s is not all ASCII, whose places cannot be found by a byte.
func rarest(s string) int {
	best, bestRank := 0, -1
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= utf8.RuneSelf {
			return -1
		}
		rank := strings.IndexByte(commonness, c)
		if rank < 0 {
			rank = len(commonness)
		}
		if rank > bestRank {
			best, bestRank = i, rank
		}
	}
	return best
}

func foldedIndexRunes(s, folded string) (start, end int) {
	for i := 0; i <= len(s); {
		if n := foldedPrefix(s[i:], folded); n >= 0 {
			return i, i + n
		}
		if i == len(s) {
			break
		}
		_, size := utf8.DecodeRuneInString(s[i:])
		i += size
	}
	return 0, -1
}
