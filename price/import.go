package price

import (
	"context"
	"fmt"
	"io"

	"github.com/kopterio/kopter/account"
)

// Import reads an offer file and stores its sheet. The same prices imported
// again change nothing. Errors are ReadOffer's and the store's.
func Import(ctx context.Context, st Store, t account.Tenant, name string, r io.Reader, opt ReadOptions) (SheetInfo, error) {
	sheet, err := ReadOffer(ctx, name, r, opt)
	if err != nil {
		return SheetInfo{}, err
	}
	encoded := sheet.Encode()
	info := sheet.Info(encoded, name)
	if err := st.PutSheet(ctx, t, info, encoded); err != nil {
		return SheetInfo{}, fmt.Errorf("store sheet %s of %s: %w", info.ID, name, err)
	}
	return info, nil
}

// Load makes a book of all the tenant's sheets.
func Load(ctx context.Context, st Store, t account.Tenant) (*Book, error) {
	infos, err := st.Sheets(ctx, t)
	if err != nil {
		return nil, fmt.Errorf("list sheets of %s: %w", t, err)
	}
	sheets := make([]*Sheet, 0, len(infos))
	for _, info := range infos {
		sheet, err := open(ctx, st, t, info.ID)
		if err != nil {
			return nil, fmt.Errorf("load sheet %s (%s): %w", info.ID, info.Source, err)
		}
		sheets = append(sheets, sheet)
	}
	return NewBook(sheets...), nil
}

func open(ctx context.Context, st Store, t account.Tenant, id string) (*Sheet, error) {
	r, err := st.OpenSheet(ctx, t, id)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	encoded, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	return Decode(encoded)
}
