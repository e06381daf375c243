package audit

import (
	"context"

	"github.com/kopterio/kopter/audit/idrun"
)

// scan asks one row group a query. It belongs to one goroutine.
type scan struct {
	*rowGroup
	plan        *plan
	from, until int64
	hits        []bitmap // by leaf; nil for a leaf not yet read
	timeColumn  []int64  // read at most once
	raw         rawReader
}

func newScan(g *rowGroup, p *plan, from, until int64) *scan {
	return &scan{rowGroup: g, plan: p, from: from, until: until,
		hits: make([]bitmap, len(p.leaves)), raw: rawReader{cells: cells{group: g, field: fieldRaw}}}
}

func (s *scan) close() { s.raw.close() }

// rows gives the rows of which the columns alone tell that they match, and
// those that may match, which include them.
func (s *scan) rows(ctx context.Context) (yes, maybe bitmap, err error) {
	if yes, maybe, err = s.clause(ctx, s.plan.root); err != nil || maybe.empty() {
		return yes, maybe, err
	}
	within, err := s.between(ctx, s.from, s.until)
	if err != nil {
		return nil, nil, err
	}
	yes.and(within)
	maybe.and(within)
	return yes, maybe, nil
}

// matching gives the rows that match, settled by their raw records where the
// columns do not tell.
func (s *scan) matching(ctx context.Context) (bitmap, error) {
	yes, maybe, err := s.rows(ctx)
	if err != nil || maybe.empty() {
		return nil, err
	}
	return s.settle(ctx, yes, maybe)
}

func (s *scan) clause(ctx context.Context, c clause) (yes, maybe bitmap, err error) {
	switch c.op {
	case clauseAnd:
		return s.all(ctx, c.kids)
	case clauseOr:
		return s.any(ctx, c.kids)
	case clauseNot:
		if yes, maybe, err = s.clause(ctx, c.kids[0]); err != nil {
			return nil, nil, err
		}
		return maybe.not(s.rowGroup.rows), yes.not(s.rowGroup.rows), nil
	}
	return s.leaf(ctx, c.leaf)
}

// all reads no further once no row is left.
func (s *scan) all(ctx context.Context, kids []clause) (yes, maybe bitmap, err error) {
	yes, maybe = fullBitmap(s.rowGroup.rows), fullBitmap(s.rowGroup.rows)
	for _, kid := range kids {
		y, m, err := s.clause(ctx, kid)
		if err != nil {
			return nil, nil, err
		}
		yes.and(y)
		maybe.and(m)
		if maybe.empty() {
			break
		}
	}
	return yes, maybe, nil
}

func (s *scan) any(ctx context.Context, kids []clause) (yes, maybe bitmap, err error) {
	yes, maybe = newBitmap(s.rowGroup.rows), newBitmap(s.rowGroup.rows)
	for _, kid := range kids {
		y, m, err := s.clause(ctx, kid)
		if err != nil {
			return nil, nil, err
		}
		yes.or(y)
		maybe.or(m)
	}
	return yes, maybe, nil
}

func (s *scan) leaf(ctx context.Context, i int) (yes, maybe bitmap, err error) {
	l := &s.plan.leaves[i]
	if s.excluded(l) {
		return newBitmap(s.rowGroup.rows), newBitmap(s.rowGroup.rows), nil
	}
	if l.field == fieldRaw {
		return newBitmap(s.rowGroup.rows), fullBitmap(s.rowGroup.rows), nil
	}
	hits, err := s.column(ctx, i)
	if err != nil {
		return nil, nil, err
	}
	// The junctions write into what they combine.
	return append(bitmap(nil), hits...), append(bitmap(nil), hits...), nil
}

// excluded says whether the filter of words rules a leaf out.
func (s *scan) excluded(l *leaf) bool {
	return len(l.words) > 0 && s.part.tokens != nil && !s.part.tokens.MayContain(s.index, l.words)
}

// column gives the rows for which a leaf on a column holds.
func (s *scan) column(ctx context.Context, i int) (hits bitmap, err error) {
	if s.hits[i] != nil {
		return s.hits[i], nil
	}
	l := &s.plan.leaves[i]
	switch l.field {
	case fieldTime:
		hits, err = s.between(ctx, l.from, l.until)
	case fieldReadOnly:
		hits, err = s.matchBools(ctx, l.accepts)
	case fieldResources:
		hits, err = s.matchResources(ctx, l.accepts)
	default:
		hits, err = s.matchStrings(ctx, l.field, l.accepts)
	}
	s.hits[i] = hits
	return hits, err
}

func (s *scan) between(ctx context.Context, from, until int64) (bitmap, error) {
	if from <= s.min && s.max < until {
		return fullBitmap(s.rowGroup.rows), nil
	}
	hits := newBitmap(s.rowGroup.rows)
	if s.max < from || s.min >= until {
		return hits, nil
	}
	times, err := s.readTimes(ctx)
	for i, t := range times {
		if from <= t && t < until {
			hits.set(i)
		}
	}
	return hits, err
}

func (s *scan) readTimes(ctx context.Context) (_ []int64, err error) {
	if s.timeColumn == nil {
		s.timeColumn, err = s.times(ctx)
	}
	return s.timeColumn, err
}

// verify settles by its raw record whether a row that may match does.
func (s *scan) verify(ctx context.Context, row int) (bool, error) {
	raw, err := s.raw.at(ctx, row)
	if err != nil {
		return false, err
	}
	return s.holds(ctx, s.plan.root, row, raw)
}

func (s *scan) holds(ctx context.Context, c clause, row int, raw []byte) (bool, error) {
	switch c.op {
	case clauseLeaf:
		if l := &s.plan.leaves[c.leaf]; l.field == fieldRaw {
			return l.holds(raw), nil
		}
		hits, err := s.column(ctx, c.leaf)
		return err == nil && hits.has(row), err
	case clauseNot:
		holds, err := s.holds(ctx, c.kids[0], row, raw)
		return !holds, err
	}
	decisive := c.op == clauseOr
	for _, kid := range c.kids {
		if holds, err := s.holds(ctx, kid, row, raw); err != nil || holds == decisive {
			return holds, err
		}
	}
	return !decisive, nil
}

// settle verifies every row that may match and gives those that do.
func (s *scan) settle(ctx context.Context, yes, maybe bitmap) (bitmap, error) {
	matching, unknown := append(bitmap(nil), yes...), append(bitmap(nil), maybe...)
	unknown.and(yes.not(s.rowGroup.rows))
	var failed error
	unknown.each(func(row int) {
		if failed != nil {
			return
		}
		holds, err := s.verify(ctx, row)
		if failed = err; holds && err == nil {
			matching.set(row)
		}
	})
	return matching, failed
}

// leaveOut takes the rows of some identities out of both sets.
func (s *scan) leaveOut(identities map[uint64]bool, yes, maybe bitmap) (err error) {
	if len(identities) == 0 {
		return nil
	}
	ids, accounts := s.cells(fieldEventID), s.cells(fieldAccount)
	defer ids.close()
	defer accounts.close()
	keep := newBitmap(s.rowGroup.rows)
	maybe.each(func(row int) {
		var p position
		if err == nil {
			p, err = positionOf(0, row, ids, accounts)
		}
		if !identities[idrun.Identity([]byte(p.account), []byte(p.id))] {
			keep.set(row)
		}
	})
	yes.and(keep)
	maybe.and(keep)
	return err
}
