package main

import (
	"context"
	"fmt"
	"time"

	"github.com/kopterio/kopter/app"
	"github.com/kopterio/kopter/query"
)

type inventoryCommand struct {
	Import inventoryImportCommand `cmd:"" help:"Import the output of aws ec2 describe-instances."`
	List   inventoryListCommand   `cmd:"" help:"List the instances that exist, now or at a chosen time."`
}

type inventoryImportCommand struct {
	Files    []string `arg:"" help:"Output of aws ec2 describe-instances; a file may hold many pages and regions. Folders too." type:"path"`
	At       string   `help:"When the instances were looked at; by default when the file was written." placeholder:"TIME"`
	Account  string   `help:"The account, where the recording does not name it." placeholder:"ID"`
	Region   string   `help:"The region, where the recording does not name it." placeholder:"NAME"`
	Complete bool     `help:"The recording shows everything: what it does not show is gone."`
}

func (c *inventoryImportCommand) Run(ctx context.Context, con console, line *commandLine) (err error) {
	opt := app.InventoryFiles{Paths: c.Files, Account: c.Account, Region: c.Region, Complete: c.Complete}
	if c.At != "" {
		if opt.At, err = query.Moment(c.At, con.now()); err != nil {
			return usageError{err}
		}
	}
	a, err := line.opened(ctx, con, true)
	if err != nil {
		return err
	}
	defer closing(a, &err)
	var sum inventorySum
	err = a.ImportInventory(ctx, opt, func(path string, i app.RecordedInventory) { sum.add(con, i) })
	fmt.Fprintf(con.err, "Imported %s in %s from %s.\n", plural(sum.instances, "sight of an instance", "sights of instances"),
		plural(sum.snapshots, "snapshot"), plural(sum.files, "file"))
	if err != nil {
		return err
	}
	if sum.problems > 0 {
		return errQuarantined
	}
	return nil
}

// inventorySum adds up what recordings showed.
type inventorySum struct{ files, instances, snapshots, problems int64 }

func (s *inventorySum) add(con console, i app.RecordedInventory) {
	for _, p := range i.Problems {
		fmt.Fprintf(con.err, "not understood: %s at byte %d: %s\n", p.Name, p.Offset, p.Reason)
	}
	s.files++
	s.instances += int64(i.Instances - len(i.Problems))
	s.snapshots += int64(len(i.Snapshots))
	s.problems += int64(len(i.Problems))
}

type inventoryListCommand struct {
	Query queryText `arg:"" optional:"" help:"Which instances: state:running tag.team:web. All by default."`
	At    string    `help:"As of when; now by default." placeholder:"TIME"`
	listingFlags
}

// inventoryColumns are the fields of an instance; their names are a contract.
var inventoryColumns = []column{
	{name: "resource"}, {name: "account"}, {name: "region"}, {name: "zone", in: notInTable}, {name: "type"}, {name: "state"}, {name: "since"},
	{name: "rate_per_hour"}, {name: "currency", in: notInTable}, {name: "purchase", in: notInTable}, {name: "operation", in: notInTable},
	{name: "tenancy", in: notInTable}, {name: "principal", in: notInTable}, {name: "actor"}, {name: "tags"}, {name: "unpriced", in: notInTable},
}

func (c *inventoryListCommand) Run(ctx context.Context, con console, line *commandLine) (err error) {
	var at time.Time
	if c.At != "" {
		if at, err = query.Moment(c.At, con.now()); err != nil {
			return usageError{err}
		}
	}
	a, err := line.opened(ctx, con, false)
	if err != nil {
		return err
	}
	defer closing(a, &err)
	instances, err := a.Inventory(ctx, at, c.Query.String())
	if err != nil {
		return err
	}
	l, err := c.listing(con, inventoryColumns...)
	if err != nil {
		return err
	}
	for i := range instances {
		if err := l.row(instanceRow(&instances[i])...); err != nil {
			return err
		}
	}
	return l.close()
}

func instanceRow(i *app.Instance) []any {
	tags := map[string]string(i.Tags)
	if tags == nil {
		tags = map[string]string{}
	}
	var rate, currency any = omitted{}, omitted{}
	if i.Priced() {
		rate, currency = i.Quote.Rate.String(), string(i.Quote.Currency)
	}
	return []any{
		i.Resource, i.Account, i.Region, i.Zone, i.Shape.Type, i.State, seconds(i.Since),
		rate, currency, i.Shape.Purchase, i.Shape.Operation, i.Shape.Tenancy, i.Launcher.Principal, i.Launcher.Actor, tags, orOmitted(i.Quote.Reason),
	}
}
