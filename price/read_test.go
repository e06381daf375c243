package price_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/kopterio/kopter/money"
	"github.com/kopterio/kopter/price"
	"github.com/kopterio/kopter/price/pricetest"
	"pgregory.net/rapid"
)

func read(text []byte) (*price.Sheet, error) {
	return price.ReadOffer(context.Background(), "offer", bytes.NewReader(text), price.ReadOptions{})
}

func mustRead(t interface{ Fatal(...any) }, text []byte) *price.Sheet {
	sheet, err := read(text)
	if err != nil {
		t.Fatal(err)
	}
	return sheet
}

func rowsOf(s *price.Sheet) []price.Row {
	var rows []price.Row
	for r := range s.Rows() {
		rows = append(rows, r)
	}
	return rows
}

// TestKept says row by row which products are kept and what is read of them.
func TestKept(t *testing.T) {
	for name, tc := range map[string]struct {
		row  pricetest.Row
		want string // "" when it is left out
	}{
		"plain":                  {pricetest.Row{}, "us-east-1 t3.micro RunInstances Shared 0.0104000000 USD"},
		"bare metal":             {pricetest.Row{Family: "Compute Instance (bare metal)", Type: "m5.metal"}, "us-east-1 m5.metal RunInstances Shared 0.0104000000 USD"},
		"dedicated":              {pricetest.Row{Tenancy: "Dedicated", Usage: "USE2-DedicatedUsage:t3.micro"}, "us-east-1 t3.micro RunInstances Dedicated 0.0104000000 USD"},
		"host":                   {pricetest.Row{Tenancy: "Host", Rate: "0.0000000000"}, "us-east-1 t3.micro RunInstances Host 0.0000000000 USD"},
		"china":                  {pricetest.Row{Region: "cn-north-1"}, "cn-north-1 t3.micro RunInstances Shared 0.0104000000 CNY"},
		"local zone":             {pricetest.Row{Region: "us-east-1-bos-1"}, "us-east-1-bos-1 t3.micro RunInstances Shared 0.0104000000 USD"},
		"location only":          {pricetest.Row{Region: "-", Location: "EU (Ireland)"}, "eu-west-1 t3.micro RunInstances Shared 0.0104000000 USD"},
		"unknown location":       {pricetest.Row{Region: "-", Location: "Moon"}, `Moon t3.micro RunInstances Shared: no region code, and location "Moon" is not known`},
		"old, no capacity":       {pricetest.Row{Capacity: "-", Market: "-"}, "us-east-1 t3.micro RunInstances Shared 0.0104000000 USD"},
		"windows with own":       {pricetest.Row{Operation: "RunInstances:0800", License: "Bring your own license"}, "us-east-1 t3.micro RunInstances:0800 Shared 0.0104000000 USD"},
		"own on licensed":        {pricetest.Row{Operation: "RunInstances:0002", License: "Bring your own license"}, ""},
		"reservation":            {pricetest.Row{Capacity: "AllocatedCapacityReservation", Usage: "Reservation:t3.micro"}, ""},
		"unused":                 {pricetest.Row{Capacity: "UnusedCapacityReservation", Usage: "UnusedBox:t3.micro"}, ""},
		"capacity block":         {pricetest.Row{Market: "CapacityBlock"}, ""},
		"spot":                   {pricetest.Row{Usage: "SpotUsage:t3.micro"}, ""},
		"other family":           {pricetest.Row{Family: "Storage"}, ""},
		"tenancies disagree":     {pricetest.Row{Tenancy: "Dedicated", Usage: "BoxUsage:t3.micro"}, ""},
		"no on-demand term":      {pricetest.Row{Term: "-", Reserved: 3}, ""},
		"too fine":               {pricetest.Row{Rate: "0.00000000001"}, `us-east-1 t3.micro RunInstances Shared: price per unit: amount "0.00000000001": finer than a billionth`},
		"to the nano":            {pricetest.Row{Rate: "0.0000000010"}, "us-east-1 t3.micro RunInstances Shared 0.0000000010 USD"},
		"negative":               {pricetest.Row{Rate: "-1"}, "us-east-1 t3.micro RunInstances Shared: price per unit -1 is negative"},
		"tier":                   {pricetest.Row{End: "100"}, "us-east-1 t3.micro RunInstances Shared: price holds only from 0 to 100 hours"},
		"by quantity":            {pricetest.Row{Unit: "Quantity"}, `us-east-1 t3.micro RunInstances Shared: priced by "Quantity", not by the hour`},
		"euros":                  {pricetest.Row{Currency: "EUR"}, "us-east-1 t3.micro RunInstances Shared 0.0104000000 EUR"},
		"no currency":            {pricetest.Row{Currency: "-"}, "us-east-1 t3.micro RunInstances Shared: price without a currency"},
		"no date":                {pricetest.Row{Effective: "-"}, `us-east-1 t3.micro RunInstances Shared: effective date "" is not a time`},
		"escapes and quotes":     {pricetest.Row{Type: `t"3\.é`}, `us-east-1 t"3\.é RunInstances Shared 0.0104000000 USD`},
		"operation with SV":      {pricetest.Row{Operation: "RunInstances:SV012"}, "us-east-1 t3.micro RunInstances Shared 0.0104000000 USD"},
		"another on-demand code": {pricetest.Row{Term: "ABCDEFGHIJ"}, "us-east-1 t3.micro RunInstances Shared 0.0104000000 USD"},
	} {
		t.Run(name, func(t *testing.T) {
			for format, text := range map[string][]byte{
				"JSON": pricetest.OfferJSON([]pricetest.Row{tc.row}),
				"CSV":  pricetest.OfferCSV([]pricetest.Row{tc.row}),
			} {
				if got := brief(rowsOf(mustRead(t, text))); got != tc.want {
					t.Errorf("%s: %q, want %q", format, got, tc.want)
				}
			}
		})
	}
}

func brief(rows []price.Row) string {
	var all []string
	for _, r := range rows {
		text := fmt.Sprintf("%s %s %s %s", r.Region, r.Type, r.Operation, r.Tenancy)
		if r.Problem != "" {
			text += ": " + r.Problem
		} else {
			text += fmt.Sprintf(" %s %s", r.Rate, r.Currency)
		}
		all = append(all, text)
	}
	return strings.Join(all, "\n")
}

func TestReadWhole(t *testing.T) {
	sheet := mustRead(t, pricetest.OfferJSON([]pricetest.Row{{SKU: "ABC", Reserved: 12}}))
	want := []price.Row{{
		Key:     price.Key{Region: "us-east-1", Type: "t3.micro", Operation: "RunInstances", Tenancy: "Shared"},
		License: "No License required", SKU: "ABC", RateCode: "ABC.JRTCKXETXF.6YS6EN2CT7",
		Rate: 10_400_000, Currency: money.USD, From: time.Date(2023, 7, 1, 0, 0, 0, 0, time.UTC).Unix(),
	}}
	if diff := cmp.Diff(want, rowsOf(sheet)); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	if sheet.Offer != "AmazonEC2" || sheet.Version != "20230701000000" || sheet.Published != want[0].From {
		t.Errorf("sheet of %s %s, published %d", sheet.Offer, sheet.Version, sheet.Published)
	}
}

func TestReadRefused(t *testing.T) {
	whole := string(pricetest.OfferJSON([]pricetest.Row{{}}))
	asCSV := string(pricetest.OfferCSV([]pricetest.Row{{}}))
	for name, tc := range map[string]struct {
		text   string
		err    error
		reason string
	}{
		"empty":               {"", price.ErrNotOffer, "empty"},
		"white space":         {" \n ", price.ErrNotOffer, "empty"},
		"a word":              {"hello", price.ErrNotOffer, "no header"},
		"binary":              {"\x00\x01\x02", price.ErrNotOffer, "neither JSON nor CSV"},
		"an array":            {"[]", price.ErrNotOffer, "neither JSON nor CSV"},
		"an empty object":     {"{}", price.ErrNotOffer, "neither products nor terms"},
		"zip":                 {"PK\x03\x04....", price.ErrNotOffer, "zip"},
		"a trail":             {`{"Records":[{"eventVersion":"1.08"}]}`, price.ErrNotOffer, "CloudTrail"},
		"an inventory":        {`{"Reservations":[]}`, price.ErrNotOffer, "inventory"},
		"a region index":      {`{"offerCode":"AmazonEC2","regions":{}}`, price.ErrNotOffer, "currentVersionUrl"},
		"another offer":       {strings.Replace(whole, "AmazonEC2", "AmazonS3", 1), price.ErrOtherOffer, "AmazonS3"},
		"another offer, CSV":  {strings.Replace(asCSV, "AmazonEC2", "AmazonS3", 1), price.ErrOtherOffer, "AmazonS3"},
		"another CSV":         {"a,b,c\n1,2,3\n", price.ErrNotOffer, "no column"},
		"CSV without header":  {"\"OfferCode\",\"AmazonEC2\"\n", price.ErrNotOffer, "no header"},
		"something after it":  {whole + "x", nil, "want the end of the file"},
		"wrong bracket":       {strings.Replace(whole, `"appliesTo" : []`, `"appliesTo" : [}`, 1), nil, "closing bracket"},
		"a number for text":   {strings.Replace(whole, `"0.0104000000"`, `0.0104`, 1), nil, `found '0'`},
		"no offer code":       {`{"products":{}}`, price.ErrNotOffer, "no offer code"},
		"publication":         {`{"publicationDate":"soon"}`, nil, "soon"},
		"products twice":      {`{"products":{},"products":{}}`, nil, "twice"},
		"deep":                {`{"x":` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + `}`, nil, "nested deeper"},
		"long text":           {`{"version":"` + strings.Repeat("x", 1<<20) + `"}`, nil, "too long"},
		"not UTF-8":           {"{\"version\":\"\xff\"}", nil, "UTF-8"},
		"line too short, CSV": {asCSV + "\"a\",\"b\"\n", nil, "fields"},
		"broken quotes, CSV":  {asCSV + `"a"b"` + "\n", nil, "ends too early"},
	} {
		t.Run(name, func(t *testing.T) {
			sheet, err := read([]byte(tc.text))
			if err == nil {
				t.Fatalf("accepted with %d rows", sheet.Len())
			}
			if tc.err != nil && !errors.Is(err, tc.err) || !strings.Contains(err.Error(), tc.reason) || !strings.HasPrefix(err.Error(), "read offer offer: byte ") {
				t.Errorf("error %q, want one saying %q (%v)", err, tc.reason, tc.err)
			}
		})
	}
}

// TestTruncated cuts files at every byte: none of the beginnings is an offer.
// Of CSV only those that end between lines are.
func TestTruncated(t *testing.T) {
	rows := []pricetest.Row{{Type: `q"\`, Reserved: 1}}
	whole := bytes.TrimSpace(pricetest.OfferJSON(rows))
	for n := range whole {
		if sheet, err := read(whole[:n]); err == nil {
			t.Fatalf("JSON cut at byte %d of %d is accepted with %d rows", n, len(whole), sheet.Len())
		}
	}
	var zipped bytes.Buffer
	w := gzip.NewWriter(&zipped)
	_, _ = w.Write(whole)
	_ = w.Close()
	for n := range zipped.Len() {
		if _, err := read(zipped.Bytes()[:n]); err == nil {
			t.Fatalf("gzip cut at byte %d of %d is accepted", n, zipped.Len())
		}
	}
	lines := pricetest.OfferCSV(rows)
	for n := range lines {
		_, err := read(lines[:n])
		between := n > 0 && (lines[n-1] == '\n' || lines[n] == '\n')
		if err == nil && !between {
			t.Fatalf("CSV cut at byte %d is accepted: %q", n, lines[max(0, n-30):n])
		}
	}
}

func TestReadErrors(t *testing.T) {
	broken := errors.New("disk on fire")
	text := pricetest.OfferJSON([]pricetest.Row{{}})
	for name, whole := range map[string][]byte{"JSON": text, "CSV": pricetest.OfferCSV([]pricetest.Row{{}})} {
		r := iotest.TimeoutReader(iotest.OneByteReader(bytes.NewReader(whole)))
		if _, err := price.ReadOffer(context.Background(), "f", r, price.ReadOptions{}); !errors.Is(err, iotest.ErrTimeout) {
			t.Errorf("%s: reading fails with %v, want the reader's error", name, err)
		}
	}
	if _, err := price.ReadOffer(context.Background(), "f", iotest.ErrReader(broken), price.ReadOptions{}); !errors.Is(err, broken) {
		t.Errorf("error %v, want the reader's", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := price.ReadOffer(ctx, "f", bytes.NewReader(text), price.ReadOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want context.Canceled", err)
	}
}

func TestEffectiveFrom(t *testing.T) {
	at := time.Date(2015, 3, 1, 0, 0, 0, 0, time.UTC)
	for name, text := range map[string][]byte{
		"JSON": pricetest.OfferJSON([]pricetest.Row{{}, {Tenancy: "Host", Effective: "-"}}),
		"CSV":  pricetest.OfferCSV([]pricetest.Row{{}, {Tenancy: "Host", Effective: "-"}}),
	} {
		sheet, err := price.ReadOffer(context.Background(), "f", bytes.NewReader(text), price.ReadOptions{EffectiveFrom: &at})
		if err != nil {
			t.Fatal(err)
		}
		for r := range sheet.Rows() {
			if r.From != at.Unix() || r.Problem != "" {
				t.Errorf("%s: row from %d (%s), want %d", name, r.From, r.Problem, at.Unix())
			}
		}
	}
}

// TestEffectiveDay reads the day alone, as the CSV of the price list has it.
func TestEffectiveDay(t *testing.T) {
	want := time.Date(2024, 2, 1, 0, 0, 0, 0, time.UTC).Unix()
	for name, text := range map[string][]byte{
		"JSON": pricetest.OfferJSON([]pricetest.Row{{Effective: "2024-02-01"}, {Tenancy: "Host", Effective: "2024-02-01T00:00:00Z"}}),
		"CSV":  pricetest.OfferCSV([]pricetest.Row{{Effective: "2024-02-01"}, {Tenancy: "Host", Effective: "2024-02-01T00:00:00Z"}}),
	} {
		for r := range mustRead(t, text).Rows() {
			if r.From != want || r.Problem != "" {
				t.Errorf("%s: row from %d (%s), want %d", name, r.From, r.Problem, want)
			}
		}
	}
}

// drawRow draws a row, sometimes one that is left out or has a problem.
func drawRow(t *rapid.T) pricetest.Row {
	return pricetest.Row{
		Family:    rapid.SampledFrom([]string{"", "", "Compute Instance (bare metal)", "Storage"}).Draw(t, "family"),
		Region:    rapid.SampledFrom([]string{"us-east-1", "cn-north-1", "eu-west-3"}).Draw(t, "region"),
		Type:      rapid.SampledFrom([]string{"t3.micro", "m5.large", `odd "\é`}).Draw(t, "type"),
		Operation: rapid.SampledFrom([]string{"", "RunInstances:0002", "RunInstances:0800"}).Draw(t, "operation"),
		Tenancy:   rapid.SampledFrom([]string{"", "Dedicated", "Host"}).Draw(t, "tenancy"),
		License:   rapid.SampledFrom([]string{"", "-", "Bring your own license", "License Included - Infrastructure"}).Draw(t, "license"),
		Capacity:  rapid.SampledFrom([]string{"", "-", "UnusedCapacityReservation"}).Draw(t, "capacity"),
		Rate:      rapid.SampledFrom([]string{"0.0104000000", "1", "12.000000001", "0.00000000001", "x"}).Draw(t, "rate"),
		Unit:      rapid.SampledFrom([]string{"", "", "Quantity"}).Draw(t, "unit"),
		Effective: rapid.SampledFrom([]string{"", "2017-07-01T00:00:00Z", "2020-12-01T01:02:03Z"}).Draw(t, "effective"),
		Term:      rapid.SampledFrom([]string{"", "", "ABCDEFGHIJ", "-"}).Draw(t, "term"),
		Reserved:  rapid.IntRange(0, 2).Draw(t, "reserved"),
	}
}

// TestFormatsAgree is the law that JSON with its keys in any order, CSV with
// its lines in any order, and both compressed, give the same sheet.
func TestFormatsAgree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows := rapid.SliceOfN(rapid.Custom(drawRow), 0, 12).Draw(t, "rows")
		want := mustRead(t, pricetest.OfferJSON(rows)).Encode()
		seed := rapid.Uint64().Draw(t, "seed")
		rand.New(rand.NewPCG(seed, 1)).Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
		var reversed, lines, zipped bytes.Buffer
		_ = pricetest.Offer{Rows: rows, TermsFirst: true}.WriteJSON(&reversed)
		_ = pricetest.Offer{Rows: rows}.WriteCSV(&lines)
		w := gzip.NewWriter(&zipped)
		_, _ = w.Write(lines.Bytes())
		_ = w.Close()
		for name, text := range map[string][]byte{
			"terms first": reversed.Bytes(),
			"CSV":         lines.Bytes(),
			"CSV, CRLF":   bytes.ReplaceAll(lines.Bytes(), []byte("\n"), []byte("\r\n")),
			"CSV, gzip":   zipped.Bytes(),
			"with BOM":    append([]byte("\xef\xbb\xbf"), reversed.Bytes()...),
		} {
			sheet := mustRead(t, text)
			if !bytes.Equal(sheet.Encode(), want) {
				t.Fatalf("%s gives another sheet:\n%s", name, brief(rowsOf(sheet)))
			}
		}
	})
}

// TestReadPiecewise reads with readers that give little at a time.
func TestReadPiecewise(t *testing.T) {
	offer := pricetest.Large(40)
	var asJSON, asCSV bytes.Buffer
	_ = offer.WriteJSON(&asJSON)
	_ = offer.WriteCSV(&asCSV)
	want := mustRead(t, asJSON.Bytes()).Encode()
	for _, text := range [][]byte{asJSON.Bytes(), asCSV.Bytes()} {
		for name, r := range map[string]func() *price.Sheet{
			"one byte": func() *price.Sheet { return readFrom(t, iotest.OneByteReader(bytes.NewReader(text))) },
			"halves":   func() *price.Sheet { return readFrom(t, iotest.HalfReader(bytes.NewReader(text))) },
			"data and error": func() *price.Sheet {
				return readFrom(t, iotest.DataErrReader(bytes.NewReader(text)))
			},
		} {
			if got := r().Encode(); !bytes.Equal(got, want) {
				t.Errorf("%s: another sheet", name)
			}
		}
	}
}

func readFrom(t *testing.T, r io.Reader) *price.Sheet {
	t.Helper()
	sheet, err := price.ReadOffer(context.Background(), "offer", r, price.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return sheet
}
