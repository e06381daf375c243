package usage

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/klauspost/compress/gzip"
)

// inventoryReader reads recordings as a stream of reservations.
type inventoryReader struct {
	name string
	opt  InventoryOptions
	src  *source
	dec  *jsontext.Decoder

	found     map[place][]observed
	problems  []Problem
	instances int
	pages     int   // with Reservations
	truncated bool  // the last page has a NextToken
	end       int64 // how far it was read
}

// errTooLong is a recording past MaxInventoryBytes or MaxReservationBytes.
var errTooLong = fmt.Errorf("longer than %d bytes, or a part of it longer than %d",
	int64(MaxInventoryBytes), int64(MaxReservationBytes))

func (inv *inventoryReader) problem(offset int64, reason string) {
	inv.problems = append(inv.problems, Problem{Name: inv.name, Offset: offset, Reason: reason})
}

// read reads all documents. Text that is not JSON, or ends too early, is a
// problem once a page has been read, and an error before.
func (inv *inventoryReader) read(r io.Reader) error {
	src, err := inflated(r)
	if err != nil {
		return err
	}
	inv.src, inv.dec = src, jsontext.NewDecoder(src, lenient)
	for err == nil && inv.dec.PeekKind() != 0 {
		err = inv.document(0)
	}
	if err == nil {
		_, err = inv.dec.ReadToken() // what PeekKind could not read
	}
	inv.end = inv.dec.InputOffset()
	switch {
	case errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF):
		err = nil
	case src.err != nil:
		return src.err
	}
	if err == nil && inv.pages == 0 {
		return ErrNoInventory
	}
	if err != nil && inv.pages == 0 {
		return fmt.Errorf("%w: %w", ErrNoInventory, err)
	}
	if err != nil {
		inv.problem(inv.end, "the recording breaks off: "+err.Error())
	}
	return nil
}

// source is the inflated recording, within its limits. It remembers an error
// of reading, as distinct from one of the text.
type source struct {
	r    io.Reader
	left int64 // of the recording
	part int64 // of what is being read
	err  error
}

// Read gives no bytes with an error: a decoder would go on after those.
func (s *source) Read(p []byte) (int, error) {
	if min(s.left, s.part) < 0 {
		s.err = errTooLong
	}
	if s.err != nil {
		return 0, s.err
	}
	n, err := s.r.Read(p)
	s.left -= int64(n)
	s.part -= int64(n)
	if err != nil && err != io.EOF {
		s.err = err
	}
	if n > 0 {
		err = nil
	}
	return n, err
}

// inflated sniffs gzip by its magic bytes: names lie.
func inflated(r io.Reader) (*source, error) {
	b := bufio.NewReaderSize(r, 64<<10)
	s := &source{r: b, left: MaxInventoryBytes, part: MaxReservationBytes}
	if magic, _ := b.Peek(2); len(magic) == 2 && magic[0] == 0x1f && magic[1] == 0x8b {
		z, err := gzip.NewReader(b)
		if err != nil {
			return nil, err
		}
		s.r = z
	}
	return s, nil
}

// maxWrapping is how deep a page may lie in arrays and in "data".
const maxWrapping = 4

// document reads one JSON value and the pages in it.
func (inv *inventoryReader) document(depth int) error {
	kind := inv.dec.PeekKind()
	if depth > maxWrapping || (kind != '[' && kind != '{') {
		return inv.dec.SkipValue()
	}
	if kind == '{' {
		return inv.page(depth)
	}
	return inv.each(func() error { return inv.document(depth + 1) })
}

// each reads an array, or passes over anything else.
func (inv *inventoryReader) each(item func() error) error {
	if inv.dec.PeekKind() != '[' {
		return inv.dec.SkipValue()
	}
	if _, err := inv.dec.ReadToken(); err != nil {
		return err
	}
	for inv.dec.PeekKind() != ']' {
		inv.src.part = MaxReservationBytes
		if err := item(); err != nil {
			return err
		}
	}
	_, err := inv.dec.ReadToken()
	return err
}

// page reads an object that may be a page, or hold one in "data".
func (inv *inventoryReader) page(depth int) error {
	if _, err := inv.dec.ReadToken(); err != nil {
		return err
	}
	token, isPage := false, false
	for inv.dec.PeekKind() != '}' {
		inv.src.part = MaxReservationBytes
		name, err := inv.dec.ReadToken()
		if err != nil {
			return err
		}
		switch name.String() {
		case "Reservations":
			isPage = true
			inv.pages++
			err = inv.each(inv.reservation)
		case "data":
			err = inv.document(depth + 1)
		case "NextToken":
			token, err = inv.nextToken()
		default:
			err = inv.dec.SkipValue()
		}
		if err != nil {
			return err
		}
	}
	if isPage {
		inv.truncated = token
	}
	_, err := inv.dec.ReadToken()
	return err
}

// nextToken says whether there is a next page.
func (inv *inventoryReader) nextToken() (bool, error) {
	v, err := inv.dec.ReadValue()
	return err == nil && v.Kind() == '"' && len(v) > len(`""`), err
}

// reservation reads a reservation and its instances.
func (inv *inventoryReader) reservation() error {
	offset := inv.dec.InputOffset()
	raw, err := inv.dec.ReadValue()
	if err != nil {
		return err
	}
	var r struct {
		Owner     jsontext.Value   `json:"OwnerId"`
		Instances []jsontext.Value `json:"Instances"`
	}
	if err := json.Unmarshal(raw, &r, lenient); err != nil {
		inv.problem(offset, "reservation refused: "+err.Error())
		return nil
	}
	for _, instance := range r.Instances {
		inv.instance(offset, nodeOf(r.Owner).text(), instance)
	}
	return nil
}

// instance reads one instance, or says why not.
func (inv *inventoryReader) instance(offset int64, owner string, raw jsontext.Value) {
	inv.instances++
	n := nodeOf(raw)
	if err := inv.observe(cmp.Or(owner, inv.opt.Account), n); err != nil {
		inv.problem(offset, fmt.Sprintf("instance %q refused: %v", n.get("InstanceId").text(), err))
	}
}
