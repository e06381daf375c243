package main

import (
	"context"
	"fmt"
	"time"

	"github.com/kopterio/kopter/app"
	"github.com/kopterio/kopter/query"
)

type simulateCommand struct {
	Out          string  `required:"" help:"Folder to write to." type:"path" placeholder:"DIR"`
	Seed         uint64  `help:"Which organisation: the same seed gives the same bytes." default:"1"`
	Events       int64   `help:"How many events, from a thousand to a hundred million." default:"50000"`
	Start        string  `help:"When it begins; 2026-01-05 by default." default:"2026-01-05" placeholder:"TIME"`
	Days         int     `help:"How many days it lasts." default:"21"`
	Accounts     int     `help:"How many member accounts." default:"8"`
	Duplicates   float64 `help:"Share of events that are delivered twice." default:"0.01"`
	Late         float64 `help:"Share of events that are delivered hours late." default:"0.01"`
	Organisation bool    `help:"Write the log files as an organisation's trail does."`
	FilesPerHour int     `help:"How often each account and region delivers a file, a divisor of 60." default:"12"`
	Versions     int     `help:"How many versions of the price list." default:"1"`
	Quiet        bool    `help:"Print no progress." short:"q"`
}

func (c *simulateCommand) Run(ctx context.Context, con console) error {
	start, err := query.Moment(c.Start, con.now())
	if err != nil {
		return usageError{err}
	}
	began := con.now()
	truth, err := app.Simulate(ctx, c.Out, app.Simulation{
		Seed: c.Seed, Events: c.Events, Start: start, End: start.Add(time.Duration(c.Days) * 24 * time.Hour),
		Accounts: c.Accounts, Duplicates: c.Duplicates, Late: c.Late,
		Organisation: c.Organisation, FilesPerHour: c.FilesPerHour, PriceVersions: c.Versions,
	}, func(done int64) {
		if con.live != nil && !c.Quiet {
			fmt.Fprintf(con.live, "\r\x1b[K%s of %s events", grouped(done), grouped(c.Events))
		}
	})
	if con.live != nil && !c.Quiet {
		fmt.Fprint(con.live, "\r\x1b[K")
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(con.err, "Wrote %s in %s and %s to %s in %s; truth.json says what a perfect reader finds.\n",
		plural(truth.Records, "record"), plural(truth.Files, "log file"), plural(int64(len(truth.Instances)), "instance life", "instance lives"),
		c.Out, con.now().Sub(began).Round(10*time.Millisecond))
	return nil
}

// version is set by the build.
var version = "development"

type versionCommand struct{}

func (versionCommand) Run(con console) error {
	_, err := fmt.Fprintln(con.out, "kopter", version)
	return err
}
