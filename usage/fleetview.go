package usage

import (
	"cmp"
	"slices"
	"strings"
)

// ResourceKey names a resource of a tenant.
type ResourceKey struct{ Account, Resource string }

func (k ResourceKey) compare(m ResourceKey) int {
	return cmp.Or(strings.Compare(k.Account, m.Account), strings.Compare(k.Resource, m.Resource))
}

// FleetView is a Fleet at one moment. It never changes, and is safe for
// concurrent use. The zero value is empty.
type FleetView struct {
	version uint64
	lives   []*Life // by account and resource
	last    []Seconds
	fresh   []Freshness
	log     []logged
	floor   uint64 // the log tells of all changes after this version
}

// logged is a resource whose life a version has replaced.
type logged struct {
	version uint64
	key     ResourceKey
}

// Version is greater than that of all views before that show something else.
func (v *FleetView) Version() uint64 { return v.version }

// Lives lists all resources by account and name. The caller does not change
// the list.
func (v *FleetView) Lives() []*Life { return v.lives }

// Freshness lists the newest sign of life by account and region. The caller
// does not change the list.
func (v *FleetView) Freshness() []Freshness { return v.fresh }

// Life finds a resource; nil when no source names it.
func (v *FleetView) Life(k ResourceKey) *Life {
	if i, ok := find(v.lives, k); ok {
		return v.lives[i]
	}
	return nil
}

func find(lives []*Life, k ResourceKey) (int, bool) {
	return slices.BinarySearchFunc(lives, k, func(l *Life, k ResourceKey) int { return l.key().compare(k) })
}

func (l *Life) key() ResourceKey { return ResourceKey{l.Account, l.Resource} }

// Horizon is how far the sources reach that tell of a resource: the newest
// sign of life in its account and region, zero when there is none.
func (v *FleetView) Horizon(l *Life) Seconds { return v.last[l.place] }

// Intervals appends the intervals of a life that this view shows: those that
// TimelineOf gives. They share what they point to.
func (v *FleetView) Intervals(l *Life, to []Interval) []Interval {
	from := len(to)
	to = v.Outline(l, to)
	var last *act
	var cause *Cause
	unpack := func(a *act) *Cause {
		if a != last {
			last, cause = a, a.cause()
		}
		return cause
	}
	for k := range l.stints {
		to[from+k].Opened = unpack(l.stints[k].opened)
		to[from+k].Closed = unpack(l.stints[k].closed)
	}
	return to
}

// Outline is Intervals without what opened and closed them, which costs no
// memory. So is what the methods below unpack.
func (v *FleetView) Outline(l *Life, to []Interval) []Interval {
	from := len(to)
	to = slices.Grow(to, len(l.stints))[:from+len(l.stints)]
	for k := range l.stints {
		l.interval(k, v.Horizon(l), &to[from+k])
	}
	return to
}

// OpenInterval unpacks into i the interval of a life that has no end; false
// when there is none.
func (v *FleetView) OpenInterval(l *Life, i *Interval) bool {
	if !l.Open() {
		return false
	}
	l.interval(len(l.stints)-1, v.Horizon(l), i)
	return true
}

// RunningAt unpacks into i the interval of a life that runs at a moment, as
// far as is known; false when there is none.
func (v *FleetView) RunningAt(l *Life, at Seconds, i *Interval) bool {
	k := l.startsBefore(at + 1)
	if k == 0 || !l.stints[k-1].open && at >= l.stints[k-1].end {
		return false
	}
	l.interval(k-1, v.Horizon(l), i)
	return true
}

// LastBefore unpacks into i the last interval of a life that starts before a
// moment, and FirstUntil the first that ends, if it does, at a moment or
// later; false when there is none.
func (v *FleetView) LastBefore(l *Life, at Seconds, i *Interval) bool {
	k := l.startsBefore(at)
	if k == 0 {
		return false
	}
	l.interval(k-1, v.Horizon(l), i)
	return true
}

// FirstUntil is described at LastBefore.
func (v *FleetView) FirstUntil(l *Life, at Seconds, i *Interval) bool {
	k, _ := slices.BinarySearchFunc(l.stints, at, func(s stint, at Seconds) int {
		if s.end < at && !s.open {
			return -1
		}
		return 1
	})
	if k == len(l.stints) {
		return false
	}
	l.interval(k, v.Horizon(l), i)
	return true
}

// startsBefore is how many intervals start before a moment.
func (l *Life) startsBefore(at Seconds) int {
	k, _ := slices.BinarySearchFunc(l.stints, at, func(s stint, at Seconds) int {
		if s.start < at {
			return -1
		}
		return 1
	})
	return k
}

// ChangedSince lists, once each, the resources that this view shows otherwise
// than the view of an earlier version; false means that it may be all. An open
// interval whose end has moved with the horizon does not count: Freshness
// tells of those.
func (v *FleetView) ChangedSince(version uint64) ([]ResourceKey, bool) {
	if !v.Remembers(version) {
		return nil, false
	}
	from, _ := slices.BinarySearchFunc(v.log, version+1, func(l logged, n uint64) int { return cmp.Compare(l.version, n) })
	keys := make([]ResourceKey, 0, len(v.log)-from)
	for _, l := range v.log[from:] {
		keys = append(keys, l.key)
	}
	slices.SortFunc(keys, ResourceKey.compare)
	return slices.Compact(keys), true
}

// Remembers says whether ChangedSince a version is known.
func (v *FleetView) Remembers(version uint64) bool { return version >= v.floor }
