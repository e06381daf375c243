package ingest_test

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/kopterio/kopter/account"
	"github.com/kopterio/kopter/ingest"
	"github.com/kopterio/kopter/ingest/ingesttest"
)

// benchLogs are n events of some 1,300 bytes in gzip files of perFile each:
// the size of real records.
func benchLogs(b testing.TB, n, perFile int) []ingesttest.Log {
	b.Helper()
	var logs []ingesttest.Log
	padding := strings.Repeat(`{"key":"aws:request","value":"0123456789abcdef"},`, 14)
	for first := 0; first < n; first += perFile {
		var text strings.Builder
		for i := first; i < min(first+perFile, n); i++ {
			fmt.Fprintf(&text, `,{"eventVersion":"1.08","userIdentity":{"type":"AssumedRole","principalId":"AROA%[1]d:worker-%[2]d","arn":"arn:aws:sts::111122223333:assumed-role/role-%[1]d/worker-%[2]d","accountId":"111122223333","accessKeyId":"ASIA%016[2]d"},"eventTime":"2026-03-%02[3]dT%02[4]d:%02[5]d:%02[6]dZ","eventSource":"s3.amazonaws.com","eventName":"GetObject","awsRegion":"eu-west-1","sourceIPAddress":"198.51.100.%[1]d","userAgent":"aws-sdk-go/1.44","requestParameters":{"bucketName":"bucket-%[1]d","items":[%[7]s{}]},"responseElements":null,"requestID":"r%[8]d","eventID":"%08[8]x-1111-4222-8333-%012[8]x","readOnly":true,"eventType":"AwsApiCall","recipientAccountId":"111122223333","eventCategory":"Data"}`,
				i%40, i%700, i/86400%28+1, i/3600%24, i/60%60, i%60, padding, i)
		}
		logs = append(logs, ingesttest.Log{
			Name: fmt.Sprintf("%09d.json.gz", first),
			Data: gzipped(b, strings.NewReader(`{"Records":[`+text.String()[1:]+`]}`)),
		})
	}
	return logs
}

// BenchmarkIngest takes gzip logs to durable, searchable Parquet. Its figures
// are of processor time, user and system, of all goroutines.
func BenchmarkIngest(b *testing.B) {
	const n = 100_000
	for _, perFile := range []int{5, 500, 50_000} {
		b.Run(fmt.Sprintf("events=%d/file", perFile), func(b *testing.B) {
			logs := benchLogs(b, n, perFile)
			var cpu time.Duration
			for b.Loop() {
				p := open(b)
				before := cpuTime(b)
				report, err := ingest.Run(b.Context(), p.lake, p.Store, account.Local, inputs(logs...), ingest.Options{Now: now})
				if err != nil || report.Added != n {
					b.Fatalf("%+v, %v", report, err)
				}
				cpu += cpuTime(b) - before
			}
			events := float64(n * b.N)
			b.ReportMetric(events/cpu.Seconds(), "events/cpu-s")
			b.ReportMetric(events/b.Elapsed().Seconds(), "events/s")
		})
	}
}

// cpuTime is what this process has used of the processors.
func cpuTime(b testing.TB) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
