package ingest_test

import (
	"context"
	"testing"

	"github.com/kopterio/kopter/account"
	"github.com/kopterio/kopter/audit"
	"github.com/kopterio/kopter/ingest"
	"github.com/kopterio/kopter/ingest/ingesttest"
)

// late gives a list of runs that is out of date by the time it is used.
type late struct {
	audit.Index
	meanwhile func()
}

func (l *late) Runs(ctx context.Context, t account.Tenant) ([]audit.Run, error) {
	runs, err := l.Index.Runs(ctx, t)
	if do := l.meanwhile; do != nil {
		l.meanwhile = nil
		do()
	}
	return runs, err
}

func TestRunsMergedBetweenListAndOpen(t *testing.T) {
	p := open(t)
	index := &late{Index: p.Store}
	lake := audit.New(p.Store, index)
	defer lake.Close()
	logs := ingesttest.Logs(1, 10)
	do := func(l ingesttest.Log) {
		if _, err := ingest.Run(t.Context(), lake, p.Store, account.Local, inputs(l), ingest.Options{Workers: 1, Now: now}); err != nil {
			t.Fatal(err)
		}
	}
	do(logs[0])
	index.meanwhile = func() { do(logs[1]); do(logs[2]) }
	do(logs[3])
}
