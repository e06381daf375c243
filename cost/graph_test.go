package cost_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"

	"github.com/kopterio/kopter/cost"
	"github.com/kopterio/kopter/money"
	"github.com/kopterio/kopter/price"
	"github.com/kopterio/kopter/query"
	"github.com/kopterio/kopter/usage"
)

func nano(t testing.TB, s string) money.Nano {
	t.Helper()
	n, err := money.ParseNano(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func graph(t testing.TB, intervals []usage.Interval, p price.Prices, q cost.Query) ([]cost.Row, cost.Summary) {
	t.Helper()
	rows, sum, err := cost.Graph(context.Background(), intervals, p, q)
	if err != nil {
		t.Fatal(err)
	}
	return rows, sum
}

// TestCharge prices single intervals by the rules of spec/ec2-cost.md, "When
// an instance is billed".
func TestCharge(t *testing.T) {
	p := sheets{
		key("us-east-1", "t3.micro", "RunInstances"):       always("0.0104"),
		key("us-east-1", "t3.micro", "RunInstances:000g"):  always("0.0104"),
		key("us-east-1", "m5.large", "RunInstances:0002"):  always("0.188"),
		key("us-east-1-bos-1", "t3.micro", "RunInstances"): always("0.02"),
	}
	begin := at("2023-07-10 11:55:21")
	for _, c := range []struct {
		name    string
		seconds int64
		change  func(*usage.Interval)
		want    cost.Tally
	}{
		{name: "by the second", seconds: 765, want: cost.Tally{Amount: 2_210_000, Seconds: 765}},
		{name: "a minute at least", seconds: 7, want: cost.Tally{Amount: 173_333, Seconds: 7, PaddedSeconds: 53}},
		{name: "of the period, not of its parts", seconds: 7,
			change: func(i *usage.Interval) { i.Period -= 59 }, want: cost.Tally{Amount: 20_223, Seconds: 7}},
		{name: "only at its end", seconds: 7,
			change: func(i *usage.Interval) { i.Last = false }, want: cost.Tally{Amount: 20_222, Seconds: 7}},
		{name: "also while it runs", seconds: 7,
			change: func(i *usage.Interval) { i.Last, i.Open = false, true }, want: cost.Tally{Amount: 173_333, Seconds: 7, PaddedSeconds: 53}},
		{name: "SUSE by the hour", seconds: 3601,
			change: func(i *usage.Interval) { i.Shape.Operation = "RunInstances:000g" },
			want:   cost.Tally{Amount: 20_800_000, Seconds: 3601, PaddedSeconds: 3599}},
		{name: "SUSE, full hours", seconds: 7200,
			change: func(i *usage.Interval) { i.Shape.Operation = "RunInstances:000g" },
			want:   cost.Tally{Amount: 20_800_000, Seconds: 7200}},
		{name: "Host", seconds: 765,
			change: func(i *usage.Interval) { i.Shape.Tenancy = "Host" }, want: cost.Tally{Seconds: 765}},
		{name: "a Local Zone", seconds: 3600,
			change: func(i *usage.Interval) { i.Zone = "us-east-1-bos-1a" }, want: cost.Tally{Amount: 20_000_000, Seconds: 3600}},
		{name: "assumed platform", seconds: 3600,
			change: func(i *usage.Interval) { i.Shape.OperationAssumed = true },
			want:   cost.Tally{Amount: 10_400_000, Seconds: 3600, AssumedSeconds: 3600}},
		{name: "marketplace", seconds: 3600,
			change: func(i *usage.Interval) { i.Shape.Marketplace = true },
			want:   cost.Tally{Amount: 10_400_000, Seconds: 3600, MarketplaceSeconds: 3600}},
		{name: "uncertain end", seconds: 3600,
			change: func(i *usage.Interval) { i.NotAfter += 600 },
			want:   cost.Tally{Amount: 10_400_000, Seconds: 3600, UncertainSeconds: 600}},
		{name: "CPU options on Linux", seconds: 3600,
			change: func(i *usage.Interval) { i.Shape.CPUs = 1 }, want: cost.Tally{Amount: 10_400_000, Seconds: 3600}},
		{name: "nothing", seconds: 0, change: func(i *usage.Interval) { i.Last = false }},
	} {
		t.Run(c.name, func(t *testing.T) {
			i := linux("i-1", "t3.micro", begin, begin+c.seconds)
			if c.change != nil {
				c.change(&i)
			}
			_, sum := graph(t, []usage.Interval{i}, p, cost.Query{})
			var got cost.Tally
			for _, total := range sum.Totals {
				got = total.Tally
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("want − got +:\n%s", diff)
			}
		})
	}
}

// TestUnpriced checks that what has no price is counted beside, with a reason.
func TestUnpriced(t *testing.T) {
	p := sheets{
		key("us-east-1", "t3.micro", "RunInstances"):      always("0.0104"),
		key("us-east-1", "t3.micro", "RunInstances:0002"): always("0.0196"),
		key("us-east-1", "new", "RunInstances"):           rates(change{from: at("2023-07-10 12:30:00"), rate: "1", currency: money.USD}),
	}
	begin := at("2023-07-10 12:00:00")
	for _, c := range []struct {
		name, reason string
		seconds      int64
		change       func(*usage.Interval)
	}{
		{"absent", "no sheet names x1", 3600, func(i *usage.Interval) { i.Shape.Type = "x1" }},
		{"too early", "no price is that old", 1800, func(i *usage.Interval) { i.Shape.Type = "new" }},
		{"spot", "spot is not priced by the on-demand price list", 3600, func(i *usage.Interval) { i.Shape.Purchase = "spot" }},
		{"capacity block", "capacity-block is not priced", 3600, func(i *usage.Interval) { i.Shape.Purchase = "capacity-block" }},
		{"purchase unknown", "on-demand or spot", 3600, func(i *usage.Interval) { i.Shape.Purchase = "" }},
		{"type unknown", "the instance type is not known", 3600, func(i *usage.Interval) { i.Shape.Type = "" }},
		{"region unknown", "the region is not known", 3600, func(i *usage.Interval) { i.Region, i.Zone = "", "" }},
		{"platform unknown", "the platform is not known", 3600, func(i *usage.Interval) { i.Shape.Operation = "" }},
		{"tenancy unknown", "the tenancy is not known", 3600, func(i *usage.Interval) { i.Shape.Tenancy = "" }},
		{"CPU options with a licence", "CPU options change the licence", 3600, func(i *usage.Interval) {
			i.Shape.Operation, i.Shape.CPUs = "RunInstances:0002", 1
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			i := linux("i-1", "t3.micro", begin, begin+3600)
			c.change(&i)
			rows, sum := graph(t, []usage.Interval{i}, p, cost.Query{})
			if len(rows) != 1 || rows[0].Seconds != 3600 || rows[0].UnpricedSeconds != c.seconds || rows[0].Currency != money.USD {
				t.Errorf("rows %+v", rows)
			}
			if len(sum.Unpriced) != 1 {
				t.Fatalf("summary %+v", sum)
			}
			got := sum.Unpriced[0]
			if !strings.Contains(got.Reason, c.reason) || got.Seconds != c.seconds || got.Resource != "i-1" || got.Stretches != 1 {
				t.Errorf("unpriced %+v", got)
			}
		})
	}
}

// TestRetroactivePrices shows that a new sheet changes the past without any
// other input.
func TestRetroactivePrices(t *testing.T) {
	begin := at("2023-07-31 23:00:00")
	i := []usage.Interval{linux("i-1", "t3.micro", begin, begin+7200)}
	k := key("us-east-1", "t3.micro", "RunInstances")
	_, before := graph(t, i, sheets{k: always("0.0104")}, cost.Query{})
	august := change{from: at("2023-08-01 00:00:00"), rate: "0.0096", currency: money.USD}
	_, after := graph(t, i, sheets{k: rates(change{from: price.Always, rate: "0.0104", currency: money.USD}, august)}, cost.Query{})
	if got, want := before.Totals[0].Amount-after.Totals[0].Amount, nano(t, "0.0008"); got != want {
		t.Errorf("the new sheet saves %v, want %v", got, want)
	}
}

func TestCurrenciesStayApart(t *testing.T) {
	begin := at("2023-07-31 23:00:00")
	china := linux("i-2", "t3.micro", begin, begin+3600)
	china.Region, china.Zone = "cn-north-1", "cn-north-1a"
	p := sheets{
		key("us-east-1", "t3.micro", "RunInstances"):  always("0.0104"),
		key("cn-north-1", "t3.micro", "RunInstances"): rates(change{from: price.Always, rate: "0.0626", currency: money.CNY}),
	}
	i := []usage.Interval{linux("i-1", "t3.micro", begin, begin+3600), china}
	rows, sum := graph(t, i, p, cost.Query{By: []string{"type"}})
	want := []cost.Row{
		{Start: begin, Values: []string{"t3.micro"}, Currency: money.CNY, Tally: cost.Tally{Amount: 62_600_000, Seconds: 3600}},
		{Start: begin, Values: []string{"t3.micro"}, Currency: money.USD, Tally: cost.Tally{Amount: 10_400_000, Seconds: 3600}},
	}
	if diff := cmp.Diff(want, rows); diff != "" {
		t.Errorf("want − got +:\n%s", diff)
	}
	if len(sum.Totals) != 2 || sum.Totals[0].Currency != money.CNY {
		t.Errorf("totals %+v", sum.Totals)
	}
}

// TestBuckets checks the starts of rows, in order, for every width.
func TestBuckets(t *testing.T) {
	p := sheets{key("us-east-1", "t3.micro", "RunInstances"): always("3.6")} // a thousandth a second
	i := []usage.Interval{linux("i-1", "t3.micro", at("2024-02-28 22:30:00"), at("2024-03-01 01:00:01"))}
	from, until := at("2024-02-28 23:59:30"), at("2024-03-01 00:00:10")
	type row struct {
		start   string
		seconds int64
	}
	for _, c := range []struct {
		name string
		q    cost.Query
		want []row
	}{
		{"day", cost.Query{Step: cost.Day}, []row{{"2024-02-28 00:00:00", 5400}, {"2024-02-29 00:00:00", 86400}, {"2024-03-01 00:00:00", 3601}}},
		{"day, cut", cost.Query{Step: cost.Day, From: from, Until: until}, []row{{"2024-02-28 00:00:00", 30}, {"2024-02-29 00:00:00", 86400}, {"2024-03-01 00:00:00", 10}}},
		{"month", cost.Query{Step: cost.Month}, []row{{"2024-02-01 00:00:00", 91800}, {"2024-03-01 00:00:00", 3601}}},
		{"total", cost.Query{Step: cost.Total}, []row{{"2024-02-28 22:00:00", 95401}}},
		{"total, cut", cost.Query{Step: cost.Total, From: from, Until: until}, []row{{"2024-02-28 23:59:30", 86440}}},
		{"hour, cut", cost.Query{From: from, Until: from + 60}, []row{{"2024-02-28 23:00:00", 30}, {"2024-02-29 00:00:00", 30}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			rows, _ := graph(t, i, p, c.q)
			var got []row
			for _, r := range rows {
				got = append(got, row{clock(r.Start), r.Seconds})
				if r.Amount != money.Nano(r.Seconds)*1_000_000 {
					t.Errorf("%s: amount %v for %d seconds", clock(r.Start), r.Amount, r.Seconds)
				}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got %v\nwant %v", got, c.want)
			}
		})
	}
}

// TestWholeMonths exercises the difference array of months, whose buckets
// differ in length.
func TestWholeMonths(t *testing.T) {
	p := sheets{key("us-east-1", "t3.micro", "RunInstances"): always("1")}
	i := []usage.Interval{linux("i-1", "t3.micro", at("2023-12-31 23:00:00"), at("2024-04-01 00:00:00"))}
	rows, _ := graph(t, i, p, cost.Query{Step: cost.Month})
	var hours []int64
	for _, r := range rows {
		hours = append(hours, r.Seconds/3600)
		if r.Amount != money.Nano(r.Seconds/3600)*money.Unit {
			t.Errorf("%s: %v", clock(r.Start), r.Amount)
		}
	}
	if want := []int64{1, 31 * 24, 29 * 24, 31 * 24}; !slices.Equal(hours, want) {
		t.Errorf("hours %v, want %v", hours, want)
	}
}

// TestPlaceholders groups and filters by values that no source states.
func TestPlaceholders(t *testing.T) {
	p := sheets{key("us-east-1", "t3.micro", "RunInstances"): always("1")}
	a := linux("i-1", "t3.micro", 0, 3600)
	b := linux("i-2", "t3.micro", 0, 3600)
	b.Zone, b.Launcher, b.Tags = "", &usage.Cause{Principal: "arn:x", Actor: "eve"}, usage.Tags{"Team": "web"}
	both := []usage.Interval{a, b}
	_, sum := graph(t, both, p, cost.Query{})
	if sum.UnattributedSeconds != 3600 || sum.Intervals != 2 {
		t.Errorf("summary %+v", sum)
	}
	for _, c := range []struct {
		field string
		want  [2]string
	}{
		{"principal", [2]string{"unattributed", "arn:x"}},
		{"actor", [2]string{"unattributed", "eve"}},
		{"zone", [2]string{"us-east-1a", "unknown"}},
		{"tag.Team", [2]string{"untagged", "web"}},
	} {
		for k, want := range c.want {
			filter, err := query.Parse(c.field+":"+want, cost.Schema())
			if err != nil {
				t.Fatal(err)
			}
			rows, _ := graph(t, both, p, cost.Query{By: []string{c.field, "resource"}, Filter: filter})
			if len(rows) != 1 || rows[0].Values[0] != want || rows[0].Values[1] != both[k].Resource {
				t.Errorf("%s:%s gives %+v", c.field, want, rows)
			}
		}
	}
}

func TestUnknownField(t *testing.T) {
	for _, by := range []string{"colour", "", "tag"} {
		_, _, err := cost.Graph(context.Background(), nil, sheets{}, cost.Query{By: []string{"type", by}})
		if err == nil || !strings.Contains(err.Error(), "tag.KEY") {
			t.Errorf("by %q: %v", by, err)
		}
	}
}

func TestTooManyRows(t *testing.T) {
	p := sheets{key("us-east-1", "t3.micro", "RunInstances"): always("1")}
	i := []usage.Interval{linux("i-1", "t3.micro", 0, 7200), linux("i-2", "t3.micro", 3600, 7200)}
	q := cost.Query{By: []string{"resource"}, MaxRows: 2}
	if _, _, err := cost.Graph(context.Background(), i, p, q); !errors.Is(err, cost.ErrTooManyRows) {
		t.Errorf("three rows: %v", err)
	}
	q.MaxRows = 3
	if rows, _ := graph(t, i, p, q); len(rows) != 3 {
		t.Errorf("rows %+v", rows)
	}
}

func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, _, err := cost.Graph(ctx, []usage.Interval{linux("i-1", "t3.micro", 0, 1)}, sheets{}, cost.Query{})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("graph: %v", err)
	}
}

func TestNoIntervals(t *testing.T) {
	rows, sum := graph(t, nil, sheets{}, cost.Query{Step: cost.Total})
	if len(rows) != 0 || len(sum.Totals) != 0 {
		t.Errorf("rows %v, summary %+v", rows, sum)
	}
}

func TestParseBucket(t *testing.T) {
	for _, b := range []cost.Bucket{cost.Hour, cost.Day, cost.Month, cost.Total} {
		if got, err := cost.ParseBucket(b.String()); got != b || err != nil {
			t.Errorf("%v: %v, %v", b, got, err)
		}
	}
	if _, err := cost.ParseBucket("week"); err == nil {
		t.Error("week is a step")
	}
}

func TestRowJSON(t *testing.T) {
	r := cost.Row{Start: at("2023-07-10 11:00:00"), Values: []string{"arn:x", "we\"b"}, Currency: money.USD,
		Tally: cost.Tally{Amount: 2_210_000, Seconds: 765, PaddedSeconds: 1, UnpricedSeconds: 2, UncertainSeconds: 3, AssumedSeconds: 4, MarketplaceSeconds: 5}}
	var b bytes.Buffer
	if err := r.EncodeJSON(jsontext.NewEncoder(&b), []string{"principal", "tag.team"}); err != nil {
		t.Fatal(err)
	}
	want := `{"start":"2023-07-10T11:00:00Z","principal":"arn:x","tag.team":"we\"b","amount":"0.002210000","currency":"USD","seconds":765,` +
		`"unpriced_seconds":2,"padded_seconds":1,"uncertain_seconds":3,"assumed_seconds":4,"marketplace_seconds":5}`
	if got := strings.TrimSpace(b.String()); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
