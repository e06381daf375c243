package main

import (
	"context"
	_ "embed"
	"fmt"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
)

//go:embed duckdb.py
var duckScript string

// duckJob is what DuckDB is to do; see duckdb.py.
type duckJob struct {
	Setup     []string       `json:"setup"`
	Questions []duckQuestion `json:"questions"`
}

type duckQuestion struct {
	Name string   `json:"name"`
	Warm string   `json:"warm"` // run before, untimed; may be empty
	SQL  []string `json:"sql"`
}

// duckAnswer holds for each SQL of a question how long it took, until its rows
// were fetched, and the rows.
type duckAnswer struct {
	Name string       `json:"name"`
	MS   []float64    `json:"ms"`
	Rows [][][]string `json:"rows"`
}

// duckSetup gives DuckDB what Kopter has: the two cores that the bars are set
// for, and no duty to keep rows in their order. Its progress bar would stand
// among the answers.
func duckSetup(more ...string) []string {
	return append([]string{"SET threads=2", "SET preserve_insertion_order=false", "SET enable_progress_bar=false"}, more...)
}

// duck runs a job in a process of its own.
func (b *bench) duck(ctx context.Context, limit time.Duration, job duckJob) ([]duckAnswer, process, error) {
	in, err := json.Marshal(job)
	if err != nil {
		return nil, process{}, err
	}
	p, err := execute(ctx, limit, in, b.python, "-c", duckScript)
	if err != nil {
		return nil, p, fmt.Errorf("DuckDB: %w", err)
	}
	var answers []duckAnswer
	return answers, p, json.Unmarshal(p.out, &answers)
}

// quoted writes a string as an SQL literal.
func quoted(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
