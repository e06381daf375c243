package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/kopterio/kopter/price/pricetest"
)

// The bars of the price list, in MB per second of processor time and MiB.
const (
	priceJSON     = 600
	priceCSV      = 1000
	priceResident = 32
)

// priceProducts make a JSON price list of 389 MB, as that of a large region.
const priceProducts = 50_000

// peerLimit is how long a peer may take for a price list.
const peerLimit = 2 * time.Minute

// priceRepeats is how often Kopter imports a list, since that is over in a
// moment; the median counts. A peer reads it once.
const priceRepeats = 3

// jqPrices takes out of a price list what Kopter takes: the on-demand rates of
// running instances with what they are looked up by.
const jqPrices = `.terms.OnDemand as $terms | .products[] | select(.attributes.capacitystatus == "Used" and (.productFamily | startswith("Compute Instance"))) |
.sku as $sku | .attributes as $a | ($terms[$sku] // {})[] | .effectiveDate as $from | .priceDimensions[] |
[$sku, .rateCode, $a.regionCode, $a.instanceType, $a.operation, $a.tenancy, $a.licenseModel, $from, .pricePerUnit.USD] | @tsv`

// priceLists is a job and its answer: where the lists are, and their sizes.
type priceLists struct {
	Dir      string `json:"dir"`
	Products int    `json:"products"`
	JSON     int64  `json:"json"` // bytes
	CSV      int64  `json:"csv"`
}

func (l priceLists) json() string { return filepath.Join(l.Dir, "index.json") }
func (l priceLists) csv() string  { return filepath.Join(l.Dir, "index.csv") }

// writePriceLists writes the same prices in both formats of AWS.
func writePriceLists(_ context.Context, l priceLists) (priceLists, error) {
	offer := pricetest.Large(l.Products)
	var err error
	if l.JSON, err = writeOffer(l.json(), offer.WriteJSON); err != nil {
		return l, err
	}
	l.CSV, err = writeOffer(l.csv(), offer.WriteCSV)
	return l, err
}

func writeOffer(name string, write func(io.Writer) error) (int64, error) {
	f, err := os.Create(name)
	if err != nil {
		return 0, err
	}
	if err := errors.Join(write(f), f.Close()); err != nil {
		return 0, fmt.Errorf("write %s: %w", name, err)
	}
	info, err := os.Stat(name)
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// prices measures the reading of a large region's price list.
func (b *bench) prices(ctx context.Context) ([]table, error) {
	lists := priceLists{Products: int(b.scaled(priceProducts))}
	lists.Dir = filepath.Join(b.cache, fmt.Sprintf("prices-%d", lists.Products))
	lists, err := cached(b, lists.Dir, func() (priceLists, error) {
		made, _, err := child[priceLists, priceLists](ctx, "prices", lists)
		return made, err
	})
	if err != nil {
		return nil, err
	}
	asJSON, err := b.priceTable(ctx, lists.json(), lists.JSON, priceJSON, []contender{
		{"jq", b.jq, []string{"-r", jqPrices, lists.json()}, nil},
		{"DuckDB", b.python, []string{"-c", duckScript}, duckPrices(lists.json())},
	})
	if err != nil {
		return nil, err
	}
	asCSV, err := b.priceTable(ctx, lists.csv(), lists.CSV, priceCSV, []contender{
		{"DuckDB", b.python, []string{"-c", duckScript}, duckPriceRows(lists.csv())},
	})
	return []table{asJSON, asCSV}, err
}

// contender is a peer's command line.
type contender struct {
	name    string
	program string // empty when it is not installed
	args    []string
	in      []byte
}

func (b *bench) priceTable(ctx context.Context, file string, size int64, bar float64, peers []contender) (table, error) {
	mega := float64(size) / 1e6
	ours, err := middle(func() (process, error) { return b.importPrices(ctx, file) })
	if err != nil {
		return table{}, err
	}
	t := table{title: fmt.Sprintf("Price list: %s, %.0f MB → sheet", filepath.Base(file), mega)}
	for i, c := range peers {
		speed := figure{what: "MB per second of processor time", unit: megabytes, kopter: mega / ours.cpu.Seconds()}
		memory := figure{what: "peak resident memory", unit: mebibytes, kopter: inMebibytes(ours.resident)}
		if i == 0 {
			speed.bar, memory.bar = atLeast(bar), below(priceResident)
		}
		if speed.peer, memory.peer, err = b.contend(ctx, c, mega); err != nil {
			return t, err
		}
		t.figures = append(t.figures, speed, memory)
	}
	return t, nil
}

// importPrices is `kopter prices import` into a new data folder.
func (b *bench) importPrices(ctx context.Context, file string) (process, error) {
	store := filepath.Join(b.cache, "store-prices")
	if err := os.RemoveAll(store); err != nil {
		return process{}, err
	}
	b.say("import %s", file)
	return execute(ctx, peerLimit, nil, b.kopter, "--data", store, "prices", "import", file)
}

// contend measures a peer's speed and memory; that it does not finish is a
// result.
func (b *bench) contend(ctx context.Context, c contender, mega float64) (speed, memory peer, err error) {
	if c.program == "" {
		return peer{name: c.name + ": " + missing}, peer{name: c.name + ": " + missing}, nil
	}
	b.say("%s", c.name)
	p, err := execute(ctx, peerLimit, c.in, c.program, c.args...)
	if err != nil {
		b.say("%v", err)
		name := fmt.Sprintf("%s: failed after %s, %.0f MiB", c.name, p.wall.Round(time.Second), inMebibytes(p.resident))
		if errors.Is(err, errUnfinished) {
			name = fmt.Sprintf("%s: not done in %s", c.name, peerLimit)
		}
		return peer{name: name}, peer{name: c.name, value: inMebibytes(p.resident)}, ctx.Err()
	}
	return peer{c.name, mega / p.cpu.Seconds()}, peer{c.name, inMebibytes(p.resident)}, nil
}

// middle runs something a few times and keeps the run with the median of
// processor time, with the largest memory of all.
func middle(run func() (process, error)) (process, error) {
	runs := make([]process, priceRepeats)
	resident := int64(0)
	for i := range runs {
		p, err := run()
		if err != nil {
			return p, err
		}
		runs[i], resident = p, max(resident, p.resident)
	}
	slices.SortFunc(runs, func(a, b process) int { return cmp.Compare(a.cpu, b.cpu) })
	p := runs[len(runs)/2]
	p.resident = resident
	return p, nil
}
