package usage

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
)

// InventoryOptions say what a recording of DescribeInstances does not.
type InventoryOptions struct {
	// At is when the instances were looked at. It must be positive.
	At Seconds
	// Account and Region stand for those that an instance does not name.
	Account, Region string
	// Complete says that what the recording does not show did not exist: in
	// Account and Region if both are given, also when it shows nothing; else
	// in every account and region that it shows.
	Complete bool
}

// Inventory is what a recording says.
type Inventory struct {
	Snapshots []Snapshot // by account and region
	Facts     []Fact     // by account, resource and key
	Problems  []Problem  // by offset
	Instances int        // seen in the recording: read or refused
}

// Problem is something in a recording that could not be read.
type Problem struct {
	Name   string // as given to ReadInventory
	Offset int64  // in the inflated recording, in bytes
	Reason string
}

// ErrNoInventory is a file that is not the output of DescribeInstances.
var ErrNoInventory = errors.New("no Reservations: not the output of DescribeInstances")

// What is read of one recording, inflated. An instance takes some five
// thousand bytes, a reservation seldom holds more than a thousand.
const (
	MaxInventoryBytes   = 8 << 30
	MaxReservationBytes = 64 << 20 // or of any other member
)

// ReadInventory reads the output of `aws ec2 describe-instances`, plain or
// gzip: {"Reservations": […]}, several of them one after the other or in an
// array, for any number of pages, regions and accounts, or an HTTP recording
// that holds it in "data".
//
// An instance that cannot be read is a problem and the rest goes on. Where
// there is any problem, or where the last page has a NextToken, no snapshot
// is complete: nothing is taken for gone because it could not be read. An
// error is about reading itself, or ErrNoInventory.
func ReadInventory(name string, r io.Reader, opt InventoryOptions) (Inventory, error) {
	if opt.At <= 0 {
		return Inventory{}, fmt.Errorf("inventory %s: no time given", name)
	}
	inv := &inventoryReader{name: name, opt: opt, found: map[place][]observed{}}
	if err := inv.read(r); err != nil {
		return Inventory{}, fmt.Errorf("inventory %s: %w", name, err)
	}
	return inv.result(), nil
}

// observed is one instance as a snapshot shows it.
type observed struct {
	resource string
	data     []byte
}

func (o observed) compare(p observed) int {
	return cmp.Or(cmp.Compare(o.resource, p.resource), slices.Compare(o.data, p.data))
}

// result turns what was found into one snapshot per account and region.
func (inv *inventoryReader) result() Inventory {
	complete := inv.opt.Complete && len(inv.problems) == 0
	if inv.opt.Complete && inv.truncated {
		complete = false
		inv.problem(inv.end, "the last page has a NextToken: there are more instances, so none is taken for gone")
	}
	only := place{inv.opt.Account, inv.opt.Region}
	whole := only.account != "" && only.region != ""
	if complete && whole && inv.found[only] == nil {
		inv.found[only] = []observed{}
	}
	out := Inventory{Problems: inv.problems, Instances: inv.instances}
	for _, at := range slices.SortedFunc(maps.Keys(inv.found), place.compare) {
		seen := inv.found[at]
		slices.SortFunc(seen, observed.compare)
		seen = slices.CompactFunc(seen, func(a, b observed) bool { return a.compare(b) == 0 })
		s := Snapshot{
			ID: snapshotID(at, inv.opt.At, seen), Account: at.account, Region: at.region,
			At: inv.opt.At, Complete: complete && (!whole || at == only),
		}
		out.Snapshots = append(out.Snapshots, s)
		out.Facts = append(out.Facts, snapshotFacts(&s, seen)...)
	}
	slices.SortFunc(out.Facts, func(a, b Fact) int {
		return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Resource, b.Resource), cmp.Compare(a.Key, b.Key))
	})
	return out
}

func (p place) compare(q place) int {
	return cmp.Or(cmp.Compare(p.account, q.account), cmp.Compare(p.region, q.region))
}

// snapshotID is a hash of what was seen, where and when: the same look read
// twice, in whatever order, is one snapshot.
func snapshotID(at place, when Seconds, seen []observed) string {
	h := sha256.New()
	var w writer
	w.text(at.account)
	w.text(at.region)
	w.number(when)
	for _, o := range seen {
		w.text(o.resource)
		w.text(string(o.data))
		h.Write(w)
		w = w[:0]
	}
	h.Write(w)
	return "sha256:" + hex.EncodeToString(h.Sum(nil)[:16])
}

// snapshotFacts are what a snapshot states. An instance that pages show
// twice, and differently, is stated twice.
func snapshotFacts(s *Snapshot, seen []observed) []Fact {
	facts := make([]Fact, len(seen))
	for i, o := range seen {
		key := s.ID
		for n := 1; i >= n && seen[i-n].resource == o.resource; n++ {
			key = s.ID + "/" + strconv.Itoa(n)
		}
		facts[i] = Fact{Account: s.Account, Resource: o.resource, Key: key, Data: o.data}
	}
	return facts
}
