package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/kopterio/kopter/cloudtrail"
	"github.com/kopterio/kopter/local"
)

// multiplication is a job: real logs, how many events to make of them, and
// where.
type multiplication struct {
	Real   string `json:"real"`
	Dir    string `json:"dir"`
	Events int64  `json:"events"`
}

// multiplied gives the real logs multiplied.
func (b *bench) multiplied(ctx context.Context) (logSet, error) {
	job := multiplication{Real: b.real, Events: b.scaled(b.realEvents)}
	job.Dir = filepath.Join(b.cache, fmt.Sprintf("logs-real-%d", job.Events))
	set, err := cached(b, job.Dir, func() (logSet, error) {
		made, _, err := child[multiplication, logSet](ctx, "multiply", job)
		return made, err
	})
	set.Dir = job.Dir
	return set, err
}

// realRecord is a record of a real log, with what a copy of it changes.
type realRecord struct {
	raw  []byte
	id   []byte
	time int64 // milliseconds since 1970
}

// copyShift is between one copy of the logs and the next.
const copyShift = 6 * time.Hour

// multiplyLogs writes copies of the logs, each into a file of its own, with
// ids of their own and earlier times.
func multiplyLogs(_ context.Context, job multiplication) (logSet, error) {
	records, err := readRecords(job.Real)
	if err != nil {
		return logSet{}, err
	}
	copies := max(1, job.Events/int64(len(records)))
	set := logSet{Name: "invictus-ir multiplied", Dir: job.Dir, Files: copies, Median: len(records)}
	set.Records = copies * int64(len(records))
	set.Distinct = set.Records
	if err := os.MkdirAll(set.logs(), 0o755); err != nil {
		return set, err
	}
	for n := range copies {
		text := copyRecords(records, n)
		set.Bytes += int64(len(text) + len(logHead) + len(logTail))
		out, err := os.Create(filepath.Join(set.logs(), fmt.Sprintf("copy-%06d.json.gz", n)))
		if err != nil {
			return set, err
		}
		if err := writeLog(out, text); err != nil {
			return set, fmt.Errorf("copy %d: %w", n, err)
		}
	}
	return set, nil
}

// copyRecords gives the records of copy n, separated by commas.
func copyRecords(records []realRecord, n int64) []byte {
	var text bytes.Buffer
	for i, r := range records {
		if i > 0 {
			text.WriteByte(',')
		}
		text.Write(r.copy(n))
	}
	return text.Bytes()
}

// copy is the record as it would have been n shifts earlier.
func (r realRecord) copy(n int64) []byte {
	at := time.UnixMilli(r.time).UTC()
	raw := bytes.Replace(r.raw, eventTime(at), eventTime(at.Add(-time.Duration(n)*copyShift)), 1)
	return bytes.ReplaceAll(raw, r.id, freshID(r.id, n))
}

func eventTime(t time.Time) []byte { return t.AppendFormat([]byte(`"eventTime":"`), time.RFC3339) }

// freshID is another id for each copy, in the form that CloudTrail uses.
func freshID(id []byte, n int64) []byte {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s/%d", id, n))
	return fmt.Appendf(nil, "%x-%x-%x-%x-%x", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
}

// readRecords reads all records of the logs below a folder.
func readRecords(dir string) ([]realRecord, error) {
	var records []realRecord
	reader := cloudtrail.NewReader(cloudtrail.Source{R: bytes.NewReader(nil)}, cloudtrail.DefaultLimits())
	defer reader.Close()
	for input, err := range local.Walk(dir) {
		if err != nil {
			return nil, err
		}
		if input.Skip != "" || !isLog(input.URI) {
			continue
		}
		f, err := os.Open(input.URI)
		if err != nil {
			return nil, err
		}
		reader.Reset(cloudtrail.Source{Name: input.URI, R: f})
		records, err = appendRecords(records, reader)
		f.Close() // it was only read
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", input.URI, err)
		}
	}
	if len(records) == 0 {
		return nil, fmt.Errorf("there are no records in %s", dir)
	}
	return records, nil
}

func isLog(name string) bool {
	ext := filepath.Ext(name)
	return ext == ".json" || ext == ".gz"
}

func appendRecords(records []realRecord, reader *cloudtrail.Reader) ([]realRecord, error) {
	for {
		r, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return records, nil
		}
		if err != nil {
			return records, err
		}
		records = append(records, realRecord{bytes.Clone(r.Raw), bytes.Clone(r.EventID), r.Time})
	}
}
