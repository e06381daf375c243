package app

import (
	"context"
	"os"
	"time"

	"github.com/kopterio/kopter/price"
)

// ImportPrices reads official price lists, files or folders of them, keeps each
// as a sheet and tells of it. Importing one again changes nothing. A file that
// cannot be imported does not keep the others out; the error names each such
// file. A time that is not zero overrides when the prices began to hold.
func (a *App) ImportPrices(ctx context.Context, paths []string, effectiveFrom time.Time, tell func(path string, sheet Sheet)) error {
	var opt price.ReadOptions
	if !effectiveFrom.IsZero() {
		opt.EffectiveFrom = &effectiveFrom
	}
	files, err := filesBelow(paths)
	if err != nil {
		return err
	}
	return eachFile(ctx, files, func(path string) error {
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		info, err := price.Import(ctx, a.store, a.tenant, path, f, opt)
		if err == nil {
			tell(path, info)
		}
		return err
	})
}

// Sheet describes a price list as it is kept.
type Sheet = price.SheetInfo

// PriceKey says what a price is wanted for; empty fields of a filter agree with
// anything.
type PriceKey = price.Key

// Price is what one key costs in a stretch of time, in seconds since 1970;
// zero is unbounded.
type Price struct {
	Key         PriceKey
	From, Until int64
	Quote       price.Quote
}

// Priced says whether there is a rate.
func (p *Price) Priced() bool { return p.Quote.Status == price.Priced }

func newPrice(k price.Key, w price.Window) Price {
	p := Price{Key: k, From: w.From, Until: w.Until, Quote: w.Quote}
	if p.From == price.Always {
		p.From = 0
	}
	if p.Until == price.Forever {
		p.Until = 0
	}
	return p
}

// Prices lists the known prices that agree with a filter, by key and time.
func (a *App) Prices(ctx context.Context, filter PriceKey) ([]Price, error) {
	book, err := price.Load(ctx, a.store, a.tenant)
	if err != nil {
		return nil, err
	}
	var found []Price
	for key, window := range book.List(price.Filter(filter)) {
		found = append(found, newPrice(key, window))
	}
	return found, nil
}

// Price gives the quotes for one key over all time, also those that say why
// there is no price.
func (a *App) Price(ctx context.Context, key PriceKey) ([]Price, error) {
	book, err := price.Load(ctx, a.store, a.tenant)
	if err != nil {
		return nil, err
	}
	key.Operation, key.Tenancy = price.Operation(key.Operation), price.Tenancy(key.Tenancy)
	var found []Price
	for _, window := range book.Windows(key) {
		found = append(found, newPrice(key, window))
	}
	return found, nil
}
