package ingest

import (
	"sync"

	"github.com/kopterio/kopter/audit"
)

// Totals count what a run did so far.
type Totals struct {
	Files       int64 // read to their end
	Known       int64 // not read, because that version is ingested
	Skipped     int64 // not read, because they are no logs
	Failed      int64 // could not be read to their end; a later run tries again
	Bytes       int64 // of the files read, as stored
	Events      int64 // records read
	Added       int64 // of those, new to the lake
	Duplicates  int64
	Conflicts   int64
	Quarantined int64 // entries of the quarantine
	Commits     int64
}

// Report is what a run did.
type Report struct {
	Totals
	// Skips counts the skipped files by reason.
	Skips map[string]int64
	// Failures are the first files that failed, MaxFailures at most.
	Failures []Failure
}

// MaxFailures bounds Report.Failures.
const MaxFailures = 100

// Failure is a file that could not be read to its end. What was read of it is
// in; it does not count as ingested.
type Failure struct {
	URI string // empty when the listing itself failed
	Err error
}

func (f *Failure) Error() string { return f.URI + ": " + f.Err.Error() }

func (f *Failure) Unwrap() error { return f.Err }

// tally is the report of a run while it goes on.
type tally struct {
	tell func(Totals)

	mu     sync.Mutex
	report Report
}

func newTally(tell func(Totals)) *tally {
	return &tally{tell: tell, report: Report{Skips: map[string]int64{}}}
}

// change changes the report and tells of it.
func (t *tally) change(do func(*Report)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	do(&t.report)
	t.tell(t.report.Totals)
}

func (t *tally) skip(reason string) {
	t.change(func(r *Report) {
		r.Skipped++
		r.Skips[reason]++
	})
}

func (t *tally) known(n int64) { t.change(func(r *Report) { r.Known += n }) }

func (t *tally) fail(f Failure) {
	t.change(func(r *Report) {
		r.Failed++
		if len(r.Failures) < MaxFailures {
			r.Failures = append(r.Failures, f)
		}
	})
}

// read counts a file that was read to its end.
func (t *tally) read(f Ingested, broken int64) {
	t.change(func(r *Report) {
		r.Files++
		r.Bytes += f.Bytes
		r.Quarantined += broken
	})
}

// outcomes adds what became of records.
func (t *tally) outcomes(o audit.Tally) {
	t.change(func(r *Report) {
		r.Added += o.Added
		r.Duplicates += o.Duplicates
		r.Conflicts += o.Conflicts
		r.Events += o.Added + o.Duplicates + o.Conflicts
	})
}

func (t *tally) committed() { t.change(func(r *Report) { r.Commits++ }) }
