package usage

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/kopterio/kopter/account"
)

// Fleet holds the timelines of all resources of a tenant in memory and follows
// its store. What it shows equals Timelines over all facts of the store, as
// soon as it has been told what was added. It is safe for concurrent use:
// readers take a FleetView and are never waited for; changes follow one
// another.
type Fleet struct {
	store  Store
	tenant account.Tenant

	mu      sync.Mutex // held by who changes
	horizon Horizon
	pool    *pool
	places  map[place]int32 // where Life.place points to
	view    atomic.Pointer[FleetView]
}

// NewFleet gives a fleet that is empty until Load.
func NewFleet(store Store, t account.Tenant) *Fleet {
	f := &Fleet{store: store, tenant: t, horizon: NewHorizon(nil, nil, NoLimit), pool: newPool(), places: map[place]int32{}}
	f.view.Store(&FleetView{})
	return f
}

// View gives the fleet as it is.
func (f *Fleet) View() *FleetView { return f.view.Load() }

// Version is that of View.
func (f *Fleet) Version() uint64 { return f.View().version }

// Load reads everything from scratch. After an error the fleet is as before,
// here and below.
func (f *Fleet) Load(ctx context.Context) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	fresh, horizon, err := f.sources(ctx)
	if err != nil {
		return err
	}
	lives, err := f.read(ctx, horizon)
	if err != nil {
		return err
	}
	f.horizon = horizon
	version := f.View().version + 1
	f.publish(&FleetView{version: version, lives: lives, floor: version}, fresh)
	return nil
}

// Update reads the facts about some resources again, and how far the sources
// reach. Whoever has committed facts names their resources, in any order and
// as often as they like.
func (f *Fleet) Update(ctx context.Context, resources []ResourceKey) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	// The freshness first: facts that are newer than it do no harm.
	fresh, err := f.store.Freshness(ctx, f.tenant)
	if err != nil {
		return fmt.Errorf("update fleet: %w", err)
	}
	return f.update(ctx, resources, fresh, f.horizon)
}

// UpdateSnapshots reads the list of snapshots again: a complete one may end
// instances that nobody names. Whoever has added snapshots calls it; it takes
// time in proportion to all snapshots.
func (f *Fleet) UpdateSnapshots(ctx context.Context) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	fresh, horizon, err := f.sources(ctx)
	if err != nil {
		return err
	}
	var touched []ResourceKey
	for _, l := range f.View().lives {
		if l.unended && f.horizon.goneBy(l) != horizon.goneBy(l) {
			touched = append(touched, l.key())
		}
	}
	return f.update(ctx, touched, fresh, horizon)
}

// goneBy gives the first complete look that no longer shows a resource, zero for
// none.
func (h Horizon) goneBy(l *Life) Seconds {
	at, _ := h.lookAfter(place{l.Account, l.Region}, l.sign)
	return at
}

// sources reads how far the sources reach.
func (f *Fleet) sources(ctx context.Context) ([]Freshness, Horizon, error) {
	fresh, err := f.store.Freshness(ctx, f.tenant)
	if err != nil {
		return nil, Horizon{}, fmt.Errorf("read fleet: %w", err)
	}
	snaps, err := f.store.Snapshots(ctx, f.tenant)
	if err != nil {
		return nil, Horizon{}, fmt.Errorf("read fleet: %w", err)
	}
	return fresh, NewHorizon(fresh, snaps, NoLimit), nil
}

// read makes the lives of some resources, or of all, by account and resource.
func (f *Fleet) read(ctx context.Context, h Horizon, names ...string) ([]*Life, error) {
	var lives []*Life
	for t, err := range Timelines(f.store.Facts(ctx, f.tenant, names...), h) {
		if err != nil {
			return nil, fmt.Errorf("read fleet: %w", err)
		}
		l := f.pool.life(&t)
		l.place = f.place(place{l.Account, l.Region})
		lives = append(lives, l)
	}
	return lives, nil
}

// place numbers an account's region. Numbers are never given anew.
func (f *Fleet) place(at place) int32 {
	n, ok := f.places[at]
	if !ok {
		n = int32(len(f.places))
		f.places[at] = n
	}
	return n
}

// update publishes a view in which some resources are read again.
func (f *Fleet) update(ctx context.Context, resources []ResourceKey, fresh []Freshness, h Horizon) error {
	was := f.View()
	names := make([]string, len(resources))
	for k := range resources {
		names[k] = resources[k].Resource
	}
	var lives []*Life
	var err error
	if len(names) > 0 { // none would be all
		if lives, err = f.read(ctx, h, names...); err != nil {
			return err
		}
	}
	f.horizon = h
	next := &FleetView{version: was.version, lives: was.lives, log: was.log, floor: was.floor}
	changed := f.changed(was, lives, resources)
	if len(changed) > 0 {
		next.version++
		next.lives = replaced(was.lives, lives, changed)
		next.record(changed)
	} else if !slices.Equal(was.fresh, fresh) {
		next.version++
	}
	f.publish(next, fresh)
	return nil
}

// changed lists the resources that were read, and those that are there no
// more, in order.
func (f *Fleet) changed(was *FleetView, read []*Life, named []ResourceKey) []ResourceKey {
	var keys []ResourceKey
	for _, l := range read {
		keys = append(keys, l.key())
	}
	for _, k := range named {
		if _, isRead := find(read, k); !isRead && was.Life(k) != nil {
			keys = append(keys, k)
		}
	}
	slices.SortFunc(keys, ResourceKey.compare)
	return slices.Compact(keys)
}

// replaced gives the lives of before with those of the changed resources as
// they have been read; all are in order.
func replaced(before, read []*Life, changed []ResourceKey) []*Life {
	lives := make([]*Life, 0, len(before)+len(read))
	for _, k := range changed {
		at, found := find(before, k)
		lives = append(lives, before[:at]...)
		if before = before[at:]; found {
			before = before[1:]
		}
		if len(read) > 0 && read[0].key() == k {
			lives = append(lives, read[0])
			read = read[1:]
		}
	}
	return append(lives, before...)
}

// maxLog is how many changes a view remembers: 40 bytes each.
const maxLog = 1 << 15

// record writes the changed resources to the log, and drops its older half
// when it is full. Views share the log: it is only ever added to.
func (v *FleetView) record(changed []ResourceKey) {
	if len(v.log)+len(changed) > maxLog {
		half := len(v.log) / 2
		if len(changed) > maxLog/2 {
			half = len(v.log)
		}
		if half > 0 {
			v.floor = v.log[half-1].version
		}
		v.log = slices.Clone(v.log[half:])
	}
	for _, k := range changed {
		v.log = append(v.log, logged{v.version, k})
	}
}

// publish completes a view and shows it.
func (f *Fleet) publish(v *FleetView, fresh []Freshness) {
	for _, at := range fresh {
		f.horizon.reach(place{at.Account, at.Region}, at.Last)
		f.place(place{at.Account, at.Region})
	}
	v.fresh, v.last = fresh, make([]Seconds, len(f.places))
	for at, n := range f.places {
		v.last[n] = f.horizon.last[at]
	}
	f.view.Store(v)
}
