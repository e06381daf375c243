// Package wordfilter is the sidecar of a part that says which row groups may
// hold all of some words.
//
// What counts as a word is decided here, for the one who writes a sidecar and
// for the one who asks it. A sidecar that cannot be read rules nothing out.
package wordfilter

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"math/bits"
	"slices"

	"github.com/cespare/xxhash/v2"

	"github.com/kopterio/kopter/audit/bloom"
)

// Token is the hash of a word: of a maximal run of ASCII letters and digits,
// whatever their case. Everything else, bytes above 127 included, separates
// words, so "i-0abc" is two words and so is each part of a UUID or an ARN.
type Token uint64

// AppendTokens appends the tokens of the words in text, in order and with
// repetitions.
func AppendTokens(dst []Token, text []byte) []Token {
	start := -1 // of the word that began in an earlier block, if any
	for at := 0; at < len(text); at += 64 {
		mask := wordMask(text[at:])
		if start >= 0 {
			end := bits.TrailingZeros64(^mask)
			if end == 64 {
				continue
			}
			dst = append(dst, hashWord(text, start, at+end))
			mask &= ^uint64(0) << end
			start = -1
		}
		for mask != 0 {
			begin := bits.TrailingZeros64(mask)
			end := begin + bits.TrailingZeros64(^(mask >> begin))
			if end >= 64 {
				start = at + begin
				break
			}
			dst = append(dst, hashWord(text, at+begin, at+end))
			mask &= ^uint64(0) << end
		}
	}
	if start >= 0 {
		dst = append(dst, hashWord(text, start, len(text)))
	}
	return dst
}

// wordMask has bit i set when text[i] is a letter or digit, for the first 64
// bytes of text.
func wordMask(text []byte) (mask uint64) {
	if len(text) < 64 {
		var padded [64]byte
		copy(padded[:], text)
		text = padded[:]
	}
	b := (*[64]byte)(text) // so that the compiler sees that all is within
	for i := 0; i < 64; i += 8 {
		mask |= wordBytes(binary.LittleEndian.Uint64(b[i:i+8])) << i
	}
	return mask
}

// wordBytes has bit i set when byte i of w is a letter or digit. It compares
// the eight bytes at once: adding 0x80-c to a byte below 128 sets its high bit
// when the byte is at least c.
func wordBytes(w uint64) uint64 {
	const (
		ones = 0x0101010101010101
		low7 = 0x7f * ones
	)
	digit := w & low7
	letter := digit | 0x20*ones
	in := (letter+(0x80-'a')*ones)&^(letter+(0x7f-'z')*ones) |
		(digit+(0x80-'0')*ones)&^(digit+(0x7f-'9')*ones)
	in &^= w // no byte above 127 is part of a word
	return in >> 7 & ones * 0x0102040810204080 >> 56
}

// hashWord hashes text[begin:end], which holds letters and digits only: bit 5
// is set in every digit and is all that tells a letter's cases apart.
func hashWord(text []byte, begin, end int) Token {
	const lower = 0x2020202020202020
	h := uint64(end-begin) * 0x9e3779b97f4a7c15
	for ; end-begin >= 8; begin += 8 {
		h = mix(h ^ (binary.LittleEndian.Uint64(text[begin:]) | lower))
	}
	if rest := end - begin; rest > 0 {
		var w uint64
		if begin+8 <= len(text) {
			w = binary.LittleEndian.Uint64(text[begin:])
		} else {
			var padded [8]byte
			copy(padded[:], text[begin:end])
			w = binary.LittleEndian.Uint64(padded[:])
		}
		h = mix(h ^ (w|lower)&(1<<(rest*8)-1))
	}
	return Token(h)
}

// mix spreads every bit of h over all of them.
func mix(h uint64) uint64 {
	hi, lo := bits.Mul64(h^0xa0761d6478bd642f, 0xe7037ed1a0b428db)
	return hi ^ lo
}

// appendRecordTokens appends the tokens of a record's JSON text, both as it
// stands and with the escapes in its strings resolved: "a\nb" has the words
// a, nb and b. It reports false when an escape hides a letter or digit, which
// no writer of CloudTrail does; then the tokens do not tell all its words.
func appendRecordTokens(dst []Token, raw []byte) (_ []Token, all bool) {
	dst = AppendTokens(dst, raw)
	for {
		at := bytes.IndexByte(raw, '\\')
		if at < 0 {
			return dst, true
		}
		length, hidden := escapeLength(raw[at:])
		if hidden {
			return dst, false
		}
		last := raw[at+length-1]
		raw = raw[at+length:]
		if n := wordLength(raw); n > 0 && IsWordByte(last) {
			dst = append(dst, hashWord(raw, 0, n))
		}
	}
}

// escapeLength measures the escape at the beginning of s and says whether it
// stands for a letter or digit.
func escapeLength(s []byte) (length int, hidden bool) {
	if len(s) < 6 || s[1] != 'u' {
		return min(2, len(s)), false
	}
	ascii := s[2] == '0' && s[3] == '0' && s[4] < '8'
	return 6, ascii && IsWordByte(hexDigit(s[4])<<4|hexDigit(s[5]))
}

// wordLength is the length of the word at the beginning of text.
func wordLength(text []byte) int {
	n := 0
	for n < len(text) && IsWordByte(text[n]) {
		n++
	}
	return n
}

// IsWordByte says whether a byte is part of a word.
func IsWordByte(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z'
}

// hexDigit is the value of a hexadecimal digit; nonsense for other bytes.
func hexDigit(c byte) byte {
	if c <= '9' {
		return c & 0xf
	}
	return c&0xf + 9
}

// The token sidecar of a part:
//
//	filter of row group 0, of row group 1, …   see bloom.Filter.Append
//	directory: per row group offset (8 bytes) and blocks (4 bytes)
//	footer: row groups (4), rows of the part (8), magic and version (8)
//	CRC-32C of directory and footer (4)
//
// All numbers are little-endian.
const (
	tokensMagic      = "KOPTOK02"
	tokensEntryBytes = 12
	tokensTailBytes  = 20 + bloom.CheckBytes
)

// Writer writes the token sidecar of a part beside it, row group by row
// group.
type Writer struct {
	out       io.Writer
	offset    int64
	directory []byte
	rows      int64

	// Of the row group at hand.
	words []Token // not quite distinct: recent drops most repetitions
	// recent remembers, by its low bits, the token that was seen last; the
	// words that stand in every event cost a compare here and nothing more.
	recent [4096]Token
	pieces [8192]uint64 // like recent, of hashes of pieces of records
	seen   []uint64     // a bitmap of hashes, to estimate how many are distinct
	opaque bool         // some word of the row group is not in words
	piece  []Token
	buf    []byte
}

// seenBits is the size of the bitmap that estimates the distinct words of a
// row group. It is exact enough up to a few times as many words.
const seenBits = 1 << 21

// maxWords bounds the words kept for a row group: 16 MiB.
const maxWords = 1 << 21

// Reset prepares the writer for the sidecar of another part.
func (w *Writer) Reset(out io.Writer) {
	w.out, w.offset, w.directory, w.rows = out, 0, w.directory[:0], 0
	w.clearGroup()
}

func (w *Writer) clearGroup() {
	if w.seen == nil {
		w.seen = make([]uint64, seenBits/64)
	}
	clear(w.seen)
	clear(w.recent[:])
	clear(w.pieces[:])
	w.words, w.opaque = w.words[:0], false
}

// Add takes in the words of one row's raw record. It takes the record apart at
// its commas, which no word and no escape spans: most members of most records
// are such as stood in a record before, and cost a hash only.
func (w *Writer) Add(raw []byte) {
	w.rows++
	for len(raw) > 0 && !w.opaque {
		piece := raw
		if comma := bytes.IndexByte(raw, ','); comma >= 0 {
			piece = raw[:comma+1]
		}
		raw = raw[len(piece):]
		hash := xxhash.Sum64(piece)
		if slot := &w.pieces[hash%uint64(len(w.pieces))]; *slot != hash {
			*slot = hash
			w.addPiece(piece)
		}
	}
}

// addPiece takes in the words of a piece of a record.
func (w *Writer) addPiece(piece []byte) {
	words, all := appendRecordTokens(w.piece[:0], piece)
	w.opaque = !all
	w.addTokens(words)
}

// AddWords takes in words that the row added last is found by besides those of
// its raw record.
func (w *Writer) AddWords(text []byte) {
	if !w.opaque {
		w.addTokens(AppendTokens(w.piece[:0], text))
	}
}

func (w *Writer) addTokens(words []Token) {
	for _, t := range words {
		slot := &w.recent[t%Token(len(w.recent))]
		if *slot == t {
			continue
		}
		*slot = t
		w.seen[t>>6%(seenBits/64)] |= 1 << (t % 64)
		w.words = append(w.words, t)
	}
	w.piece = words
	if len(w.words) > maxWords {
		w.condense()
	}
}

// condense drops repeated words when there are very many; what still remains
// too much for a filter makes the row group opaque.
func (w *Writer) condense() {
	slices.Sort(w.words)
	w.words = slices.Compact(w.words)
	w.opaque = len(w.words) > maxWords/2
}

// distinct estimates how many different words were added, from the share of
// bits that no hash has hit.
func (w *Writer) distinct() int {
	hit := 0
	for _, word := range w.seen {
		hit += bits.OnesCount64(word)
	}
	if hit == seenBits {
		return len(w.words)
	}
	estimate := -math.Log1p(-float64(hit)/seenBits) * seenBits
	return min(int(estimate), len(w.words))
}

// EndGroup writes the filter of the row group whose rows were added.
func (w *Writer) EndGroup() error {
	f := bloom.New(w.distinct())
	for _, t := range w.words {
		f.Insert(uint64(t))
	}
	if w.opaque {
		f = bloom.New(0)
		f.Fill()
	}
	w.directory = binary.LittleEndian.AppendUint64(w.directory, uint64(w.offset))
	w.directory = binary.LittleEndian.AppendUint32(w.directory, uint32(len(f)))
	w.buf = f.Append(w.buf[:0])
	w.offset += int64(len(w.buf))
	w.clearGroup()
	_, err := w.out.Write(w.buf)
	return err
}

// Finish writes directory and footer.
func (w *Writer) Finish() error {
	tail := binary.LittleEndian.AppendUint32(w.directory, uint32(len(w.directory)/tokensEntryBytes))
	tail = binary.LittleEndian.AppendUint64(tail, uint64(w.rows))
	tail = append(tail, tokensMagic...)
	_, err := w.out.Write(bloom.AppendChecksum(tail, 0))
	return err
}

// File is what a sidecar is read from.
type File interface {
	io.ReaderAt
	io.Closer
	Size() int64
}

// Tokens is the token sidecar of a part: it tells which row groups may hold
// all of some words. It is safe for concurrent use as far as its file is.
type Tokens struct {
	file    File
	rows    int64
	filters []filterPlace
}

// filterPlace is where a filter lies in its file.
type filterPlace struct {
	offset int64
	blocks int
}

// OpenTokens reads the directory of the sidecar in file, which Close closes.
// It fails with bloom.ErrCorrupt when the file is none; then file is left open.
func OpenTokens(file File) (*Tokens, error) {
	size := file.Size()
	if size < tokensTailBytes {
		return nil, fmt.Errorf("token sidecar: %w: %d bytes are too few", bloom.ErrCorrupt, size)
	}
	var foot [tokensTailBytes]byte
	if n, err := file.ReadAt(foot[:], size-tokensTailBytes); n < len(foot) {
		return nil, fmt.Errorf("token sidecar: read footer: %w", err)
	}
	if magic := string(foot[12:20]); magic != tokensMagic {
		return nil, fmt.Errorf("token sidecar: %w: it ends in %q, not in %q", bloom.ErrCorrupt, magic, tokensMagic)
	}
	groups := int64(binary.LittleEndian.Uint32(foot[:]))
	length := groups*tokensEntryBytes + tokensTailBytes
	if length > size {
		return nil, fmt.Errorf("token sidecar: %w: %d row groups in %d bytes", bloom.ErrCorrupt, groups, size)
	}
	tail, err := bloom.ReadChecked(file, make([]byte, length), size-length)
	if err != nil {
		return nil, fmt.Errorf("token sidecar: read directory: %w", err)
	}
	t := &Tokens{file: file, rows: int64(binary.LittleEndian.Uint64(foot[4:]))}
	return t, t.readDirectory(tail[:groups*tokensEntryBytes], size-length)
}

// readDirectory checks that the filters fill the file up to end without a gap.
func (t *Tokens) readDirectory(directory []byte, end int64) error {
	next := int64(0)
	for ; len(directory) > 0; directory = directory[tokensEntryBytes:] {
		place := filterPlace{
			offset: int64(binary.LittleEndian.Uint64(directory)),
			blocks: int(binary.LittleEndian.Uint32(directory[8:])),
		}
		if place.offset != next || place.blocks == 0 {
			return fmt.Errorf("token sidecar: %w: row group %d has %d blocks at offset %d, want some at %d",
				bloom.ErrCorrupt, len(t.filters), place.blocks, place.offset, next)
		}
		next += bloom.Size(place.blocks)
		t.filters = append(t.filters, place)
	}
	if next != end {
		return fmt.Errorf("token sidecar: %w: the filters end at %d, not at %d", bloom.ErrCorrupt, next, end)
	}
	return nil
}

// RowGroups is the number of row groups that the sidecar describes.
func (t *Tokens) RowGroups() int { return len(t.filters) }

// Rows is the number of rows of the part that the sidecar describes.
func (t *Tokens) Rows() int64 { return t.rows }

// MayContain says whether some row of the row group may hold all the words.
// False is certain; true is wrong for about one row group in a hundred and
// for every one whose filter cannot be read.
func (t *Tokens) MayContain(rowGroup int, words []Token) bool {
	if rowGroup < 0 || rowGroup >= len(t.filters) {
		return true
	}
	place := t.filters[rowGroup]
	for _, word := range words {
		b, err := bloom.ReadBlock(t.file, place.offset, place.blocks, bloom.BlockOf(uint64(word), place.blocks))
		if err == nil && !b.MayContain(uint32(word)) {
			return false
		}
	}
	return true
}

// Verify reads every filter and returns the first error.
func (t *Tokens) Verify() error {
	for i, place := range t.filters {
		if _, err := bloom.Read(t.file, place.offset, place.blocks); err != nil {
			return fmt.Errorf("token sidecar: filter of row group %d: %w", i, err)
		}
	}
	return nil
}

// Close closes the sidecar's file.
func (t *Tokens) Close() error { return t.file.Close() }
