// Command kopter is the one binary: flags and environment in, listings and
// exit codes out.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"
	"golang.org/x/term"

	"github.com/kopterio/kopter/app"
)

// The exit codes are a contract with scripts.
const (
	exitDone        = 0
	exitFailed      = 1
	exitUsage       = 2
	exitQuarantined = 3 // done, but some input could not be read
)

// usageError is a mistake in how the command was called.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// errQuarantined ends a command that did its work but met input that it could
// not read; what and why has been printed.
var errQuarantined = errors.New("some input is in quarantine")

// commandLine is the grammar of the command line.
type commandLine struct {
	Data *string `help:"Folder that holds everything; ./kopter-data by default." env:"KOPTER_DATA" placeholder:"DIR"`

	Demo       demoCommand       `cmd:"" help:"Show a simulated organisation, live, in the browser. Nothing to configure."`
	Serve      serveCommand      `cmd:"" help:"Watch folders, and serve the web app and the API."`
	Ingest     ingestCommand     `cmd:"" help:"Read CloudTrail logs: files, folders, .gz, .zip. Reading a file again changes nothing."`
	Search     searchCommand     `cmd:"" help:"Search the audit log, newest first, or count."`
	Cost       costCommand       `cmd:"" help:"Show the price graph by any field."`
	Blame      blameCommand      `cmd:"" help:"Show the steps of the price graph and the calls behind them."`
	Inventory  inventoryCommand  `cmd:"" help:"Import recorded DescribeInstances output, or list what ran."`
	Prices     pricesCommand     `cmd:"" help:"Import AWS price lists, or look prices up."`
	Quarantine quarantineCommand `cmd:"" help:"List the input that could not be read, and why."`
	Conflicts  conflictsCommand  `cmd:"" help:"List records whose event id was already known with another content."`
	Compact    compactCommand    `cmd:"" help:"Merge small files of the audit log into large ones."`
	Check      checkCommand      `cmd:"" help:"Check the invariants of the whole store."`
	Simulate   simulateCommand   `cmd:"" help:"Write the logs, inventory and price list of an organisation that does not exist."`
	Version    versionCommand    `cmd:"" help:"Print the version."`
}

// console is what a command talks to besides the store: the streams and the
// clock.
type console struct {
	out, err io.Writer
	// live is the terminal that err goes to, for a line that is redrawn; nil
	// when err is something else.
	live  io.Writer
	width func() int // of live, in characters
	now   func() time.Time
}

// standard is the console of a process. What is printed may come from a log,
// so no control character reaches a terminal; messages are kept clean also in
// a file, which may be looked at on one.
func standard() console {
	con := console{out: os.Stdout, err: &safeWriter{w: os.Stderr}, now: time.Now}
	if term.IsTerminal(int(os.Stdout.Fd())) {
		con.out = &safeWriter{w: os.Stdout}
	}
	if fd := int(os.Stderr.Fd()); term.IsTerminal(fd) {
		con.live = os.Stderr
		con.width = func() int {
			width, _, err := term.GetSize(fd)
			if err != nil {
				width = 80 // as most are
			}
			return width
		}
	}
	return con
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], standard())
	stop()
	os.Exit(code)
}

// run carries out one command line and gives its exit code.
func run(ctx context.Context, args []string, con console) int {
	err := execute(ctx, args, con)
	switch {
	case err == nil || errors.Is(err, errQuarantined):
	case ctx.Err() != nil:
		fmt.Fprintln(con.err, "kopter: interrupted; what is done stays, and the same command does the rest")
	default:
		complain(con, err)
	}
	return exitCode(err)
}

// shownErrors bounds how many of joined errors are printed.
const shownErrors = 20

// complain prints an error, and each of joined ones in a line of its own.
func complain(con console, err error) {
	lines := strings.Split(err.Error(), "\n")
	for _, line := range lines[:min(len(lines), shownErrors)] {
		fmt.Fprintln(con.err, "kopter:", line)
	}
	if more := len(lines) - shownErrors; more > 0 {
		fmt.Fprintf(con.err, "kopter: … and %s.\n", plural(int64(more), "more error"))
	}
}

func execute(ctx context.Context, args []string, con console) error {
	var line commandLine
	exited := -1
	parser, err := kong.New(&line,
		kong.Name("kopter"),
		kong.Description("git blame for your AWS bill."),
		kong.UsageOnError(),
		kong.Writers(con.out, con.err),
		kong.Exit(func(code int) { exited = code }),
		kong.Configuration(readConfig),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, NoExpandSubcommands: false}),
	)
	if err != nil {
		return err
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	command, err := parser.Parse(asQueries(args))
	if exited >= 0 { // --help has been printed
		return nil
	}
	if err != nil {
		return usageError{err}
	}
	command.BindTo(ctx, (*context.Context)(nil))
	return command.Run(con, &line)
}

// exitCode maps an error to the exit code that scripts rely on.
func exitCode(err error) int {
	var usage usageError
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, errQuarantined):
		return exitQuarantined
	case errors.As(err, &usage), app.IsInputError(err):
		return exitUsage
	default:
		return exitFailed
	}
}
