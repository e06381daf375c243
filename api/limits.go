package api

import (
	"context"
	"net/http"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/kopterio/kopter/account"
)

// maxBody bounds a request's body, in bytes: it holds a few fields.
const maxBody = 64 << 10

// patience is how long a query waits for others of its tenant to end.
const patience = 2 * time.Second

func limitBody(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		next.ServeHTTP(w, r)
	})
}

// bounded gives an operation a time to end, unless it streams, and lets only
// some queries of a tenant run at once.
func (s *server) bounded(next StrictHandlerFunc, name string) StrictHandlerFunc {
	op := s.contract.byName[name]
	if op.stream {
		return next
	}
	return func(ctx context.Context, w http.ResponseWriter, r *http.Request, request any) (any, error) {
		if op.query {
			release, err := s.slots.take(ctx, tenantOf(ctx))
			if err != nil {
				return nil, err
			}
			defer release()
		}
		ctx, cancel := context.WithTimeout(ctx, s.QueryTime)
		defer cancel()
		return next(ctx, w, r, request)
	}
}

// slots bound how many things of each tenant happen at once. It is safe for
// concurrent use.
type slots struct {
	each int64

	mu      sync.Mutex
	tenants map[account.Tenant]*semaphore.Weighted // a few bytes for each that ever asked
}

func newSlots(each int) *slots {
	return &slots{each: int64(each), tenants: map[account.Tenant]*semaphore.Weighted{}}
}

// take waits for a free slot, not longer than patience; then it is errBusy.
// Whoever got one gives it back with release.
func (s *slots) take(ctx context.Context, t account.Tenant) (release func(), err error) {
	free := s.of(t)
	waiting, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if free.Acquire(waiting, 1) != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, errBusy
	}
	return func() { free.Release(1) }, nil
}

func (s *slots) of(t account.Tenant) *semaphore.Weighted {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tenants[t] == nil {
		s.tenants[t] = semaphore.NewWeighted(s.each)
	}
	return s.tenants[t]
}
