// Package idrun keeps which events are known: sorted files of their identities,
// and tables of those that are on their way into one.
//
// An identity is a hash; whoever finds one with another body compares the
// events in full. Every page of a run bears a checksum.
package idrun

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sort"

	"github.com/kopterio/kopter/audit/bloom"
)

// A run is a sorted file of identities:
//
//	pages of entries: identity (8 bytes) and body (4 bytes), 341 to a page,
//	  and the page's CRC-32C (4)
//	filter of the identities      see bloom.Filter.Append
//	fences: the first identity of every page (8 bytes), and their CRC-32C (4)
//	footer: entries (8), blocks of the filter (4), magic and version (8),
//	  and its CRC-32C (4)
//
// All numbers are little-endian. A look-up of what is not there costs the
// filter, one of what is there one page.
// EntryBytes is the length of an entry.
const EntryBytes = 12

const (
	runMagic       = "KOPIDS01"
	runFooterBytes = 20 + bloom.CheckBytes
	pageEntries    = (4096 - bloom.CheckBytes) / EntryBytes
)

// MaxEntries bounds a run, and with it the memory that merging takes.
const MaxEntries = 16 << 20

// Writer writes a run from entries in ascending order.
type Writer struct {
	out    io.Writer
	page   []byte
	fences []byte
	filter bloom.Filter
	count  int64
	last   Entry
}

// NewWriter begins a run of at most n entries.
func NewWriter(out io.Writer, n int64) *Writer {
	return &Writer{out: out, filter: bloom.New(int(n))}
}

// Add adds an entry that is not below the one before.
func (w *Writer) Add(e Entry) error {
	if w.count > 0 && Compare(w.last, e) > 0 {
		return fmt.Errorf("identity %x out of order", e.ID)
	}
	if len(w.page) == 0 {
		w.fences = binary.LittleEndian.AppendUint64(w.fences, e.ID)
	}
	w.page = binary.LittleEndian.AppendUint64(w.page, e.ID)
	w.page = binary.LittleEndian.AppendUint32(w.page, e.Body)
	w.filter.Insert(e.ID)
	w.last = e
	w.count++
	if len(w.page) == pageEntries*EntryBytes {
		return w.flush()
	}
	return nil
}

func (w *Writer) flush() error {
	if len(w.page) == 0 {
		return nil
	}
	_, err := w.out.Write(bloom.AppendChecksum(w.page, 0))
	w.page = w.page[:0]
	return err
}

// Finish writes what stands behind the entries.
func (w *Writer) Finish() error {
	if err := w.flush(); err != nil {
		return err
	}
	tail := w.filter.Append(nil)
	tail = append(tail, bloom.AppendChecksum(w.fences, 0)...)
	begin := len(tail)
	tail = binary.LittleEndian.AppendUint64(tail, uint64(w.count))
	tail = binary.LittleEndian.AppendUint32(tail, uint32(len(w.filter)))
	tail = append(tail, runMagic...)
	_, err := w.out.Write(bloom.AppendChecksum(tail, begin))
	return err
}

// Count is the number of entries written.
func (w *Writer) Count() int64 { return w.count }

// File is what a run is read from.
type File interface {
	io.ReaderAt
	Size() int64
}

// Run is an open run. It is safe for concurrent use.
type Run struct {
	Name  string
	Count int64 // of entries

	file   File
	blocks int
	fences []uint64
	filter bloom.Filter // nil when it stays on disk
}

// Open reads a run's footer and fences, and its filter when inMemory is
// set. The caller closes file, once the run is not used any more.
func Open(name string, file File, inMemory bool) (*Run, error) {
	r := &Run{Name: name, file: file}
	if err := r.readTail(); err != nil {
		return nil, fmt.Errorf("id run %s: %w", name, err)
	}
	if inMemory {
		var err error
		if r.filter, err = bloom.Read(file, r.filterOffset(), r.blocks); err != nil {
			return nil, fmt.Errorf("id run %s: read filter: %w", name, err)
		}
	}
	return r, nil
}

func (r *Run) readTail() error {
	size := r.file.Size()
	if size < runFooterBytes {
		return fmt.Errorf("%w: %d bytes are too few", bloom.ErrCorrupt, size)
	}
	foot, err := bloom.ReadChecked(r.file, make([]byte, runFooterBytes), size-runFooterBytes)
	if err != nil {
		return fmt.Errorf("read footer: %w", err)
	}
	if magic := string(foot[12:]); magic != runMagic {
		return fmt.Errorf("%w: it ends in %q, not in %q", bloom.ErrCorrupt, magic, runMagic)
	}
	r.Count = int64(binary.LittleEndian.Uint64(foot))
	r.blocks = int(binary.LittleEndian.Uint32(foot[8:]))
	if r.Count < 0 || r.Count > size/EntryBytes || int64(r.blocks) > size/bloom.BlockBytes || r.blocks == 0 || r.size() != size {
		return fmt.Errorf("%w: %d entries and %d filter blocks in %d bytes", bloom.ErrCorrupt, r.Count, r.blocks, size)
	}
	fences, err := bloom.ReadChecked(r.file, make([]byte, r.pages()*8+bloom.CheckBytes), r.fencesOffset())
	if err != nil {
		return fmt.Errorf("read fences: %w", err)
	}
	for ; len(fences) > 0; fences = fences[8:] {
		r.fences = append(r.fences, binary.LittleEndian.Uint64(fences))
	}
	return nil
}

func (r *Run) pages() int64        { return (r.Count + pageEntries - 1) / pageEntries }
func (r *Run) filterOffset() int64 { return r.Count*EntryBytes + r.pages()*bloom.CheckBytes }
func (r *Run) fencesOffset() int64 { return r.filterOffset() + bloom.Size(r.blocks) }
func (r *Run) size() int64 {
	return r.fencesOffset() + r.pages()*8 + bloom.CheckBytes + runFooterBytes
}

// Find looks an identity up; page is memory to read into.
func (r *Run) Find(id uint64, body uint32, page *Page) (Match, error) {
	may, err := r.MayContain(id)
	if err != nil || !may {
		return Absent, err
	}
	found := Absent
	for at := r.pageOf(id); at < r.pages() && r.fences[at] <= id; at++ {
		if err := r.readPage(at, page); err != nil {
			return Absent, err
		}
		for i := page.search(id); i < page.count && page.id(i) == id; i++ {
			if page.body(i) == body {
				return SameBody, nil
			}
			found = OtherBody
		}
	}
	return found, nil
}

// FilterBlocks is how much of the run's filter is in memory, in blocks.
func (r *Run) FilterBlocks() int { return len(r.filter) }

// MayContain says whether the run may have an identity, going by its filter.
func (r *Run) MayContain(id uint64) (bool, error) {
	if r.filter != nil {
		return r.filter.MayContain(id), nil
	}
	b, err := bloom.ReadBlock(r.file, r.filterOffset(), r.blocks, bloom.BlockOf(id, r.blocks))
	if err != nil {
		return false, fmt.Errorf("id run %s: read filter: %w", r.Name, err)
	}
	return b.MayContain(uint32(id)), nil
}

// pageOf is the first page that may hold an identity: an identity that stands
// several times may begin on the page before the one that it begins.
func (r *Run) pageOf(id uint64) int64 {
	return int64(max(0, sort.Search(len(r.fences), func(i int) bool { return r.fences[i] >= id })-1))
}

// Page is a page of a run in memory.
type Page struct {
	buf   [4096]byte
	count int
}

func (p *Page) id(i int) uint64   { return binary.LittleEndian.Uint64(p.buf[i*EntryBytes:]) }
func (p *Page) body(i int) uint32 { return binary.LittleEndian.Uint32(p.buf[i*EntryBytes+8:]) }
func (p *Page) entry(i int) Entry { return Entry{p.id(i), p.body(i)} }

// search is the index of the first entry of the page that is not below id.
func (p *Page) search(id uint64) int {
	return sort.Search(p.count, func(i int) bool { return p.id(i) >= id })
}

// readPage reads the page with that number.
func (r *Run) readPage(number int64, page *Page) error {
	page.count = int(min(pageEntries, r.Count-number*pageEntries))
	buf := page.buf[:page.count*EntryBytes+bloom.CheckBytes]
	if _, err := bloom.ReadChecked(r.file, buf, number*int64(len(page.buf))); err != nil {
		return fmt.Errorf("id run %s: page %d: %w", r.Name, number, err)
	}
	return nil
}

// Source yields entries in ascending order, and then io.EOF.
type Source interface {
	// Next gives the next entry, or io.EOF.
	Next() (Entry, error)
}

// Cursor reads a run from its beginning.
type Cursor struct {
	Run    *Run
	number int64
	at     int
	page   Page
}

// Next gives the next entry, or io.EOF.
func (c *Cursor) Next() (Entry, error) {
	if c.at == c.page.count {
		if c.number == c.Run.pages() {
			return Entry{}, io.EOF
		}
		if err := c.Run.readPage(c.number, &c.page); err != nil {
			return Entry{}, err
		}
		c.number++
		c.at = 0
	}
	c.at++
	return c.page.entry(c.at - 1), nil
}

// Slice yields the entries of a sorted slice.
type Slice []Entry

// Next gives the next entry, or io.EOF.
func (s *Slice) Next() (Entry, error) {
	if len(*s) == 0 {
		return Entry{}, io.EOF
	}
	e := (*s)[0]
	*s = (*s)[1:]
	return e, nil
}

// Merge calls fn with the entries of all sources in ascending order.
func Merge(sources []Source, fn func(Entry) error) error {
	heads := make([]Entry, 0, len(sources))
	open := make([]Source, 0, len(sources))
	for _, s := range sources {
		head, err := s.Next()
		if errors.Is(err, io.EOF) {
			continue
		}
		if err != nil {
			return err
		}
		open, heads = append(open, s), append(heads, head)
	}
	for len(open) > 0 {
		least := 0
		for i := range heads {
			if Compare(heads[i], heads[least]) < 0 {
				least = i
			}
		}
		if err := fn(heads[least]); err != nil {
			return err
		}
		head, err := open[least].Next()
		switch {
		case errors.Is(err, io.EOF):
			last := len(open) - 1
			open[least], heads[least] = open[last], heads[last]
			open, heads = open[:last], heads[:last]
		case err != nil:
			return err
		default:
			heads[least] = head
		}
	}
	return nil
}
