package cost

import (
	"context"
	"errors"

	"github.com/kopterio/kopter/query"
	"github.com/kopterio/kopter/usage"
)

// RunRate is what runs at a moment, by fields of Schema. Errors are ErrField
// and ctx's.
func (l *Live) RunRate(ctx context.Context, by []string, filter query.Node, at usage.Seconds) (RunRates, error) {
	return RunRates{}, errors.ErrUnsupported
}

// Forecast is what the month of a moment comes to. Its error is ctx's.
func (l *Live) Forecast(ctx context.Context, filter query.Node, now usage.Seconds) (Forecasts, error) {
	return Forecasts{}, errors.ErrUnsupported
}

// Accounts lists what is known of each account and region, in their order.
// Its error is ctx's.
func (l *Live) Accounts(ctx context.Context, now usage.Seconds) ([]AccountState, error) {
	return nil, errors.ErrUnsupported
}

// Steps gives a page of steps. Errors are ErrCursor and ctx's.
func (l *Live) Steps(ctx context.Context, r StepsRequest) (StepsPage, error) {
	return StepsPage{}, errors.ErrUnsupported
}

// Changes lists what changed in a stretch of time. Its error is ctx's.
func (l *Live) Changes(ctx context.Context, r ChangesRequest) (Changes, error) {
	return Changes{}, errors.ErrUnsupported
}

// Inventory gives a page of the instances that existed at a moment. Errors are
// ErrField for Sort, ErrCursor and ctx's.
func (l *Live) Inventory(ctx context.Context, r InventoryRequest) (InventoryPage, error) {
	return InventoryPage{}, errors.ErrUnsupported
}

// Resource tells all that is known of a resource; an empty account is any. Its
// error is ErrNoResource.
func (l *Live) Resource(ctx context.Context, account, resource string) (ResourceDetail, error) {
	return ResourceDetail{}, errors.ErrUnsupported
}
