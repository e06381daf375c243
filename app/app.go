// Package app wires the rooms of the house together: a data folder in, one
// method for each thing that a user can do.
//
// It holds no rule of its own. What a command or a handler needs of the audit
// log, of usage, prices and cost it asks of those packages, with the store, the
// tenant and the clock that it was opened with.
package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/kopterio/kopter/account"
	"github.com/kopterio/kopter/audit"
	"github.com/kopterio/kopter/local"
	"github.com/kopterio/kopter/query"
)

// Options say what to open and how.
type Options struct {
	// Data is the folder that holds everything. It is made when it is opened
	// for changes and not there.
	Data string
	// Write opens the folder for changes; one process at a time can.
	Write bool
	// Tenant owns what is written and read; account.Local by default.
	Tenant account.Tenant
	// Now is the clock.
	Now func() time.Time
	// hook is local.Options.Hook, for tests that kill.
	hook func(point string) error
}

// App is an open data folder and everything that can be done with it.
type App struct {
	store  *local.Store
	lake   *audit.Lake
	tenant account.Tenant
	now    func() time.Time
}

// Open opens the data folder. The caller closes the App.
func Open(ctx context.Context, opt Options) (*App, error) {
	if opt.Tenant == "" {
		opt.Tenant = account.Local
	}
	if err := opt.Tenant.Validate(); err != nil {
		return nil, err
	}
	store, err := local.Open(ctx, opt.Data, local.Options{ReadOnly: !opt.Write, Now: opt.Now, Hook: opt.hook})
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no data in %s: begin with `kopter ingest PATH`, or name another folder with --data", opt.Data)
	}
	if err != nil {
		return nil, err
	}
	a := &App{store: store, lake: audit.New(store, store), tenant: opt.Tenant, now: opt.Now}
	if opt.Write {
		if _, err := a.lake.Sweep(ctx, a.tenant); err != nil {
			return nil, errors.Join(fmt.Errorf("remove what an earlier crash left: %w", err), a.Close())
		}
	}
	return a, nil
}

// Close closes the data folder.
func (a *App) Close() error {
	return errors.Join(a.lake.Close(), a.store.Close())
}

// Range is a stretch of time: From ≤ t < Until; a zero time is unbounded.
type Range struct{ From, Until time.Time }

// check refuses a range that ends where it begins, or earlier.
func (r Range) check() error {
	if !r.From.IsZero() && !r.Until.IsZero() && !r.From.Before(r.Until) {
		return &InputError{fmt.Errorf("the time range begins at %s and ends at %s: nothing lies between", r.From.Format(time.RFC3339), r.Until.Format(time.RFC3339))}
	}
	return nil
}

// seconds gives the bounds in seconds since 1970, zero for none.
func (r Range) seconds() (from, until int64) {
	if !r.From.IsZero() {
		from = r.From.Unix()
	}
	if !r.Until.IsZero() {
		until = r.Until.Unix()
	}
	return from, until
}

// milliseconds gives the bounds in milliseconds since 1970, zero for none.
func (r Range) milliseconds() (from, until int64) {
	if !r.From.IsZero() {
		from = r.From.UnixMilli()
	}
	if !r.Until.IsZero() {
		until = r.Until.UnixMilli()
	}
	return from, until
}

// InputError is a mistake in what the user asked for, such as a query that
// cannot be parsed: asking again will not help.
type InputError struct{ Err error }

func (e *InputError) Error() string { return e.Err.Error() }
func (e *InputError) Unwrap() error { return e.Err }

// IsInputError says whether err is the user's mistake rather than Kopter's.
func IsInputError(err error) bool {
	var input *InputError
	return errors.As(err, &input)
}

// parseQuery reads a filter over a schema; empty text is no filter.
func parseQuery(text string, schema query.Schema) (query.Node, error) {
	node, err := query.Parse(text, schema)
	if wrong := (*query.Error)(nil); errors.As(err, &wrong) {
		return nil, &InputError{fmt.Errorf("query %q, offset %d: %s", text, wrong.Offset, wrong.Reason)}
	}
	return node, err
}
