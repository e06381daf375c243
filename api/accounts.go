package api

import (
	"context"
	"time"

	"github.com/kopterio/kopter/cost"
	"github.com/kopterio/kopter/money"
	"github.com/kopterio/kopter/usage"
)

// ListAccounts says how fresh what is known of each account is.
func (s *server) ListAccounts(ctx context.Context, _ ListAccountsRequestObject) (ListAccountsResponseObject, error) {
	live, now := s.Live(tenantOf(ctx)), s.Now().UTC()
	places, err := live.Accounts(ctx, now.Unix())
	if err != nil {
		return nil, err
	}
	accounts := []Account{}
	for len(places) > 0 {
		n := 1
		for n < len(places) && places[n].Account == places[0].Account {
			n++
		}
		accounts = append(accounts, newAccount(places[:n], now))
		places = places[n:]
	}
	return ListAccounts200JSONResponse{Now: now, Accounts: accounts}, nil
}

// newAccount sums up the regions of one account.
func newAccount(places []cost.AccountState, now time.Time) Account {
	var last usage.Seconds
	sums := map[money.Currency]*cost.Running{}
	rates := []*cost.Running{} // in the order in which the currencies come
	running := 0
	for i := range places {
		last, running = max(last, places[i].Last), running+places[i].Running
		for _, r := range places[i].Rates {
			if sums[r.Currency] == nil {
				sums[r.Currency] = &cost.Running{Currency: r.Currency}
				rates = append(rates, sums[r.Currency])
			}
			sum := sums[r.Currency]
			sum.Rate, sum.Count = sum.Rate+r.Rate, sum.Count+r.Count
			sum.Unpriced, sum.Assumed = sum.Unpriced+r.Unpriced, sum.Assumed+r.Assumed
		}
	}
	return Account{
		Account: places[0].Account, Last: second(last), LagSeconds: lag(last, now), Running: running,
		Rates:   each(rates, func(r **cost.Running) RateGroup { return newRate(*r) }),
		Regions: each(places, func(p *cost.AccountState) AccountRegion { return newAccountRegion(p, now) }),
	}
}

func newAccountRegion(p *cost.AccountState, now time.Time) AccountRegion {
	return AccountRegion{
		Region: p.Region, Last: second(p.Last), LagSeconds: lag(p.Last, now), Running: p.Running,
		Rates: each(p.Rates, newRate),
	}
}

func lag(last usage.Seconds, now time.Time) int64 { return max(0, now.Unix()-last) }
