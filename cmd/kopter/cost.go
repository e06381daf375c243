package main

import (
	"context"
	"fmt"

	"github.com/go-json-experiment/json"

	"github.com/kopterio/kopter/app"
)

type costCommand struct {
	Query queryText `arg:"" optional:"" help:"Which resources: type:p4d* region:us-east-1. All by default."`
	By    string    `help:"Group by account, region, zone, type, operation, tenancy, purchase, principal, actor, resource, service, tag.KEY." placeholder:"FIELD,…"`
	Step  string    `help:"hour, day, month or total." default:"day" enum:"hour,day,month,total"`
	Limit rowLimit  `help:"How many rows at most; 0 is all." default:"0"`
	rangeFlags
	listingFlags
}

func (*costCommand) Help() string {
	return `Seconds without a price are unpriced_seconds; between the last sign of life and the first sign of an end, uncertain_seconds; of an unknown platform that is taken for Linux, assumed_seconds; that a minimum adds, padded_seconds; of a product from the marketplace, whose own price is not known, marketplace_seconds.`
}

func (c *costCommand) Run(ctx context.Context, con console, line *commandLine) (err error) {
	opt := app.CostOptions{Query: c.Query.String(), Step: c.Step, Limit: int(c.Limit)}
	if opt.By, err = fields(c.By); err != nil {
		return err
	}
	if opt.Range, err = c.parse(con.now()); err != nil {
		return err
	}
	a, err := line.opened(ctx, con, false)
	if err != nil {
		return err
	}
	defer closing(a, &err)
	graph, err := a.Cost(ctx, opt)
	if err != nil {
		return err
	}
	l, err := c.listing(con, costColumns(opt.By)...)
	if err != nil {
		return err
	}
	for _, r := range graph.Rows {
		err := l.encoded(func() ([]byte, error) { return graph.EncodeRow(&r) }, func() []any {
			row := append([]any{seconds(r.Start)}, texts(r.Values)...)
			return append(row, r.Amount.String(), string(r.Currency), r.Seconds,
				r.UnpricedSeconds, r.PaddedSeconds, r.UncertainSeconds, r.AssumedSeconds, r.MarketplaceSeconds)
		})
		if err != nil {
			return err
		}
	}
	if err := l.close(); err != nil {
		return err
	}
	for _, note := range graph.Notes {
		fmt.Fprintln(con.err, note)
	}
	return nil
}

// costColumns are the fields of a row of the graph in CSV and tables.
func costColumns(by []string) []column {
	columns := []column{{name: "start"}}
	for _, field := range by {
		columns = append(columns, column{name: field, in: wide})
	}
	return append(columns, column{name: "amount"}, column{name: "currency"}, column{name: "seconds"}, column{name: "unpriced_seconds"},
		column{name: "padded_seconds", in: notInTable}, column{name: "uncertain_seconds"}, column{name: "assumed_seconds"},
		column{name: "marketplace_seconds", in: notInTable})
}

type blameCommand struct {
	What    queryText `arg:"" optional:"" help:"A resource (i-0dbc…) or a query over the steps: actor:ann kind:open. Everything by default."`
	Limit   rowLimit  `help:"How many at most; 0 is all." default:"100"`
	Largest bool      `help:"Largest changes of the run-rate first, instead of the newest."`
	rangeFlags
	listingFlags
}

// blameColumns are the fields of a step in CSV and tables.
var blameColumns = []column{
	{name: "time"}, {name: "not_after", in: notInTable}, {name: "resource"}, {name: "kind"}, {name: "type"}, {name: "delta_per_hour"}, {name: "currency"},
	{name: "unpriced", in: notInTable}, {name: "event_id", in: notInTable}, {name: "event_name"}, {name: "principal", in: notInTable}, {name: "actor"}, {name: "ip"},
	{name: "user_agent", in: notInTable}, {name: "account"}, {name: "region"},
}

func (*blameCommand) Help() string {
	return `A step is where the graph goes up or down. Fields of a query: those of cost, with principal and actor for who caused the step, and kind (open, close, change), event_name, event_id, ip, user_agent, delta_per_hour.`
}

func (c *blameCommand) Run(ctx context.Context, con console, line *commandLine) (err error) {
	opt := app.BlameOptions{What: c.What.String(), Limit: int(c.Limit), Largest: c.Largest}
	if opt.Range, err = c.parse(con.now()); err != nil {
		return err
	}
	a, err := line.opened(ctx, con, false)
	if err != nil {
		return err
	}
	defer closing(a, &err)
	steps, err := a.Blame(ctx, opt)
	if err != nil {
		return err
	}
	l, err := c.listing(con, blameColumns...)
	if err != nil {
		return err
	}
	for _, s := range steps {
		if err := l.encoded(func() ([]byte, error) { return json.Marshal(s) }, func() []any { return stepRow(&s) }); err != nil {
			return err
		}
	}
	return l.close()
}

// delta is the change of the run-rate by a step. A table says of a rate that
// is not known that it is unpriced, and not that it is nothing.
type delta struct{ *app.Step }

func (d delta) String() string { return d.Delta.String() }

func (d delta) forTable() string {
	if d.Unpriced != "" && d.Delta == 0 {
		return "unpriced"
	}
	return d.String()
}

func stepRow(s *app.Step) []any {
	var notAfter any = omitted{}
	if s.NotAfter > s.Time {
		notAfter = seconds(s.NotAfter)
	}
	return []any{
		seconds(s.Time), notAfter, s.Resource, string(s.Kind), s.Type, delta{s}, string(s.Currency), orOmitted(s.Unpriced),
		s.Cause.EventID, s.Cause.EventName, s.Principal(), s.Actor(), s.Cause.IP, s.Cause.UserAgent, s.Account, s.Region,
	}
}
