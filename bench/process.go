package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"

	"github.com/go-json-experiment/json"
)

// process is what a finished process took.
type process struct {
	wall     time.Duration
	cpu      time.Duration // user and system, of all cores together
	resident int64         // peak, in bytes
	out, err []byte
}

// mebibyte is the unit of memory.
const mebibyte = 1 << 20

// errUnfinished says that a process was stopped because it took too long.
var errUnfinished = errors.New("did not finish in time")

// execute runs a command to its end, or stops it after the limit. in may be
// nil. The peak of resident memory that the kernel tells is at least that of
// the conductor when it forked, some 15 MiB.
func execute(ctx context.Context, limit time.Duration, in []byte, name string, args ...string) (process, error) {
	bounded, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	cmd := exec.CommandContext(bounded, name, args...)
	var out, diag bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(in), &out, &diag
	begin := time.Now()
	err := cmd.Run()
	p := process{wall: time.Since(begin), out: out.Bytes(), err: diag.Bytes()}
	if state := cmd.ProcessState; state != nil {
		p.cpu = state.UserTime() + state.SystemTime()
		p.resident = residentPeak(state.SysUsage().(*syscall.Rusage))
	}
	switch {
	case bounded.Err() != nil && ctx.Err() == nil:
		return p, fmt.Errorf("%s: %w (%s)", name, errUnfinished, limit)
	case err != nil:
		return p, fmt.Errorf("%s %v: %w\n%s", name, args, err, tail(p.err))
	}
	return p, nil
}

// residentPeak is in bytes; Linux counts in KiB, Darwin in bytes.
func residentPeak(u *syscall.Rusage) int64 {
	if runtime.GOOS == "darwin" {
		return u.Maxrss
	}
	return u.Maxrss * 1024
}

// tail is the end of a long text.
func tail(text []byte) []byte {
	const most = 2000
	return text[max(0, len(text)-most):]
}

// childFlag, as the first argument, makes the command one of its children.
const childFlag = "-child"

// longest bounds any child.
const longest = time.Hour

// children do what must not disturb the conductor. Each reads its job as JSON
// from the standard input and writes its answer to the standard output.
var children = map[string]func(ctx context.Context, job []byte) (any, error){
	"simulate": answer(simulateLogs),
	"multiply": answer(multiplyLogs),
	"prices":   answer(writePriceLists),
	"stages":   answer(ingestInStages),
	"search":   answer(searchStore),
	"fleet":    answer(writeFleet),
	"graph":    answer(drawGraphs),
	"ledger":   answer(followEvents),
	"past":     answer(writePast),
	"feed":     answer(feedLive),
}

// answer adapts a typed job to children.
func answer[Job, Answer any](do func(context.Context, Job) (Answer, error)) func(context.Context, []byte) (any, error) {
	return func(ctx context.Context, in []byte) (any, error) {
		var job Job
		if err := json.Unmarshal(in, &job); err != nil {
			return nil, fmt.Errorf("job: %w", err)
		}
		return do(ctx, job)
	}
}

// serve is the life of a child.
func serve(ctx context.Context, name string, in io.Reader, out io.Writer) error {
	do, ok := children[name]
	if !ok {
		return fmt.Errorf("there is no child %q", name)
	}
	job, err := io.ReadAll(in)
	if err != nil {
		return err
	}
	result, err := do(ctx, job)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return json.MarshalWrite(out, result)
}

// child runs one of the children and reads its answer.
func child[Job, Answer any](ctx context.Context, name string, job Job) (Answer, process, error) {
	var result Answer
	self, err := os.Executable()
	if err != nil {
		return result, process{}, err
	}
	in, err := json.Marshal(job)
	if err != nil {
		return result, process{}, err
	}
	p, err := execute(ctx, longest, in, self, childFlag, name)
	if err != nil {
		return result, p, err
	}
	return result, p, json.Unmarshal(p.out, &result)
}
