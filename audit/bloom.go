package audit

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

// ErrCorrupt is wrapped by every error that says a file of the lake does not
// hold what was written.
var ErrCorrupt = errors.New("corrupt file")

// filter is a split-block Bloom filter over 64-bit hashes: a hash picks one
// block of 256 bits and sets eight of them, so a look-up costs one cache line
// in memory and one page on disk. With ten bits per hash about 1 % of the
// look-ups of what is not in it say yes.
type filter []block

// block is one block of a filter: eight words, one bit in each per hash.
type block [8]uint32

const (
	blockBytes = 32
	// filterBits is the room for each hash in a filter, in bits.
	filterBits = 10
	// pageBlocks is how many blocks share a checksum on disk: as many as fit
	// into 4 KiB, so that a checked look-up reads one page.
	pageBlocks = 127
	// checkBytes is the length of the CRC-32C behind every page.
	checkBytes = 4
	pageBytes  = pageBlocks*blockBytes + checkBytes
)

// newFilter gives an empty filter for n hashes.
func newFilter(n int) filter {
	return make(filter, filterBlocks(n))
}

// filterBlocks is the number of blocks of a filter for n hashes, at least one.
func filterBlocks(n int) int {
	return max(1, (n*filterBits+blockBytes*8-1)/(blockBytes*8))
}

// blockOf is the index of the block of n that a hash falls into.
func blockOf(hash uint64, n int) int {
	return int((hash >> 32) * uint64(n) >> 32)
}

func (f filter) insert(hash uint64) {
	f[blockOf(hash, len(f))].insert(uint32(hash))
}

func (f filter) mayContain(hash uint64) bool {
	return f[blockOf(hash, len(f))].mayContain(uint32(hash))
}

// salt spreads the low half of a hash over the eight words of a block.
func (b *block) insert(key uint32) {
	b[0] |= 1 << (key * 0x47b6137b >> 27)
	b[1] |= 1 << (key * 0x44974d91 >> 27)
	b[2] |= 1 << (key * 0x8824ad5b >> 27)
	b[3] |= 1 << (key * 0xa2b7289d >> 27)
	b[4] |= 1 << (key * 0x705495c7 >> 27)
	b[5] |= 1 << (key * 0x2df1424b >> 27)
	b[6] |= 1 << (key * 0x9efc4947 >> 27)
	b[7] |= 1 << (key * 0x5c6bfb31 >> 27)
}

func (b *block) mayContain(key uint32) bool {
	var probe block
	probe.insert(key)
	for i, word := range probe {
		if b[i]&word == 0 {
			return false
		}
	}
	return true
}

// fill makes the filter contain everything.
func (f filter) fill() {
	for i := range f {
		for j := range f[i] {
			f[i][j] = ^uint32(0)
		}
	}
}

// filterSize is the length on disk of a filter of n blocks.
func filterSize(n int) int64 {
	pages := (n + pageBlocks - 1) / pageBlocks
	return int64(n)*blockBytes + int64(pages)*checkBytes
}

// append appends the filter in the form that readBlock and readFilter read:
// pages of blocks in little-endian order, each with its checksum behind it.
func (f filter) append(dst []byte) []byte {
	for start := 0; start < len(f); start += pageBlocks {
		begin := len(dst)
		for _, b := range f[start:min(start+pageBlocks, len(f))] {
			for _, word := range b {
				dst = binary.LittleEndian.AppendUint32(dst, word)
			}
		}
		dst = appendChecksum(dst, begin)
	}
	return dst
}

// readBlock reads the block i of the filter of n blocks that begins at offset.
func readBlock(r io.ReaderAt, offset int64, n, i int) (block, error) {
	first := i / pageBlocks * pageBlocks
	payload := min(pageBlocks, n-first) * blockBytes
	var buf [pageBytes]byte
	page, err := readChecked(r, buf[:payload+checkBytes], offset+int64(first/pageBlocks)*pageBytes)
	if err != nil {
		return block{}, err
	}
	return decodeBlock(page[(i-first)*blockBytes:]), nil
}

// readFilter reads the whole filter of n blocks that begins at offset.
func readFilter(r io.ReaderAt, offset int64, n int) (filter, error) {
	f := make(filter, 0, n)
	var buf [pageBytes]byte
	for len(f) < n {
		payload := min(pageBlocks, n-len(f)) * blockBytes
		page, err := readChecked(r, buf[:payload+checkBytes], offset)
		if err != nil {
			return nil, err
		}
		for i := 0; i < len(page); i += blockBytes {
			f = append(f, decodeBlock(page[i:]))
		}
		offset += pageBytes
	}
	return f, nil
}

func decodeBlock(b []byte) (out block) {
	for i := range out {
		out[i] = binary.LittleEndian.Uint32(b[i*4:])
	}
	return out
}

// appendChecksum appends the CRC-32C of dst[begin:].
func appendChecksum(dst []byte, begin int) []byte {
	return binary.LittleEndian.AppendUint32(dst, checksum(dst[begin:]))
}

func checksum(b []byte) uint32 {
	return crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli))
}

// readChecked fills buf from offset and gives what stands before the checksum
// at its end.
func readChecked(r io.ReaderAt, buf []byte, offset int64) ([]byte, error) {
	if n, err := r.ReadAt(buf, offset); n < len(buf) {
		return nil, fmt.Errorf("%w: %d of %d bytes at offset %d: %w", ErrCorrupt, n, len(buf), offset, err)
	}
	payload := buf[:len(buf)-checkBytes]
	if checksum(payload) != binary.LittleEndian.Uint32(buf[len(payload):]) {
		return nil, fmt.Errorf("%w: wrong checksum of %d bytes at offset %d", ErrCorrupt, len(buf), offset)
	}
	return payload, nil
}
