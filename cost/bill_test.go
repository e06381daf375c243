package cost_test

import (
	"context"
	"encoding/csv"
	"maps"
	"math/big"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ulikunitz/xz"

	"github.com/kopterio/kopter/cost"
	"github.com/kopterio/kopter/internal/shareddata"
	"github.com/kopterio/kopter/money"
	"github.com/kopterio/kopter/price"
	"github.com/kopterio/kopter/price/pricetest"
	"github.com/kopterio/kopter/usage"
)

// TestBill rebuilds the lives of all instances of a real bill from its hourly
// lines, states them as CloudTrail would have, prices them with the bill's own
// public rates, and compares every hour of every instance with the bill.
//
// What was found in the 38,880 lines of October and November 2018:
//
//   - 35,104 lines are of on-demand instances, whether a reservation pays for
//     them or not; 3,776 are spot. A reservation's share of an hour is a line of
//     its own, so the 35,104 lines are 28,845 hours of 266 instances.
//   - The lines of an instance and hour sum to whole seconds, although 30 lines
//     by themselves do not: reservations pay for fractions of a second. All but
//     248 of the hours are full, and their lines sum to exactly 1.
//   - Every instance ran in unbroken stretches: all hours between the first
//     and the last of a stretch are full. No seconds are shifted between the
//     hours of these lines. So two moments for each stretch reproduce the
//     seconds of every hour exactly: 103,726,924 of them, residue 0.
//   - No stretch is shorter than 60 s, and one is exactly that long: the bill
//     shows the minimum of a period in the hour where the period lies.
//   - All lines cost amount × rate, to the last digit. The only residue in
//     money is that the bill rounds amounts to six decimals of an hour: 227
//     hours differ, by 44 billionths of a dollar at most; over all of them it
//     is 12.2 billionths of $1,708.70.
func TestBill(t *testing.T) {
	b := readBill(t)
	if b.lines != 35_104 || len(b.instances) != 266 || b.hours() != 28_845 {
		t.Fatalf("%d lines, %d instances, %d hours", b.lines, len(b.instances), b.hours())
	}
	intervals, prices := b.intervals(t), b.prices(t)
	t.Run("by hour and instance", func(t *testing.T) { b.checkHours(t, intervals, prices) })
	t.Run("by creator", func(t *testing.T) { b.checkCreators(t, intervals, prices) })
	t.Run("blame", func(t *testing.T) { b.checkSteps(t, intervals, prices) })
}

// bill is what the bill's lines say about each on-demand instance.
type bill struct {
	lines     int
	instances map[string]*billed
}

type billedHour struct {
	amount, cost *big.Rat // in hours, in dollars
}

// billed is one instance of the bill.
type billed struct {
	id, account, region, zone, kind, operation, rate, creator string
	hours                                                     map[usage.Seconds]*billedHour
}

func readBill(t *testing.T) *bill {
	t.Helper()
	b := &bill{instances: map[string]*billed{}}
	for _, month := range []string{"Oct2018", "Nov2018"} {
		f, err := os.Open(shareddata.Path(t, "cur/ec2_instance_hours_"+month+".csv.xz"))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		x, err := xz.NewReader(f)
		if err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(x).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		b.read(t, rows)
	}
	return b
}

func (b *bill) read(t *testing.T, rows [][]string) {
	t.Helper()
	column := map[string]int{}
	for k, name := range rows[0] {
		column[name] = k
	}
	for _, row := range rows[1:] {
		get := func(name string) string { return row[column[name]] }
		if strings.Contains(get("line_item_usage_type"), "SpotUsage") {
			continue
		}
		b.lines++
		i := b.instances[get("line_item_resource_id")]
		if i == nil {
			i = &billed{
				id: get("line_item_resource_id"), account: get("line_item_usage_account_id"),
				region: get("product_region"), zone: get("line_item_availability_zone"),
				kind: get("product_instance_type"), operation: get("line_item_operation"),
				rate: get("pricing_public_on_demand_rate"), creator: get("resource_tags_aws_created_by"),
				hours: map[usage.Seconds]*billedHour{},
			}
			b.instances[i.id] = i
		}
		hour, err := time.Parse(time.RFC3339, get("line_item_usage_start_date"))
		if err != nil || i.rate != get("pricing_public_on_demand_rate") || i.kind != get("product_instance_type") {
			t.Fatalf("line %q: %v", row, err)
		}
		h := i.hours[hour.Unix()]
		if h == nil {
			h = &billedHour{new(big.Rat), new(big.Rat)}
			i.hours[hour.Unix()] = h
		}
		amount, paid := rat(t, get("line_item_usage_amount")), rat(t, get("pricing_public_on_demand_cost"))
		if product := new(big.Rat).Mul(amount, rat(t, i.rate)); product.Cmp(paid) != 0 {
			t.Errorf("%s: amount × rate is %s, not %s", i.id, product.FloatString(12), paid.FloatString(12))
		}
		h.amount.Add(h.amount, amount)
		h.cost.Add(h.cost, paid)
	}
}

func rat(t *testing.T, s string) *big.Rat {
	t.Helper()
	r, ok := new(big.Rat).SetString(s)
	if !ok {
		t.Fatalf("%q is no number", s)
	}
	return r
}

func (b *bill) hours() (n int) {
	for _, i := range b.instances {
		n += len(i.hours)
	}
	return n
}

// prices is an offer file with the public rates that the bill names.
func (b *bill) prices(t *testing.T) price.Prices {
	t.Helper()
	known := map[pricetest.Row]bool{}
	for _, i := range b.instances {
		known[pricetest.Row{Region: i.region, Type: i.kind, Operation: i.operation, Rate: i.rate, Effective: "2018-10-01T00:00:00Z"}] = true
	}
	if len(known) != 10 {
		t.Errorf("%d public rates", len(known))
	}
	offer := pricetest.OfferJSON(slices.Collect(maps.Keys(known)))
	sheet, err := price.ReadOffer(context.Background(), "bill.json", strings.NewReader(string(offer)), price.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return price.NewBook(sheet)
}

// checkHours compares every hour of every instance.
func (b *bill) checkHours(t *testing.T, intervals []usage.Interval, p price.Prices) {
	rows, sum := graph(t, intervals, p, cost.Query{By: []string{"resource"}})
	if len(rows) != b.hours() {
		t.Errorf("%d hours, want %d", len(rows), b.hours())
	}
	var seconds int64
	var amount money.Nano
	paid, worst, inexact := new(big.Rat), new(big.Rat), 0
	for _, r := range rows {
		h := b.instances[r.Values[0]].hours[r.Start]
		if h == nil || h.seconds(t) != r.Seconds+r.PaddedSeconds || r.UnpricedSeconds+r.AssumedSeconds+r.UncertainSeconds != 0 {
			t.Errorf("%s %s: %+v", r.Values[0], clock(r.Start), r.Tally)
			continue
		}
		seconds += r.Seconds
		amount += r.Amount
		paid.Add(paid, h.cost)
		off := new(big.Rat).Sub(big.NewRat(int64(r.Amount), int64(money.Unit)), h.cost)
		if off.Sign() != 0 {
			inexact++
		}
		if off.Abs(off); off.Cmp(worst) > 0 {
			worst = off
		}
	}
	if seconds != 103_726_924 || amount.String() != "1708.699470220" || sum.Totals[0].PaddedSeconds != 0 {
		t.Errorf("%d seconds, list cost %v, padded %d", seconds, amount, sum.Totals[0].PaddedSeconds)
	}
	if paid.FloatString(10) != "1708.6994702322" || inexact != 227 || worst.FloatString(9) != "0.000000044" {
		t.Errorf("the bill has %s; %d hours differ, the most by %s", paid.FloatString(12), inexact, worst.FloatString(12))
	}
}

// checkCreators compares what each creator's instances cost and how long they
// ran. Two instances have no creator in the bill.
func (b *bill) checkCreators(t *testing.T, intervals []usage.Interval, p price.Prices) {
	seconds, paid := map[string]int64{}, map[string]*big.Rat{}
	for _, i := range b.instances {
		who := i.principal()
		if paid[who] == nil {
			paid[who] = new(big.Rat)
		}
		for _, h := range i.hours {
			seconds[who] += h.seconds(t)
			paid[who].Add(paid[who], h.cost)
		}
	}
	rows, _ := graph(t, intervals, p, cost.Query{By: []string{"principal"}, Step: cost.Total})
	if len(rows) != 7 || len(paid) != 7 {
		t.Errorf("%d creators, the bill has %d", len(rows), len(paid))
	}
	for _, r := range rows {
		who := r.Values[0]
		off := new(big.Rat).Sub(big.NewRat(int64(r.Amount), int64(money.Unit)), paid[who])
		if r.Seconds != seconds[who] || off.Abs(off).Cmp(big.NewRat(1, 10_000_000)) > 0 {
			t.Errorf("%s: %d seconds and %v, the bill has %d and %s", who, r.Seconds, r.Amount, seconds[who], paid[who].FloatString(12))
		}
	}
}

// checkSteps finds the call behind every beginning and end of the lives, and
// that the steps of both kinds are as many.
func (b *bill) checkSteps(t *testing.T, intervals []usage.Interval, p price.Prices) {
	steps, err := cost.Steps(context.Background(), intervals, p, cost.StepQuery{})
	if err != nil {
		t.Fatal(err)
	}
	want := map[cost.Kind]int{}
	for _, i := range b.instances {
		for _, l := range i.lives(t) {
			if l.until-l.from < 60 {
				t.Errorf("%s ran for %d seconds", i.id, l.until-l.from)
			}
			want[cost.Open]++
			if l.until < billEnd {
				want[cost.Close]++
			}
		}
	}
	got := map[cost.Kind]int{}
	for _, s := range steps {
		got[s.Kind]++
		i := b.instances[s.Resource]
		if i.creator != "" && s.Cause.Principal != i.principal() || s.Delta == 0 {
			t.Errorf("%+v, not by %s", s, i.principal())
		}
	}
	if !maps.Equal(got, want) {
		t.Errorf("steps %v, want %v", got, want)
	}
}
