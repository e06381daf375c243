// Package scenario holds end-to-end cases: the built binary, driven as a user
// drives it. Each .txtar file is one case.
package scenario

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
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
