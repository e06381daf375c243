package audit

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sort"
)

// A run is a sorted file of identities:
//
//	pages of entries: identity (8 bytes) and body (4 bytes), 341 to a page,
//	  and the page's CRC-32C (4)
//	filter of the identities      see filter.append
//	fences: the first identity of every page (8 bytes), and their CRC-32C (4)
//	footer: entries (8), blocks of the filter (4), magic and version (8),
//	  and its CRC-32C (4)
//
// All numbers are little-endian. A look-up of what is not there costs the
// filter, one of what is there one page.
const (
	runMagic       = "KOPIDS01"
	runFooterBytes = 20 + checkBytes
	entryBytes     = 12
	pageEntries    = (4096 - checkBytes) / entryBytes
)

// maxRunEntries bounds a run, and with it the memory that merging takes.
const maxRunEntries = 16 << 20

// runWriter writes a run from entries in ascending order.
type runWriter struct {
	out    io.Writer
	page   []byte
	fences []byte
	filter filter
	count  int64
	last   idEntry
}

// newRunWriter begins a run of at most n entries.
func newRunWriter(out io.Writer, n int64) *runWriter {
	return &runWriter{out: out, filter: newFilter(int(n))}
}

func (w *runWriter) add(e idEntry) error {
	if w.count > 0 && compareEntries(w.last, e) > 0 {
		return fmt.Errorf("identity %x out of order", e.id)
	}
	if len(w.page) == 0 {
		w.fences = binary.LittleEndian.AppendUint64(w.fences, e.id)
	}
	w.page = binary.LittleEndian.AppendUint64(w.page, e.id)
	w.page = binary.LittleEndian.AppendUint32(w.page, e.body)
	w.filter.insert(e.id)
	w.last = e
	w.count++
	if len(w.page) == pageEntries*entryBytes {
		return w.flush()
	}
	return nil
}

func (w *runWriter) flush() error {
	if len(w.page) == 0 {
		return nil
	}
	_, err := w.out.Write(appendChecksum(w.page, 0))
	w.page = w.page[:0]
	return err
}

// finish writes what stands behind the entries.
func (w *runWriter) finish() error {
	if err := w.flush(); err != nil {
		return err
	}
	tail := w.filter.append(nil)
	tail = append(tail, appendChecksum(w.fences, 0)...)
	begin := len(tail)
	tail = binary.LittleEndian.AppendUint64(tail, uint64(w.count))
	tail = binary.LittleEndian.AppendUint32(tail, uint32(len(w.filter)))
	tail = append(tail, runMagic...)
	_, err := w.out.Write(appendChecksum(tail, begin))
	return err
}

// run is an open run. It is safe for concurrent use.
type run struct {
	name   string
	file   FileReader
	count  int64
	blocks int
	fences []uint64
	filter filter // nil when it stays on disk
	users  int    // batches that look up in it; kept by runCache
}

// openRun reads a run's footer and fences, and its filter when inMemory is
// set. It does not close file when it fails.
func openRun(name string, file FileReader, inMemory bool) (*run, error) {
	r := &run{name: name, file: file}
	if err := r.readTail(); err != nil {
		return nil, fmt.Errorf("id run %s: %w", name, err)
	}
	if inMemory {
		var err error
		if r.filter, err = readFilter(file, r.filterOffset(), r.blocks); err != nil {
			return nil, fmt.Errorf("id run %s: read filter: %w", name, err)
		}
	}
	return r, nil
}

func (r *run) readTail() error {
	size := r.file.Size()
	if size < runFooterBytes {
		return fmt.Errorf("%w: %d bytes are too few", ErrCorrupt, size)
	}
	foot, err := readChecked(r.file, make([]byte, runFooterBytes), size-runFooterBytes)
	if err != nil {
		return fmt.Errorf("read footer: %w", err)
	}
	if magic := string(foot[12:]); magic != runMagic {
		return fmt.Errorf("%w: it ends in %q, not in %q", ErrCorrupt, magic, runMagic)
	}
	r.count = int64(binary.LittleEndian.Uint64(foot))
	r.blocks = int(binary.LittleEndian.Uint32(foot[8:]))
	if r.count < 0 || r.count > size/entryBytes || int64(r.blocks) > size/blockBytes || r.blocks == 0 || r.size() != size {
		return fmt.Errorf("%w: %d entries and %d filter blocks in %d bytes", ErrCorrupt, r.count, r.blocks, size)
	}
	fences, err := readChecked(r.file, make([]byte, r.pages()*8+checkBytes), r.fencesOffset())
	if err != nil {
		return fmt.Errorf("read fences: %w", err)
	}
	for ; len(fences) > 0; fences = fences[8:] {
		r.fences = append(r.fences, binary.LittleEndian.Uint64(fences))
	}
	return nil
}

func (r *run) pages() int64        { return (r.count + pageEntries - 1) / pageEntries }
func (r *run) filterOffset() int64 { return r.count*entryBytes + r.pages()*checkBytes }
func (r *run) fencesOffset() int64 { return r.filterOffset() + filterSize(r.blocks) }
func (r *run) size() int64 {
	return r.fencesOffset() + r.pages()*8 + checkBytes + runFooterBytes
}

// find looks an identity up; page is memory to read into.
func (r *run) find(id uint64, body uint32, page *runPage) (match, error) {
	may, err := r.mayContain(id)
	if err != nil || !may {
		return absent, err
	}
	found := absent
	for at := r.pageOf(id); at < r.pages() && r.fences[at] <= id; at++ {
		if err := r.readPage(at, page); err != nil {
			return absent, err
		}
		for i := page.search(id); i < page.count && page.id(i) == id; i++ {
			if page.body(i) == body {
				return sameBody, nil
			}
			found = otherBody
		}
	}
	return found, nil
}

func (r *run) mayContain(id uint64) (bool, error) {
	if r.filter != nil {
		return r.filter.mayContain(id), nil
	}
	b, err := readBlock(r.file, r.filterOffset(), r.blocks, blockOf(id, r.blocks))
	if err != nil {
		return false, fmt.Errorf("id run %s: read filter: %w", r.name, err)
	}
	return b.mayContain(uint32(id)), nil
}

// pageOf is the first page that may hold an identity: an identity that stands
// several times may begin on the page before the one that it begins.
func (r *run) pageOf(id uint64) int64 {
	return int64(max(0, sort.Search(len(r.fences), func(i int) bool { return r.fences[i] >= id })-1))
}

// runPage is a page of a run in memory.
type runPage struct {
	buf   [4096]byte
	count int
}

func (p *runPage) id(i int) uint64     { return binary.LittleEndian.Uint64(p.buf[i*entryBytes:]) }
func (p *runPage) body(i int) uint32   { return binary.LittleEndian.Uint32(p.buf[i*entryBytes+8:]) }
func (p *runPage) entry(i int) idEntry { return idEntry{p.id(i), p.body(i)} }

// search is the index of the first entry of the page that is not below id.
func (p *runPage) search(id uint64) int {
	return sort.Search(p.count, func(i int) bool { return p.id(i) >= id })
}

// readPage reads the page with that number.
func (r *run) readPage(number int64, page *runPage) error {
	page.count = int(min(pageEntries, r.count-number*pageEntries))
	buf := page.buf[:page.count*entryBytes+checkBytes]
	if _, err := readChecked(r.file, buf, number*int64(len(page.buf))); err != nil {
		return fmt.Errorf("id run %s: page %d: %w", r.name, number, err)
	}
	return nil
}

// idSource yields entries in ascending order, and then io.EOF.
type idSource interface {
	next() (idEntry, error)
}

// runCursor reads a run from its beginning.
type runCursor struct {
	run    *run
	number int64
	at     int
	page   runPage
}

func (c *runCursor) next() (idEntry, error) {
	if c.at == c.page.count {
		if c.number == c.run.pages() {
			return idEntry{}, io.EOF
		}
		if err := c.run.readPage(c.number, &c.page); err != nil {
			return idEntry{}, err
		}
		c.number++
		c.at = 0
	}
	c.at++
	return c.page.entry(c.at - 1), nil
}

// sliceSource yields the entries of a sorted slice.
type sliceSource []idEntry

func (s *sliceSource) next() (idEntry, error) {
	if len(*s) == 0 {
		return idEntry{}, io.EOF
	}
	e := (*s)[0]
	*s = (*s)[1:]
	return e, nil
}

// mergeIDs calls fn with the entries of all sources in ascending order.
func mergeIDs(sources []idSource, fn func(idEntry) error) error {
	heads := make([]idEntry, 0, len(sources))
	open := make([]idSource, 0, len(sources))
	for _, s := range sources {
		head, err := s.next()
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
			if compareEntries(heads[i], heads[least]) < 0 {
				least = i
			}
		}
		if err := fn(heads[least]); err != nil {
			return err
		}
		head, err := open[least].next()
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
