package cost_test

import (
	"fmt"
	"math/rand/v2"

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
	launchers := make([]*usage.Cause, 40)
	for k := range launchers {
		launchers[k] = &usage.Cause{Principal: fmt.Sprintf("arn:aws:iam::111122223333:role/team-%02d-deployer", k)}
	}
	regions := []string{"us-east-1", "eu-west-1", "ap-southeast-2"}
	out := make([]usage.Interval, n)
	for k := range out {
		from := begin + r.Int64N(year)
		i := linux(fmt.Sprintf("i-%017x", k/2), kinds[r.IntN(len(kinds))], from, min(from+1+r.Int64N(2*mean), begin+year))
		i.Region = regions[r.IntN(3)]
		i.Zone = i.Region + "abc"[k%3:k%3+1]
		i.Launcher = launchers[r.IntN(len(launchers))]
		i.Tags = usage.Tags{"team": i.Launcher.Principal[31:38]}
		out[k] = i
	}
	return out, p
}
