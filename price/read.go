package price

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/klauspost/compress/gzip"
)

// Offer is the only offer that prices instances.
const Offer = "AmazonEC2"

// ErrNotOffer is returned for a file that is no AWS offer file.
var ErrNotOffer = errors.New("not an AWS offer file")

// ErrOtherOffer is returned for the offer file of another service.
var ErrOtherOffer = errors.New("offer of another service")

// ErrTruncated is returned for an offer file that ends too early.
var ErrTruncated = errors.New("file ends too early")

// ReadOptions change how an offer file is read.
type ReadOptions struct {
	// EffectiveFrom replaces the effective dates of all rows, on the word of
	// the user who knows that these prices held earlier; nil keeps the file's.
	EffectiveFrom *time.Time
}

// ReadOffer reads an official AWS offer file from r as a stream: JSON with its
// keys in any order, CSV, or what GetProducts answers; plain or gzip. Only
// what prices an EC2 instance is kept, and a sheet is all or nothing: an error
// (ErrNotOffer, ErrOtherOffer, ErrTruncated or of r) names the file, the
// position in its inflated text, and the reason. What is wrong with single
// products is kept as their rows' Problem. name is used in errors only.
//
// A CSV file has no closing mark: one that was cut off exactly between two
// lines cannot be told from a whole one, unless it is compressed.
func ReadOffer(ctx context.Context, name string, r io.Reader, opt ReadOptions) (*Sheet, error) {
	c := newCollector(opt.EffectiveFrom)
	at, err := readInto(ctx, r, c)
	if err == nil {
		err = c.finish()
	}
	if err != nil {
		if errors.Is(err, io.ErrUnexpectedEOF) {
			err = ErrTruncated
		}
		return nil, fmt.Errorf("read offer %s: byte %d: %w", name, at, err)
	}
	return c.sheet(), nil
}

// readInto tells the file's format by its first bytes.
func readInto(ctx context.Context, r io.Reader, c *collector) (int64, error) {
	head := bufio.NewReaderSize(r, 4<<10)
	start, err := sniff(head)
	if err != nil {
		return 0, err
	}
	if bytes.HasPrefix(start, []byte{0x1f, 0x8b}) {
		unzipped, err := gzip.NewReader(head)
		if err != nil {
			return 0, fmt.Errorf("gzip: %w", err)
		}
		head = bufio.NewReaderSize(unzipped, 4<<10)
		if start, err = sniff(head); err != nil {
			return 0, err
		}
	}
	switch text := bytes.TrimLeft(start, " \t\r\n"); {
	case len(text) == 0:
		return 0, fmt.Errorf("%w: empty", ErrNotOffer)
	case text[0] == '{':
		return readJSON(ctx, head, c)
	case bytes.HasPrefix(start, []byte("PK\x03\x04")):
		return 0, fmt.Errorf("%w: a zip archive; import the file inside", ErrNotOffer)
	case text[0] == '"' || text[0]|0x20 >= 'a' && text[0]|0x20 <= 'z':
		return readCSV(ctx, head, c)
	}
	return 0, fmt.Errorf("%w: neither JSON nor CSV", ErrNotOffer)
}

// sniff looks at the beginning of a file without using it, but for a byte
// order mark.
func sniff(r *bufio.Reader) ([]byte, error) {
	start, err := r.Peek(512)
	if err != nil && err != io.EOF {
		return nil, err
	}
	if bom := []byte("\xef\xbb\xbf"); bytes.HasPrefix(start, bom) {
		start = start[len(bom):]
		_, err := r.Discard(len(bom))
		return start, err
	}
	return start, nil
}

// checkOffer refuses what does not price instances.
func checkOffer(code string) error {
	if code != Offer {
		return fmt.Errorf("%w: this is %s, and only %s prices instances", ErrOtherOffer, code, Offer)
	}
	return nil
}

// versionLayout is how AWS makes a version of the time of its publication.
const versionLayout = "20060102150405"

// finish checks that the offer said whose it is, and dates an offer without a
// publication date by its version.
func (c *collector) finish() error {
	if c.offer == "" {
		return fmt.Errorf("%w: it has no offer code", ErrNotOffer)
	}
	if c.published == 0 {
		if at, err := time.Parse(versionLayout, c.version); err == nil {
			c.published = at.Unix()
		}
	}
	return nil
}
