package simulate

import (
	"fmt"
	"slices"
	"time"

	"github.com/klauspost/compress/gzip"
)

// delivery gathers the records of a unit into log files. A file's stamp is
// later than its records by what was measured on real files: 200 s in the
// median, 425 s for one in twenty. Source: spec/cloudtrail.md, "Records".
type delivery struct {
	unit    *unit
	sink    Sink
	random  random
	every   int64 // seconds between files
	last    int64 // no file is later; 0 for no such bound
	prompt  int64 // what comes in a live simulation is ready at once: the stamp
	limit   int   // records per file
	open    []*logFile
	free    []*logFile
	zip     *gzip.Writer
	files   int64 // written, as are records and bytes
	records int64
	bytes   int64 // of records, before compression
}

// logFile is a file that is not written yet.
type logFile struct {
	stamp   int64
	records int
	bytes   int64
	text    []byte
}

const logHead = `{"Records":[`

func newDelivery(u *unit, sink Sink) (*delivery, error) {
	zip, err := gzip.NewWriterLevel(nil, gzip.BestSpeed)
	if err != nil {
		return nil, fmt.Errorf("gzip: %w", err)
	}
	opt := &u.world.opt
	d := &delivery{
		unit: u, sink: sink, zip: zip, limit: opt.EventsPerFile,
		every: int64(3600 / opt.FilesPerHour), random: random{mix(u.seed, digest("delivery"))},
	}
	if opt.FileEvery > 0 {
		d.every, d.last = int64(opt.FileEvery/time.Second), u.world.end
	}
	return d, nil
}

// lags are the ten-quantiles of the time until an event is ready to be
// delivered, in seconds; the wait for the next file comes on top.
var lags = [11]int64{10, 20, 30, 40, 50, 62, 78, 98, 125, 160, 290}

// stampOf draws the stamp of the file that an event at t comes in.
func (d *delivery) stampOf(t int64, late bool) int64 {
	if d.prompt > 0 {
		return d.prompt
	}
	i := d.random.below(10)
	ready := t + lags[i] + d.random.below(lags[i+1]-lags[i])
	if late {
		ready += d.random.between(1800, 6*3600)
	}
	stamp := (ready + d.every - 1) / d.every * d.every
	if d.last > 0 {
		return min(stamp, d.last)
	}
	return stamp
}

// again draws the stamp of the file that holds a record once more; false when
// there is none any more.
func (d *delivery) again(stamp, files int64) (int64, bool) {
	stamp += d.every * files
	return stamp, d.last == 0 || stamp <= d.last
}

// add puts a record into the file of that stamp.
func (d *delivery) add(stamp int64, record []byte) error {
	f := d.file(stamp)
	if f.records > 0 {
		f.text = append(f.text, ',')
	}
	f.text = append(f.text, record...)
	f.records++
	f.bytes += int64(len(record))
	if f.records < d.limit {
		return nil
	}
	i := slices.Index(d.open, f)
	d.open = slices.Delete(d.open, i, i+1)
	return d.write(f)
}

func (d *delivery) file(stamp int64) *logFile {
	i, found := slices.BinarySearchFunc(d.open, stamp, func(f *logFile, s int64) int { return int(f.stamp - s) })
	if found {
		return d.open[i]
	}
	f := &logFile{}
	if n := len(d.free); n > 0 {
		f, d.free = d.free[n-1], d.free[:n-1]
	}
	f.stamp, f.records, f.bytes, f.text = stamp, 0, 0, append(f.text[:0], logHead...)
	d.open = slices.Insert(d.open, i, f)
	return f
}

// flush writes the files whose stamp is before t: no later event can still
// come into them.
func (d *delivery) flush(t int64) error {
	n := 0
	for n < len(d.open) && d.open[n].stamp < t {
		if err := d.write(d.open[n]); err != nil {
			return err
		}
		n++
	}
	d.open = slices.Delete(d.open, 0, n)
	return nil
}

func (d *delivery) write(f *logFile) error {
	name := string(d.appendName(nil, f.stamp))
	w, err := d.sink.Create(name, time.Unix(f.stamp, 0).UTC())
	if err != nil {
		return err
	}
	d.zip.Reset(w)
	f.text = append(f.text, "]}"...)
	_, err = d.zip.Write(f.text)
	if err == nil {
		err = d.zip.Close()
	}
	if closing := w.Close(); err == nil {
		err = closing
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	d.files++
	d.records += int64(f.records)
	d.bytes += f.bytes
	d.free = append(d.free, f)
	return nil
}

// appendName appends the key of a log file. Source: spec/cloudtrail.md,
// "Where files lie".
func (d *delivery) appendName(dst []byte, stamp int64) []byte {
	u := d.unit
	dst = text(dst, "logs/AWSLogs/")
	if u.world.opt.Organisation {
		dst = text(dst, u.world.org, "/")
	}
	dst = text(dst, u.account.id, "/CloudTrail/", u.region.code, "/")
	dst = append(appendDate(dst, stamp, "/"), '/')
	dst = text(dst, u.account.id, "_CloudTrail_", u.region.code, "_")
	dst = append(appendStamp(dst, stamp), '_')
	return text(appendBase32(dst, d.random.next(), 16), ".json.gz")
}
