package cost

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"github.com/kopterio/kopter/money"
)

func TestExport(t *testing.T) {
	total := ChartTotal{Currency: money.USD}
	c := Chart{
		By:     []string{"type", "tag.team"},
		Starts: []int64{0, 3600},
		Series: []Series{
			{Values: []string{"t3.micro", "web, \"shop\""}, Sum: total, Amounts: []money.Nano{10_400_000, 1}, Seconds: []int64{3600, 60}, Unpriced: []int64{0, 0}},
			{Values: []string{"p5.48xlarge", "untagged"}, Sum: total, Amounts: []money.Nano{0, 0}, Seconds: []int64{0, 7}, Unpriced: []int64{0, 7}},
		},
	}
	for format, want := range map[string]string{
		"csv": `start,type,tag.team,amount,currency,seconds,unpriced_seconds
1970-01-01T00:00:00Z,t3.micro,"web, ""shop""",0.010400000,USD,3600,0
1970-01-01T01:00:00Z,t3.micro,"web, ""shop""",0.000000001,USD,60,0
1970-01-01T01:00:00Z,p5.48xlarge,untagged,0.000000000,USD,7,7
`,
		"ndjson": `{"start":"1970-01-01T00:00:00Z","type":"t3.micro","tag.team":"web, \"shop\"","amount":"0.010400000","currency":"USD","seconds":3600,"unpriced_seconds":0}
{"start":"1970-01-01T01:00:00Z","type":"t3.micro","tag.team":"web, \"shop\"","amount":"0.000000001","currency":"USD","seconds":60,"unpriced_seconds":0}
{"start":"1970-01-01T01:00:00Z","type":"p5.48xlarge","tag.team":"untagged","amount":"0.000000000","currency":"USD","seconds":7,"unpriced_seconds":7}
`,
	} {
		var out strings.Builder
		if err := c.Export(t.Context(), format, &out); err != nil || out.String() != want {
			t.Errorf("%s: %v\n%s\nwant\n%s", format, err, out.String(), want)
		}
	}
	var file bytes.Buffer
	if err := c.Export(t.Context(), "parquet", &file); err != nil {
		t.Fatal(err)
	}
	f, err := parquet.OpenFile(bytes.NewReader(file.Bytes()), int64(file.Len()))
	if err != nil || f.NumRows() != 3 || len(f.Schema().Columns()) != 7 {
		t.Errorf("parquet: %v, %d rows of %v", err, f.NumRows(), f.Schema().Columns())
	}
	if err := c.Export(t.Context(), "xml", &file); !errors.Is(err, ErrFormat) {
		t.Errorf("xml: %v", err)
	}
}

func TestExportEnds(t *testing.T) {
	c := Chart{Starts: []int64{0}, Series: []Series{{Amounts: []money.Nano{1}, Seconds: []int64{1}, Unpriced: []int64{0}}}}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, format := range []string{"csv", "ndjson", "parquet"} {
		if err := c.Export(ctx, format, &strings.Builder{}); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", format, err)
		}
	}
}
