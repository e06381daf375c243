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
	"syscall"
	"time"

	"github.com/alecthomas/kong"

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
	Data string `help:"Folder that holds everything." default:"./kopter-data" env:"KOPTER_DATA" type:"path" placeholder:"DIR"`

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
	terminal bool // err is a terminal, so a progress line may be redrawn
	now      func() time.Time
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], console{
		out: os.Stdout, err: os.Stderr, terminal: isTerminal(os.Stderr), now: time.Now,
	})
	stop()
	os.Exit(code)
}

// run carries out one command line and gives its exit code.
func run(ctx context.Context, args []string, con console) int {
	err := execute(ctx, args, con)
	if err != nil && !errors.Is(err, errQuarantined) {
		fmt.Fprintln(con.err, "kopter:", err)
	}
	return exitCode(err)
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
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, NoExpandSubcommands: false}),
	)
	if err != nil {
		return err
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	command, err := parser.Parse(args)
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
