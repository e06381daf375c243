package pricetest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/kopterio/kopter/account"
	"github.com/kopterio/kopter/price"
)

// TestStore is the conformance suite of price.Store. Each call of open gives
// an empty store and sees to its end by t.Cleanup.
func TestStore(t *testing.T, open func(t *testing.T) price.Store) {
	for name, test := range map[string]func(*testing.T, price.Store){
		"an empty store":                testEmpty,
		"what was put is there":         testPut,
		"sheets are in order":           testOrder,
		"putting again changes nothing": testPutAgain,
		"tenants are apart":             testTenants,
		"a sheet of many bytes":         testLarge,
		"concurrent use":                testConcurrent,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

// ann and bob are tenants.
const (
	ann account.Tenant = "ann"
	bob account.Tenant = "bob"
)

func testEmpty(t *testing.T, s price.Store) {
	wantSheets(t, s, ann)
	if r, err := s.OpenSheet(context.Background(), ann, "none"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("open of a sheet that is not there: %v, %v; want fs.ErrNotExist", r, err)
	}
}

func testPut(t *testing.T, s price.Store) {
	info := sheetInfo("a1", 100)
	put(t, s, ann, info, "bytes of a1")
	wantSheets(t, s, ann, info)
	wantBytes(t, s, ann, "a1", "bytes of a1")
	plain := price.SheetInfo{ID: "b2"}
	put(t, s, ann, plain, "")
	wantSheets(t, s, ann, plain, info)
	wantBytes(t, s, ann, "b2", "")
}

func testOrder(t *testing.T, s price.Store) {
	for _, i := range []price.SheetInfo{sheetInfo("b", 200), sheetInfo("z", 100), sheetInfo("c", 300), sheetInfo("a", 200), sheetInfo("m", 0)} {
		put(t, s, ann, i, i.ID)
	}
	wantSheets(t, s, ann, sheetInfo("m", 0), sheetInfo("z", 100), sheetInfo("a", 200), sheetInfo("b", 200), sheetInfo("c", 300))
}

func testPutAgain(t *testing.T, s price.Store) {
	first := sheetInfo("same", 100)
	put(t, s, ann, first, "the sheet")
	second := first
	second.Source = "another file with the same prices"
	put(t, s, ann, second, "the sheet")
	wantSheets(t, s, ann, first)
	wantBytes(t, s, ann, "same", "the sheet")
}

func testTenants(t *testing.T, s price.Store) {
	put(t, s, ann, sheetInfo("x", 1), "ann's x")
	wantSheets(t, s, bob)
	if _, err := s.OpenSheet(context.Background(), bob, "x"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("bob opens ann's sheet: %v, want fs.ErrNotExist", err)
	}
	put(t, s, bob, sheetInfo("x", 2), "bob's x")
	wantSheets(t, s, ann, sheetInfo("x", 1))
	wantSheets(t, s, bob, sheetInfo("x", 2))
	wantBytes(t, s, ann, "x", "ann's x")
	wantBytes(t, s, bob, "x", "bob's x")
}

func testLarge(t *testing.T, s price.Store) {
	large := make([]byte, 3<<20)
	for i := range large {
		large[i] = byte(i * i >> 7)
	}
	put(t, s, ann, sheetInfo("large", 1), string(large))
	wantBytes(t, s, ann, "large", string(large))
}

func testConcurrent(t *testing.T, s price.Store) {
	const writers, each = 4, 8
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				shared := fmt.Sprintf("shared-%d", i)
				own := fmt.Sprintf("own-%d-%d", w, i)
				for _, id := range []string{shared, own} {
					if err := s.PutSheet(context.Background(), ann, sheetInfo(id, int64(i)), []byte(id)); err != nil {
						t.Errorf("put %s: %v", id, err)
					}
				}
				wantBytes(t, s, ann, own, own)
			}
		})
	}
	wg.Wait()
	infos, err := s.Sheets(context.Background(), ann)
	if err != nil || len(infos) != each+writers*each {
		t.Errorf("%d sheets, %v; want %d", len(infos), err, each+writers*each)
	}
}

func sheetInfo(id string, published int64) price.SheetInfo {
	return price.SheetInfo{
		ID: id, Offer: price.Offer, Version: "v-" + id, Published: published,
		Regions: []string{"eu-west-3", "us-east-1"}, Rates: 12, Bytes: int64(len(id)), Source: "index.json",
	}
}

func put(t *testing.T, s price.Store, tenant account.Tenant, info price.SheetInfo, sheet string) {
	t.Helper()
	if err := s.PutSheet(context.Background(), tenant, info, []byte(sheet)); err != nil {
		t.Fatalf("put %s: %v", info.ID, err)
	}
}

func wantSheets(t *testing.T, s price.Store, tenant account.Tenant, want ...price.SheetInfo) {
	t.Helper()
	got, err := s.Sheets(context.Background(), tenant)
	if err != nil {
		t.Fatalf("sheets: %v", err)
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("sheets (-want +got):\n%s", diff)
	}
}

func wantBytes(t *testing.T, s price.Store, tenant account.Tenant, id, want string) {
	t.Helper()
	r, err := s.OpenSheet(context.Background(), tenant, id)
	if err != nil {
		t.Errorf("open %s: %v", id, err)
		return
	}
	defer r.Close()
	got, err := io.ReadAll(r)
	if err != nil || string(got) != want {
		t.Errorf("sheet %s: %d bytes, %v; want the %d that were put", id, len(got), err, len(want))
	}
}
