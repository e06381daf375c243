package cost

import (
	"slices"
	"strings"

	"github.com/kopterio/kopter/money"
	"github.com/kopterio/kopter/usage"
)

// tab keeps a Summary that intervals can be taken out of again.
type tab struct {
	intervals    int
	unattributed int64
	totals       map[money.Currency]*Tally
	gaps         map[gapKey]*gapTab

	lastGap *Unpriced // whose gapTab is last: neighbours often share it
	last    *gapTab
}

// gapTab is one reason for unpriced seconds, with its stretches by resource.
type gapTab struct {
	Unpriced
	resources map[string]int
}

func newTab() *tab {
	return &tab{totals: map[money.Currency]*Tally{}, gaps: map[gapKey]*gapTab{}}
}

// count adds an interval as it has been cut, n times; n is -1 to take it back.
func (t *tab) count(i *usage.Interval, cut []stretch, n int64) {
	if len(cut) == 0 {
		return
	}
	t.intervals += int(n)
	nobody := principal(i.Launcher) == ""
	for k := range cut {
		p := &cut[k]
		seconds := n * (p.until - p.from)
		t.total(p.window.quote.Currency).count(&p.piece, seconds, money.Nano(n)*(p.charge(p.until)-p.charge(p.from)))
		if p.marks&unpriced != 0 {
			t.gap(p.window.gap).count(i.Resource, seconds, int(n))
		}
		if nobody && p.marks&ran != 0 {
			t.unattributed += seconds
		}
	}
}

func (t *tab) total(c money.Currency) *Tally {
	sum, ok := t.totals[c]
	if !ok {
		sum = &Tally{}
		t.totals[c] = sum
	}
	return sum
}

func (t *tab) gap(u *Unpriced) *gapTab {
	if t.lastGap == u {
		return t.last
	}
	id := gapKey{u.Key, u.Purchase, u.Status, u.Reason}
	g, ok := t.gaps[id]
	if !ok {
		g = &gapTab{Unpriced{Key: u.Key, Purchase: u.Purchase, Status: u.Status, Reason: u.Reason}, map[string]int{}}
		t.gaps[id] = g
	}
	t.lastGap, t.last = u, g
	return g
}

// count adds stretches; a resource that has none left is no longer named.
func (g *gapTab) count(resource string, seconds int64, stretches int) {
	g.Seconds += seconds
	g.Stretches += stretches
	left := g.resources[resource] + stretches
	if left != 0 {
		g.resources[resource] = left
		if g.Resource == "" || resource < g.Resource {
			g.Resource = resource
		}
		return
	}
	delete(g.resources, resource)
	if g.Resource == resource {
		g.Resource = ""
		for name := range g.resources {
			if g.Resource == "" || name < g.Resource {
				g.Resource = name
			}
		}
	}
}

// add takes in what another tab has counted.
func (t *tab) add(other *tab) {
	t.intervals += other.intervals
	t.unattributed += other.unattributed
	for c, sum := range other.totals {
		t.total(c).plus(sum, 1)
	}
	for id, g := range other.gaps {
		mine, ok := t.gaps[id]
		if !ok {
			t.gaps[id] = g
			continue
		}
		mine.Seconds += g.Seconds
		mine.Stretches += g.Stretches
		for name, n := range g.resources {
			mine.resources[name] += n
		}
		mine.Resource = min(mine.Resource, g.Resource)
	}
}

// summary gives what is counted.
func (t *tab) summary() Summary {
	s := Summary{Intervals: t.intervals, UnattributedSeconds: t.unattributed, Totals: []Sum{}, Unpriced: []Unpriced{}}
	for c, sum := range t.totals {
		if *sum != (Tally{}) {
			s.Totals = append(s.Totals, Sum{c, *sum})
		}
	}
	slices.SortFunc(s.Totals, func(a, b Sum) int { return strings.Compare(string(a.Currency), string(b.Currency)) })
	for _, g := range t.gaps {
		if g.Stretches != 0 {
			s.Unpriced = append(s.Unpriced, g.Unpriced)
		}
	}
	slices.SortFunc(s.Unpriced, compareUnpriced)
	return s
}
