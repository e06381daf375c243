package price_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kopterio/kopter/internal/shareddata"
	"github.com/kopterio/kopter/price"
)

// official are the files of the official format in the shared data, and what
// reading them must end in.
var official = []struct {
	file   string
	rows   int
	err    error
	reason string
}{
	{file: "jimroth-ice-PriceListTestData.json", rows: 5},
	{file: "lyft-awspricing-ec2-offer-v1.0-slice.json", rows: 1},
	{file: "instance-selector-GetProducts-m5_large.json", rows: 1},
	{file: "jimroth-ice-RdsPriceListTestData.json", err: price.ErrOtherOffer, reason: "AmazonRDS"},
	{file: "jimroth-ice-VersionIndex.json", err: price.ErrNotOffer, reason: "offerVersionUrl"},
	{file: "lyft-awspricing-ec2-offer.json", err: price.ErrNotOffer, reason: "neither products nor terms"},
}

func TestReadOfficialFiles(t *testing.T) {
	for _, tc := range official {
		t.Run(tc.file, func(t *testing.T) {
			sheet, err := readFile(t, shareddata.Path(t, "prices/pricelist-official-format/"+tc.file))
			if !errors.Is(err, tc.err) {
				t.Fatalf("error %v, want %v", err, tc.err)
			}
			if err != nil {
				if !strings.Contains(err.Error(), tc.reason) || !strings.Contains(err.Error(), tc.file) {
					t.Errorf("error %q does not say %q and the file", err, tc.reason)
				}
				return
			}
			if sheet.Len() != tc.rows {
				t.Errorf("%d rows, want %d", sheet.Len(), tc.rows)
			}
			for r := range sheet.Rows() {
				t.Logf("%+v", r)
			}
		})
	}
}

func readFile(t *testing.T, path string) (*price.Sheet, error) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	return price.ReadOffer(context.Background(), filepath.Base(path), f, price.ReadOptions{})
}
