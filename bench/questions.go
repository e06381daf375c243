package main

import (
	"fmt"
	"slices"

	"github.com/kopterio/kopter/account"
	"github.com/kopterio/kopter/audit"
)

// variants is in how many forms each question is asked.
const variants = 50

// The bars of search, in milliseconds.
const (
	newestBar    = 10
	principalBar = 75
	resourceBar  = 25
	hoursBar     = 150
	errorsBar    = 90
	rareBar      = 200
	commonBar    = 10
)

const day = 86_400_000 // milliseconds

// questions are those of the numbers to reach, with parameters from the store.
func (s *searching) questions() ([]question, error) {
	accounts, err := s.values("account", variants)
	if err != nil {
		return nil, err
	}
	principals, err := s.values("principal", variants)
	if err != nil {
		return nil, err
	}
	ids, err := s.fewHits()
	if err != nil {
		return nil, err
	}
	start := s.truth.Start * 1000
	return []question{
		{"newest 100 of an account", newestBar, varied(func(n int) request {
			return newestOf("account:"+quote(accounts[n%len(accounts)]), "account = "+quoted(accounts[n%len(accounts)]), 0, start+int64(simulatedDays-n)*day)
		})},
		{"one principal in 30 days, with count", principalBar, varied(func(n int) request {
			who, from := principals[n%len(principals)], start+int64(n%60)*day
			r := newestOf("principal:"+quote(who), "principal = "+quoted(who), from, from+30*day)
			r.total, r.sql = true, countedSQL("principal = "+quoted(who), from, from+30*day)
			return r
		})},
		{"a resource id with few hits", resourceBar, varied(func(n int) request {
			id := ids[n%len(ids)]
			return newestOf("resource:"+id, "list_contains(resources, "+quoted(id)+")", 0, 0)
		})},
		{"counts per hour and name", hoursBar, varied(func(n int) request {
			from := start + int64(n)*day/48
			return request{from: from, by: []string{"hour", "name"}, sql: countsSQL("epoch_ms(time) // 3600000", "name", "true", from)}
		})},
		{"errors by user", errorsBar, varied(func(n int) request {
			from := start + int64(n)*day/48
			return request{query: "error_code:*", from: from, by: []string{"actor"}, sql: countsSQL("", "actor", "error_code <> ''", from)}
		})},
		{"rare free text", rareBar, varied(func(n int) request {
			id := ids[n%len(ids)]
			return newestOf(id, "contains(raw, "+quoted(id)+")", 0, 0)
		})},
		{"common free text, newest 100", commonBar, varied(func(n int) request {
			word := commonWords[n%len(commonWords)]
			return newestOf(word, "contains(raw, "+quoted(word)+")", 0, start+int64(simulatedDays-n)*day)
		})},
	}, nil
}

// commonWords stand in a large part of all records, always as whole words and
// always spelled so, since Kopter disregards case and the SQL does not.
var commonWords = []string{"AssumedRole", "mfaAuthenticated", "tlsVersion", "sessionIssuer", "recipientAccountId"}

func varied(of func(n int) request) []request {
	list := make([]request, variants)
	for n := range list {
		list[n] = of(n)
	}
	return list
}

// newestOf asks for the newest hundred, with their raw records.
func newestOf(query, where string, from, until int64) request {
	return request{query: query, from: from, until: until, raw: true, sql: newestSQL(where, from, until)}
}

// quote writes a value for Kopter's query language.
func quote(value string) string { return fmt.Sprintf("%q", value) }

// values are the values of a field, the most frequent first.
func (s *searching) values(field string, most int) ([]string, error) {
	rows, err := s.lake.Count(s.ctx, account.Local, audit.CountRequest{By: []string{field}})
	if err != nil {
		return nil, err
	}
	var list []string
	for _, r := range rows[:min(most, len(rows))] {
		if r.Values[0] != "" {
			list = append(list, r.Values[0])
		}
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("no event has a value of %s", field)
	}
	return list, nil
}

// fewHits are instances that three to ten events name.
func (s *searching) fewHits() ([]string, error) {
	var ids []string
	step := max(1, len(s.truth.Instances)/1000)
	for n := 0; n < len(s.truth.Instances) && len(ids) < variants; n += step {
		id := s.truth.Instances[n].ID
		hits, err := s.total(request{query: "resource:" + id})
		if err != nil {
			return nil, err
		}
		if hits >= 3 && hits <= 10 {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return nil, fmt.Errorf("no instance has three to ten events")
	}
	slices.Reverse(ids)
	return ids, nil
}
