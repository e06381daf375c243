package cost_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/kopterio/kopter/cost"
	"github.com/kopterio/kopter/usage"
)

// fleet is a seeded company of n intervals in 13 months, with mean length
// around the given seconds, and prices that changed once.
func fleet(n int, mean int64) ([]usage.Interval, sheets) {
	const year = 395 * 86400
	r := rand.New(rand.NewPCG(7, 11))
	begin := at("2023-07-01 00:00:00")
	p := sheets{}
	kinds := make([]string, 60)
	for k := range kinds {
		kinds[k] = fmt.Sprintf("m%d.%dxlarge", k%6+1, k/6+1)
		if k%20 == 19 {
			continue // has no price
		}
		for _, region := range []string{"us-east-1", "eu-west-1", "ap-southeast-2"} {
			p[key(region, kinds[k], "RunInstances")] = rates(
				change{from: begin - year, rate: fmt.Sprintf("0.0%d07", k+1), currency: "USD"},
				change{from: begin + year/2, rate: fmt.Sprintf("0.0%d03", k+1), currency: "USD"})
		}
	}
	principals := make([]string, 40)
	for k := range principals {
		principals[k] = fmt.Sprintf("arn:aws:iam::111122223333:role/team-%02d-deployer", k)
	}
	regions := []string{"us-east-1", "eu-west-1", "ap-southeast-2"}
	out := make([]usage.Interval, n)
	for k := range out {
		from := begin + r.Int64N(year)
		i := linux(fmt.Sprintf("i-%017x", k/2), kinds[r.IntN(len(kinds))], from, min(from+1+r.Int64N(2*mean), begin+year))
		i.Region = regions[r.IntN(3)]
		i.Zone = i.Region + "abc"[k%3:k%3+1]
		i.Launcher.Principal = principals[r.IntN(len(principals))]
		i.Tags = usage.Tags{"team": i.Launcher.Principal[31:38]}
		out[k] = i
	}
	return out, p
}

// BenchmarkGraph draws a million intervals by the hour. Its peer adds them up
// hour by hour, to the same rows.
func BenchmarkGraph(b *testing.B) {
	for _, length := range []struct {
		name string
		mean int64
	}{{"short", 3 * 3600}, {"long", 30 * 86400}} {
		intervals, p := fleet(1_000_000, length.mean)
		for _, by := range []string{"type", "principal", "region", "tag.team"} {
			b.Run(length.name+"/by="+by, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if _, _, err := cost.Graph(context.Background(), intervals, p, cost.Query{By: []string{by}}); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
		b.Run(length.name+"/by=resource/step=total", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				q := cost.Query{By: []string{"resource"}, Step: cost.Total}
				if _, _, err := cost.Graph(context.Background(), intervals, p, q); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
