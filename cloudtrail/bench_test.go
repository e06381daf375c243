package cloudtrail

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/klauspost/compress/gzip"

	"github.com/kopterio/kopter/internal/shareddata"
)

// realRecords gives the records of one account's real logs.
func realRecords(tb testing.TB) [][]byte {
	tb.Helper()
	files, err := filepath.Glob(filepath.Join(shareddata.Path(tb, "cloudtrail/invictus-ir"), "CloudTrail", "*.json"))
	if err != nil {
		tb.Fatal(err)
	}
	var records [][]byte
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			tb.Fatal(err)
		}
		r := NewReader(Source{R: bytes.NewReader(data)}, Limits{})
		for {
			rec, err := r.Next()
			if err == io.EOF {
				break
			}
			if err != nil {
				tb.Fatal(err)
			}
			records = append(records, bytes.Clone(rec.Raw))
		}
	}
	return records
}

// perEvent reports the rates of a benchmark that reads size bytes in events
// events per operation, and has used cpu since before.
func perEvent(b *testing.B, size, events int, before time.Duration) {
	cpu := (cpuTime(b) - before).Seconds()
	b.SetBytes(int64(size))
	b.ReportMetric(float64(events)*float64(b.N)/cpu, "events/cpu-s")
	b.ReportMetric(float64(size)*float64(b.N)/cpu/1e6, "MB/cpu-s")
	b.ReportMetric(float64(size)/float64(events), "B/event")
}

// cpuTime is what the process has used so far, which other processes do not
// disturb as they do the clock.
func cpuTime(b *testing.B) time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func BenchmarkScanRecord(b *testing.B) {
	records := realRecords(b)
	size := len(bytes.Join(records, nil))
	b.Run("kopter", func(b *testing.B) {
		b.ReportAllocs()
		var rec Record
		before := cpuTime(b)
		for b.Loop() {
			for _, raw := range records {
				if err := ScanRecord(raw, &rec); err != nil {
					b.Fatal(err)
				}
			}
		}
		perEvent(b, size, len(records), before)
	})
	b.Run("jsontext", func(b *testing.B) {
		b.ReportAllocs()
		var d jsontext.Decoder
		before := cpuTime(b)
		for b.Loop() {
			for _, raw := range records {
				d.Reset(bytes.NewReader(raw))
				for {
					if _, err := d.ReadToken(); err == io.EOF {
						break
					} else if err != nil {
						b.Fatal(err)
					}
				}
			}
		}
		perEvent(b, size, len(records), before)
	})
}

func BenchmarkReader(b *testing.B) {
	records := realRecords(b)
	file := append(append([]byte(`{"Records":[`), bytes.Join(records, []byte(","))...), "]}"...)
	var packed bytes.Buffer
	w, _ := gzip.NewWriterLevel(&packed, 6)
	w.Write(file)
	w.Close()
	for _, form := range []struct {
		name string
		data []byte
	}{{"plain", file}, {"gzip", packed.Bytes()}} {
		b.Run(form.name, func(b *testing.B) {
			b.ReportAllocs()
			r := NewReader(Source{R: bytes.NewReader(nil)}, Limits{})
			before := cpuTime(b)
			for b.Loop() {
				r.Reset(Source{R: bytes.NewReader(form.data)})
				n := 0
				for ; ; n++ {
					if _, err := r.Next(); err == io.EOF {
						break
					} else if err != nil {
						b.Fatal(err)
					}
				}
				if n != len(records) {
					b.Fatalf("%d records, want %d", n, len(records))
				}
			}
			perEvent(b, len(file), len(records), before)
		})
	}
}
