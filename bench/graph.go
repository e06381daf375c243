package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"time"
)

// The bars of the price graph.
const (
	graphTime     = 300 // ms
	lateEventTime = 1   // ms
)

// graphIntervals is how many intervals the bars are set for.
const graphIntervals = 1_000_000

// duckGraphLimit is how long DuckDB may take for the three graphs of a fleet.
const duckGraphLimit = 5 * time.Minute

// duckGraphRuns is how often DuckDB draws each graph.
const duckGraphRuns = 5

// graph measures the price graph of short and of long intervals.
func (b *bench) graph(ctx context.Context) ([]table, error) {
	var tables []table
	for _, length := range []struct {
		name string
		mean int64
	}{{"3 hours", 3 * 3600}, {"30 days", 30 * 86_400}} {
		f := fleet{Intervals: int(b.scaled(graphIntervals)), Mean: length.mean}
		f.Dir = filepath.Join(b.cache, fmt.Sprintf("fleet-%d-%d", f.Intervals, f.Mean))
		f, err := cached(b, f.Dir, func() (fleet, error) {
			made, _, err := child[fleet, fleet](ctx, "fleet", f)
			return made, err
		})
		if err != nil {
			return nil, err
		}
		t, err := b.graphTable(ctx, f, length.name)
		if err != nil {
			return nil, err
		}
		tables = append(tables, t)
	}
	return tables, nil
}

func (b *bench) graphTable(ctx context.Context, f fleet, length string) (table, error) {
	b.say("graph of %d intervals of %s", f.Intervals, length)
	graphs, ours, err := child[fleet, []drawn](ctx, "graph", f)
	if err != nil {
		return table{}, err
	}
	late, _, err := child[fleet, []float64](ctx, "ledger", f)
	if err != nil {
		return table{}, err
	}
	theirs, memory, err := b.duckGraphs(ctx, f, graphs)
	if err != nil {
		return table{}, err
	}
	t := table{title: fmt.Sprintf("Price graph: %s intervals of %s in the mean, 13 months by the hour", grouped(int64(f.Intervals)), length)}
	t.notes = append(t.notes, "Kopter, hour-by-hour addition and DuckDB give the same amounts to the billionth. DuckDB's SQL uses difference arrays too.")
	for n, g := range graphs {
		slowest := percentile(g.MS, 100)
		t.figures = append(t.figures,
			figure{what: "by " + g.By + ", slowest of " + strconv.Itoa(graphRuns), unit: milliseconds, bar: atMost(graphTime), kopter: slowest, peer: theirs[n]},
			figure{what: "by " + g.By + ", median", unit: milliseconds, kopter: percentile(g.MS, 50), peer: peer{"hour by hour", g.Naive}},
			figure{what: "by " + g.By + ", processor time of all cores", unit: milliseconds, kopter: g.CPU})
	}
	t.figures = append(t.figures,
		figure{what: "peak resident memory, intervals included", unit: mebibytes, kopter: inMebibytes(ours.resident), peer: memory},
		figure{what: "one late event, 99th percentile", unit: milliseconds, bar: below(lateEventTime), kopter: percentile(late, 99), peer: peer{"drawing it all anew", percentile(graphs[0].MS, 50)}})
	return t, nil
}

// duckGraphs lets DuckDB draw the same graphs, and compares what they add up
// to.
func (b *bench) duckGraphs(ctx context.Context, f fleet, graphs []drawn) ([]peer, peer, error) {
	if b.python == "" {
		none := peer{name: missing}
		return []peer{none, none, none}, none, nil
	}
	job := duckJob{Setup: duckSetup(loadFleet(f)...)}
	for _, field := range graphFields {
		q := duckQuestion{Name: field[0], Warm: graphSQL(field[1])}
		for range duckGraphRuns {
			q.SQL = append(q.SQL, q.Warm)
		}
		job.Questions = append(job.Questions, q)
	}
	answers, p, err := b.duck(ctx, duckGraphLimit, job)
	if errors.Is(err, errUnfinished) {
		none := peer{name: "DuckDB: not done in " + duckGraphLimit.String()}
		return []peer{none, none, none}, none, nil
	}
	if err != nil {
		return nil, peer{}, err
	}
	var peers []peer
	for n, a := range answers {
		if got, want := fmt.Sprint(a.Rows[0][0]), graphs[n].Sum.text(); got != want {
			return nil, peer{}, fmt.Errorf("graph by %s: DuckDB %s, Kopter %s", a.Name, got, want)
		}
		peers = append(peers, peer{"DuckDB", percentile(a.MS, 100)})
	}
	return peers, peer{"DuckDB", inMebibytes(p.resident)}, nil
}

// text is the checksum as DuckDB's row is written.
func (c checksum) text() string {
	return fmt.Sprint([]string{strconv.FormatInt(c.Rows, 10), strconv.FormatInt(c.Amount, 10), strconv.FormatInt(c.Mixed, 10)})
}

// loadFleet makes DuckDB's tables.
func loadFleet(f fleet) []string {
	return []string{
		"CREATE TABLE intervals AS SELECT * FROM read_csv(" + quoted(f.intervalsCSV()) + ")",
		"CREATE TABLE prices AS SELECT * FROM read_csv(" + quoted(f.pricesCSV()) + ")",
	}
}

// graphSQL draws the graph by a column and gives its checksum. A stretch at
// one price is charged in its first hour, its last hour, and at the full rate
// in each hour between, which a running sum of the rate's changes gives.
func graphSQL(column string) string {
	return fmt.Sprintf(`WITH stretch AS (
SELECT i.%s AS k, p.rate, greatest(i.begin_at, p.begin_at) AS o, least(i.end_at, p.end_at) AS e, o // 3600 AS first, (e - 1) // 3600 AS last
FROM intervals i JOIN prices p ON i.type = p.type AND i.region = p.region
WHERE i.begin_at < p.end_at AND p.begin_at < i.end_at),
change AS (
SELECT k, first AS h, (rate * (least(e, (first + 1) * 3600) - o) + 1800) // 3600 AS once, 0 AS level FROM stretch
UNION ALL SELECT k, last, (rate * (e - o) + 1800) // 3600 - (rate * (last * 3600 - o) + 1800) // 3600, -rate FROM stretch WHERE last > first
UNION ALL SELECT k, first + 1, 0, rate FROM stretch WHERE last > first),
total AS (SELECT k, h, sum(once) AS once, sum(level) AS level FROM change GROUP BY k, h),
hour AS (SELECT k, unnest(range(%d, %d)) AS h FROM (SELECT DISTINCT k FROM total)),
line AS (SELECT k, h, coalesce(once, 0) + sum(coalesce(level, 0)) OVER (PARTITION BY k ORDER BY h) AS amount
FROM hour LEFT JOIN total USING (k, h))
SELECT count(*), sum(amount), sum(amount %% %d * (h %% %d + length(k))) FROM line WHERE amount <> 0`,
		column, firstHour, firstHour+hourCount, mixAmount, mixHour)
}
