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
	// The values form a trie: a group is a path from the root, node 0.
	nodes  map[edge]uint32
	edges  []edge     // by node, the edge that leads to it
	lines  [][]uint32 // by node, its series
	series []series
}

type edge struct {
	parent uint32
	value  string
}

// series is a group in one currency.
type series struct {
	node     uint32
	currency money.Currency
}

func newGroups(readers []func(*usage.Interval) string) *groups {
	return &groups{
		readers: readers,
		nodes:   map[edge]uint32{},
		edges:   make([]edge, 1),
		lines:   make([][]uint32, 1),
	}
}

// node numbers the group of an interval.
func (g *groups) node(i *usage.Interval) (n uint32) {
	for _, read := range g.readers {
		n = g.child(n, read(i))
	}
	return n
}

func (g *groups) child(parent uint32, value string) uint32 {
	e := edge{parent, value}
	n, ok := g.nodes[e]
	if !ok {
		n = uint32(len(g.edges))
		g.nodes[e] = n
		g.edges = append(g.edges, e)
		g.lines = append(g.lines, nil)
	}
	return n
}

// line numbers the series of a group in a currency.
func (g *groups) line(node uint32, c money.Currency) uint32 {
	for _, s := range g.lines[node] {
		if g.series[s].currency == c {
			return s
		}
	}
	s := uint32(len(g.series))
	g.series = append(g.series, series{node, c})
	g.lines[node] = append(g.lines[node], s)
	return s
}

// values are those of the group of a series, in the order of the readers.
func (g *groups) values(s uint32) []string {
	out := make([]string, len(g.readers))
	for k, n := len(out)-1, g.series[s].node; k >= 0; k-- {
		out[k] = g.edges[n].value
		n = g.edges[n].parent
	}
	return out
}

// adopt gives the number that a series of other groups has among these.
func (g *groups) adopt(other *groups, s uint32) uint32 {
	var n uint32
	for _, v := range other.values(s) {
		n = g.child(n, v)
	}
	return g.line(n, other.series[s].currency)
}

// sorted lists all series in the order of their values and currencies, and the
// values of each.
func (g *groups) sorted() (order []uint32, values [][]string) {
	values = make([][]string, len(g.series))
	order = make([]uint32, len(g.series))
	for s := range order {
		order[s], values[s] = uint32(s), g.values(uint32(s))
	}
	slices.SortFunc(order, func(a, b uint32) int {
		if c := slices.Compare(values[a], values[b]); c != 0 {
			return c
		}
		return strings.Compare(string(g.series[a].currency), string(g.series[b].currency))
	})
	return order, values
}
