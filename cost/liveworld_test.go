package cost_test

import (
	"context"
	"fmt"
	"hash/fnv"
	"strings"

	"pgregory.net/rapid"

	"github.com/kopterio/kopter/account"
	"github.com/kopterio/kopter/cloudtrail"
	"github.com/kopterio/kopter/cost"
	"github.com/kopterio/kopter/usage"
	"github.com/kopterio/kopter/usage/usagetest"
)

const owner = "111122223333"

// fataler is a test of either kind.
type fataler interface{ Fatal(...any) }

// world is a store whose facts arrive call by call, with the fleet that
// follows it and the graph of that.
type world struct {
	store  usagetest.Memory
	fleet  *usage.Fleet
	live   *cost.Live
	prices sheets
	calls  int
}

func newWorld(p sheets) *world {
	w := &world{prices: p}
	w.fleet = usage.NewFleet(&w.store, account.Local)
	w.live = cost.NewLive(w.fleet, p)
	return w
}

// call is one call on instances.
type call struct {
	name, region, who string
	at                usage.Seconds
	kind              string // instance type, of a launch or a change
	team              string // tag of a launch; empty is none
	resources         []string
}

// record is the call as CloudTrail tells it, apart from who and when.
func (c *call) body() string {
	var items []string
	for _, id := range c.resources {
		switch c.name {
		case "RunInstances":
			tag := ""
			if c.team != "" {
				tag = fmt.Sprintf(`{"key":"team","value":%q}`, c.team)
			}
			items = append(items, fmt.Sprintf(`{"instanceId":%q,"instanceType":%q,"placement":{"availabilityZone":%q,"tenancy":"default"},"tagSet":{"items":[%s]}}`,
				id, c.kind, c.region+"a", tag))
		default:
			state := "running"
			if c.name == "StartInstances" {
				state = "stopped"
			}
			items = append(items, fmt.Sprintf(`{"instanceId":%q,"previousState":{"name":%q}}`, id, state))
		}
	}
	if c.name == "ModifyInstanceAttribute" {
		return fmt.Sprintf(`{"requestParameters":{"instanceId":%q,"instanceType":{"value":%q}}}`, c.resources[0], c.kind)
	}
	return fmt.Sprintf(`{"requestParameters":{},"responseElements":{"instancesSet":{"items":[%s]}}}`, strings.Join(items, ","))
}

// facts are what the call says.
func (c *call) facts(tb fataler, id string) (facts []usage.Fact) {
	body := []byte(c.body())
	h := fnv.New64()
	h.Write(body)
	rec := &cloudtrail.Record{
		Time: c.at * 1000, EventID: []byte(id), Account: []byte(owner), Region: []byte(c.region), Source: []byte("ec2.amazonaws.com"),
		Name: []byte(c.name), Principal: []byte("arn:aws:iam::111122223333:role/" + c.who), Actor: []byte(c.who), IP: []byte("192.0.2.7"),
		Raw: body, BodyHash: h.Sum64(),
	}
	if c.who == "" {
		rec.Principal = nil
	}
	if err := usage.FromRecord(rec, func(f usage.Fact) { facts = append(facts, f) }); err != nil {
		tb.Fatal(err)
	}
	return facts
}

// do lets calls arrive at once.
func (w *world) do(tb fataler, calls ...call) {
	var facts []usage.Fact
	var fresh []usage.Freshness
	var keys []usage.ResourceKey
	for _, c := range calls {
		w.calls++
		facts = append(facts, c.facts(tb, fmt.Sprintf("event-%04d", w.calls))...)
		fresh = append(fresh, usage.Freshness{Account: owner, Region: c.region, Last: c.at})
		for _, id := range c.resources {
			keys = append(keys, usage.ResourceKey{Account: owner, Resource: id})
		}
	}
	if err := w.store.Commit(context.Background(), account.Local, facts, fresh); err != nil {
		tb.Fatal(err)
	}
	if err := w.fleet.Update(context.Background(), keys); err != nil {
		tb.Fatal(err)
	}
}

// look lets a complete snapshot arrive that shows nothing.
func (w *world) look(tb fataler, region string, at usage.Seconds) {
	s := usage.Snapshot{ID: fmt.Sprint(region, at), Account: owner, Region: region, At: at, Complete: true}
	if err := w.store.AddSnapshots(context.Background(), account.Local, []usage.Snapshot{s}, nil); err != nil {
		tb.Fatal(err)
	}
	if err := w.fleet.UpdateSnapshots(context.Background()); err != nil {
		tb.Fatal(err)
	}
}

// timelines are those of all that is known, from scratch.
func (w *world) timelines(tb fataler) (all []usage.Timeline) {
	ctx := context.Background()
	fresh, err := w.store.Freshness(ctx, account.Local)
	if err != nil {
		tb.Fatal(err)
	}
	snaps, err := w.store.Snapshots(ctx, account.Local)
	if err != nil {
		tb.Fatal(err)
	}
	h := usage.NewHorizon(fresh, snaps, usage.NoLimit)
	for t, err := range usage.Timelines(w.store.Facts(ctx, account.Local), h) {
		if err != nil {
			tb.Fatal(err)
		}
		all = append(all, t)
	}
	return all
}

func (w *world) intervals(tb fataler) (all []usage.Interval) {
	for _, t := range w.timelines(tb) {
		all = append(all, t.Intervals...)
	}
	return all
}

// drawCalls draws what arrives at once.
func drawCalls(r *rapid.T) []call {
	calls := make([]call, rapid.IntRange(1, 4).Draw(r, "calls"))
	for k := range calls {
		c := &calls[k]
		c.name = rapid.SampledFrom([]string{"RunInstances", "RunInstances", "StopInstances", "StartInstances", "TerminateInstances", "ModifyInstanceAttribute"}).Draw(r, "call")
		n := rapid.IntRange(0, 4).Draw(r, "resource")
		c.resources = []string{fmt.Sprintf("i-%04d", n)}
		c.region = []string{"us-east-1", "cn-north-1"}[n%2]
		if c.name != "ModifyInstanceAttribute" && rapid.Bool().Draw(r, "two") {
			c.resources = append(c.resources, fmt.Sprintf("i-%04d", (n+2)%6))
		}
		c.who = rapid.SampledFrom([]string{"ann", "bob", ""}).Draw(r, "who")
		c.kind = rapid.SampledFrom([]string{"small", "large", "x"}).Draw(r, "type")
		c.team = rapid.SampledFrom([]string{"", "web", "ml"}).Draw(r, "team")
		c.at = dawn + rapid.SampledFrom([]int64{0, 59, 119, 1799, 3600, 7259, 20_000}).Draw(r, "at") + rapid.Int64Range(0, 3).Draw(r, "more")*3600
	}
	return calls
}

// arrive lets something arrive, or another price list.
func (w *world) arrive(r *rapid.T) {
	switch rapid.IntRange(0, 9).Draw(r, "arrives") {
	case 0:
		w.look(r, rapid.SampledFrom([]string{"us-east-1", "cn-north-1"}).Draw(r, "region"), dawn+rapid.Int64Range(0, 30_000).Draw(r, "looked"))
	case 1:
		w.prices = drawPrices(r)
		w.live.SetPrices(w.prices)
	default:
		w.do(r, drawCalls(r)...)
	}
}
