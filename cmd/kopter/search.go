package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/kopterio/kopter/app"
)

type searchCommand struct {
	Query   queryText `arg:"" optional:"" help:"What to look for: actor:ann name:Run* -error_code:*. All events by default."`
	Limit   *rowLimit `help:"How many at most, 100 by default; 0 is all." placeholder:"N" xor:"all"`
	CountBy string    `help:"Count instead of listing: by source,name, hour, day, …" placeholder:"FIELD,…" xor:"form"`
	Output  string    `help:"Write all matches to a file instead: .parquet, .csv or .ndjson." short:"o" placeholder:"FILE" type:"path" xor:"form,all"`
	rangeFlags
	listingFlags
}

func (*searchCommand) Help() string {
	return `Terms are joined by AND: field:value, -field:value, field:(a OR b), field:*, field:a*, ip:10.0.0.0/8, time:>2026-01-10, tag.team:web, "a phrase", words. Fields: ` +
		strings.Join(app.EventFields(), ", ") + `, and any path into the record such as requestParameters.instanceType. Words are whole words; end one with * for its beginning. A query that begins with a hyphen and has no colon stands after --.`
}

func (c *searchCommand) Run(ctx context.Context, con console, line *commandLine) (err error) {
	opt := app.SearchOptions{Query: c.Query.String(), Limit: c.limit()}
	if opt.Range, err = c.parse(con.now()); err != nil {
		return err
	}
	a, err := line.opened(ctx, con, false)
	if err != nil {
		return err
	}
	defer closing(a, &err)
	switch {
	case c.Output != "":
		return c.export(ctx, a, opt)
	case c.CountBy != "":
		return c.count(ctx, con, a, opt)
	default:
		return c.list(ctx, con, a, opt)
	}
}

// shownEvents is how much is listed unless the user says otherwise.
const shownEvents = 100

func (c *searchCommand) limit() int {
	if c.Limit == nil {
		return shownEvents
	}
	return int(*c.Limit)
}

// eventColumns are the fields of an event in CSV and tables.
var eventColumns = []column{
	{name: "event_id", in: notInTable}, {name: "time"}, {name: "account"}, {name: "region"}, {name: "source"}, {name: "name"},
	{name: "actor"}, {name: "actor_type", in: notInTable}, {name: "principal", in: notInTable}, {name: "access_key", in: notInTable},
	{name: "ip"}, {name: "user_agent", in: notInTable}, {name: "error_code"}, {name: "error_message", in: notInTable},
	{name: "read_only", in: notInTable}, {name: "resources"},
}

func (c *searchCommand) list(ctx context.Context, con console, a *app.App, opt app.SearchOptions) error {
	events, err := a.Search(ctx, opt)
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(con.out, 1<<16)
	l, err := newListing(c.Format, out, eventColumns...)
	if err != nil {
		return err
	}
	for e, err := range events {
		if err != nil {
			return err
		}
		if err := l.encoded(e.MarshalJSON, func() []any { return eventRow(e) }); err != nil {
			return err
		}
	}
	if err := l.close(); err != nil {
		return err
	}
	return out.Flush()
}

func eventRow(e *app.Event) []any {
	return []any{
		e.EventID, milliseconds(e.Time), e.Account, e.Region, e.Source, e.Name,
		e.Actor, e.ActorType, e.Principal, e.AccessKey,
		e.IP, e.UserAgent, e.ErrorCode, e.ErrorMessage, e.ReadOnly, resourceList(e.Resources),
	}
}

func (c *searchCommand) count(ctx context.Context, con console, a *app.App, opt app.SearchOptions) error {
	by, err := fields(c.CountBy)
	if err != nil {
		return err
	}
	rows, err := a.Count(ctx, opt, by)
	if err != nil {
		return err
	}
	columns := make([]column, 0, len(by)+1)
	for _, field := range by {
		columns = append(columns, column{name: field})
	}
	l, err := c.listing(con, append(columns, column{name: "count"})...)
	if err != nil {
		return err
	}
	for _, row := range rows {
		if err := l.row(append(texts(row.Values), row.Count)...); err != nil {
			return err
		}
	}
	return l.close()
}

// texts gives strings as the values of a listing's row.
func texts(values []string) []any {
	row := make([]any, len(values), len(values)+8)
	for i, v := range values {
		row[i] = v
	}
	return row
}

// export writes the matches to a file, which appears only when it is whole.
func (c *searchCommand) export(ctx context.Context, a *app.App, opt app.SearchOptions) error {
	format, err := exportFormat(c.Output)
	if err != nil {
		return err
	}
	opt.Limit = 0
	partial := c.Output + ".partial"
	f, err := os.Create(partial)
	if err != nil {
		return err
	}
	defer os.Remove(partial) // after the rename there is none
	err = a.Export(ctx, opt, format, f)
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return err
	}
	return os.Rename(partial, c.Output)
}

// exportFormat gives the format that a file's ending asks for.
func exportFormat(path string) (string, error) {
	switch ending := strings.ToLower(filepath.Ext(path)); ending {
	case ".parquet", ".csv", ".ndjson":
		return ending[1:], nil
	default:
		return "", usageError{fmt.Errorf("--output %s: want a file that ends in .parquet, .csv or .ndjson", path)}
	}
}
