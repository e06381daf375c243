package cost

import (
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
	numbers map[edge]uint32
	nodes   []node
	series  []series

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
		numbers: map[edge]uint32{},
		nodes:   make([]node, 1),
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
	n, ok := g.numbers[e]
	if !ok {
		n = uint32(len(g.nodes))
		g.numbers[e] = n
		g.nodes = append(g.nodes, node{edge: e})
	}
	return n
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
