package app

import (
	"context"
	"fmt"
	"os"
	"slices"
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
type Instance = cost.Instance

// Inventory lists the instances that existed at a moment and match a query,
// by account, region and id. A zero time means now: what ran when it was last
// heard of is taken to run still.
func (a *App) Inventory(ctx context.Context, at time.Time, text string) ([]Instance, error) {
	filter, err := parseQuery(text, cost.InventorySchema())
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
		if i, exists := cost.InstanceAt(&t, at.Unix(), tariffs); exists && query.Match(filter, i.Values()) {
			found = append(found, i)
		}
	})
	slices.SortStableFunc(found, cost.CompareInstances)
	return found, err
}
