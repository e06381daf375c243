package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"

	"github.com/kopterio/kopter/app"
)

type demoCommand struct {
	serverFlags
	NoBrowser bool `help:"Only print the link; do not open it."`
}

// Help is printed below the command's own help.
func (demoCommand) Help() string {
	return `Ninety days of an organisation's life are simulated, and then it goes on live. ` +
		`What is shown lies in a temporary folder that goes when Kopter ends; name one with --data to keep it.`
}

func (c *demoCommand) Run(ctx context.Context, con console, line *commandLine) (err error) {
	data, cleanUp, err := demoFolder(line)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cleanUp()) }()
	opt, err := c.options(con, data)
	if err != nil {
		return err
	}
	s, err := demoServer(ctx, opt)
	if err != nil {
		return err
	}
	link, err := greet(con, s)
	if err != nil {
		return errors.Join(err, s.Close())
	}
	if !c.NoBrowser {
		if err := browse(link); err != nil {
			fmt.Fprintf(con.err, "No browser could be opened (%v): open the link yourself.\n", err)
		}
	}
	fmt.Fprintln(con.out, "Ctrl-C ends the demo.")
	return app.Demo(ctx, s)
}

// demoFolder gives the folder of a demo: the one that the user named, which
// stays, or a temporary one.
func demoFolder(line *commandLine) (data string, cleanUp func() error, err error) {
	if line.Data != nil {
		data, err = line.folder()
		return data, func() error { return nil }, err
	}
	data, err = os.MkdirTemp("", "kopter-demo-")
	return data, func() error { return os.RemoveAll(data) }, err
}

// demoServer takes any free port where the usual one is in use.
func demoServer(ctx context.Context, opt app.ServerOptions) (*app.Server, error) {
	s, err := app.NewDemo(ctx, opt)
	if errors.Is(err, syscall.EADDRINUSE) && opt.Listen == defaultListen {
		opt.Listen = "127.0.0.1:0"
		return app.NewDemo(ctx, opt)
	}
	return s, err
}
