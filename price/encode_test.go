package price_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"testing"

	"github.com/cespare/xxhash/v2"
	"github.com/google/go-cmp/cmp"
	"github.com/kopterio/kopter/money"
	"github.com/kopterio/kopter/price"
	"pgregory.net/rapid"
)

// drawAnyRow draws rows that no offer need have.
func drawAnyRow(t *rapid.T) price.Row {
	text := rapid.StringN(0, 4, 12)
	r := price.Row{
		Key:      price.Key{Region: text.Draw(t, "region"), Type: text.Draw(t, "type"), Operation: text.Draw(t, "operation"), Tenancy: price.Tenancy(text.Draw(t, "tenancy"))},
		License:  text.Draw(t, "license"),
		SKU:      text.Draw(t, "sku"),
		Rate:     money.Rate(rapid.Int64Min(0).Draw(t, "rate")),
		Currency: money.Currency(text.Draw(t, "currency")),
		From:     rapid.Int64().Draw(t, "from"),
		Problem:  text.Draw(t, "problem"),
	}
	r.Operation = price.Operation(r.Operation)
	if code := text.Draw(t, "code"); code != "" {
		r.RateCode = r.SKU + "." + code
	}
	return r
}

// TestEncodeRoundTrip: a sheet comes back as it was, and the order and
// repetition of its rows leave no trace in its bytes.
func TestEncodeRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows := rapid.SliceOf(rapid.Custom(drawAnyRow)).Draw(t, "rows")
		version, published := rapid.String().Draw(t, "version"), rapid.Int64().Draw(t, "published")
		sheet := price.NewSheet(price.Offer, version, published, rows)
		encoded := sheet.Encode()
		back, err := price.Decode(encoded)
		if err != nil {
			t.Fatal(err)
		}
		if back.Offer != price.Offer || back.Version != version || back.Published != published {
			t.Fatalf("sheet of %s %s, published %d", back.Offer, back.Version, back.Published)
		}
		if diff := cmp.Diff(rowsOf(sheet), rowsOf(back)); diff != "" {
			t.Fatalf("rows (-encoded +decoded):\n%s", diff)
		}
		again := append(rapid.Permutation(rows).Draw(t, "order"), rows...)
		if !bytes.Equal(price.NewSheet(price.Offer, version, published, again).Encode(), encoded) {
			t.Fatal("the order of rows changes the bytes")
		}
	})
}

// TestDecodeRefusesDamage changes, cuts and extends a sheet at every byte.
func TestDecodeRefusesDamage(t *testing.T) {
	whole := sheetOf(3, price.Row{Rate: 10, From: day(1)}, price.Row{Rate: 12, SKU: "B", From: day(2)}).Encode()
	refused := func(b []byte, what string, at int) {
		t.Helper()
		if _, err := price.Decode(b); !errors.Is(err, price.ErrSheet) {
			t.Errorf("%s at byte %d: %v, want ErrSheet", what, at, err)
		}
	}
	for i := range whole {
		changed := bytes.Clone(whole)
		changed[i] ^= 0x40
		refused(changed, "changed", i)
		refused(whole[:i], "cut", i)
	}
	refused(append(bytes.Clone(whole), 0), "extended", len(whole))
}

func TestNewSheetRefusesForeignRateCode(t *testing.T) {
	sheet := price.NewSheet(price.Offer, "v", 0, []price.Row{{Key: micro, SKU: "A", RateCode: "B.X.Y"}})
	for r := range sheet.Rows() {
		if r.Problem != "rate code B.X.Y does not belong to SKU A" {
			t.Errorf("row %+v has no problem", r)
		}
	}
}

// FuzzDecode lets anything with a right checksum be decoded: it is refused, or
// it is a sheet that comes back from its own encoding, and can be looked up in.
func FuzzDecode(f *testing.F) {
	for _, s := range []*price.Sheet{
		sheetOf(3),
		sheetOf(3, price.Row{Rate: 10, From: day(1)}, price.Row{Rate: 12, SKU: "B", Problem: "odd"}),
	} {
		encoded := s.Encode()
		f.Add(encoded[:len(encoded)-8])
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		sum := binary.LittleEndian.AppendUint64(bytes.Clone(body), xxhash.Sum64(body))
		sheet, err := price.Decode(sum)
		if err != nil {
			if !errors.Is(err, price.ErrSheet) {
				t.Fatalf("error %v, want ErrSheet", err)
			}
			return
		}
		again, err := price.Decode(sheet.Encode())
		if err != nil || !bytes.Equal(again.Encode(), sheet.Encode()) {
			t.Fatalf("a decoded sheet does not survive its own encoding: %v", err)
		}
		price.NewBook(sheet).Windows(micro)
		for r := range sheet.Rows() {
			if windows := price.NewBook(sheet).Windows(r.Key); windows[len(windows)-1].Until != price.Forever {
				t.Fatalf("windows of %+v end", r.Key)
			}
			break
		}
	})
}
