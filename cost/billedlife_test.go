package cost_test

import (
	"cmp"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kopterio/kopter/cloudtrail"
	"github.com/kopterio/kopter/cost"
	"github.com/kopterio/kopter/usage"
)

// seconds is how long the instance ran in the hour: the whole number that the
// rounded amount stands for.
func (h *billedHour) seconds(t *testing.T) int64 {
	t.Helper()
	exact := new(big.Rat).Mul(h.amount, big.NewRat(3600, 1))
	n := new(big.Rat).Add(exact, big.NewRat(1, 2))
	whole := new(big.Int).Quo(n.Num(), n.Denom()).Int64()
	if off := exact.Sub(exact, big.NewRat(whole, 1)); off.Abs(off).Cmp(big.NewRat(18, 10_000)) > 0 {
		t.Errorf("%s hours are %s seconds off a whole number", h.amount.FloatString(6), off.FloatString(4))
	}
	return whole
}

// life is an unbroken stretch in which an instance ran: from ≤ t < until.
type life struct{ from, until usage.Seconds }

// lives joins the instance's hours. A stretch ends its first hour and begins
// its last; one within a single hour is put at the hour's beginning.
func (i *billed) lives(t *testing.T) (list []life) {
	t.Helper()
	for _, hour := range slices.Sorted(maps.Keys(i.hours)) {
		s := i.hours[hour].seconds(t)
		if n := len(list); n > 0 && list[n-1].until == hour {
			list[n-1].until = hour + s
			continue
		}
		next := life{hour, hour + s}
		if _, goesOn := i.hours[hour+3600]; goesOn {
			next = life{hour + 3600 - s, hour + 3600}
		}
		list = append(list, next)
	}
	return list
}

var billEnd = at("2018-12-01 00:00:00")

// intervals states the lives as CloudTrail and DescribeInstances would have,
// and takes the way of all logs from there.
func (b *bill) intervals(t *testing.T) (out []usage.Interval) {
	t.Helper()
	fresh := map[usage.Freshness]bool{}
	var facts []usage.Fact
	for _, i := range b.instances {
		fresh[usage.Freshness{Account: i.account, Region: i.region, Last: billEnd}] = true
		facts = append(facts, i.facts(t)...)
	}
	slices.SortFunc(facts, func(a, b usage.Fact) int {
		return cmp.Or(strings.Compare(a.Account, b.Account), strings.Compare(a.Resource, b.Resource), strings.Compare(a.Key, b.Key))
	})
	each := func(yield func(usage.Fact, error) bool) {
		for _, f := range facts {
			if !yield(f, nil) {
				return
			}
		}
	}
	for line, err := range usage.Timelines(each, usage.NewHorizon(slices.Collect(maps.Keys(fresh)), nil, billEnd)) {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, line.Intervals...)
	}
	return out
}

func (i *billed) facts(t *testing.T) (facts []usage.Fact) {
	t.Helper()
	add := func(f usage.Fact) { facts = append(facts, f) }
	lives := i.lives(t)
	for n, l := range lives {
		switch {
		case n > 0:
			i.event(t, "StartInstances", l.from, n, add)
		case i.creator != "":
			i.event(t, "RunInstances", l.from, n, add)
		}
		switch {
		case n < len(lives)-1:
			i.event(t, "StopInstances", l.until, n, add)
		case l.until < billEnd:
			i.event(t, "TerminateInstances", l.until, n, add)
		}
	}
	return append(facts, i.recording(t, lives[0].from)...)
}

// event is a call about the instance by its creator.
func (i *billed) event(t *testing.T, name string, when usage.Seconds, n int, emit func(usage.Fact)) {
	t.Helper()
	state := map[string]string{"RunInstances": "pending", "StartInstances": "pending", "StopInstances": "stopping", "TerminateInstances": "shutting-down"}[name]
	item := fmt.Sprintf(`"instanceId":%q,"currentState":{"name":%q},"previousState":{"name":%q}`, i.id, state, map[string]string{"pending": "stopped"}[state])
	if state != "pending" {
		item = strings.Replace(item, `"previousState":{"name":""}`, `"previousState":{"name":"running"}`, 1)
	}
	if name == "RunInstances" {
		item = fmt.Sprintf(`"instanceId":%q,"instanceType":%q,"launchTime":%d,"instanceState":{"name":"pending"},"placement":{"availabilityZone":%q,"tenancy":"default"}`,
			i.id, i.kind, when*1000, i.zone)
	}
	raw := fmt.Sprintf(`{"eventVersion":"1.05","eventTime":%q,"eventSource":"ec2.amazonaws.com","eventName":%q,"eventID":"%s-%s-%d",`+
		`"awsRegion":%q,"recipientAccountId":%q,"userIdentity":%s,"responseElements":{"instancesSet":{"items":[{%s}]}}}`,
		time.Unix(when, 0).UTC().Format(time.RFC3339), name, i.id, name, n, i.region, i.account, i.identity(), item)
	var rec cloudtrail.Record
	if err := cloudtrail.ScanRecord([]byte(raw), &rec); err != nil {
		t.Fatalf("%s: %v", raw, err)
	}
	if err := usage.FromRecord(&rec, emit); err != nil {
		t.Fatalf("%s: %v", raw, err)
	}
}

// identity is the userIdentity that the bill's createdBy was made of:
// "AssumedRole:ID:session" or "IAMUser:ID:name". The bill does not tell a
// role's name, so its id stands for it.
func (i *billed) identity() string {
	kind, rest, _ := strings.Cut(i.creator, ":")
	id, name, _ := strings.Cut(rest, ":")
	if kind == "IAMUser" {
		return fmt.Sprintf(`{"type":"IAMUser","principalId":%q,"arn":%q,"accountId":%q,"userName":%q}`, id, i.principal(), i.account, name)
	}
	return fmt.Sprintf(`{"type":"AssumedRole","principalId":"%s:%s","arn":"arn:aws:sts::%s:assumed-role/%s/%s","accountId":%q,`+
		`"sessionContext":{"sessionIssuer":{"type":"Role","principalId":%q,"arn":%q,"accountId":%q}}}`,
		id, name, i.account, id, name, i.account, id, i.principal(), i.account)
}

// principal is the ARN that stands for the bill's createdBy.
func (i *billed) principal() string {
	kind, rest, _ := strings.Cut(i.creator, ":")
	id, name, _ := strings.Cut(rest, ":")
	switch kind {
	case "IAMUser":
		return fmt.Sprintf("arn:aws:iam::%s:user/%s/%s", i.account, id, name)
	case "AssumedRole":
		return fmt.Sprintf("arn:aws:iam::%s:role/%s", i.account, id)
	}
	return cost.Unattributed
}

// recording is what DescribeInstances would have shown when the instance began
// to run: only it tells the platform.
func (i *billed) recording(t *testing.T, when usage.Seconds) []usage.Fact {
	t.Helper()
	text := fmt.Sprintf(`{"Reservations":[{"OwnerId":%q,"Instances":[{"InstanceId":%q,"InstanceType":%q,"LaunchTime":%q,`+
		`"Placement":{"AvailabilityZone":%q,"Tenancy":"default"},"State":{"Name":"running"},"UsageOperation":%q}]}]}`,
		i.account, i.id, i.kind, time.Unix(when, 0).UTC().Format(time.RFC3339), i.zone, i.operation)
	inv, err := usage.ReadInventory(i.id, strings.NewReader(text), usage.InventoryOptions{At: when, Account: i.account, Region: i.region})
	if err != nil || len(inv.Problems) > 0 {
		t.Fatalf("%s: %v %v", text, err, inv.Problems)
	}
	return inv.Facts
}
