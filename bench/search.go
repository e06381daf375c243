package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// searchLimit bounds all questions to DuckDB.
const searchLimit = 20 * time.Minute

// duckRuns is how many variants of a question DuckDB is asked; all of them are
// compared with Kopter's answers.
const duckRuns = 5

// searchJob is a job: which store to search, and the truth about its logs.
type searchJob struct {
	Store string `json:"store"`
	Truth string `json:"truth"` // file
}

// asked is a question as Kopter answered it.
type asked struct {
	Name    string    `json:"name"`
	Bar     float64   `json:"bar"` // ms, of the 99th percentile
	MS      []float64 `json:"ms"`
	SQL     []string  `json:"sql"`     // the same in DuckDB, of the first variants
	Answers []string  `json:"answers"` // to those
}

// found is what the search child answers.
type found struct {
	Events    int64   `json:"events"`
	Questions []asked `json:"questions"`
}

// search measures questions to the store of the simulated events.
func (b *bench) search(ctx context.Context) ([]table, error) {
	set, err := b.largeFiles(ctx)
	if err != nil {
		return nil, err
	}
	if err := b.stored(ctx, set); err != nil {
		return nil, err
	}
	b.say("search %s events", grouped(set.Distinct))
	job := searchJob{Store: b.storeOf(set), Truth: filepath.Join(set.Dir, "truth.json")}
	ours, p, err := child[searchJob, found](ctx, "search", job)
	if err != nil {
		return nil, err
	}
	if ours.Events != set.Distinct {
		return nil, fmt.Errorf("the store holds %d events, the logs %d", ours.Events, set.Distinct)
	}
	theirs, memory, err := b.duckSearch(ctx, job.Store, ours)
	if err != nil {
		return nil, err
	}
	return []table{searchTable(ours, p, theirs, memory)}, nil
}

// stored makes sure that a set is ingested.
func (b *bench) stored(ctx context.Context, set logSet) error {
	if slices.Contains(b.only, "ingest") {
		return nil // just before
	}
	if n, err := b.countStored(ctx, b.storeOf(set)); err == nil && n == set.Distinct {
		return nil
	}
	_, err := b.ingestByKopter(ctx, set)
	return err
}

// latency is what a peer took for a question, in milliseconds.
type latency struct {
	median, slowest peer
}

func searchTable(ours found, p process, theirs []latency, memory peer) table {
	t := table{title: fmt.Sprintf("Search in %s events of %d days, embedded, warm", grouped(ours.Events), simulatedDays)}
	for n, q := range ours.Questions {
		t.figures = append(t.figures,
			figure{what: q.Name + ", 99th percentile of " + grouped(int64(len(q.MS))), unit: milliseconds, bar: atMost(q.Bar), kopter: percentile(q.MS, 99), peer: theirs[n].slowest},
			figure{what: q.Name + ", median", unit: milliseconds, kopter: percentile(q.MS, 50), peer: theirs[n].median})
	}
	t.figures = append(t.figures, figure{what: "peak resident memory of all questions", unit: mebibytes, kopter: inMebibytes(p.resident), peer: memory})
	t.notes = append(t.notes, "Parameters vary from one repetition to the next. The peer's figures are the slowest and the median of "+
		fmt.Sprint(duckRuns)+" over the same Parquet files.")
	if theirs[0].median.value > 0 {
		t.notes = append(t.notes, "DuckDB, reading the lake's files directly, gave the same events and counts for every question that both were asked.")
	}
	return t
}

// duckSearch asks DuckDB the same, and compares the answers.
func (b *bench) duckSearch(ctx context.Context, store string, ours found) ([]latency, peer, error) {
	none := make([]latency, len(ours.Questions))
	if b.python == "" {
		for n := range none {
			none[n] = latency{peer{name: missing}, peer{name: missing}}
		}
		return none, peer{name: missing}, nil
	}
	job := duckJob{Setup: duckSetup("SET parquet_metadata_cache = true", lakeView(store)),
		Questions: []duckQuestion{{Name: "events", SQL: []string{"SELECT count(*) FROM events"}}}}
	for _, q := range ours.Questions {
		job.Questions = append(job.Questions, duckQuestion{Name: q.Name, Warm: q.SQL[0], SQL: q.SQL})
	}
	answers, p, err := b.duck(ctx, searchLimit, job)
	if err != nil {
		return nil, peer{}, err
	}
	if got, want := answers[0].Rows[0][0][0], fmt.Sprint(ours.Events); got != want {
		return nil, peer{}, fmt.Errorf("DuckDB counts %s rows in the lake, Kopter %s", got, want)
	}
	for n, a := range answers[1:] {
		if err := agree(ours.Questions[n], a); err != nil {
			return nil, peer{}, b.keepDisagreement(err)
		}
		none[n] = latency{peer{"DuckDB", percentile(a.MS, 50)}, peer{"DuckDB", percentile(a.MS, 100)}}
	}
	return none, peer{"DuckDB", inMebibytes(p.resident)}, nil
}

// agree compares what both answered to the variants of a question.
func agree(ours asked, theirs duckAnswer) error {
	for n, rows := range theirs.Rows {
		if text := joinRows(rows); text != ours.Answers[n] {
			return &disagreement{ours.Name, ours.SQL[n], ours.Answers[n], text}
		}
	}
	return nil
}

// joinRows writes an answer as one text.
func joinRows(rows [][]string) string {
	var lines []string
	for _, cells := range rows {
		lines = append(lines, strings.Join(cells, "\t"))
	}
	return strings.Join(lines, "\n")
}

// disagreement is an answer that Kopter and DuckDB do not share.
type disagreement struct{ question, sql, ours, theirs string }

func (d *disagreement) Error() string {
	return fmt.Sprintf("%s: Kopter and DuckDB disagree (%d and %d bytes of answer) on %s", d.question, len(d.ours), len(d.theirs), d.sql)
}

// keepDisagreement writes both answers where they can be looked at.
func (b *bench) keepDisagreement(err error) error {
	var d *disagreement
	if !errors.As(err, &d) {
		return err
	}
	for name, text := range map[string]string{"answer-kopter.txt": d.ours, "answer-duckdb.txt": d.theirs} {
		err = errors.Join(err, os.WriteFile(filepath.Join(b.cache, name), []byte(text+"\n"), 0o600))
	}
	return err
}
