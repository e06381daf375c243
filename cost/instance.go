package cost

import (
	"cmp"
	"strings"
	"time"

	"github.com/kopterio/kopter/money"
	"github.com/kopterio/kopter/price"
	"github.com/kopterio/kopter/query"
	"github.com/kopterio/kopter/usage"
)

// Instance is a row of the inventory: one instance at one moment.
type Instance struct {
	Resource, Account, Region, Zone string
	Shape                           usage.Shape
	State                           string
	Since                           usage.Seconds
	Quote                           price.Quote // what it costs per hour while it runs
	Launcher                        usage.Cause
	Tags                            usage.Tags
}

// Priced says whether the instance runs at a known rate.
func (i *Instance) Priced() bool { return i.Quote.Status == price.Priced }

// Rate is what an hour of it costs now: nothing where that is not known.
func (i *Instance) Rate() money.Rate {
	if !i.Priced() {
		return 0
	}
	return i.Quote.Rate
}

// InstanceAt gives an instance as it was at a moment; false when it had not
// been launched or was gone.
func InstanceAt(t *usage.Timeline, at usage.Seconds, tariffs *Tariffs) (Instance, bool) {
	i := Instance{Resource: t.Resource, Account: t.Account, Region: t.Region, Zone: t.Zone, Launcher: t.Launcher.OrNone()}
	exists := i.be(t.At(at), at, tariffs)
	return i, exists
}

// be gives the instance a status; false when it does not exist in that.
func (i *Instance) be(s usage.Status, at usage.Seconds, tariffs *Tariffs) bool {
	if s.State == "terminated" || s.Since == 0 && s.State == "unknown" {
		return false
	}
	i.Shape, i.State, i.Since, i.Tags = s.Shape, s.State, s.Since, s.Tags
	i.Quote = price.Quote{}
	if s.State == running {
		i.Quote = tariffs.At(&usage.Interval{Account: i.Account, Region: i.Region, Zone: i.Zone, Resource: i.Resource, Shape: i.Shape}, at)
	}
	return true
}

// running is the State of what is charged.
const running = "running"

// CompareInstances orders the inventory: by account, region and id.
func CompareInstances(a, b Instance) int {
	return cmp.Or(strings.Compare(a.Account, b.Account), strings.Compare(a.Region, b.Region), strings.Compare(a.Resource, b.Resource))
}

// InventorySchema lists the fields that a query over the inventory may name.
func InventorySchema() query.Schema {
	return query.Schema{
		"resource": query.String, "account": query.String, "region": query.String, "zone": query.String,
		"type": query.String, "operation": query.String, "tenancy": query.String, "purchase": query.String,
		"state": query.String, "since": query.Time, "rate_per_hour": query.Number,
		"principal": query.String, "actor": query.String, tagPrefix: query.String,
	}
}

// Values lets a query of InventorySchema be asked of the instance.
func (i *Instance) Values() query.Values { return instanceValues{i} }

type instanceValues struct{ *Instance }

func (v instanceValues) Each(field string, fn func(string) bool) {
	if key, tag := strings.CutPrefix(field, tagPrefix); tag {
		fn(v.Tags[key])
		return
	}
	fn(v.value(field))
}

func (v instanceValues) value(field string) string {
	switch field {
	case "resource":
		return v.Resource
	case "account":
		return v.Account
	case "region":
		return v.Region
	case "zone":
		return v.Zone
	case "type":
		return v.Shape.Type
	case "operation":
		return v.Shape.Operation
	case "tenancy":
		return v.Shape.Tenancy
	case "purchase":
		return v.Shape.Purchase
	case "state":
		return v.State
	case "since":
		return time.Unix(v.Since, 0).UTC().Format(time.RFC3339)
	case "rate_per_hour":
		if v.Priced() {
			return v.Quote.Rate.String()
		}
	case "principal":
		return v.Launcher.Principal
	case "actor":
		return v.Launcher.Actor
	}
	return ""
}

func (v instanceValues) Text(fn func(string) bool) {
	for _, field := range []string{"resource", "account", "region", "type", "state", "principal", "actor"} {
		if !fn(v.value(field)) {
			return
		}
	}
	for key, value := range v.Tags {
		if !fn(key + "=" + value) {
			return
		}
	}
}

// CostPart is a stretch of an interval at one price.
type CostPart struct {
	From, Until usage.Seconds
	Quote       price.Quote
	Tally       // Amount, and the seconds by kind
}
