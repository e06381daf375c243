package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"runtime"

	"github.com/alecthomas/kong"

	"github.com/kopterio/kopter/app"
)

// defaultListen is only reached from this machine.
const defaultListen = "127.0.0.1:8480"

// serverFlags are those of every command that serves.
type serverFlags struct {
	Listen    string `help:"Address to listen on; only this machine can reach the default." default:"127.0.0.1:8480" env:"KOPTER_LISTEN" placeholder:"ADDR"`
	BaseURL   string `help:"Where browsers reach Kopter, when it is behind something: https://kopter.example.com." env:"KOPTER_BASE_URL" placeholder:"URL"`
	Profiling bool   `help:"Serve /debug/pprof to who is signed in."`
	LogFormat string `help:"text or json; on the error output." default:"text" enum:"text,json"`
}

// options are the part of a server's options that the flags say.
func (f *serverFlags) options(con console, data string) (app.ServerOptions, error) {
	if _, _, err := net.SplitHostPort(f.Listen); err != nil {
		return app.ServerOptions{}, usageError{fmt.Errorf("--listen %q: want HOST:PORT: %w", f.Listen, err)}
	}
	handler := slog.Handler(slog.NewTextHandler(con.err, nil))
	if f.LogFormat == "json" {
		handler = slog.NewJSONHandler(con.err, nil)
	}
	return app.ServerOptions{
		Options: app.Options{Data: data, Write: true, Now: con.now},
		Listen:  f.Listen, BaseURL: f.BaseURL, Profiling: f.Profiling,
		Version: version, Log: slog.New(handler),
	}, nil
}

type serveCommand struct {
	serverFlags
	Watch             []string        `help:"Folder (or file) with CloudTrail logs, ingested as they appear; may be repeated." type:"path" sep:"none" placeholder:"DIR"`
	Inventory         []string        `help:"Folder with recorded DescribeInstances output, imported as it appears; may be repeated." type:"path" sep:"none" placeholder:"DIR"`
	InventoryComplete bool            `help:"What a recording does not show did not exist."`
	Prices            []string        `help:"Folder with AWS price lists, imported as they appear; may be repeated." type:"path" sep:"none" placeholder:"DIR"`
	Config            kong.ConfigFlag `help:"JSON file with these flags: {\"watch\": [\"./AWSLogs\"], \"listen\": \"127.0.0.1:8480\"}." placeholder:"FILE"`
}

func (c *serveCommand) Run(ctx context.Context, con console, line *commandLine) error {
	data, err := line.folder()
	if err != nil {
		return err
	}
	opt, err := c.options(con, data)
	if err != nil {
		return err
	}
	opt.Logs, opt.Inventory, opt.Prices, opt.InventoryComplete = c.Watch, c.Inventory, c.Prices, c.InventoryComplete
	s, err := app.NewServer(ctx, opt)
	if err != nil {
		return err
	}
	if _, err := greet(con, s); err != nil {
		return errors.Join(err, s.Close())
	}
	return s.Run(ctx)
}

// greet prints how to get in, and gives the link.
func greet(con console, s *app.Server) (link string, err error) {
	link, err = s.SignInLink()
	if err != nil {
		return "", err
	}
	_, err = fmt.Fprintf(con.out, "Kopter is at %s\nSign in with this link; it is good once, for 15 minutes:\n\n    %s\n\n", s.URL(), link)
	return link, err
}

// browse opens a page in the user's browser, if there is a way to.
func browse(url string) error {
	command := map[string][]string{
		"darwin":  {"open"},
		"windows": {"rundll32", "url.dll,FileProtocolHandler"},
	}[runtime.GOOS]
	if command == nil {
		if os.Getenv("DISPLAY") == "" && os.Getenv("WAYLAND_DISPLAY") == "" {
			return errors.New("there is no display")
		}
		command = []string{"xdg-open"}
	}
	return exec.Command(command[0], append(command[1:], url)...).Start()
}
