package local

import (
	"context"
	"database/sql"
	"fmt"
	"iter"

	"github.com/kopterio/kopter/account"
)

// transaction is one change of one tenant's rows.
type transaction struct {
	ctx    context.Context
	tx     *sql.Tx
	tenant account.Tenant
	hook   func(point string) error

	// Of a group of changes to queues: see transaction.exec.
	prepared, bound map[string]*sql.Stmt
}

// change runs do in a transaction: all of it is durable when change returns
// nil, and none of it is visible otherwise. An error of the commit itself
// leaves open which; whoever runs the change again finds out.
func (s *Store) change(ctx context.Context, t account.Tenant, what string, do func(*transaction) error) error {
	if err := s.transact(ctx, t, do); err != nil {
		return fmt.Errorf("%s of tenant %s in %s: %w", what, t, s.dir, explain(err))
	}
	return nil
}

func (s *Store) transact(ctx context.Context, t account.Tenant, do func(*transaction) error) error {
	if s.write == nil {
		return ErrReadOnly
	}
	if err := t.Validate(); err != nil {
		return err
	}
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	// After a commit this does nothing; before it, the error that counts is
	// the one that led here.
	defer func() { _ = tx.Rollback() }()
	x := &transaction{ctx: ctx, tx: tx, tenant: t, hook: s.disk.hook}
	if err := x.hook(PointBegin); err != nil {
		return err
	}
	if err := do(x); err != nil {
		return err
	}
	if err := x.hook(PointCommit); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	return x.hook(PointCommitted)
}

// each executes one statement for i in [0, n), with the tenant as its first
// parameter and args(i) after it.
func (x *transaction) each(statement string, n int, args func(i int) []any) error {
	return x.eachChanged(statement, n, args, func(int, int64) error { return nil })
}

// eachChanged is each, and tells changed how many rows each one changed.
func (x *transaction) eachChanged(statement string, n int, args func(i int) []any, changed func(i int, rows int64) error) error {
	if n == 0 {
		return nil
	}
	prepared, err := x.tx.PrepareContext(x.ctx, statement)
	if err != nil {
		return err
	}
	defer prepared.Close()
	for i := range n {
		result, err := prepared.ExecContext(x.ctx, append([]any{string(x.tenant)}, args(i)...)...)
		if err != nil {
			return err
		}
		rows, err := result.RowsAffected()
		if err != nil {
			return err
		}
		if err := changed(i, rows); err != nil {
			return err
		}
	}
	return nil
}

// rows lists what a query finds: for tables whose size people can look
// through.
func rows[T any](ctx context.Context, db querier, what string, scan func(*sql.Rows, *T) error, query string, args ...any) ([]T, error) {
	var list []T
	for row, err := range stream(ctx, db, what, scan, query, args...) {
		if err != nil {
			return nil, err
		}
		list = append(list, row)
	}
	return list, nil
}

// stream yields what a query finds while it is found, so that a listing of any
// length needs no memory. What it yields are values of its own.
func stream[T any](ctx context.Context, db querier, what string, scan func(*sql.Rows, *T) error, query string, args ...any) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		found, err := db.QueryContext(ctx, query, args...)
		if err != nil {
			yield(none, fmt.Errorf("%s: %w", what, explain(err)))
			return
		}
		defer found.Close()
		for found.Next() {
			var row T
			if err := scan(found, &row); err != nil {
				yield(none, fmt.Errorf("%s: %w", what, explain(err)))
				return
			}
			if !yield(row, nil) {
				return
			}
		}
		if err := found.Err(); err != nil {
			yield(none, fmt.Errorf("%s: %w", what, explain(err)))
		}
	}
}
