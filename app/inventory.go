package app

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/kopterio/kopter/cost"
	"github.com/kopterio/kopter/price"
	"github.com/kopterio/kopter/query"
	"github.com/kopterio/kopter/usage"
)

// InventoryFiles are recordings of DescribeInstances and what they do not say
// themselves.
type InventoryFiles struct {
	Paths           []string  // files and folders
	At              time.Time // not in the future; zero: when each file was last written
	Account, Region string    // for instances that do not name theirs
	Complete        bool      // what a recording does not show did not exist
}

// RecordedInventory is what one recording says.
type RecordedInventory = usage.Inventory

// ImportInventory adds what recordings say and tells of each file. Importing
// one again changes nothing. A file that cannot be imported does not keep the
// others out; the error names each such file.
func (a *App) ImportInventory(ctx context.Context, opt InventoryFiles, tell func(path string, i RecordedInventory)) error {
	if !opt.At.IsZero() && (opt.At.Unix() <= 0 || opt.At.After(a.now())) {
		return &InputError{fmt.Errorf("nobody looked at instances at %s: want a time after 1970 and before now", opt.At.Format(time.RFC3339))}
	}
	files, err := filesBelow(opt.Paths)
	if err != nil {
		return err
	}
	return eachFile(ctx, files, func(path string) error {
		inventory, err := readInventory(path, opt)
		if err != nil {
			return err
		}
		if err := a.store.AddSnapshots(ctx, a.tenant, inventory.Snapshots, inventory.Facts); err != nil {
			return fmt.Errorf("inventory %s: %w", path, err)
		}
		tell(path, inventory)
		return nil
	})
}

func readInventory(path string, opt InventoryFiles) (usage.Inventory, error) {
	f, err := os.Open(path)
	if err != nil {
		return usage.Inventory{}, err
	}
	defer f.Close()
	at := opt.At
	if at.IsZero() {
		info, err := f.Stat()
		if err != nil {
			return usage.Inventory{}, err
		}
		at = info.ModTime()
	}
	return usage.ReadInventory(path, f, usage.InventoryOptions{
		At: at.Unix(), Account: opt.Account, Region: opt.Region, Complete: opt.Complete,
	})
}

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

// Inventory lists the instances that existed at a moment and match a query,
// by account, region and id. A zero time means now: what ran when it was last
// heard of is taken to run still.
func (a *App) Inventory(ctx context.Context, at time.Time, text string) ([]Instance, error) {
	filter, err := parseQuery(text, InventorySchema())
	if err != nil {
		return nil, err
	}
	if at.IsZero() {
		at = a.now()
	}
	book, err := price.Load(ctx, a.store, a.tenant)
	if err != nil {
		return nil, err
	}
	tariffs := cost.NewTariffs(book)
	var found []Instance
	err = a.timelines(ctx, 0, func(t usage.Timeline) {
		if i, exists := instanceAt(&t, at, tariffs); exists && query.Match(filter, instanceValues{&i}) {
			found = append(found, i)
		}
	})
	slices.SortStableFunc(found, func(x, y Instance) int {
		return cmp.Or(strings.Compare(x.Account, y.Account), strings.Compare(x.Region, y.Region), strings.Compare(x.Resource, y.Resource))
	})
	return found, err
}

// instanceAt gives an instance as it was at a moment; false when it had not
// been launched or was gone.
func instanceAt(t *usage.Timeline, at time.Time, tariffs *cost.Tariffs) (Instance, bool) {
	second := at.Unix()
	status := t.At(second)
	if status.State == "terminated" || status.Since == 0 && status.State == "unknown" {
		return Instance{}, false
	}
	i := Instance{
		Resource: t.Resource, Account: t.Account, Region: t.Region, Zone: t.Zone,
		Shape: status.Shape, State: status.State, Since: status.Since,
		Launcher: t.Launcher.OrNone(), Tags: status.Tags,
	}
	if status.State == "running" {
		i.Quote = tariffs.At(&usage.Interval{Account: i.Account, Region: i.Region, Zone: i.Zone, Resource: i.Resource, Shape: i.Shape}, second)
	}
	return i, true
}

// InventorySchema lists the fields that a query over the inventory may name.
func InventorySchema() query.Schema {
	return query.Schema{
		"resource": query.String, "account": query.String, "region": query.String, "zone": query.String,
		"type": query.String, "operation": query.String, "tenancy": query.String, "purchase": query.String,
		"state": query.String, "since": query.Time, "rate_per_hour": query.Number,
		"principal": query.String, "actor": query.String, "tag.": query.String,
	}
}

// instanceValues lets a query be asked of an Instance.
type instanceValues struct{ *Instance }

func (v instanceValues) Each(field string, fn func(string) bool) {
	if key, tag := strings.CutPrefix(field, "tag."); tag {
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
