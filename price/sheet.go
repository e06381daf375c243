package price

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"iter"
	"slices"

	"github.com/kopterio/kopter/money"
)

// Sheet is one version of an offer, reduced to what prices an instance: rows
// sorted by key, licence model, SKU, rate code and date. It does not change
// once it is made and is safe for concurrent use.
type Sheet struct {
	Offer     string // "AmazonEC2"
	Version   string // of the offer file, "20250404224122"
	Published int64  // publicationDate, seconds since 1970; 0 when unknown

	texts []string // sorted, without repetition; rows hold positions in it
	rows  []row
}

// row is a Row whose texts are numbers. Since texts are sorted, numbers
// compare as the texts do.
type row struct {
	region, typ, operation, tenancy uint32
	license, sku, code              uint32
	currency, problem               uint32
	rate                            money.Rate
	from                            int64
}

// Row is one on-demand rate of a sheet.
type Row struct {
	Key
	License  string // licenseModel, "No License required"
	SKU      string
	RateCode string
	Rate     money.Rate
	Currency money.Currency
	From     int64 // effectiveDate, seconds since 1970
	// Problem says why the row is no price; Rate means nothing then.
	Problem string
}

// Len is the number of rows.
func (s *Sheet) Len() int { return len(s.rows) }

// Rows yields the rows in their order.
func (s *Sheet) Rows() iter.Seq[Row] {
	return func(yield func(Row) bool) {
		for _, r := range s.rows {
			if !yield(s.row(r)) {
				return
			}
		}
	}
}

func (s *Sheet) row(r row) Row {
	return Row{
		Key:      s.key(r),
		License:  s.texts[r.license],
		SKU:      s.texts[r.sku],
		RateCode: s.rateCode(r),
		Rate:     r.rate,
		Currency: money.Currency(s.texts[r.currency]),
		From:     r.from,
		Problem:  s.texts[r.problem],
	}
}

func (s *Sheet) key(r row) Key {
	return Key{
		Region:    s.texts[r.region],
		Type:      s.texts[r.typ],
		Operation: s.texts[r.operation],
		Tenancy:   s.texts[r.tenancy],
	}
}

// rateCode is SKU.TERM.RATE; rows hold it without the SKU.
func (s *Sheet) rateCode(r row) string {
	if s.texts[r.code] == "" {
		return ""
	}
	return s.texts[r.sku] + "." + s.texts[r.code]
}

// Regions lists the price regions that the sheet has rows for, sorted.
func (s *Sheet) Regions() []string {
	var regions []string
	for _, r := range s.rows {
		if name := s.texts[r.region]; len(regions) == 0 || regions[len(regions)-1] != name {
			regions = append(regions, name)
		}
	}
	return regions
}

// Info describes the sheet as stored in encoded, read from source.
func (s *Sheet) Info(encoded []byte, source string) SheetInfo {
	sum := sha256.Sum256(encoded)
	return SheetInfo{
		ID:        hex.EncodeToString(sum[:16]),
		Offer:     s.Offer,
		Version:   s.Version,
		Published: s.Published,
		Regions:   s.Regions(),
		Rates:     len(s.rows),
		Bytes:     int64(len(encoded)),
		Source:    source,
	}
}

// texts of a row, for renumbering.
func (r *row) numbers() [9]*uint32 {
	return [...]*uint32{
		&r.region, &r.typ, &r.operation, &r.tenancy,
		&r.license, &r.sku, &r.code, &r.currency, &r.problem,
	}
}

// newSheet sorts rows, whose numbers refer to texts, and leaves out repeated
// ones and texts that no row uses: the same prices give the same sheet,
// whatever the order they were read in.
func newSheet(offer, version string, published int64, texts []string, rows []row) *Sheet {
	used := make([]bool, len(texts))
	for i := range rows {
		for _, n := range rows[i].numbers() {
			used[*n] = true
		}
	}
	var sorted []string
	for i, u := range used {
		if u {
			sorted = append(sorted, texts[i])
		}
	}
	slices.Sort(sorted)
	renumber := make([]uint32, len(texts))
	for i, u := range used {
		if u {
			n, _ := slices.BinarySearch(sorted, texts[i])
			renumber[i] = uint32(n)
		}
	}
	for i := range rows {
		for _, n := range rows[i].numbers() {
			*n = renumber[*n]
		}
	}
	slices.SortFunc(rows, compareRows)
	return &Sheet{Offer: offer, Version: version, Published: published, texts: sorted, rows: slices.Compact(rows)}
}

func compareRows(a, b row) int {
	return cmp.Or(
		cmp.Compare(a.region, b.region),
		cmp.Compare(a.typ, b.typ),
		cmp.Compare(a.operation, b.operation),
		cmp.Compare(a.tenancy, b.tenancy),
		cmp.Compare(a.license, b.license),
		cmp.Compare(a.sku, b.sku),
		cmp.Compare(a.code, b.code),
		cmp.Compare(a.from, b.from),
		cmp.Compare(a.rate, b.rate),
		cmp.Compare(a.currency, b.currency),
		cmp.Compare(a.problem, b.problem),
	)
}

// NewSheet makes a sheet of rows, as reading an offer file with them would.
// A rate code that does not begin with the row's SKU becomes a problem.
func NewSheet(offer, version string, published int64, rows []Row) *Sheet {
	c := newCollector(nil)
	out := make([]row, len(rows))
	for i, r := range rows {
		code, problem := c.rateCode(r.SKU, r.RateCode)
		if r.Problem != "" {
			problem = c.words.addString(r.Problem)
		}
		out[i] = row{
			region:    c.words.addString(r.Region),
			typ:       c.words.addString(r.Type),
			operation: c.words.addString(Operation(r.Operation)),
			tenancy:   c.words.addString(Tenancy(r.Tenancy)),
			license:   c.words.addString(r.License),
			sku:       c.words.addString(r.SKU),
			code:      code,
			currency:  c.words.addString(string(r.Currency)),
			problem:   problem,
			rate:      r.Rate,
			from:      r.From,
		}
	}
	return newSheet(offer, version, published, c.words.texts, out)
}
