package price_test

import (
	"context"
	"io"
	"io/fs"

	"github.com/kopterio/kopter/account"
	"github.com/kopterio/kopter/price"
)

// failing is a store that lists a sheet and fails otherwise, or in listing
// too.
type failing struct{ list bool }

func (failing) PutSheet(context.Context, account.Tenant, price.SheetInfo, []byte) error {
	return fs.ErrPermission
}

func (f failing) Sheets(context.Context, account.Tenant) ([]price.SheetInfo, error) {
	if f.list {
		return nil, fs.ErrPermission
	}
	return []price.SheetInfo{{ID: "x"}}, nil
}

func (failing) OpenSheet(context.Context, account.Tenant, string) (io.ReadCloser, error) {
	return nil, fs.ErrPermission
}
