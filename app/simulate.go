package app

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/kopterio/kopter/simulate"
)

// Simulation are the options of a simulated organisation.
type Simulation = simulate.Options

// Simulate writes the logs, inventory and price list of an organisation that
// does not exist below a folder, and says what a perfect reader finds there.
func Simulate(ctx context.Context, dir string, opt Simulation, progress func(events int64)) (*simulate.Truth, error) {
	if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 {
		return nil, &InputError{fmt.Errorf("%s is not empty: a simulation there would mix with what it holds", dir)}
	}
	truth, err := simulate.Write(ctx, simulate.Dir(dir), opt, func(p simulate.Progress) { progress(p.Events) })
	if errors.Is(err, simulate.ErrOptions) {
		err = &InputError{err}
	}
	return truth, err
}
