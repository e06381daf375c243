package price_test

import (
	"bufio"
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/kopterio/kopter/internal/shareddata"
	"github.com/kopterio/kopter/price"
	"github.com/kopterio/kopter/price/pricetest"
)

// The files that benchmarks read: as large as a large region's for Kopter, a
// tenth of that for slower peers, or much smaller with -short.
const (
	regionProducts = 50_000
	peerProducts   = 5_000
	shortProducts  = 500
)

// offerFile writes a large offer to a file.
func offerFile(b *testing.B, name string, products int, write func(pricetest.Offer, io.Writer) error) string {
	b.Helper()
	if testing.Short() {
		products = min(products, shortProducts)
	}
	path := filepath.Join(b.TempDir(), name)
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	if err := write(pricetest.Large(products), f); err != nil {
		b.Fatal(err)
	}
	return path
}

func termsFirst(o pricetest.Offer, w io.Writer) error {
	o.TermsFirst = true
	return o.WriteJSON(w)
}

// BenchmarkReadOffer reads the price list of a region into a sheet, each time
// in a process of its own, and reports megabytes per second of processor time
// and the process's peak of resident memory.
func BenchmarkReadOffer(b *testing.B) {
	for _, bc := range []struct {
		name  string
		write func(pricetest.Offer, io.Writer) error
	}{
		{"products-first.json", pricetest.Offer.WriteJSON},
		{"terms-first.json", termsFirst},
		{"offer.csv", pricetest.Offer.WriteCSV},
	} {
		b.Run(bc.name, func(b *testing.B) {
			path := offerFile(b, bc.name, regionProducts, bc.write)
			measure(b, path, func() *exec.Cmd {
				cmd := exec.Command(os.Args[0])
				cmd.Env = append(os.Environ(), offerVariable+"="+path)
				return cmd
			})
		})
	}
}

// BenchmarkReadOfferByJQ lets jq do no more than parse the same kind of file.
func BenchmarkReadOfferByJQ(b *testing.B) {
	jq, err := exec.LookPath("jq")
	if err != nil {
		shareddata.Missing(b, err.Error())
	}
	path := offerFile(b, "jq.json", peerProducts, pricetest.Offer.WriteJSON)
	measure(b, path, func() *exec.Cmd { return exec.Command(jq, "-r", ".version", path) })
}

// measure runs a command on a file again and again.
func measure(b *testing.B, path string, command func() *exec.Cmd) {
	b.Helper()
	info, err := os.Stat(path)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(info.Size())
	var cpu time.Duration
	var peak int64
	for b.Loop() {
		cmd := command()
		out, err := cmd.CombinedOutput()
		if err != nil {
			b.Fatalf("%s: %v\n%s", cmd, err, out)
		}
		cpu += cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
		peak = max(peak, peakOf(cmd, string(out)))
	}
	b.ReportMetric(float64(info.Size())*float64(b.N)/1e6/cpu.Seconds(), "MB/cpu-s")
	b.ReportMetric(float64(peak)/1024, "MiB-resident")
	b.ReportMetric(float64(info.Size())/1e6, "MB-file")
}

// peakOf is the peak of resident memory in KiB. What the kernel reports of a
// child counts its parent's memory too, so a process that can says it itself.
func peakOf(cmd *exec.Cmd, out string) int64 {
	if _, line, ok := strings.Cut(out, "VmHWM:"); ok {
		var peak int64
		if _, err := fmt.Sscan(line, &peak); err == nil {
			return peak
		}
	}
	return cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss
}

// offerVariable names the file that a benchmark's process is to read.
const offerVariable = "KOPTER_TEST_OFFER"

// TestMain runs the tests, or is the process that a benchmark measures.
func TestMain(m *testing.M) {
	path := os.Getenv(offerVariable)
	if path == "" {
		os.Exit(m.Run())
	}
	if err := readOfferFile(path); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

// readOfferFile makes a sheet of a file and prints what the kernel knows of
// the process.
func readOfferFile(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	sheet, err := price.ReadOffer(context.Background(), path, f, price.ReadOptions{})
	if err != nil {
		return err
	}
	fmt.Println(sheet.Len(), "rows,", len(sheet.Encode()), "bytes")
	status, err := os.ReadFile("/proc/self/status")
	fmt.Print(string(status))
	return err
}

// BenchmarkTokens reads the same kind of files with general readers that keep
// nothing.
func BenchmarkTokens(b *testing.B) {
	for name, bc := range map[string]struct {
		write func(pricetest.Offer, io.Writer) error
		read  func(io.Reader) error
	}{
		"jsontext":     {pricetest.Offer.WriteJSON, readTokens},
		"encoding-csv": {pricetest.Offer.WriteCSV, readRecords},
		"kopter-json":  {pricetest.Offer.WriteJSON, readSheet},
		"kopter-csv":   {pricetest.Offer.WriteCSV, readSheet},
	} {
		b.Run(name, func(b *testing.B) {
			path := offerFile(b, name, peerProducts, bc.write)
			info, err := os.Stat(path)
			if err != nil {
				b.Fatal(err)
			}
			b.SetBytes(info.Size())
			for b.Loop() {
				f, err := os.Open(path)
				if err != nil {
					b.Fatal(err)
				}
				if err := bc.read(f); err != nil {
					b.Fatal(err)
				}
				f.Close()
			}
		})
	}
}

func readTokens(r io.Reader) error {
	d := jsontext.NewDecoder(r)
	for {
		if _, err := d.ReadToken(); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
	}
}

func readRecords(r io.Reader) error {
	c := csv.NewReader(bufio.NewReaderSize(r, 256<<10))
	c.FieldsPerRecord, c.ReuseRecord = -1, true
	for {
		if _, err := c.Read(); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
	}
}

func readSheet(r io.Reader) error {
	_, err := price.ReadOffer(context.Background(), "offer", r, price.ReadOptions{})
	return err
}

// sheetRows are as many as a large region's offer leaves.
const sheetRows = 40_000

func regionSheet(b *testing.B) *price.Sheet {
	b.Helper()
	offer := pricetest.Large(sheetRows * 2)
	var rows []price.Row
	for _, r := range offer.Rows[:sheetRows] {
		rows = append(rows, price.Row{
			Key: price.Key{Region: "us-east-1", Type: r.Type, Operation: r.Operation, Tenancy: r.Tenancy},
			SKU: r.SKU, RateCode: r.SKU + ".JRTCKXETXF.6YS6EN2CT7", Rate: 10_400_000, Currency: "USD", From: day(1),
		})
	}
	return price.NewSheet(price.Offer, "20240101000000", day(1), rows)
}

// BenchmarkDecode loads the sheet of a large region.
func BenchmarkDecode(b *testing.B) {
	encoded := regionSheet(b).Encode()
	b.SetBytes(int64(len(encoded)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := price.Decode(encoded); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkWindows looks one key up in a year of monthly versions.
func BenchmarkWindows(b *testing.B) {
	var sheets []*price.Sheet
	var key price.Key
	for month := range 12 {
		s := regionSheet(b)
		s.Published += int64(month)
		sheets = append(sheets, s)
		for r := range s.Rows() {
			key = r.Key
		}
	}
	book := price.NewBook(sheets...)
	b.ReportAllocs()
	for b.Loop() {
		book.Windows(key)
	}
}
