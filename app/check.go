package app

import (
	"context"
	"path"
	"slices"
)

// Problem is a broken invariant of the store.
type Problem struct {
	Where string // what it is about: a file, a table, a resource
	What  string // what is wrong with it
}

// lakeFolder is where the audit lake lies in the data folder.
const lakeFolder = "lake"

// Check verifies the whole store: the database, the files, the lake and its
// index, facts and sheets. It changes nothing. A file of the lake that the
// store finds wrong is not looked into.
func (a *App) Check(ctx context.Context) ([]Problem, error) {
	var found []Problem
	stored, err := a.store.Check(ctx, a.tenant)
	if err != nil {
		return nil, err
	}
	for _, p := range stored {
		found = append(found, Problem{p.Subject, p.Reason})
	}
	laked, err := a.lake.Check(ctx, a.tenant)
	if err != nil {
		return nil, err
	}
	for _, p := range laked {
		file := path.Join(lakeFolder, p.File)
		if !slices.ContainsFunc(found[:len(stored)], func(q Problem) bool { return q.Where == file }) {
			found = append(found, Problem{file, p.Text})
		}
	}
	return found, nil
}
