// Package scenario holds end-to-end cases: the built binary, driven as a user
// drives it. Each .txtar file is one case.
package scenario

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// binary is the folder of the built kopter, made once for all cases.
var binary string

func TestMain(m *testing.M) {
	os.Exit(buildAndRun(m))
}

func buildAndRun(m *testing.M) int {
	dir, err := os.MkdirTemp("", "kopter-scenario")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	build := exec.Command("go", "build", "-o", filepath.Join(dir, "kopter"), "../cmd/kopter")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build kopter: %v\n%s", err, out)
		return 1
	}
	binary = dir
	return m.Run()
}

func TestScenarios(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 ".",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("PATH", binary+string(os.PathListSeparator)+env.Getenv("PATH"))
			env.Setenv("KOPTER_DATA", filepath.Join(env.WorkDir, "data"))
			env.Setenv("SHARED", sharedData())
			return nil
		},
		Condition: available,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":  exits,
			"duckdb": duckdb,
			"pack":   pack,
		},
	})
}

// exits runs a command and asserts its exit code: exits 3 kopter ingest bad.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND [ARG...]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	if failed := (*exec.ExitError)(nil); errors.As(err, &failed) {
		got = failed.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// duckdb runs SQL with DuckDB for Python and prints the rows: duckdb 'SELECT 1'.
func duckdb(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: duckdb SQL")
	}
	const program = "import duckdb,sys\nfor row in duckdb.sql(sys.argv[1]).fetchall(): print(*row)"
	ts.Check(ts.Exec(python(), "-c", program, args[0]))
}

// pack writes compressed forms of logs/records.json and logs/lines.ndjson, which
// a text file cannot hold: gzip with and without its name, gzip of two members,
// a zip archive with folders and gzip inside, and one that holds more than logs.
func pack(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) > 0 {
		ts.Fatalf("usage: pack")
	}
	zipped := func(text string) string {
		var out bytes.Buffer
		w := gzip.NewWriter(&out)
		_, err := w.Write([]byte(text))
		ts.Check(errors.Join(err, w.Close()))
		return out.String()
	}
	records := ts.ReadFile("logs/records.json")
	first, second, _ := strings.Cut(ts.ReadFile("logs/lines.ndjson"), "\n")
	archive := func(files map[string]string) string {
		var out bytes.Buffer
		z := zip.NewWriter(&out)
		for name, text := range files {
			w, err := z.Create(name)
			ts.Check(err)
			_, err = io.WriteString(w, text)
			ts.Check(err)
		}
		ts.Check(z.Close())
		return out.String()
	}
	for name, text := range map[string]string{
		"logs/records.json.gz": zipped(records),
		"logs/unnamed":         zipped(records),
		"logs/members.gz":      zipped(first+"\n") + zipped(second),
		"logs/all.zip":         archive(map[string]string{"AWSLogs/a.json": records, "AWSLogs/b.json.gz": zipped(records)}),
		"mixed.zip":            archive(map[string]string{"AWSLogs/a.json": records, "LICENSE": "Free."}),
	} {
		ts.Check(os.WriteFile(ts.MkAbs(name), []byte(text), 0o644))
	}
}

// python is the interpreter that has DuckDB: what KOPTER_PYTHON names, or the
// one that make installs.
func python() string {
	if named := os.Getenv("KOPTER_PYTHON"); named != "" {
		return named
	}
	return beside(".cache", "py", "bin", "python")
}

// available answers the conditions [shared] and [duckdb]. What is missing
// leaves a case out, or fails it where everything is required.
func available(name string) (bool, error) {
	var err error
	switch name {
	case "shared":
		_, err = os.Stat(sharedData())
	case "duckdb":
		err = exec.Command(python(), "-c", "import duckdb").Run()
	default:
		return false, fmt.Errorf("unknown condition %s", name)
	}
	if err != nil && os.Getenv("KOPTER_REQUIRE") == "all" {
		return false, fmt.Errorf("required here: %s: %w", name, err)
	}
	return err == nil, nil
}

// sharedData is the folder of real logs, bills and prices beside the checkout.
func sharedData() string {
	return beside("..", "shared", "data")
}

// beside gives the absolute form of a path that is relative to the project.
func beside(path ...string) string {
	absolute, err := filepath.Abs(filepath.Join(append([]string{".."}, path...)...))
	if err != nil {
		panic(err) // only where there is no working folder
	}
	return absolute
}
