package main

import (
	"bytes"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/klauspost/compress/gzip"

	"github.com/kopterio/kopter/simulate"
)

// packer is a simulation's sink that joins the log files of one account and
// region until they hold enough, and counts what is in them. Other files pass
// through.
type packer struct {
	dir   simulate.Dir
	least int // bytes of JSON in a file

	mu    sync.Mutex
	open  map[string]*logFile // by account and region
	sizes map[int]int64       // how many files have how many records
	files int64
	bytes int64
}

// logFile is a log file to be written.
type logFile struct {
	name    string
	moment  time.Time
	records bytes.Buffer // separated by commas
}

// The text around the records of a log file, and how each of them begins.
const (
	logHead    = `{"Records":[`
	logTail    = `]}`
	recordHead = `{"eventVersion":`
)

func newPacker(dir simulate.Dir, least int) *packer {
	return &packer{dir: dir, least: least, open: map[string]*logFile{}, sizes: map[int]int64{}}
}

// Create implements simulate.Sink.
func (p *packer) Create(name string, moment time.Time) (io.WriteCloser, error) {
	if !strings.HasPrefix(name, "logs/") {
		return p.dir.Create(name, moment)
	}
	return &packed{packer: p, name: name, moment: moment}, nil
}

// packed is a log file on its way into a larger one.
type packed struct {
	bytes.Buffer // compressed
	packer       *packer
	name         string
	moment       time.Time
}

// Close hands the file over.
func (f *packed) Close() error {
	zip, err := gzip.NewReader(f)
	if err != nil {
		return fmt.Errorf("pack %s: %w", f.name, err)
	}
	text, err := io.ReadAll(zip)
	if err != nil {
		return fmt.Errorf("pack %s: %w", f.name, err)
	}
	records := bytes.TrimSuffix(bytes.TrimPrefix(text, []byte(logHead)), []byte(logTail))
	if full := f.packer.add(f.name, f.moment, records); full != nil {
		return f.packer.write(full)
	}
	return nil
}

// add puts records into the open file of their account and region, and gives
// that file when it is full.
func (p *packer) add(name string, moment time.Time, records []byte) *logFile {
	p.mu.Lock()
	defer p.mu.Unlock()
	unit := unitOf(name)
	f := p.open[unit]
	if f == nil {
		f = &logFile{name: name, moment: moment}
		p.open[unit] = f
	} else {
		f.records.WriteByte(',')
	}
	f.records.Write(records)
	if f.records.Len() < p.least {
		return nil
	}
	delete(p.open, unit)
	return f
}

// unitOf is the account and region that a log file's name begins with.
func unitOf(name string) string {
	base := path.Base(name) // ACCOUNT_CloudTrail_REGION_TIME_RANDOM.json.gz
	end := len(base)
	for range 2 {
		end = strings.LastIndex(base[:end], "_")
	}
	return base[:end]
}

// flush writes what is not full yet.
func (p *packer) flush() error {
	for _, f := range p.open {
		if err := p.write(f); err != nil {
			return err
		}
	}
	return nil
}

func (p *packer) write(f *logFile) error {
	out, err := p.dir.Create(f.name, f.moment)
	if err != nil {
		return err
	}
	if err := writeLog(out, f.records.Bytes()); err != nil {
		return fmt.Errorf("write %s: %w", f.name, err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.files++
	p.bytes += int64(f.records.Len() + len(logHead) + len(logTail))
	p.sizes[bytes.Count(f.records.Bytes(), []byte(recordHead))]++
	return nil
}

// writeLog writes a compressed log file and closes it.
func writeLog(out io.WriteCloser, records []byte) error {
	zip, err := gzip.NewWriterLevel(out, gzip.BestSpeed)
	if err != nil {
		return err
	}
	for _, text := range [][]byte{[]byte(logHead), records, []byte(logTail)} {
		if _, err := zip.Write(text); err != nil {
			return err
		}
	}
	if err := zip.Close(); err != nil {
		return err
	}
	return out.Close()
}

// median is how many records the middle one of the files has.
func (p *packer) median() int {
	sizes := make([]int, 0, len(p.sizes))
	for size := range p.sizes {
		sizes = append(sizes, size)
	}
	slices.Sort(sizes)
	seen := int64(0)
	for _, size := range sizes {
		if seen += p.sizes[size]; 2*seen >= p.files {
			return size
		}
	}
	return 0
}
