// Command bench measures Kopter beside its peers, on the same files and in the
// same run, and reports the numbers that the design sets as bars.
//
// The command itself only conducts: whatever is measured, and whatever makes
// data for it, runs in a process of its own, so that processor time and memory
// are those of the thing measured. Data is kept below the cache folder and
// found again by the options that made it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// options are what the command line says.
type options struct {
	kopter     string // the binary under test
	cache      string
	real       string // folder of real logs
	date       string
	only       []string
	events     int64
	realEvents int64
	scale      int64 // what every amount is divided by

	soaking time.Duration // of a soak, which is measured alone; 0 for none
	rate    int64         // of a soak, events per second
}

// quickScale makes a smoke test of the whole.
const quickScale = 25

// sections are the parts of the report, in their order.
var sections = []struct {
	name    string
	measure func(*bench, context.Context) ([]table, error)
}{
	{"ingest", (*bench).ingest},
	{"search", (*bench).search},
	{"prices", (*bench).prices},
	{"graph", (*bench).graph},
	{"queue", (*bench).queue},
	{"live", (*bench).live},
	{"binary", (*bench).binary},
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdin, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, in io.Reader, out io.Writer) error {
	if len(args) == 2 && args[0] == childFlag {
		return serve(ctx, args[1], in, out)
	}
	opt, err := parseOptions(args, time.Now())
	if err != nil {
		return err
	}
	b, err := newBench(opt)
	if err != nil {
		return err
	}
	report, err := b.measured(ctx)
	if err != nil {
		return err
	}
	text := report.markdown()
	if _, err := io.WriteString(out, text); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(opt.cache, "report.md"), []byte(text), 0o600); err != nil {
		return err
	}
	if _, failed := report.count(); report.counted && failed > 0 {
		return errors.New("a bar is missed")
	}
	return nil
}

func parseOptions(args []string, now time.Time) (options, error) {
	var opt options
	var only string
	var quick bool
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.StringVar(&opt.kopter, "kopter", "bin/kopter", "the binary to measure")
	flags.StringVar(&opt.cache, "cache", filepath.Join(".cache", "bench"), "folder for data and the report")
	flags.StringVar(&opt.real, "real", filepath.Join("..", "shared", "data", "cloudtrail", "invictus-ir"), "folder of real logs to multiply")
	flags.StringVar(&opt.date, "date", now.UTC().Format(time.DateOnly), "date of the report")
	flags.StringVar(&only, "only", "", "sections to run, separated by commas: ingest,search,prices,graph,queue,live,binary")
	flags.Int64Var(&opt.events, "events", 5_000_000, "simulated events")
	flags.Int64Var(&opt.realEvents, "real-events", 1_000_000, "events to make of the real logs")
	flags.DurationVar(&opt.soaking, "soak", 0, "run a server under load for so long, and measure nothing else")
	flags.Int64Var(&opt.rate, "rate", 1000, "events per second of a soak")
	flags.BoolVar(&quick, "quick", false, "a smoke test: everything at 1/25 of its size")
	if err := flags.Parse(args); err != nil {
		return opt, err
	}
	opt.scale = 1
	if quick {
		opt.scale = quickScale
	}
	var err error
	opt.only, err = chosen(only)
	return opt, err
}

// chosen are the sections that a list names; all of them if it is empty.
func chosen(list string) ([]string, error) {
	var names []string
	for _, s := range sectionNames() {
		if list == "" || slices.Contains(strings.Split(list, ","), s) {
			names = append(names, s)
		}
	}
	for _, name := range strings.Split(list, ",") {
		if list != "" && !slices.Contains(names, name) {
			return nil, fmt.Errorf("there is no section %q: want %s", name, strings.Join(sectionNames(), ", "))
		}
	}
	return names, nil
}

func sectionNames() []string {
	var names []string
	for _, s := range sections {
		names = append(names, s.name)
	}
	return names
}

// bench is a run under way.
type bench struct {
	options
	python string // an interpreter that has DuckDB; empty when there is none
	jq     string // empty when there is none
	left   []string
}

// newBench looks for the peers. One that is missing is reported, or with
// KOPTER_REQUIRE=all an error.
func newBench(opt options) (*bench, error) {
	b := &bench{options: opt}
	var err error
	if b.kopter, err = filepath.Abs(opt.kopter); err != nil {
		return nil, err
	}
	if _, err := os.Stat(b.kopter); err != nil {
		return nil, fmt.Errorf("the binary to measure: %w (make build)", err)
	}
	if err := os.MkdirAll(opt.cache, 0o755); err != nil {
		return nil, err
	}
	if b.cache, err = filepath.Abs(opt.cache); err != nil {
		return nil, err
	}
	b.findPeers()
	if len(b.left) > 0 && os.Getenv("KOPTER_REQUIRE") == "all" {
		return nil, errors.New("required here: " + strings.Join(b.left, "; "))
	}
	return b, nil
}

func (b *bench) findPeers() {
	python := os.Getenv("KOPTER_PYTHON")
	if python == "" {
		python = filepath.Join(".cache", "py", "bin", "python")
	}
	if err := exec.Command(python, "-c", "import duckdb").Run(); err == nil {
		b.python = python
	} else {
		b.left = append(b.left, "DuckDB in Python (make tools)")
	}
	if jq, err := exec.LookPath("jq"); err == nil {
		b.jq = jq
	} else {
		b.left = append(b.left, "jq")
	}
	if _, err := os.Stat(b.real); err != nil {
		b.left = append(b.left, "real logs in "+b.real)
	}
}

// measured is the report of a soak, or of all sections.
func (b *bench) measured(ctx context.Context) (report, error) {
	if b.soaking == 0 {
		return b.all(ctx)
	}
	r := report{date: b.date, scale: 1, machine: machine(), counted: true}
	var err error
	r.tables, err = b.soak(ctx)
	return r, err
}

func (b *bench) all(ctx context.Context) (report, error) {
	r := report{date: b.date, left: b.left, scale: b.scale, machine: machine()}
	for _, s := range sections {
		if !slices.Contains(b.only, s.name) {
			continue
		}
		b.say("== %s", s.name)
		tables, err := s.measure(b, ctx)
		if err != nil {
			return r, fmt.Errorf("%s: %w", s.name, err)
		}
		r.tables = append(r.tables, tables...)
	}
	return r, nil
}

// say tells on the standard error stream what goes on.
func (b *bench) say(format string, args ...any) {
	fmt.Fprintf(os.Stderr, format+"\n", args...)
}

// scaled is an amount at the run's scale.
func (b *bench) scaled(n int64) int64 { return max(1, n/b.scale) }
