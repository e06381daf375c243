package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// call carries out a command line on a data folder of its own.
func call(t *testing.T, ctx context.Context, out io.Writer, args ...string) (code int, messages string) {
	t.Helper()
	t.Setenv("KOPTER_DATA", filepath.Join(t.TempDir(), "data"))
	var text strings.Builder
	code = run(ctx, args, console{out: out, err: &safeWriter{w: &text}, now: func() time.Time { return testNow }})
	return code, text.String()
}

func TestExitCodes(t *testing.T) {
	for want, err := range map[int]error{
		exitDone:        nil,
		exitFailed:      io.ErrUnexpectedEOF,
		exitUsage:       usageError{errors.New("no such flag")},
		exitQuarantined: errors.Join(errQuarantined),
	} {
		if got := exitCode(err); got != want {
			t.Errorf("%v: %d, want %d", err, got, want)
		}
	}
}

// TestHelp prints the help of every command, each with its flags and no error.
func TestHelp(t *testing.T) {
	for _, command := range []string{
		"", "ingest", "search", "cost", "blame", "inventory import", "inventory list", "prices import", "prices get", "prices list",
		"quarantine", "conflicts", "compact", "check", "simulate", "version",
	} {
		var out strings.Builder
		code, messages := call(t, t.Context(), &out, append(strings.Fields(command), "--help")...)
		if code != exitDone || messages != "" || !strings.HasPrefix(out.String(), "Usage: kopter "+command) || !strings.Contains(out.String(), "--data=DIR") {
			t.Errorf("%s --help: exit code %d\n%s%s", command, code, out.String(), messages)
		}
	}
	var bare, help strings.Builder
	call(t, t.Context(), &bare)
	call(t, t.Context(), &help, "--help")
	if bare.String() != help.String() {
		t.Errorf("without a command: %s", bare.String())
	}
}

func TestUsageErrors(t *testing.T) {
	for _, args := range [][]string{
		{"bogus"}, {"ingest"}, {"prices"}, {"prices", "get", "t3.micro"}, {"simulate"}, {"search", "--form", "csv"},
		{"search", "--limit", "many"}, {"cost", "--limit=-1"}, {"blame", "--limit=-1"}, {"inventory", "list", "--at", "soon"},
		{"inventory", "import", "--at", "soon", "x"}, {"prices", "import", "--effective-from", "soon", "x"}, {"simulate", "--out", "x", "--start", "soon"},
		{"cost", "--by", "type,type"}, {"search", "--output", "x.xlsx", "--count-by", "name"},
	} {
		code, messages := call(t, t.Context(), io.Discard, args...)
		if code != exitUsage || !strings.HasPrefix(messages, "kopter: ") {
			t.Errorf("%q: exit code %d, %q", args, code, messages)
		}
	}
}

// TestNoFolder refuses an empty name, which would be the current folder.
func TestNoFolder(t *testing.T) {
	t.Chdir(t.TempDir())
	code, messages := call(t, t.Context(), io.Discard, "ingest", "--data=", ".")
	if code != exitUsage || !strings.Contains(messages, "KOPTER_DATA") {
		t.Errorf("exit code %d, %q", code, messages)
	}
}

// TestMessagesAreSafe puts an escape sequence into a name that an error shows.
func TestMessagesAreSafe(t *testing.T) {
	code, messages := call(t, t.Context(), io.Discard, "ingest", filepath.Join(t.TempDir(), "\x1b[31mred"))
	if code != exitFailed || !strings.Contains(messages, "·[31mred") || strings.Contains(messages, "\x1b") {
		t.Errorf("exit code %d, %q", code, messages)
	}
}

// TestEachErrorHasALine imports a folder of files that are no price lists.
func TestEachErrorHasALine(t *testing.T) {
	dir := t.TempDir()
	for i := range shownErrors + 2 {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%02d.json", i)), []byte("{}"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	code, messages := call(t, t.Context(), io.Discard, "prices", "import", dir)
	lines := strings.Split(strings.TrimSpace(messages), "\n")
	if code != exitFailed || len(lines) != shownErrors+1 || !strings.HasPrefix(lines[1], "kopter: ") || !strings.Contains(lines[1], "01.json") ||
		lines[shownErrors] != "kopter: … and 2 more errors." {
		t.Errorf("exit code %d, %q", code, messages)
	}
}

func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	code, messages := call(t, ctx, io.Discard, "ingest", t.TempDir())
	if code != exitFailed || !strings.Contains(messages, "interrupted") || strings.Contains(messages, "context") {
		t.Errorf("exit code %d, %q", code, messages)
	}
}

// TestOutputThatFails wants no command to end well when its output is lost.
func TestOutputThatFails(t *testing.T) {
	t.Setenv("KOPTER_DATA", filepath.Join(t.TempDir(), "data"))
	con := console{out: brokenWriter{}, err: io.Discard, now: func() time.Time { return testNow }}
	log := filepath.Join(t.TempDir(), "log.json")
	if err := os.WriteFile(log, []byte(`{"Records":[{"eventTime":"2023-07-10T00:00:00Z","eventName":"First","eventID":"e1"}]}`), 0o644); err != nil {
		t.Fatal(err)
	}
	if code := run(t.Context(), []string{"ingest", log}, con); code != exitDone {
		t.Fatalf("ingest: exit code %d", code)
	}
	for _, command := range []string{"search", "search --count-by name", "cost", "blame", "inventory list", "prices list", "quarantine", "conflicts"} {
		for _, format := range []string{"table", "json", "csv"} {
			args := append(strings.Fields(command), "--format", format)
			if code := run(t.Context(), args, con); code != exitFailed {
				t.Errorf("%q: exit code %d", args, code)
			}
		}
	}
	for _, command := range []string{"check", "compact", "version"} {
		if code := run(t.Context(), []string{command}, con); code != exitFailed {
			t.Errorf("%s: exit code %d", command, code)
		}
	}
}
