package main

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"time"

	"github.com/kopterio/kopter/account"
	"github.com/kopterio/kopter/audit"
	"github.com/kopterio/kopter/ingest"
	"github.com/kopterio/kopter/local"
)

// staging is a job: logs to ingest into a new store, in the two stages of
// `kopter ingest`.
type staging struct {
	Logs  string `json:"logs"`
	Store string `json:"store"`
}

// stages is the processor time of each, in seconds: until every event is
// durable and can be searched, and for compaction after that.
type stages struct {
	Ingest  float64 `json:"ingest"`
	Compact float64 `json:"compact"`
}

// ingestInStages does what `kopter ingest` does, and looks at the clock
// between.
func ingestInStages(ctx context.Context, job staging) (s stages, err error) {
	store, err := local.Open(ctx, job.Store, local.Options{})
	if err != nil {
		return s, err
	}
	lake := audit.New(store, store)
	defer func() { err = errors.Join(err, lake.Close(), store.Close()) }()
	begin, err := processorTime()
	if err != nil {
		return s, err
	}
	report, err := ingest.Run(ctx, lake, store, account.Local, local.Walk(job.Logs), ingest.Options{Now: time.Now})
	if err != nil {
		return s, err
	}
	if report.Failed > 0 {
		return s, fmt.Errorf("%d files could not be read", report.Failed)
	}
	between, err := processorTime()
	if err != nil {
		return s, err
	}
	if _, err := lake.Compact(ctx, account.Local, audit.CompactPolicy{}); err != nil {
		return s, err
	}
	end, err := processorTime()
	return stages{(between - begin).Seconds(), (end - between).Seconds()}, err
}

// processorTime is what this process has used so far, user and system.
func processorTime() (time.Duration, error) {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0, fmt.Errorf("getrusage: %w", err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()), nil
}
