package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/kopterio/kopter/account"
	"github.com/kopterio/kopter/audit"
	"github.com/kopterio/kopter/local"
	"github.com/kopterio/kopter/query"
	"github.com/kopterio/kopter/simulate"
)

// repetitions is how often each question is asked.
const repetitions = 100

// searching is the search child at work.
type searching struct {
	ctx   context.Context
	lake  *audit.Lake
	truth simulate.Truth
}

// searchStore asks the store every question.
func searchStore(ctx context.Context, job searchJob) (answer found, err error) {
	s := searching{ctx: ctx}
	text, err := os.ReadFile(job.Truth)
	if err != nil {
		return answer, err
	}
	if err := json.Unmarshal(text, &s.truth); err != nil {
		return answer, fmt.Errorf("read %s: %w", job.Truth, err)
	}
	text = nil
	store, err := local.Open(ctx, job.Store, local.Options{ReadOnly: true})
	if err != nil {
		return answer, err
	}
	defer store.Close()
	s.lake = audit.New(store, store)
	defer s.lake.Close()
	if answer.Events, err = s.total(request{}); err != nil {
		return answer, err
	}
	questions, err := s.questions()
	if err != nil {
		return answer, err
	}
	for _, q := range questions {
		a, err := s.ask(q)
		if err != nil {
			return answer, fmt.Errorf("%s: %w", q.name, err)
		}
		answer.Questions = append(answer.Questions, a)
	}
	return answer, nil
}

// request is one variant of a question.
type request struct {
	query       string
	from, until int64 // milliseconds since 1970; 0 is open
	by          []string
	total, raw  bool
	sql         string // the same for DuckDB
}

// question is asked in many variants, so that no answer can be remembered.
type question struct {
	name     string
	bar      float64 // ms
	variants []request
}

// ask asks a question again and again, going through its variants.
func (s *searching) ask(q question) (asked, error) {
	a := asked{Name: q.name, Bar: q.bar}
	for _, r := range q.variants[:min(duckRuns, len(q.variants))] { // warms up, too
		text, err := s.answer(r)
		if err != nil {
			return a, err
		}
		a.SQL, a.Answers = append(a.SQL, r.sql), append(a.Answers, text())
	}
	for n := range repetitions {
		begin := time.Now()
		if _, err := s.answer(q.variants[n%len(q.variants)]); err != nil {
			return a, err
		}
		a.MS = append(a.MS, inMilliseconds(time.Since(begin)))
	}
	return a, nil
}

// answer asks the lake and gives how to write the answer, which is not
// measured.
func (s *searching) answer(r request) (func() string, error) {
	node, err := query.Parse(r.query, audit.Schema())
	if err != nil {
		return nil, err
	}
	if r.by != nil {
		rows, err := s.lake.Count(s.ctx, account.Local, audit.CountRequest{Query: node, From: r.from, Until: r.until, By: r.by})
		return func() string { return writeCounts(rows) }, err
	}
	page, err := s.lake.Search(s.ctx, account.Local, audit.Request{Query: node, From: r.from, Until: r.until, Total: r.total, Raw: r.raw})
	return func() string { return writePage(page, r.total) }, err
}

// total counts the events of a request.
func (s *searching) total(r request) (int64, error) {
	node, err := query.Parse(r.query, audit.Schema())
	if err != nil {
		return 0, err
	}
	rows, err := s.lake.Count(s.ctx, account.Local, audit.CountRequest{Query: node, From: r.from, Until: r.until})
	if err != nil || len(rows) == 0 {
		return 0, err
	}
	return rows[0].Count, nil
}

// writePage writes the ids of a page, and before them the total.
func writePage(page audit.Result, total bool) string {
	var lines []string
	for _, e := range page.Events {
		line := e.EventID
		if total {
			line += fmt.Sprint("\t", page.Total)
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

// writeCounts writes what tells counts apart: groups, events, and the sums of
// the squares and of the products with the last value's length.
func writeCounts(rows []audit.CountRow) string {
	var events, squares, lengths int64
	for _, r := range rows {
		events += r.Count
		squares += r.Count * r.Count
		lengths += r.Count * int64(len(r.Values[len(r.Values)-1]))
	}
	return fmt.Sprintf("%d\t%d\t%d\t%d", len(rows), events, squares, lengths)
}
