package cost

import (
	"hash/maphash"
	"slices"
	"strings"

	"github.com/kopterio/kopter/money"
	"github.com/kopterio/kopter/usage"
)

// groups numbers the combinations of values that intervals are grouped by, and
// within them the currencies: a series is what one graph's line shows.
type groups struct {
	readers []func(*usage.Interval) string
	// The values form a trie: a group is a path from the root, node 0, and a
	// node's number is greater than its parent's.
	nodes  []node
	series []series
	// table finds nodes by their edges: an edge's hash is where its node's
	// number stands, or the first free place after it. At least half of the
	// places are free, which is 0. It is quicker than a map for values that
	// are one text, since equal texts are equal at a glance.
	table []uint32
	seed  maphash.Seed

	last     []string // the values that were numbered last
	lastNode uint32
}

// node is one value of the trie.
type node struct {
	edge   edge   // that leads to it
	series uint32 // the newest of its series, counted from 1; 0 is none
}

type edge struct {
	parent uint32
	value  string
}

// series is a group in one currency.
type series struct {
	node     uint32
	currency money.Currency
	older    uint32 // the series of the same node before it, as in node
}

func newGroups(readers []func(*usage.Interval) string) *groups {
	return &groups{
		readers: readers,
		nodes:   make([]node, 1),
		table:   make([]uint32, 1024),
		seed:    maphash.MakeSeed(),
		last:    make([]string, len(readers)),
	}
}

// node numbers the group of an interval. Neighbours often share theirs.
func (g *groups) node(i *usage.Interval) uint32 {
	changed := g.lastNode == 0
	for k, read := range g.readers {
		if v := read(i); v != g.last[k] {
			g.last[k], changed = v, true
		}
	}
	if changed {
		g.lastNode = 0
		for _, v := range g.last {
			g.lastNode = g.child(g.lastNode, v)
		}
	}
	return g.lastNode
}

func (g *groups) child(parent uint32, value string) uint32 {
	e := edge{parent, value}
	at := g.find(e)
	if n := g.table[at]; n != 0 {
		return n
	}
	n := uint32(len(g.nodes))
	g.nodes = append(g.nodes, node{edge: e})
	g.table[at] = n
	if 2*len(g.nodes) > len(g.table) {
		g.grow()
	}
	return n
}

// find gives the place in the table of the node that an edge leads to, a free
// one if there is no such node yet.
func (g *groups) find(e edge) uint64 {
	last := uint64(len(g.table) - 1) // a power of two less one
	at := (maphash.String(g.seed, e.value) + uint64(e.parent)*0x9e3779b97f4a7c15) & last
	for g.table[at] != 0 && g.nodes[g.table[at]].edge != e {
		at = (at + 1) & last
	}
	return at
}

// grow makes the table twice as long.
func (g *groups) grow() {
	g.table = make([]uint32, 2*len(g.table))
	for n := range g.nodes[1:] {
		g.table[g.find(g.nodes[n+1].edge)] = uint32(n + 1)
	}
}

// line numbers the series of a group in a currency.
func (g *groups) line(n uint32, c money.Currency) uint32 {
	for s := g.nodes[n].series; s != 0; s = g.series[s-1].older {
		if g.series[s-1].currency == c {
			return s - 1
		}
	}
	g.series = append(g.series, series{n, c, g.nodes[n].series})
	g.nodes[n].series = uint32(len(g.series))
	return g.nodes[n].series - 1
}

// adopt takes in the series of other groups, and gives their numbers among
// these.
func (g *groups) adopt(other *groups) []uint32 {
	nodes := make([]uint32, len(other.nodes))
	for n, of := range other.nodes[1:] {
		nodes[n+1] = g.child(nodes[of.edge.parent], of.edge.value)
	}
	lines := make([]uint32, len(other.series))
	for s, of := range other.series {
		lines[s] = g.line(nodes[of.node], of.currency)
	}
	return lines
}

// values writes those of the group of a series, in the order of the readers.
func (g *groups) values(s uint32, into []string) {
	n := g.series[s].node
	for k := len(into) - 1; k >= 0; k-- {
		into[k] = g.nodes[n].edge.value
		n = g.nodes[n].edge.parent
	}
}

// sorted lists all series in the order of their values and currencies, and the
// values of each.
func (g *groups) sorted() (order []uint32, values [][]string) {
	values = make([][]string, len(g.series))
	order = make([]uint32, len(g.series))
	all, n := make([]string, len(g.series)*len(g.readers)), len(g.readers)
	for s := range order {
		order[s], values[s] = uint32(s), all[s*n:(s+1)*n:(s+1)*n]
		g.values(uint32(s), values[s])
	}
	slices.SortFunc(order, func(a, b uint32) int {
		if c := slices.Compare(values[a], values[b]); c != 0 {
			return c
		}
		return strings.Compare(string(g.series[a].currency), string(g.series[b].currency))
	})
	return order, values
}
