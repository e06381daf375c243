package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/kopterio/kopter/app"
)

// defaultData is the data folder of who names none.
const defaultData = "./kopter-data"

// folder is the data folder of a command line.
func (line *commandLine) folder() (string, error) {
	switch {
	case line.Data == nil:
		return kong.ExpandPath(defaultData), nil
	case *line.Data == "":
		return "", usageError{errors.New("--data or KOPTER_DATA is empty: name a folder")}
	}
	return kong.ExpandPath(*line.Data), nil
}

// opened opens the data folder of a command line; write opens it for changes.
func (line *commandLine) opened(ctx context.Context, con console, write bool) (*app.App, error) {
	data, err := line.folder()
	if err != nil {
		return nil, err
	}
	return app.Open(ctx, app.Options{Data: data, Write: write, Now: con.now})
}

// closing closes the data folder and adds what that says to a command's error.
func closing(c io.Closer, err *error) {
	*err = errors.Join(*err, c.Close())
}

type ingestCommand struct {
	Paths []string `arg:"" help:"Files and folders." type:"path"`
	Quiet bool     `help:"Print no progress." short:"q"`
}

// exist fails where none of the paths does, so that a slip of the finger
// leaves no empty store behind.
func exist(paths []string) error {
	var missing error
	for _, path := range paths {
		_, err := os.Stat(path)
		if err == nil {
			return nil
		}
		missing = errors.Join(missing, err)
	}
	return missing
}

func (c *ingestCommand) Run(ctx context.Context, con console, line *commandLine) (err error) {
	if err := exist(c.Paths); err != nil {
		return err
	}
	a, err := line.opened(ctx, con, true)
	if err != nil {
		return err
	}
	defer closing(a, &err)
	progress := newProgress(con, c.Quiet)
	report, err := a.Ingest(ctx, app.IngestOptions{Paths: c.Paths, Progress: progress.show})
	if err != nil {
		progress.stop(report)
		return err
	}
	progress.finish(report)
	for _, f := range report.Failures {
		fmt.Fprintln(con.err, "failed:", f.Error())
	}
	err = c.listQuarantine(ctx, con, a)
	if report.Failed > 0 {
		return fmt.Errorf("%s could not be read to the end; ingest again to retry", plural(report.Failed, "path"))
	}
	return err
}

// shownQuarantine bounds how much of the quarantine an ingest prints.
const shownQuarantine = 20

// listQuarantine prints what of the command's paths is in quarantine, also
// from earlier runs, and gives errQuarantined when there is any.
func (c *ingestCommand) listQuarantine(ctx context.Context, con console, a *app.App) error {
	var found int64
	for q, err := range a.Quarantine(ctx) {
		if err != nil {
			return err
		}
		if !c.covers(q.URI) {
			continue
		}
		if found++; found <= shownQuarantine {
			fmt.Fprintf(con.err, "quarantined: %s at byte %d: %s\n", q.URI, q.Offset, q.Reason)
		}
	}
	if found == 0 {
		return nil
	}
	if found > shownQuarantine {
		fmt.Fprintf(con.err, "… and %d more.\n", found-shownQuarantine)
	}
	fmt.Fprintf(con.err, "%s could not be read; `kopter quarantine` lists them with what stood there.\n", plural(found, "piece of input", "pieces of input"))
	return errQuarantined
}

// covers says whether a file is one of the command's paths or below one.
func (c *ingestCommand) covers(uri string) bool {
	for _, path := range c.Paths {
		absolute, err := filepath.Abs(path)
		if err != nil {
			continue // its ingestion has failed
		}
		rest, found := strings.CutPrefix(uri, strings.TrimSuffix(absolute, string(filepath.Separator)))
		if found && (rest == "" || rest[0] == filepath.Separator || rest[0] == '!') {
			return true
		}
	}
	return false
}

type quarantineCommand struct {
	listingFlags
}

func (c *quarantineCommand) Run(ctx context.Context, con console, line *commandLine) (err error) {
	a, err := line.opened(ctx, con, false)
	if err != nil {
		return err
	}
	defer closing(a, &err)
	l, err := c.listing(con, column{name: "file", in: wide}, column{name: "offset"}, column{name: "reason", in: wide}, column{name: "excerpt", in: notInTable})
	if err != nil {
		return err
	}
	for q, err := range a.Quarantine(ctx) {
		if err != nil {
			return err
		}
		if err := l.row(q.URI, q.Offset, q.Reason, strings.ToValidUTF8(string(q.Excerpt), "\uFFFD")); err != nil {
			return err
		}
	}
	return l.close()
}

type conflictsCommand struct {
	listingFlags
}

func (c *conflictsCommand) Run(ctx context.Context, con console, line *commandLine) (err error) {
	a, err := line.opened(ctx, con, false)
	if err != nil {
		return err
	}
	defer closing(a, &err)
	conflicts, err := a.Conflicts(ctx)
	if err != nil {
		return err
	}
	l, err := c.listing(con, column{name: "account"}, column{name: "event_id"}, column{name: "time"}, column{name: "file", in: wide}, column{name: "raw", in: onlyInJSON})
	if err != nil {
		return err
	}
	for _, x := range conflicts {
		if err := l.row(x.Account, x.EventID, milliseconds(x.Time), x.Source, rawJSON(x.Raw)); err != nil {
			return err
		}
	}
	return l.close()
}

type compactCommand struct{}

func (compactCommand) Run(ctx context.Context, con console, line *commandLine) (err error) {
	a, err := line.opened(ctx, con, true)
	if err != nil {
		return err
	}
	defer closing(a, &err)
	report, err := a.Compact(ctx)
	if err != nil {
		return err
	}
	if report.Removed == 0 {
		_, err = fmt.Fprintln(con.out, "There is nothing to merge.")
		return err
	}
	_, err = fmt.Fprintf(con.out, "Merged %s into %d.\n", plural(int64(report.Removed), "part"), report.Added)
	return err
}

type checkCommand struct {
	listingFlags
}

func (c *checkCommand) Run(ctx context.Context, con console, line *commandLine) (err error) {
	a, err := line.opened(ctx, con, false)
	if err != nil {
		return err
	}
	defer closing(a, &err)
	problems, err := a.Check(ctx)
	if err != nil {
		return err
	}
	if len(problems) == 0 && c.Format == "table" {
		_, err := fmt.Fprintln(con.out, "Everything holds together.")
		return err
	}
	l, err := c.listing(con, column{name: "where", in: wide}, column{name: "problem", in: wide})
	if err != nil {
		return err
	}
	for _, p := range problems {
		if err := l.row(p.Where, p.What); err != nil {
			return err
		}
	}
	if err := l.close(); err != nil || len(problems) == 0 {
		return err
	}
	return fmt.Errorf("%s found", plural(int64(len(problems)), "problem"))
}
