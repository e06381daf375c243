package ingest

import (
	"context"
	"iter"
	"sync"

	"github.com/kopterio/kopter/account"
)

// lookupSize is how many inputs the store is asked about at once.
const lookupSize = 256

// selection decides which inputs are read.
type selection struct {
	store  Store
	tenant account.Tenant
	tally  *tally

	mu      sync.Mutex
	pending map[string]bool // URIs that were chosen and are not committed yet
}

// dispatch sends the inputs that are to be read to jobs, in their order, and
// counts the others.
func (s *selection) dispatch(ctx context.Context, inputs iter.Seq2[Input, error], jobs chan<- Input) error {
	var group []Input
	flush := func() error {
		err := s.send(ctx, group, jobs)
		group = group[:0]
		return err
	}
	for input, err := range inputs {
		switch {
		case err != nil:
			s.tally.fail(Failure{URI: input.URI, Err: err})
		case input.Skip != "":
			s.tally.skip(input.Skip)
		default:
			group = append(group, input)
		}
		if len(group) < lookupSize {
			continue
		}
		if err := flush(); err != nil {
			return err
		}
	}
	return flush()
}

func (s *selection) send(ctx context.Context, group []Input, jobs chan<- Input) error {
	chosen, err := s.choose(ctx, group)
	if err != nil {
		return err
	}
	for _, input := range chosen {
		select {
		case jobs <- input:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}

// choose leaves out the inputs of which that version is committed, and those
// of which any version is on its way.
func (s *selection) choose(ctx context.Context, group []Input) ([]Input, error) {
	var claimed []Input
	var objects []Object
	for _, input := range group {
		if s.claim(input.URI) {
			claimed, objects = append(claimed, input), append(objects, input.Object)
		}
	}
	// Only now, with the claims made: a commit that lands in between would be
	// missed the other way round.
	known, err := s.store.Known(ctx, s.tenant, objects)
	if err != nil {
		return nil, err
	}
	chosen := claimed[:0]
	for i, input := range claimed {
		if known[i] {
			s.release(input.URI)
		} else {
			chosen = append(chosen, input)
		}
	}
	s.tally.known(int64(len(group) - len(chosen)))
	return chosen, nil
}

func (s *selection) claim(uri string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.pending[uri] {
		return false
	}
	s.pending[uri] = true
	return true
}

// release says that a file is no longer on its way.
func (s *selection) release(uri string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.pending, uri)
}
