package cost_test

import (
	"testing"

	"github.com/kopterio/kopter/cost"
	"github.com/kopterio/kopter/price"
	"github.com/kopterio/kopter/query"
	"github.com/kopterio/kopter/usage"
)

// TestInventoryFields asks every field of the schema about one instance, so
// that none is listed that cannot be asked for.
func TestInventoryFields(t *testing.T) {
	i := cost.Instance{
		Resource: "i-1", Account: "111111111111", Region: "us-east-1", Zone: "us-east-1a",
		Shape: usage.Shape{Type: "m5.large", Operation: "RunInstances", Tenancy: "Shared", Purchase: "on-demand"},
		State: "running", Since: 1704067200, Quote: price.Quote{Status: price.Priced, Rate: 96_000_000},
		Launcher: usage.Cause{Principal: "arn:aws:iam::111111111111:user/ann", Actor: "ann"},
		Tags:     usage.Tags{"team": "web"},
	}
	asked := map[string]string{
		"resource": "i-1", "account": "111111111111", "region": "us-east-1", "zone": "us-east-1a", "type": "m5.*",
		"operation": "RunInstances", "tenancy": "shared", "purchase": "on-demand", "state": "running", "since": "2024-01-01",
		"rate_per_hour": "<0.1", "principal": "*user/ann", "actor": "ann", "tag.": "",
	}
	for field := range cost.InventorySchema() {
		value, ok := asked[field]
		if !ok {
			t.Errorf("field %s is not tested", field)
		}
		if field == "tag." {
			continue
		}
		if text := field + ":" + value; !holds(t, text, &i) {
			t.Errorf("%s does not hold", text)
		}
	}
	for text, want := range map[string]bool{
		"tag.team:web": true, "tag.team:*": true, "tag.Team:web": false, "-tag.owner:*": true, "web": true, "team": true,
		"ann": true, "m5.large i-1": true, "rate_per_hour:>0.1": false, "since:>2024-01-02": false, "state:stopped": false,
	} {
		if got := holds(t, text, &i); got != want {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
	}
	if holds(t, "rate_per_hour:*", &cost.Instance{}) {
		t.Error("an instance without a price has a rate")
	}
}

func holds(t *testing.T, text string, i *cost.Instance) bool {
	t.Helper()
	node, err := query.Parse(text, cost.InventorySchema())
	if err != nil {
		t.Fatal(err)
	}
	return query.Match(node, i.Values())
}
