package local

import (
	"context"
	"database/sql"
	"errors"
	"sync"

	"github.com/kopterio/kopter/account"
)

// maxGroup bounds how many changes one transaction carries out, so that the
// first of them does not wait long for the last.
const maxGroup = 1024

// group gathers the changes that many callers make to queues at the same time,
// and carries them out in one transaction. A commit costs one write to the
// disk, however many changes it holds; what waits while one is under way is
// the next group, so no change waits for company.
//
// There is no goroutine of its own: one of the callers leads, and hands the
// lead over to one that waits.
type group struct {
	write    *sql.DB
	hook     func(point string) error
	prepared map[string]*sql.Stmt // the statements of queues, by their text

	mu      sync.Mutex
	waiting []*job
	led     bool // a caller is carrying out a group
}

// job is a change of one caller.
type job struct {
	ctx    context.Context
	tenant account.Tenant
	do     func(*transaction) error
	err    error
	turn   chan bool // true: lead; false: the job has ended
}

// run carries out a change: it is durable when run returns nil, and nothing of
// it is visible otherwise, but where the commit itself fails. A change whose
// context has ended before its turn is not begun; one that has begun is waited
// for, since its messages are hidden or gone when it lands.
func (g *group) run(ctx context.Context, t account.Tenant, do func(*transaction) error) error {
	j := &job{ctx: ctx, tenant: t, do: do, turn: make(chan bool, 1)}
	if lead := g.join(j); lead || <-j.turn {
		g.lead()
	}
	return j.err
}

// join puts a job into the next group, and says whether its caller is to lead.
func (g *group) join(j *job) (lead bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.waiting = append(g.waiting, j)
	lead = !g.led
	g.led = true
	return lead
}

// lead carries out all that wait, the caller's job among them: it is the first.
func (g *group) lead() {
	jobs := g.gather()
	g.carryOut(jobs)
	for _, j := range jobs[1:] {
		j.turn <- false
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.led = len(g.waiting) > 0; g.led {
		g.waiting[0].turn <- true
	}
}

func (g *group) gather() []*job {
	g.mu.Lock()
	defer g.mu.Unlock()
	jobs := g.waiting
	g.waiting = nil
	if len(jobs) > maxGroup {
		g.waiting = append(g.waiting, jobs[maxGroup:]...)
		jobs = jobs[:maxGroup]
	}
	return jobs
}

// carryOut gives every job its error.
func (g *group) carryOut(jobs []*job) {
	err := g.transact(jobs)
	for _, j := range jobs {
		if j.err == nil {
			j.err = err
		}
	}
}

func (g *group) transact(jobs []*job) error {
	// One caller who gives up must not end the others' transaction.
	ctx := context.WithoutCancel(jobs[0].ctx)
	tx, err := g.write.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	// After a commit this does nothing; before it, the error that counts is
	// the one that led here.
	defer func() { _ = tx.Rollback() }()
	if err := g.hook(PointQueueBegin); err != nil {
		return err
	}
	x := &transaction{ctx: ctx, tx: tx, hook: g.hook, prepared: g.prepared, bound: map[string]*sql.Stmt{}}
	for _, j := range jobs {
		if err := x.apart(j); err != nil {
			return err
		}
	}
	if err := g.hook(PointQueueCommit); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	return g.hook(PointQueueCommitted)
}

// apart carries out a job so that its failure leaves the others of its group
// alone. The error that it returns is about the whole transaction.
func (x *transaction) apart(j *job) error {
	if j.err = j.ctx.Err(); j.err != nil {
		return nil
	}
	if _, err := x.exec(setSavepoint); err != nil {
		return err
	}
	x.tenant = j.tenant
	if j.err = j.do(x); j.err != nil {
		if _, err := x.exec(backToSavepoint); err != nil {
			return errors.Join(j.err, err)
		}
	}
	_, err := x.exec(releaseSavepoint)
	return err
}

// exec executes one of the kept statements and says how many rows it changed.
func (x *transaction) exec(text string, args ...any) (int64, error) {
	result, err := x.kept(text).ExecContext(x.ctx, args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// kept is a prepared statement as a part of this transaction.
func (x *transaction) kept(text string) *sql.Stmt {
	stmt := x.bound[text]
	if stmt == nil {
		stmt = x.tx.StmtContext(x.ctx, x.prepared[text])
		x.bound[text] = stmt
	}
	return stmt
}

// prepareQueues prepares the statements of queues on the writer's connection.
func prepareQueues(ctx context.Context, db *sql.DB) (map[string]*sql.Stmt, error) {
	prepared := map[string]*sql.Stmt{}
	for _, text := range queueStatements {
		stmt, err := db.PrepareContext(ctx, text)
		if err != nil {
			return nil, err
		}
		prepared[text] = stmt
	}
	return prepared, nil
}
