// Package price is what an hour of an instance costs: AWS offer files in,
// compact versioned sheets out, and the look-up over them.
//
// An offer file is read as a stream, whatever the order of its keys, and only
// what prices an EC2 instance is kept. A sheet is one version of one offer. A
// price holds from its effective date until a later version says otherwise;
// before the first there is none. Two SKUs that fit one key make the price
// ambiguous: that is shown, never resolved by taking the first.
package price

import (
	"context"
	"io"

	"github.com/kopterio/kopter/account"
)

// SheetInfo describes a stored sheet.
type SheetInfo struct {
	// ID is the hash of the sheet's bytes: importing the same prices twice
	// gives one sheet.
	ID        string
	Offer     string // "AmazonEC2"
	Version   string // of the offer file
	Published int64  // publicationDate, seconds since 1970; 0 when unknown
	Regions   []string
	Rates     int    // rows
	Bytes     int64  // of the sheet as stored
	Source    string // the file that it was read from
}

// Store keeps sheets. It is safe for concurrent use.
type Store interface {
	// PutSheet makes a sheet durable and visible. One with the same ID
	// replaces nothing and is no error.
	PutSheet(ctx context.Context, t account.Tenant, info SheetInfo, sheet []byte) error
	// Sheets lists the tenant's sheets by publication date, then ID.
	Sheets(ctx context.Context, t account.Tenant) ([]SheetInfo, error)
	// OpenSheet opens a sheet's bytes; fs.ErrNotExist when there is none.
	OpenSheet(ctx context.Context, t account.Tenant, id string) (io.ReadCloser, error)
}
