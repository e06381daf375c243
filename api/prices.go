package api

import (
	"context"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"

	"github.com/cespare/xxhash/v2"

	"github.com/kopterio/kopter/cost"
	"github.com/kopterio/kopter/price"
)

// ListPrices gives a page of the known prices that agree with the parameters.
// Where there is none, and they name a type and a region, it says why.
func (s *server) ListPrices(ctx context.Context, request ListPricesRequestObject) (ListPricesResponseObject, error) {
	p := request.Params
	sheets, err := s.Prices.Sheets(ctx, tenantOf(ctx))
	if err != nil {
		return nil, err
	}
	page := pricePage{limit: given(p.Limit, cost.DefaultPage), sheets: sheetsKey(sheets)}
	if page.skip, err = page.after(given(p.Cursor, "")); err != nil {
		return nil, err
	}
	book, err := price.Load(ctx, s.Prices, tenantOf(ctx))
	if err != nil {
		return nil, err
	}
	page.fill(book, price.Key{
		Type: given(p.Type, ""), Region: given(p.Region, ""), Operation: given(p.Operation, ""), Tenancy: given(p.Tenancy, ""),
	})
	return ListPrices200JSONResponse{Prices: page.prices, Next: some(page.next), Sheets: each(sheets, newSheet)}, nil
}

func newSheet(i *price.SheetInfo) PriceSheet {
	return PriceSheet{
		ID: i.ID, Offer: i.Offer, Version: i.Version, Published: second(i.Published),
		Regions: texts(i.Regions), Rates: int64(i.Rates), Source: i.Source,
	}
}

// pricePage is a page under way. Its cursor is how many prices came before;
// they stay where they are until there is another sheet.
type pricePage struct {
	limit, skip int
	sheets      string
	prices      []Price
	next        string
}

// sheetsKey tells sets of sheets apart.
func sheetsKey(sheets []price.SheetInfo) string {
	h := xxhash.New()
	for _, sheet := range sheets {
		fmt.Fprintln(h, sheet.ID)
	}
	return strconv.FormatUint(h.Sum64(), 36)
}

func (p *pricePage) cursor(at int) string {
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%s %d", p.sheets, at))
}

func (p *pricePage) after(cursor string) (int, error) {
	if cursor == "" {
		return 0, nil
	}
	text, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		return 0, fmt.Errorf("cursor %q: %w", cursor, errCursor)
	}
	sheets, at, _ := strings.Cut(string(text), " ")
	skip, err := strconv.Atoi(at)
	if err != nil || skip < 0 || sheets != p.sheets {
		return 0, fmt.Errorf("cursor %q: %w", cursor, errCursor)
	}
	return skip, nil
}

func (p *pricePage) fill(book *price.Book, key price.Key) {
	p.prices = []Price{}
	at := 0
	for k, window := range book.List(price.Filter(key)) {
		if at++; at <= p.skip {
			continue
		}
		if len(p.prices) == p.limit {
			p.next = p.cursor(at - 1)
			return
		}
		p.prices = append(p.prices, newPrice(k, window))
	}
	if at == 0 && key.Type != "" && key.Region != "" {
		key.Operation, key.Tenancy = price.Operation(key.Operation), price.Tenancy(key.Tenancy)
		for _, window := range book.Windows(key) {
			p.prices = append(p.prices, newPrice(key, window))
		}
	}
}

func newPrice(k price.Key, w price.Window) Price {
	p := Price{
		Type: k.Type, Region: k.Region, Operation: k.Operation, Tenancy: k.Tenancy,
		Currency: some(string(w.Quote.Currency)), Sku: some(w.Quote.SKU), Version: some(w.Quote.Version),
	}
	if w.From != price.Always {
		from := second(w.From)
		p.From = &from
	}
	if w.Until != price.Forever {
		until := second(w.Until)
		p.To = &until
	}
	if w.Quote.Status == price.Priced {
		p.RatePerHour = some(w.Quote.Rate.String())
	} else {
		p.Unpriced = some(w.Quote.Reason)
	}
	return p
}
