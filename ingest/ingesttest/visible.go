package ingesttest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/kopterio/kopter/account"
	"github.com/kopterio/kopter/audit"
	"github.com/kopterio/kopter/ingest"
	"github.com/kopterio/kopter/usage"
)

// Visible is all that ingesting leaves to be seen, apart from what depends on
// the order in which files were committed: which of two bodies became the row,
// and which of two files brought an event first.
type Visible struct {
	Events     map[string]int // rows by account and event id: 1 each
	Bodies     []string       // raw records of rows and conflicts, sorted
	Facts      []usage.Fact
	Freshness  []usage.Freshness
	Quarantine []ingest.Quarantine
	Files      []ingest.Ingested // without At, Added, Duplicates and Conflicts
	Added      int64             // the sum over files
}

// See reads what is visible of a tenant.
func See(ctx context.Context, b Backend, lake *audit.Lake, t account.Tenant) (Visible, error) {
	v := Visible{Events: map[string]int{}}
	for e, err := range lake.Each(ctx, t, audit.Request{Raw: true}) {
		if err != nil {
			return v, err
		}
		v.Events[e.Account+"/"+e.EventID]++
		v.Bodies = append(v.Bodies, string(e.Raw))
	}
	conflicts, err := b.Conflicts(ctx, t)
	for _, c := range conflicts {
		v.Bodies = append(v.Bodies, string(c.Raw))
	}
	slices.Sort(v.Bodies)
	errs := []error{err}
	v.Freshness, err = b.Freshness(ctx, t)
	errs = append(errs, err)
	v.Facts, err = gather(b.Facts(ctx, t))
	errs = append(errs, err)
	v.Quarantine, err = gather(b.Quarantined(ctx, t))
	errs = append(errs, err)
	v.Files, err = gather(b.Ingested(ctx, t))
	for i := range v.Files {
		f := &v.Files[i]
		v.Added += f.Added
		*f = ingest.Ingested{Object: f.Object, Bytes: f.Bytes, Events: f.Events, Quarantined: f.Quarantined}
	}
	return v, errors.Join(append(errs, err)...)
}

// Once says whether every event has one row, and was counted once.
func (v Visible) Once() error {
	for id, n := range v.Events {
		if n != 1 {
			return fmt.Errorf("event %s has %d rows", id, n)
		}
	}
	if v.Added != int64(len(v.Events)) {
		return fmt.Errorf("files say that they added %d events; %d are there", v.Added, len(v.Events))
	}
	return nil
}

func gather[T any](seq iter.Seq2[T, error]) ([]T, error) {
	var list []T
	for v, err := range seq {
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return list, nil
}
