// Package bloom is a filter that says for certain what is not in a set, and the
// checked pages that it lies in on disk.
//
// What goes in are hashes of 64 bits. A filter is read whole, or one page of it for each look-up. Every page bears
// a checksum: a damaged filter is an error and never a wrong no.
package bloom

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

// Filter is a split-block Bloom filter over 64-bit hashes: a hash picks one
// block of 256 bits and sets eight of them, so a look-up costs one cache line
// in memory and one page on disk. With ten bits per hash about 1 % of the
// look-ups of what is not in it say yes.
type Filter []Block

// Block is one block of a filter: eight words, one bit in each per hash.
type Block [8]uint32

const (
	// BlockBytes is the length of a block.
	BlockBytes = 32
	// BitsPerHash is the room for each hash in a filter, in bits.
	BitsPerHash = 10
	// pageBlocks is how many blocks share a checksum on disk: as many as fit
	// into 4 KiB, so that a checked look-up reads one page.
	pageBlocks = 127
	// CheckBytes is the length of the CRC-32C behind every page.
	CheckBytes = 4
	pageBytes  = pageBlocks*BlockBytes + CheckBytes
)

// New gives an empty filter for n hashes.
func New(n int) Filter {
	return make(Filter, BlocksFor(n))
}

// BlocksFor is the number of blocks of a filter for n hashes, at least one.
func BlocksFor(n int) int {
	return max(1, (n*BitsPerHash+BlockBytes*8-1)/(BlockBytes*8))
}

// BlockOf is the index of the block of n that a hash falls into.
func BlockOf(hash uint64, n int) int {
	return int((hash >> 32) * uint64(n) >> 32)
}

// Insert adds a hash.
func (f Filter) Insert(hash uint64) {
	f[BlockOf(hash, len(f))].Insert(uint32(hash))
}

// MayContain says whether a hash may have been added; false is certain.
func (f Filter) MayContain(hash uint64) bool {
	return f[BlockOf(hash, len(f))].MayContain(uint32(hash))
}

// Insert adds the low half of a hash, spread over the eight words of the block.
func (b *Block) Insert(key uint32) {
	b[0] |= 1 << (key * 0x47b6137b >> 27)
	b[1] |= 1 << (key * 0x44974d91 >> 27)
	b[2] |= 1 << (key * 0x8824ad5b >> 27)
	b[3] |= 1 << (key * 0xa2b7289d >> 27)
	b[4] |= 1 << (key * 0x705495c7 >> 27)
	b[5] |= 1 << (key * 0x2df1424b >> 27)
	b[6] |= 1 << (key * 0x9efc4947 >> 27)
	b[7] |= 1 << (key * 0x5c6bfb31 >> 27)
}

// MayContain is Filter.MayContain for the low half of a hash that falls into
// the block.
func (b *Block) MayContain(key uint32) bool {
	var probe Block
	probe.Insert(key)
	for i, word := range probe {
		if b[i]&word == 0 {
			return false
		}
	}
	return true
}

// Fill makes the filter contain everything.
func (f Filter) Fill() {
	for i := range f {
		for j := range f[i] {
			f[i][j] = ^uint32(0)
		}
	}
}

// Size is the length on disk of a filter of n blocks.
func Size(n int) int64 {
	pages := (n + pageBlocks - 1) / pageBlocks
	return int64(n)*BlockBytes + int64(pages)*CheckBytes
}

// Append appends the filter in the form that ReadBlock and Read read:
// pages of blocks in little-endian order, each with its checksum behind it.
func (f Filter) Append(dst []byte) []byte {
	for start := 0; start < len(f); start += pageBlocks {
		begin := len(dst)
		for _, b := range f[start:min(start+pageBlocks, len(f))] {
			for _, word := range b {
				dst = binary.LittleEndian.AppendUint32(dst, word)
			}
		}
		dst = AppendChecksum(dst, begin)
	}
	return dst
}

// ReadBlock reads the block i of the filter of n blocks that begins at offset.
func ReadBlock(r io.ReaderAt, offset int64, n, i int) (Block, error) {
	first := i / pageBlocks * pageBlocks
	payload := min(pageBlocks, n-first) * BlockBytes
	var buf [pageBytes]byte
	page, err := ReadChecked(r, buf[:payload+CheckBytes], offset+int64(first/pageBlocks)*pageBytes)
	if err != nil {
		return Block{}, err
	}
	return decodeBlock(page[(i-first)*BlockBytes:]), nil
}

// Read reads the whole filter of n blocks that begins at offset.
func Read(r io.ReaderAt, offset int64, n int) (Filter, error) {
	f := make(Filter, 0, n)
	var buf [pageBytes]byte
	for len(f) < n {
		payload := min(pageBlocks, n-len(f)) * BlockBytes
		page, err := ReadChecked(r, buf[:payload+CheckBytes], offset)
		if err != nil {
			return nil, err
		}
		for i := 0; i < len(page); i += BlockBytes {
			f = append(f, decodeBlock(page[i:]))
		}
		offset += pageBytes
	}
	return f, nil
}

func decodeBlock(b []byte) (out Block) {
	for i := range out {
		out[i] = binary.LittleEndian.Uint32(b[i*4:])
	}
	return out
}

// AppendChecksum appends the CRC-32C of dst[begin:].
func AppendChecksum(dst []byte, begin int) []byte {
	return binary.LittleEndian.AppendUint32(dst, checksum(dst[begin:]))
}

func checksum(b []byte) uint32 {
	return crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli))
}

// ReadChecked fills buf from offset and gives what stands before the checksum
// at its end.
func ReadChecked(r io.ReaderAt, buf []byte, offset int64) ([]byte, error) {
	if n, err := r.ReadAt(buf, offset); n < len(buf) {
		return nil, fmt.Errorf("%w: %d of %d bytes at offset %d: %w", ErrCorrupt, n, len(buf), offset, err)
	}
	payload := buf[:len(buf)-CheckBytes]
	if checksum(payload) != binary.LittleEndian.Uint32(buf[len(payload):]) {
		return nil, fmt.Errorf("%w: wrong checksum of %d bytes at offset %d", ErrCorrupt, len(buf), offset)
	}
	return payload, nil
}
