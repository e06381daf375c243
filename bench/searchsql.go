package main

import (
	"fmt"
	"path/filepath"
	"strings"
)

// lakeView lets DuckDB see the lake of a store: its files, as they are.
func lakeView(store string) string {
	return fmt.Sprintf("CREATE VIEW events AS SELECT * FROM read_parquet(%s, hive_partitioning = false)",
		quoted(filepath.Join(store, "lake", "**", "*.parquet")))
}

// between bounds the time, in milliseconds since 1970; 0 is an open end. The
// bounds are constants of the column's type, so that DuckDB prunes by them.
func between(where string, from, until int64) string {
	terms := []string{where}
	if from != 0 {
		terms = append(terms, fmt.Sprintf("time >= make_timestamptz(%d)", from*1000))
	}
	if until != 0 {
		terms = append(terms, fmt.Sprintf("time < make_timestamptz(%d)", until*1000))
	}
	return strings.Join(terms, " AND ")
}

// newestSQL gives the ids of the newest hundred events. The raw record is
// fetched as Kopter fetches it, but only its presence is passed on.
func newestSQL(where string, from, until int64) string {
	return fmt.Sprintf(`SELECT event_id FROM (SELECT event_id, account, time, raw FROM events WHERE %s
ORDER BY time DESC, event_id, account LIMIT 100) WHERE raw <> '' ORDER BY time DESC, event_id, account`, between(where, from, until))
}

// countedSQL gives the newest hundred and how many there are in all.
func countedSQL(where string, from, until int64) string {
	all := between(where, from, until)
	return fmt.Sprintf(`SELECT event_id, (SELECT count(*) FROM events WHERE %s) FROM (SELECT event_id, account, time, raw FROM events WHERE %s
ORDER BY time DESC, event_id, account LIMIT 100) WHERE raw <> '' ORDER BY time DESC, event_id, account`, all, all)
}

// countsSQL counts by one or two expressions and sums the counts up as
// writeCounts does.
func countsSQL(first, last, where string, from int64) string {
	keys := last
	if first != "" {
		keys = first + ", " + last
	}
	return fmt.Sprintf(`SELECT count(*), sum(n)::BIGINT, sum(n * n)::BIGINT, sum(n * strlen(k))::BIGINT FROM (
SELECT %s AS k, count(*) AS n FROM events WHERE %s GROUP BY ALL)`, keys, between(where, from, 0))
}
