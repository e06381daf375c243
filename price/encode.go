package price

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/cespare/xxhash/v2"
	"github.com/kopterio/kopter/money"
)

// magic begins every encoded sheet; its last byte is the version of the
// encoding.
const magic = "kopter sheet\x00\x01"

// ErrSheet is returned for bytes that are no sheet of this encoding.
var ErrSheet = errors.New("not a price sheet")

// Encode gives the sheet's bytes, the same for the same sheet:
//
//	magic · offer · version · published · number of texts, each text ·
//	number of rows, each row · xxhash64 of all that, little endian
//
// Numbers are varints, signed where they may be negative; a text is its length
// and its bytes.
func (s *Sheet) Encode() []byte {
	b := make([]byte, 0, 1024+24*len(s.texts)+32*len(s.rows))
	b = append(b, magic...)
	b = appendText(b, s.Offer)
	b = appendText(b, s.Version)
	b = binary.AppendVarint(b, s.Published)
	b = binary.AppendUvarint(b, uint64(len(s.texts)))
	for _, t := range s.texts {
		b = appendText(b, t)
	}
	b = binary.AppendUvarint(b, uint64(len(s.rows)))
	for i := range s.rows {
		for _, n := range s.rows[i].numbers() {
			b = binary.AppendUvarint(b, uint64(*n))
		}
		b = binary.AppendVarint(b, int64(s.rows[i].rate))
		b = binary.AppendVarint(b, s.rows[i].from)
	}
	return binary.LittleEndian.AppendUint64(b, xxhash.Sum64(b))
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// Decode reads what Encode wrote. Anything else is refused with ErrSheet.
func Decode(b []byte) (*Sheet, error) {
	body := len(b) - 8
	if body < len(magic) || string(b[:len(magic)]) != magic {
		return nil, fmt.Errorf("%w: it does not begin as one of this version", ErrSheet)
	}
	if xxhash.Sum64(b[:body]) != binary.LittleEndian.Uint64(b[body:]) {
		return nil, fmt.Errorf("%w: checksum differs", ErrSheet)
	}
	d := decoder{rest: string(b[len(magic):body])}
	s := &Sheet{Offer: d.text(), Version: d.text(), Published: d.signed()}
	s.texts = make([]string, d.count(1))
	for i := range s.texts {
		s.texts[i] = d.text()
	}
	s.rows = make([]row, d.count(minRow))
	for i := range s.rows {
		s.rows[i] = d.row(len(s.texts))
	}
	if d.bad || d.rest != "" || !s.sorted() {
		return nil, fmt.Errorf("%w: its contents make no sense", ErrSheet)
	}
	return s, nil
}

// minRow is the least number of bytes that a row takes.
const minRow = 11

// sorted says whether texts and rows are in their order, without repetition.
func (s *Sheet) sorted() bool {
	for i := 1; i < len(s.texts); i++ {
		if s.texts[i-1] >= s.texts[i] {
			return false
		}
	}
	for i := 1; i < len(s.rows); i++ {
		if compareRows(s.rows[i-1], s.rows[i]) >= 0 {
			return false
		}
	}
	return true
}

// decoder takes values off an encoded sheet; bad stays true once one is
// missing. Texts share the memory of rest.
type decoder struct {
	rest string
	bad  bool
}

func (d *decoder) unsigned() uint64 {
	var v uint64
	for i := 0; i < len(d.rest) && i < binary.MaxVarintLen64; i++ {
		c := d.rest[i]
		v |= uint64(c&0x7f) << (7 * i)
		if c < 0x80 {
			d.rest = d.rest[i+1:]
			return v
		}
	}
	d.bad, d.rest = true, ""
	return 0
}

func (d *decoder) signed() int64 {
	u := d.unsigned()
	return int64(u>>1) ^ -int64(u&1)
}

// count takes a number of things of at least size bytes each.
func (d *decoder) count(size int) int {
	n := d.unsigned()
	if n > uint64(len(d.rest)/size) {
		d.bad, d.rest = true, ""
		return 0
	}
	return int(n)
}

func (d *decoder) text() string {
	n := d.count(1)
	s := d.rest[:n]
	d.rest = d.rest[n:]
	return s
}

func (d *decoder) row(texts int) row {
	var r row
	for _, n := range r.numbers() {
		v := d.unsigned()
		if v >= uint64(texts) {
			d.bad = true
			return row{}
		}
		*n = uint32(v)
	}
	r.rate = money.Rate(d.signed())
	r.from = d.signed()
	if r.rate < 0 {
		d.bad = true
	}
	return r
}
