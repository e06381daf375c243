package main

import (
	"context"
	"fmt"
	"time"

	"github.com/kopterio/kopter/app"
	"github.com/kopterio/kopter/query"
)

type pricesCommand struct {
	Import pricesImportCommand `cmd:"" help:"Import official EC2 price lists (offer files), JSON or CSV, plain or gzip."`
	Get    pricesGetCommand    `cmd:"" help:"Show what an instance type costs per hour, over time."`
	List   pricesListCommand   `cmd:"" help:"List all known prices."`
}

type pricesImportCommand struct {
	Files         []string `arg:"" help:"Offer files (index.json or index.csv of AmazonEC2), or folders of them." type:"path"`
	EffectiveFrom string   `help:"These prices held since this time, whatever the file says." placeholder:"TIME"`
}

func (c *pricesImportCommand) Run(ctx context.Context, con console, line *commandLine) (err error) {
	var from time.Time
	if c.EffectiveFrom != "" {
		if from, err = query.Moment(c.EffectiveFrom, con.now()); err != nil {
			return usageError{err}
		}
	}
	a, err := line.opened(ctx, con, true)
	if err != nil {
		return err
	}
	defer closing(a, &err)
	return a.ImportPrices(ctx, c.Files, from, func(path string, sheet app.Sheet) {
		fmt.Fprintf(con.err, "Imported %s of version %s (%s) from %s.\n", plural(int64(sheet.Rates), "price"), sheet.Version, size(sheet.Bytes), path)
	})
}

type pricesGetCommand struct {
	Type      string `arg:"" help:"Instance type, t3.micro."`
	Region    string `required:"" help:"Price region: us-east-1, or a Local Zone's us-east-1-bos-1." placeholder:"NAME"`
	Operation string `help:"Usage operation: RunInstances is Linux/UNIX, RunInstances:0002 Windows." default:"RunInstances"`
	Tenancy   string `help:"Shared, Dedicated or Host." default:"Shared"`
	listingFlags
}

func (c *pricesGetCommand) Run(ctx context.Context, con console, line *commandLine) (err error) {
	a, err := line.opened(ctx, con, false)
	if err != nil {
		return err
	}
	defer closing(a, &err)
	prices, err := a.Price(ctx, app.PriceKey{Region: c.Region, Type: c.Type, Operation: c.Operation, Tenancy: c.Tenancy})
	if err != nil {
		return err
	}
	return c.print(con, prices)
}

type pricesListCommand struct {
	Region    string `help:"Only this price region."`
	Type      string `help:"Only this instance type."`
	Operation string `help:"Only this usage operation."`
	Tenancy   string `help:"Only this tenancy."`
	listingFlags
}

func (c *pricesListCommand) Run(ctx context.Context, con console, line *commandLine) (err error) {
	a, err := line.opened(ctx, con, false)
	if err != nil {
		return err
	}
	defer closing(a, &err)
	prices, err := a.Prices(ctx, app.PriceKey{Region: c.Region, Type: c.Type, Operation: c.Operation, Tenancy: c.Tenancy})
	if err != nil {
		return err
	}
	return c.print(con, prices)
}

// print lists prices; their field names are a contract.
func (f listingFlags) print(con console, prices []app.Price) error {
	l, err := f.listing(con, column{name: "region"}, column{name: "type"}, column{name: "operation"}, column{name: "tenancy"},
		column{name: "status"}, column{name: "rate"}, column{name: "currency"}, column{name: "from"}, column{name: "until"},
		column{name: "sku", in: notInTable}, column{name: "rate_code", in: notInTable}, column{name: "version", in: notInTable}, column{name: "reason", in: wide})
	if err != nil {
		return err
	}
	for _, p := range prices {
		var rate any = omitted{}
		if p.Priced() {
			rate = p.Quote.Rate.String()
		}
		err := l.row(p.Key.Region, p.Key.Type, p.Key.Operation, p.Key.Tenancy, p.Quote.Status.String(), rate, orOmitted(string(p.Quote.Currency)),
			seconds(p.From), seconds(p.Until), orOmitted(p.Quote.SKU), orOmitted(p.Quote.RateCode), orOmitted(p.Quote.Version), orOmitted(p.Quote.Reason))
		if err != nil {
			return err
		}
	}
	return l.close()
}
