package app

import "context"

// Problem is a broken invariant of the store.
type Problem struct {
	Where string // what it is about: a file, a table, a resource
	What  string // what is wrong with it
}

// Check verifies the whole store: the database, the files, the lake and its
// index, facts and sheets. It changes nothing.
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
		found = append(found, Problem{p.File, p.Text})
	}
	return found, nil
}
