package price_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/kopterio/kopter/account"
	"github.com/kopterio/kopter/money"
	"github.com/kopterio/kopter/price"
	"github.com/kopterio/kopter/price/pricetest"
	"pgregory.net/rapid"
)

// micro is the key of pricetest's standard row.
var micro = price.Key{Region: "us-east-1", Type: "t3.micro", Operation: "RunInstances", Tenancy: "Shared"}

// day gives the first second of a day of January 2024.
func day(n int) int64 { return time.Date(2024, 1, n, 0, 0, 0, 0, time.UTC).Unix() }

// sheetOf makes a sheet published on a day, of rows of micro.
func sheetOf(published int, rows ...price.Row) *price.Sheet {
	for i := range rows {
		r := &rows[i]
		if r.Key == (price.Key{}) {
			r.Key = micro
		}
		if r.SKU == "" {
			r.SKU = "SKU"
		}
		if r.Currency == "" {
			r.Currency = money.USD
		}
		if r.RateCode == "" {
			r.RateCode = r.SKU + ".JRTCKXETXF.6YS6EN2CT7"
		}
	}
	return price.NewSheet(price.Offer, fmt.Sprintf("v%02d", published), day(published), rows)
}

// steps writes windows as "until 5: TooEarly; …" with days of January.
func steps(windows []price.Window) string {
	var all []string
	for _, w := range windows {
		what := [...]string{"absent", "too early", "ambiguous", "priced"}[w.Quote.Status]
		if w.Quote.Status == price.Priced {
			what = fmt.Sprintf("%d %s %s", w.Quote.Rate, w.Quote.SKU, w.Quote.Version)
		}
		if w.From != price.Always {
			what = fmt.Sprintf("from %d: ", (w.From-day(1))/86400+1) + what
		}
		all = append(all, what)
	}
	return strings.Join(all, "; ")
}

func TestWindows(t *testing.T) {
	for name, tc := range map[string]struct {
		sheets []*price.Sheet
		want   string
	}{
		"nothing imported": {nil, "absent"},
		"one price": {
			[]*price.Sheet{sheetOf(3, price.Row{Rate: 10, From: day(1)})},
			"too early; from 1: 10 SKU v03",
		},
		"a later version": {
			[]*price.Sheet{sheetOf(3, price.Row{Rate: 10, From: day(1)}), sheetOf(9, price.Row{Rate: 9, From: day(8)})},
			"too early; from 1: 10 SKU v03; from 8: 9 SKU v09",
		},
		"a later version prices the past anew": {
			[]*price.Sheet{sheetOf(3, price.Row{Rate: 10, From: day(1)}), sheetOf(9, price.Row{Rate: 9, From: day(1)})},
			"too early; from 1: 9 SKU v09",
		},
		"a later version with an earlier date": {
			[]*price.Sheet{sheetOf(3, price.Row{Rate: 10, From: day(5)}), sheetOf(9, price.Row{Rate: 9, From: day(1)})},
			"too early; from 1: 9 SKU v09; from 5: 10 SKU v03",
		},
		"a later version without the key": {
			[]*price.Sheet{sheetOf(3, price.Row{Rate: 10, From: day(1)}), sheetOf(9, price.Row{Key: price.Key{Region: "us-east-1", Type: "m5.large"}, From: day(8)})},
			"too early; from 1: 10 SKU v03",
		},
		"one version, two files": {
			[]*price.Sheet{sheetOf(3, price.Row{Rate: 10, From: day(1)}), sheetOf(3, price.Row{Rate: 10, From: day(1)}, price.Row{Rate: 1, SKU: "OTHER", Key: price.Key{Region: "eu-west-3", Type: "t3.micro"}})},
			"too early; from 1: 10 SKU v03",
		},
		"one version, two files that differ": {
			[]*price.Sheet{sheetOf(3, price.Row{Rate: 10, From: day(1)}), sheetOf(3, price.Row{Rate: 11, From: day(1)})},
			"too early; from 1: ambiguous",
		},
		"two SKUs, two prices": {
			[]*price.Sheet{sheetOf(3, price.Row{Rate: 10, SKU: "A", From: day(1)}, price.Row{Rate: 11, SKU: "B", From: day(1)})},
			"too early; from 1: ambiguous",
		},
		"two SKUs, one price": {
			[]*price.Sheet{sheetOf(3, price.Row{Rate: 10, SKU: "B", From: day(1)}, price.Row{Rate: 10, SKU: "A", From: day(1)})},
			"too early; from 1: 10 A, B v03",
		},
		"two SKUs, two currencies": {
			[]*price.Sheet{sheetOf(3, price.Row{Rate: 10, SKU: "A", From: day(1)}, price.Row{Rate: 10, SKU: "B", From: day(1), Currency: money.CNY})},
			"too early; from 1: ambiguous",
		},
		"two SKUs, one of them later": {
			[]*price.Sheet{sheetOf(9, price.Row{Rate: 10, SKU: "A", From: day(1)}, price.Row{Rate: 11, SKU: "B", From: day(5)})},
			"too early; from 1: 10 A v09; from 5: ambiguous",
		},
		"one SKU with two dates": {
			[]*price.Sheet{sheetOf(9, price.Row{Rate: 10, SKU: "A", From: day(1)}, price.Row{Rate: 11, SKU: "A", From: day(5)})},
			"too early; from 1: 10 A v09; from 5: 11 A v09",
		},
		"ambiguous no more": {
			[]*price.Sheet{
				sheetOf(3, price.Row{Rate: 10, SKU: "A", From: day(1)}, price.Row{Rate: 11, SKU: "B", From: day(1)}),
				sheetOf(9, price.Row{Rate: 12, SKU: "A", From: day(8)}),
			},
			"too early; from 1: ambiguous; from 8: 12 A v09",
		},
		"no licence is preferred": {
			[]*price.Sheet{sheetOf(3, price.Row{Rate: 10, SKU: "A", From: day(1), License: "License Included - Infrastructure"}, price.Row{Rate: 11, SKU: "B", From: day(1), License: "No License required"})},
			"too early; from 1: 11 B v03",
		},
		"licence included alone": {
			[]*price.Sheet{sheetOf(3, price.Row{Rate: 10, SKU: "A", From: day(1), License: "License Included - Infrastructure"})},
			"too early; from 1: 10 A v03",
		},
		"a problem": {
			[]*price.Sheet{sheetOf(3, price.Row{SKU: "A", From: day(1), Problem: "too fine"})},
			"too early; from 1: absent",
		},
		"a problem and a price": {
			[]*price.Sheet{sheetOf(3, price.Row{SKU: "A", From: day(1), Problem: "too fine"}, price.Row{SKU: "B", Rate: 5, From: day(1)})},
			"too early; from 1: ambiguous",
		},
		"a price of nothing": {
			[]*price.Sheet{sheetOf(3, price.Row{SKU: "A", From: day(1)})},
			"too early; from 1: 0 A v03",
		},
	} {
		t.Run(name, func(t *testing.T) {
			for range 4 {
				rand.Shuffle(len(tc.sheets), func(i, j int) { tc.sheets[i], tc.sheets[j] = tc.sheets[j], tc.sheets[i] })
				if got := steps(price.NewBook(tc.sheets...).Windows(micro)); got != tc.want {
					t.Fatalf("windows %q, want %q", got, tc.want)
				}
			}
		})
	}
}

// TestReasons says what a user is told where there is no price.
func TestReasons(t *testing.T) {
	book := price.NewBook(sheetOf(3,
		price.Row{Rate: 10, SKU: "A", From: day(1)},
		price.Row{Rate: 11, SKU: "B", From: day(1)},
		price.Row{SKU: "C", From: day(2), Problem: "finer than a billionth", Key: price.Key{Region: "us-east-1", Type: "m5.large"}},
		price.Row{SKU: "D", From: day(2), Rate: 7, Key: price.Key{Region: "us-east-1", Type: "m5.large", Operation: "RunInstances:0002", Tenancy: "Dedicated"}},
	))
	with := func(change func(*price.Key)) price.Key {
		k := micro
		change(&k)
		return k
	}
	for name, tc := range map[string]struct {
		book   *price.Book
		key    price.Key
		at     int64
		status price.Status
		reason []string
	}{
		"nothing imported": {price.NewBook(), micro, day(1), price.Absent, []string{"no price list was imported"}},
		"other region":     {book, with(func(k *price.Key) { k.Region = "eu-west-3" }), day(1), price.Absent, []string{"no sheet for eu-west-3"}},
		"other type":       {book, with(func(k *price.Key) { k.Type = "u7.big" }), day(1), price.Absent, []string{"no sheet names u7.big in us-east-1"}},
		"other operation": {book, with(func(k *price.Key) { k.Type, k.Operation = "m5.large", "RunInstances:0010" }), day(1), price.Absent,
			[]string{"m5.large in us-east-1 is known only for  (Shared), RunInstances:0002 (Dedicated)"}},
		"too early": {book, micro, day(1) - 1, price.TooEarly, []string{"2024-01-01T00:00:00Z", "--effective-from"}},
		"ambiguous": {book, micro, day(1), price.Ambiguous, []string{"SKU A (0.0000000100 USD, no licence model), SKU B (0.0000000110 USD"}},
		"problem":   {book, price.Key{Region: "us-east-1", Type: "m5.large"}, day(2), price.Absent, []string{"SKU C: finer than a billionth"}},
	} {
		t.Run(name, func(t *testing.T) {
			q := tc.book.At(tc.key, tc.at)
			if q.Status != tc.status || q.Rate != 0 {
				t.Errorf("quote %+v, want status %d", q, tc.status)
			}
			for _, part := range tc.reason {
				if !strings.Contains(q.Reason, part) {
					t.Errorf("reason %q does not say %q", q.Reason, part)
				}
			}
		})
	}
}

func TestHost(t *testing.T) {
	key := price.Key{Region: "us-east-1", Type: "t3.micro", Operation: "RunInstances", Tenancy: "host"}
	listed := price.Row{Key: key, SKU: "H", From: day(5)}
	for name, sheets := range map[string][]*price.Sheet{"nothing imported": nil, "listed": {sheetOf(6, listed)}} {
		for _, w := range price.NewBook(sheets...).Windows(key) {
			if w.Quote.Status != price.Priced || w.Quote.Rate != 0 || w.Quote.Currency != money.USD || w.Quote.Reason != "billed by the host" {
				t.Errorf("%s: %+v, want nothing to pay", name, w)
			}
		}
	}
	key.Region = "cn-north-1"
	if q := price.NewBook().At(key, 0); q.Currency != money.CNY {
		t.Errorf("currency %s in China", q.Currency)
	}
}

func TestKeysAsEC2WritesThem(t *testing.T) {
	book := price.NewBook(sheetOf(3, price.Row{Rate: 10, From: day(1)}))
	for _, k := range []price.Key{
		micro,
		{Region: "us-east-1", Type: "t3.micro", Operation: "RunInstances:SV050", Tenancy: "default"},
		{Region: "us-east-1", Type: "t3.micro", Operation: "RunInstances"},
	} {
		if q := book.At(k, day(2)); q.Status != price.Priced || q.Rate != 10 {
			t.Errorf("%+v: %+v", k, q)
		}
	}
	for s, want := range map[string]string{
		"RunInstances": "RunInstances", "RunInstances:0002": "RunInstances:0002", "RunInstances:0002:SV001": "RunInstances:0002",
		"RunInstances:SV": "RunInstances:SV", "RunInstances:SVx": "RunInstances:SVx", "": "",
	} {
		if got := price.Operation(s); got != want {
			t.Errorf("operation %q: %q, want %q", s, got, want)
		}
	}
	for s, want := range map[string]string{"": "Shared", "default": "Shared", "dedicated": "Dedicated", "host": "Host", "Host": "Host", "odd": "odd"} {
		if got := price.Tenancy(s); got != want {
			t.Errorf("tenancy %q: %q, want %q", s, got, want)
		}
	}
}

// drawSheets draws versions of an offer of few keys.
func drawSheets(t *rapid.T) []*price.Sheet {
	row := rapid.Custom(func(t *rapid.T) price.Row {
		return price.Row{
			Key:     price.Key{Region: "us-east-1", Type: rapid.SampledFrom([]string{"t3.micro", "m5.large"}).Draw(t, "type"), Operation: "RunInstances"},
			SKU:     rapid.SampledFrom([]string{"A", "A", "A", "B"}).Draw(t, "sku"),
			Rate:    money.Rate(rapid.IntRange(0, 3).Draw(t, "rate")),
			From:    day(rapid.IntRange(1, 6).Draw(t, "from")),
			License: rapid.SampledFrom([]string{"", "No License required", "License Included - Infrastructure"}).Draw(t, "license"),
		}
	})
	var sheets []*price.Sheet
	for range rapid.IntRange(0, 6).Draw(t, "sheets") {
		rows := rapid.SliceOfN(row, 0, 4).Draw(t, "rows")
		sheets = append(sheets, sheetOf(rapid.IntRange(1, 5).Draw(t, "published"), rows...))
	}
	return sheets
}

// TestWindowsLaws: windows cover all time without gaps, neighbours differ, and
// neither the order of imports nor their repetition matters.
func TestWindowsLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sheets := drawSheets(t)
		windows := price.NewBook(sheets...).Windows(micro)
		if windows[0].From != price.Always || windows[len(windows)-1].Until != price.Forever {
			t.Fatalf("windows do not cover all time: %s", steps(windows))
		}
		for i, w := range windows {
			if w.From >= w.Until || i > 0 && (w.From != windows[i-1].Until || w.Quote == windows[i-1].Quote) {
				t.Fatalf("window %d of %s", i, steps(windows))
			}
		}
		if len(sheets) > 0 {
			sheets = append(sheets, sheets[rapid.IntRange(0, len(sheets)-1).Draw(t, "again")])
		}
		shuffled := rapid.Permutation(sheets).Draw(t, "order")
		if diff := cmp.Diff(windows, price.NewBook(shuffled...).Windows(micro)); diff != "" {
			t.Fatalf("another order of imports gives other windows:\n%s", diff)
		}
	})
}

func TestList(t *testing.T) {
	large := price.Key{Region: "us-east-1", Type: "m5.large", Operation: "RunInstances", Tenancy: "Shared"}
	book := price.NewBook(
		sheetOf(3, price.Row{Rate: 10, From: day(1)}, price.Row{Rate: 20, SKU: "L", From: day(2), Key: large}),
		sheetOf(9, price.Row{Rate: 9, From: day(8)}),
	)
	list := func(f price.Filter) string {
		var all []string
		for k, w := range book.List(f) {
			all = append(all, fmt.Sprintf("%s %s", k.Type, steps([]price.Window{w})))
		}
		return strings.Join(all, "\n")
	}
	if got, want := list(price.Filter{}), "m5.large from 2: 20 L v03\nt3.micro from 1: 10 SKU v03\nt3.micro from 8: 9 SKU v09"; got != want {
		t.Errorf("list:\n%s\nwant:\n%s", got, want)
	}
	if got, want := list(price.Filter{Type: "m5.large", Tenancy: "default"}), "m5.large from 2: 20 L v03"; got != want {
		t.Errorf("list of m5.large:\n%s\nwant:\n%s", got, want)
	}
	for _, f := range []price.Filter{{Region: "eu-west-3"}, {Operation: "RunInstances:0002"}, {Tenancy: "host"}} {
		if got := list(f); got != "" {
			t.Errorf("list of %+v: %s", f, got)
		}
	}
	for range book.List(price.Filter{}) {
		break // a caller may stop
	}
}

func TestImportAndLoad(t *testing.T) {
	ctx, store := context.Background(), &pricetest.Mem{}
	text := pricetest.OfferJSON([]pricetest.Row{{}, {Region: "eu-west-3"}})
	first, err := price.Import(ctx, store, account.Local, "index.json", bytes.NewReader(text), price.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if first.Rates != 2 || first.Source != "index.json" || first.Offer != "AmazonEC2" || first.Bytes == 0 || !cmp.Equal(first.Regions, []string{"eu-west-3", "us-east-1"}) {
		t.Errorf("stored %+v", first)
	}
	again, err := price.Import(ctx, store, account.Local, "copy.csv", bytes.NewReader(pricetest.OfferCSV([]pricetest.Row{{Region: "eu-west-3"}, {}})), price.ReadOptions{})
	if err != nil || again.ID != first.ID {
		t.Errorf("the same prices again: %+v, %v; want ID %s", again, err, first.ID)
	}
	if _, err := price.Import(ctx, store, account.Local, "bad", strings.NewReader("{}"), price.ReadOptions{}); !errors.Is(err, price.ErrNotOffer) {
		t.Errorf("import of a wrong file: %v", err)
	}
	book, err := price.Load(ctx, store, account.Local)
	if err != nil {
		t.Fatal(err)
	}
	if q := book.At(micro, day(1)); q.Status != price.Priced || q.Rate != 10_400_000 || q.Version != "20230701000000" {
		t.Errorf("quote %+v", q)
	}
	if infos, _ := store.Sheets(ctx, account.Local); len(infos) != 1 {
		t.Errorf("%d sheets are stored, want 1", len(infos))
	}
}

func TestLoadErrors(t *testing.T) {
	ctx, store := context.Background(), &pricetest.Mem{}
	if err := store.PutSheet(ctx, account.Local, price.SheetInfo{ID: "x", Source: "f.json"}, []byte("rotten")); err != nil {
		t.Fatal(err)
	}
	if _, err := price.Load(ctx, store, account.Local); !errors.Is(err, price.ErrSheet) || !strings.Contains(err.Error(), "f.json") {
		t.Errorf("load of a rotten sheet: %v", err)
	}
	for name, broken := range map[string]price.Store{"list": failing{list: true}, "open": failing{}} {
		if _, err := price.Load(ctx, broken, account.Local); !errors.Is(err, fs.ErrPermission) {
			t.Errorf("%s: %v, want the store's error", name, err)
		}
		text := bytes.NewReader(pricetest.OfferJSON(nil))
		if _, err := price.Import(ctx, broken, account.Local, "f", text, price.ReadOptions{}); !errors.Is(err, fs.ErrPermission) {
			t.Errorf("%s: import: %v, want the store's error", name, err)
		}
	}
}
