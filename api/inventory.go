package api

import (
	"context"

	"github.com/kopterio/kopter/cost"
	"github.com/kopterio/kopter/price"
	"github.com/kopterio/kopter/usage"
)

// ListInventory gives a page of the instances that existed at a moment.
func (s *server) ListInventory(ctx context.Context, request ListInventoryRequestObject) (ListInventoryResponseObject, error) {
	p := request.Params
	node, err := filter(p.Q, cost.InventorySchema())
	if err != nil {
		return nil, err
	}
	at, err := moment("at", p.At, s.Now())
	if err != nil {
		return nil, err
	}
	if at.IsZero() {
		at = s.Now()
	}
	page, err := s.Live(tenantOf(ctx)).Inventory(ctx, cost.InventoryRequest{
		At: at.Unix(), Filter: node, Sort: string(given(p.Sort, "")), Desc: given(p.Order, ListInventoryParamsOrderAsc) == ListInventoryParamsOrderDesc,
		Limit: given(p.Limit, cost.DefaultPage), Cursor: given(p.Cursor, ""),
	})
	if err != nil {
		return nil, err
	}
	return ListInventory200JSONResponse{Body: InventoryPage{
		At: second(at.Unix()), Instances: each(page.Instances, newInstance), Next: some(page.Next),
		Total: int64(page.Count), Rates: each(page.Rates, newRate),
	}}, nil
}

func newInstance(i *cost.Instance) Instance {
	of := Instance{
		Resource: i.Resource, Account: i.Account, Region: i.Region, Zone: i.Zone,
		Type: i.Shape.Type, Operation: i.Shape.Operation, Tenancy: i.Shape.Tenancy, Purchase: i.Shape.Purchase,
		State: InstanceState(i.State), Since: second(i.Since), Currency: some(string(i.Quote.Currency)),
		Principal: i.Launcher.Principal, Actor: i.Launcher.Actor, LaunchedBy: newCause(&i.Launcher), Tags: tags(i.Tags),
	}
	if i.Priced() {
		of.RatePerHour = some(i.Quote.Rate.String())
	} else {
		of.Unpriced = some(i.Quote.Reason)
	}
	return of
}

// tags are never null in JSON.
func tags(t usage.Tags) map[string]string {
	if t == nil {
		return map[string]string{}
	}
	return t
}

// GetResource tells the whole life of a resource.
func (s *server) GetResource(ctx context.Context, request GetResourceRequestObject) (GetResourceResponseObject, error) {
	d, err := s.Live(tenantOf(ctx)).Resource(ctx, given(request.Params.Account, ""), request.Resource)
	if err != nil {
		return nil, err
	}
	return GetResource200JSONResponse{Body: newResource(&d)}, nil
}

func newResource(d *cost.ResourceDetail) Resource {
	return Resource{
		Resource: d.Resource, Account: d.Account, Region: d.Region, Zone: d.Zone,
		State: ResourceState(d.Status.State), Since: second(d.Status.Since), Tags: tags(d.Status.Tags),
		LaunchedBy: newCause(d.Launcher), Also: texts(d.Also),
		Intervals: each(d.Intervals, newInterval), Totals: each(d.Totals, newSum),
	}
}

func newInterval(i *cost.IntervalCost) Interval {
	return Interval{
		Start: second(i.Start), End: second(i.End), NotAfter: second(i.NotAfter), Open: i.Open, Seconds: i.End - i.Start,
		Type: i.Shape.Type, Operation: i.Shape.Operation, OperationAssumed: i.Shape.OperationAssumed,
		Tenancy: i.Shape.Tenancy, Purchase: i.Shape.Purchase, Tags: tags(i.Tags),
		OpenedBy: newCause(i.Opened), ClosedBy: newCause(i.Closed), Evidence: texts(i.Evidence),
		Prices: each(i.Parts, newIntervalPrice),
	}
}

func newIntervalPrice(p *cost.CostPart) IntervalPrice {
	of := IntervalPrice{
		From: second(p.From), To: second(p.Until), Currency: string(p.Quote.Currency),
		Sku: some(p.Quote.SKU), PriceVersion: some(p.Quote.Version),
	}
	if p.Quote.Status == price.Priced {
		of.RatePerHour, of.Amount = some(p.Quote.Rate.String()), some(p.Amount.String())
	} else {
		of.Unpriced = some(p.Quote.Reason)
	}
	return of
}
