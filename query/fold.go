package query

import (
	"unicode"
	"unicode/utf8"
)

// Fold maps a rune to the one that stands for it in comparisons without regard
// to case. An ASCII letter equals its other case and nothing else, so that
// text in ASCII can be compared byte by byte.
func Fold(r rune) rune {
	if r < utf8.RuneSelf {
		return rune(foldByte(byte(r)))
	}
	if lower := unicode.ToLower(r); lower >= utf8.RuneSelf {
		return lower
	}
	return r
}

func foldByte(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// FoldString folds every rune of s.
func FoldString(s string) string {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c >= utf8.RuneSelf || foldByte(c) != c {
			return foldSlow(s)
		}
	}
	return s
}

func foldSlow(s string) string {
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 {
			b = append(b, s[i]) // a byte that is no text equals itself only
		} else {
			b = utf8.AppendRune(b, Fold(r))
		}
		i += size
	}
	return string(b)
}

// foldedPrefix says how many bytes of s make up folded, at its beginning and
// without regard to case; -1 when s does not begin so. folded has been folded.
func foldedPrefix(s, folded string) int {
	i, k := 0, 0
	for k < len(folded) {
		if i >= len(s) {
			return -1
		}
		if s[i] < utf8.RuneSelf || folded[k] < utf8.RuneSelf {
			if foldByte(s[i]) != folded[k] {
				return -1
			}
			i, k = i+1, k+1
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		want, m := utf8.DecodeRuneInString(folded[k:])
		if !sameRune(s[i], r, n, folded[k], want, m) {
			return -1
		}
		i, k = i+n, k+m
	}
	return i
}

// sameRune compares two decoded runes, the second of which is folded; bytes
// that are no UTF-8 equal themselves only.
func sameRune(b byte, r rune, n int, wantByte byte, want rune, m int) bool {
	invalid, wantInvalid := r == utf8.RuneError && n == 1, want == utf8.RuneError && m == 1
	if invalid || wantInvalid {
		return invalid && wantInvalid && b == wantByte
	}
	return Fold(r) == want
}

// isWord says whether r is part of a word.
func isWord(r rune) bool {
	if r < utf8.RuneSelf {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
	}
	return unicode.IsLetter(r) || unicode.IsDigit(r)
}
