package cloudtrail

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zip"
)

// Source is a file to read.
type Source struct {
	// Name is the file's path or URI. It stands in messages, and the account
	// in it (see ParseKey) is taken for records that name none.
	Name string
	// R gives the file's bytes, as stored.
	R io.Reader
	// At and Size give the same bytes at random. They are optional; a zip
	// archive without them is read into memory, if Limits.Spool allows.
	At   io.ReaderAt
	Size int64
}

// damage is a reason why a source ends early although reading it succeeded:
// what was compressed is broken or past a limit.
type damage struct{ reason string }

func (d *damage) Error() string { return d.reason }

// input gives the inflated bytes of one file after the other: the only file
// of a plain or gzip source, or the members of a zip archive.
type input struct {
	lim  Limits
	src  Source
	raw  meter         // counts what is read of the file as stored
	buf  *bufio.Reader // over raw
	unz  *gzip.Reader  // over buf, kept for the next file
	zip  []*zip.File   // members still to come
	open io.ReadCloser // the member being read

	begun    bool
	name     string // of the current file
	from     io.Reader
	packed   bool
	inflated int64 // of this source, all members together
}

// meter passes reads on, counts bytes and remembers a failure, which tells it
// from one of decompression.
type meter struct {
	r   io.Reader
	n   int64
	err error
}

func (m *meter) Read(p []byte) (int, error) {
	n, err := m.r.Read(p)
	m.n += int64(n)
	if err != nil && err != io.EOF {
		m.err = err
	}
	return n, err
}

// reset turns to a source. The first file is begun by next.
func (in *input) reset(src Source) {
	in.src = src
	in.raw = meter{r: src.R}
	if in.buf == nil {
		in.buf = bufio.NewReaderSize(nil, 64<<10)
	}
	in.buf.Reset(&in.raw)
	in.close()
	in.zip, in.from = nil, nil
	in.name, in.begun, in.packed, in.inflated = src.Name, false, false, 0
}

// next begins the next file: io.EOF when there is none, *damage when it
// cannot be begun.
func (in *input) next() error {
	if !in.begun {
		in.begun = true
		return in.first()
	}
	if len(in.zip) == 0 {
		return io.EOF
	}
	f := in.zip[0]
	in.zip = in.zip[1:]
	return in.member(f)
}

func (in *input) first() error {
	if reason := refusedByName(in.name); reason != "" {
		return &damage{reason}
	}
	magic, err := in.buf.Peek(4)
	if in.raw.err != nil {
		return in.failed()
	}
	if len(magic) == 0 && err == io.EOF {
		return &damage{"empty file"}
	}
	if bytes.HasPrefix(magic, []byte("PK\x03\x04")) || bytes.HasPrefix(magic, []byte("PK\x05\x06")) {
		return in.archive()
	}
	return in.begin(in.buf)
}

// refusedByName gives the reason to refuse a file that by its name holds no
// records, or "".
func refusedByName(name string) string {
	if strings.HasSuffix(name, "/") {
		return "folder marker"
	}
	k, err := ParseKey(name)
	switch {
	case err != nil:
	case k.Folder == FolderDigest:
		return string(errDigest)
	case k.Folder == FolderAggregated:
		return string(errAggregated)
	}
	return ""
}

// begin reads r, gzip or not, as the current file.
func (in *input) begin(r *bufio.Reader) error {
	in.from = r
	if magic, _ := r.Peek(2); string(magic) != "\x1f\x8b" {
		return nil
	}
	in.packed = true
	if in.unz == nil {
		in.unz = new(gzip.Reader)
	}
	if err := in.unz.Reset(r); err != nil {
		return in.gone(err)
	}
	in.from = in.unz
	return nil
}

// archive lists the members of a zip archive and begins the first.
func (in *input) archive() error {
	at, size := in.src.At, in.src.Size
	if at == nil {
		var spool bytes.Buffer
		n, err := io.Copy(&spool, io.LimitReader(in.buf, in.lim.Spool+1))
		if err != nil {
			return in.failed()
		}
		if n > in.lim.Spool {
			return &damage{fmt.Sprintf("a zip archive of more than %d bytes that cannot be read at random", in.lim.Spool)}
		}
		at, size = bytes.NewReader(spool.Bytes()), n
	}
	counted := &meterAt{r: at, meter: &in.raw}
	z, err := zip.NewReader(counted, size)
	if err != nil {
		return in.gone(err)
	}
	in.raw.n = size
	in.packed = true
	for _, f := range z.File {
		if !f.FileInfo().IsDir() {
			in.zip = append(in.zip, f)
		}
	}
	if len(in.zip) == 0 {
		return &damage{"a zip archive without files"}
	}
	return in.next()
}

// meterAt notes failures of random reads.
type meterAt struct {
	r     io.ReaderAt
	meter *meter
}

func (m *meterAt) ReadAt(p []byte, off int64) (int, error) {
	n, err := m.r.ReadAt(p, off)
	if err != nil && err != io.EOF {
		m.meter.err = err
	}
	return n, err
}

// member begins one file of an archive.
func (in *input) member(f *zip.File) error {
	in.close()
	in.name = in.src.Name + "!" + f.Name
	r, err := f.Open()
	if err != nil {
		return in.gone(err)
	}
	in.open = r
	in.buf.Reset(r)
	magic, err := in.buf.Peek(4)
	switch {
	case len(magic) == 0 && err == io.EOF:
		return &damage{"empty file"}
	case len(magic) == 0:
		return in.gone(err)
	case bytes.HasPrefix(magic, []byte("PK\x03\x04")):
		return &damage{"a zip archive in a zip archive"}
	}
	return in.begin(in.buf)
}

// Read gives inflated bytes of the current file: io.EOF at its end, *damage
// where it cannot be read on, any other error if the source failed.
func (in *input) Read(p []byte) (int, error) {
	n, err := in.from.Read(p)
	if in.packed && n > 0 {
		in.inflated += int64(n)
		if d := in.bomb(); d != nil {
			return 0, d
		}
	}
	if err == nil || err == io.EOF && in.raw.err == nil {
		return n, err
	}
	return n, in.gone(err)
}

// bomb says whether the source inflates past the limits.
func (in *input) bomb() error {
	if in.inflated > in.lim.Inflated {
		return &damage{reason: fmt.Sprintf("inflates to more than %d bytes", in.lim.Inflated)}
	}
	if in.inflated > in.lim.RatioFloor && in.inflated/in.lim.Ratio > in.raw.n {
		return &damage{reason: fmt.Sprintf("inflates to more than %d times its size", in.lim.Ratio)}
	}
	return nil
}

// gone tells a failure of the source from damage to what it holds.
func (in *input) gone(err error) error {
	if in.raw.err != nil {
		return in.failed()
	}
	reason := "cannot be decompressed: " + err.Error()
	if errors.Is(err, io.ErrUnexpectedEOF) {
		reason = "the compressed file is cut off"
	}
	return &damage{reason}
}

// failed is the failure of the source.
func (in *input) failed() error {
	return fmt.Errorf("read %s: %w", in.name, in.raw.err)
}

// close ends the current member of an archive.
func (in *input) close() {
	if in.open != nil {
		in.open.Close()
		in.open = nil
	}
}
