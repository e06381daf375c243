package api

import (
	"context"
	"slices"
	"time"

	"github.com/kopterio/kopter/cost"
	"github.com/kopterio/kopter/money"
	"github.com/kopterio/kopter/query"
	"github.com/kopterio/kopter/usage"
)

// defaultTop is how many groups of a graph have a series of their own.
const defaultTop = 9

// graphRequest is what the operations on the price graph have in common.
func (s *server) graphRequest(q *Query, from *From, to *To, by *string) (r cost.GraphRequest, err error) {
	if r.Filter, err = filter(q, cost.Schema()); err != nil {
		return r, err
	}
	if r.By, err = fields("by", by, cost.Schema()); err != nil {
		return r, err
	}
	span, err := readSpan(from, to, s.Now())
	r.From, r.Until = span.seconds()
	return r, err
}

// CostGraph gives the graph in columns.
func (s *server) CostGraph(ctx context.Context, request CostGraphRequestObject) (CostGraphResponseObject, error) {
	p := request.Params
	r, err := s.graphRequest(p.Q, p.From, p.To, p.By)
	if err != nil {
		return nil, err
	}
	r.Top = given(p.Top, defaultTop)
	live := s.Live(tenantOf(ctx))
	if r.Step, err = s.step(ctx, live, r, string(given(p.Step, CostGraphParamsStepAuto))); err != nil {
		return nil, err
	}
	c, err := live.Graph(ctx, r)
	if err != nil {
		return nil, err
	}
	return CostGraph200JSONResponse{Body: newGraph(r, &c, s.fresh(live))}, nil
}

// step reads the width of a bucket. Auto is the one that gives a range some
// hundred buckets: hours for two weeks, days for a good year, else months.
func (s *server) step(ctx context.Context, live *cost.Live, r cost.GraphRequest, name string) (cost.Bucket, error) {
	if name != string(CostGraphParamsStepAuto) {
		step, err := cost.ParseBucket(name)
		return step, wrong("step", err)
	}
	if r.From == 0 || r.Until == 0 { // the data says how far it reaches
		r.By, r.Step = nil, cost.Month
		c, err := live.Graph(ctx, r)
		if err != nil {
			return 0, err
		}
		r.From, r.Until = c.From, c.Until
	}
	switch length := time.Duration(r.Until-r.From) * time.Second; {
	case length <= 14*day:
		return cost.Hour, nil
	case length <= 400*day:
		return cost.Day, nil
	}
	return cost.Month, nil
}

func newGraph(r cost.GraphRequest, c *cost.Chart, fresh Freshness) CostGraph {
	unpriced := each(c.Summary.Unpriced, newUnpriced)
	return CostGraph{
		From: second(c.From), To: second(c.Until), Step: CostGraphStep(c.Step.String()), By: texts(r.By),
		Starts:   each(c.Starts, func(t *usage.Seconds) time.Time { return second(*t) }),
		Series:   each(c.Series, newSeries),
		Totals:   each(c.Totals, newTotal),
		Groups:   c.Groups,
		Notes:    texts(c.Summary.Notes()),
		Unpriced: &unpriced,
		Fresh:    fresh,
	}
}

func newSeries(of *cost.Series) CostSeries {
	series := CostSeries{
		Values: texts(of.Values), Other: of.Rest > 0,
		Currency: string(of.Sum.Currency),
		Amounts:  each(of.Amounts, func(a *money.Nano) string { return a.String() }),
		Total:    of.Sum.Amount.String(), Seconds: of.Sum.Seconds, UnpricedSeconds: of.Sum.UnpricedSeconds,
	}
	if of.Sum.UnpricedSeconds > 0 {
		series.Unpriced = &of.Unpriced
	}
	return series
}

func newTotal(t *cost.ChartTotal) Total {
	return Total{Currency: string(t.Currency), Amount: t.Amount.String(), Seconds: t.Seconds, UnpricedSeconds: t.UnpricedSeconds}
}

func newSum(t *cost.Sum) Sum {
	return Sum{
		Currency: string(t.Currency), Amount: t.Amount.String(), Seconds: t.Seconds, UnpricedSeconds: t.UnpricedSeconds,
		UncertainSeconds: t.UncertainSeconds, AssumedSeconds: t.AssumedSeconds, MarketplaceSeconds: t.MarketplaceSeconds,
	}
}

func newUnpriced(u *cost.Unpriced) Unpriced {
	return Unpriced{
		Type: u.Key.Type, Region: u.Key.Region, Operation: u.Key.Operation, Tenancy: u.Key.Tenancy,
		Purchase: u.Purchase, Reason: u.Reason, Seconds: u.Seconds, Resource: u.Resource,
	}
}

// fresh says how far the data reaches.
func (s *server) fresh(live *cost.Live) Freshness {
	f := Freshness{Now: s.Now().UTC()}
	newest := map[string]usage.Seconds{} // by account
	for _, sign := range live.Freshness() {
		newest[sign.Account] = max(newest[sign.Account], sign.Last)
	}
	for _, last := range newest {
		at := second(last)
		if f.Newest == nil || at.After(*f.Newest) {
			f.Newest = &at
		}
		if f.Stalest == nil || at.Before(*f.Stalest) {
			f.Stalest = &at
		}
	}
	return f
}

// CostRate gives the run-rate and the forecast of the month.
func (s *server) CostRate(ctx context.Context, request CostRateRequestObject) (CostRateResponseObject, error) {
	p := request.Params
	r, err := s.graphRequest(p.Q, nil, nil, p.By)
	if err != nil {
		return nil, err
	}
	live, now := s.Live(tenantOf(ctx)), s.Now()
	rates, err := live.RunRate(ctx, r.By, r.Filter, now.Unix())
	if err != nil {
		return nil, err
	}
	month, err := live.Forecast(ctx, r.Filter, now.Unix())
	if err != nil {
		return nil, err
	}
	return CostRate200JSONResponse{Body: CostRate{
		At: second(rates.At), By: texts(r.By),
		Groups: each(rates.Rows, newRate), Totals: each(rates.Totals, newRate),
		Forecast: each(month.Rows, func(f *cost.Forecast) Forecast {
			return Forecast{
				Currency: string(f.Currency), Month: second(month.From).Format("2006-01"),
				ToDate: f.MonthToDate.String(), RatePerHour: f.RunRate.String(), Projected: f.Projected.String(),
				Running: f.Running, Unpriced: f.Unpriced,
			}
		}),
	}}, nil
}

func newRate(r *cost.Running) RateGroup {
	return RateGroup{
		Values: texts(r.Values), Currency: string(r.Currency), RatePerHour: r.Rate.String(),
		Count: r.Count, Unpriced: r.Unpriced, Assumed: r.Assumed,
	}
}

// CostSteps gives a page of steps.
func (s *server) CostSteps(ctx context.Context, request CostStepsRequestObject) (CostStepsResponseObject, error) {
	p := request.Params
	node, span, err := s.steps(p.Q, p.From, p.To)
	if err != nil {
		return nil, err
	}
	r := cost.StepsRequest{Cursor: given(p.Cursor, "")}
	r.Filter, r.Resource, r.Limit = node, given(p.Resource, ""), given(p.Limit, cost.DefaultPage)
	r.From, r.Until = span.seconds()
	r.Order = map[CostStepsParamsOrder]cost.Order{
		CostStepsParamsOrderNewest: cost.Newest, CostStepsParamsOrderOldest: cost.Oldest, CostStepsParamsOrderLargest: cost.Largest,
	}[given(p.Order, CostStepsParamsOrderNewest)]
	page, err := s.Live(tenantOf(ctx)).Steps(ctx, r)
	if err != nil {
		return nil, err
	}
	return CostSteps200JSONResponse{Steps: each(page.Steps, newStep), Next: some(page.Next)}, nil
}

func (s *server) steps(q *Query, from *From, to *To) (query.Node, span, error) {
	node, err := filter(q, cost.StepSchema())
	if err != nil {
		return nil, span{}, err
	}
	within, err := readSpan(from, to, s.Now())
	return node, within, err
}

func newStep(of *cost.Step) Step {
	step := Step{
		Time: second(of.Time), Account: of.Account, Region: of.Region, Resource: of.Resource, Type: of.Type,
		Kind: StepKind(of.Kind), DeltaPerHour: of.Delta.String(), Currency: string(of.Currency),
		Unpriced: some(of.Unpriced), PriceVersion: some(of.PriceVersion),
		EventID: of.Cause.EventID, EventName: of.Cause.EventName, Principal: of.Principal(), Actor: of.Actor(),
		IP: of.Cause.IP, UserAgent: of.Cause.UserAgent, Evidence: texts(of.Evidence),
	}
	if of.NotAfter != of.Time {
		at := second(of.NotAfter)
		step.NotAfter = &at
	}
	return step
}

// newCause is nil where no source names a call.
func newCause(c *usage.Cause) *Cause {
	if c == nil || c.EventID == "" && c.EventName == "" && c.Principal == "" {
		return nil
	}
	return &Cause{
		EventID: c.EventID, EventName: c.EventName, Time: second(c.Time),
		Principal: c.Principal, Actor: c.Actor, ActorType: c.ActorType, Session: some(c.Session),
		AccessKey: some(c.AccessKey), IP: c.IP, UserAgent: c.UserAgent, InvokedBy: some(c.InvokedBy),
	}
}

// CostChanges lists what changed the graph, call by call.
func (s *server) CostChanges(ctx context.Context, request CostChangesRequestObject) (CostChangesResponseObject, error) {
	p := request.Params
	node, span, err := s.steps(p.Q, p.From, p.To)
	if err != nil {
		return nil, err
	}
	r := cost.ChangesRequest{Filter: node, Limit: given(p.Limit, cost.DefaultPage)}
	r.From, r.Until = span.seconds()
	found, err := s.Live(tenantOf(ctx)).Changes(ctx, r)
	if err != nil {
		return nil, err
	}
	return CostChanges200JSONResponse{Body: ChangeList{
		Changes: newChanges(found.Changes), More: found.Total > len(found.Changes),
	}}, nil
}

// newChanges is one change for each currency: money of two is never added. A
// call has one, since all it does is in one region; a price list may have more.
func newChanges(clusters []cost.Cluster) []Change {
	changes := []Change{}
	for i := range clusters {
		for _, delta := range clusters[i].Deltas {
			changes = append(changes, newChange(&clusters[i], delta))
		}
	}
	return changes
}

func newChange(c *cost.Cluster, delta cost.Delta) Change {
	lines := slices.DeleteFunc(slices.Clone(c.Lines), func(l cost.ClusterLine) bool { return l.Currency != delta.Currency })
	change := Change{
		Time: second(c.Time), Kind: kindOf(c.Kinds), Currency: string(delta.Currency), DeltaPerHour: delta.Rate.String(),
		Account: c.Account, Steps: c.Steps, Resources: c.Resources, Sample: []string{c.Resource},
		Lines: each(lines, newChangeLine), Cause: newCause(&c.Cause), PriceVersion: some(c.PriceVersion),
	}
	if len(lines) > 0 {
		change.Region = lines[0].Region
	}
	if c.Until != c.Time {
		at := second(c.Until)
		change.Until = &at
	}
	return change
}

func kindOf(kinds []cost.Kind) ChangeKind {
	if len(kinds) == 1 {
		return ChangeKind(kinds[0])
	}
	return ChangeKindMixed
}

func newChangeLine(l *cost.ClusterLine) ChangeLine {
	line := ChangeLine{
		Kind: ChangeLineKind(l.Kind), Count: l.Instances, Type: l.Type, Region: l.Region,
		DeltaPerHour: l.Sum.String(), Currency: string(l.Currency),
		Sku: some(l.SKU), PriceVersion: some(l.Version), Unpriced: some(l.Unpriced),
	}
	if l.Unpriced == "" {
		line.RatePerHour = some(l.Each.String())
	}
	return line
}
