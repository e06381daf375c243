package local_test

import (
	"context"
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"
)

// testContext is for what a child process runs: no test bounds it, its parent
// does.
var testContext = context.Background()

// TestMain lets the test binary be its own child: see the variables it looks
// for.
func TestMain(m *testing.M) {
	if dir := os.Getenv(holdEnv); dir != "" {
		exitWith(hold(dir))
	}
	if text := os.Getenv(crashEnv); text != "" {
		exitWith(crash(text))
	}
	if text := os.Getenv(queueCrashEnv); text != "" {
		exitWith(crashQueue(text))
	}
	goleak.VerifyTestMain(m)
}

func exitWith(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}
