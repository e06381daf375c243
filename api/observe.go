package api

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
)

// trace follows one request.
type trace struct {
	id        string
	begun     bool       // the answer's status has been sent
	status    int        // that status; 0 when nobody waited for an answer
	operation *operation // nil when the request did not reach one
}

type traceKey struct{}

// traceOf gives the trace of a request; one of its own where there is none.
func traceOf(ctx context.Context) *trace {
	if t, ok := ctx.Value(traceKey{}).(*trace); ok {
		return t
	}
	return &trace{}
}

// observed gives every request an id, and turns a panic into an answer and a
// line of the log.
func (s *server) observed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t := &trace{id: rand.Text()[:16]}
		w.Header().Set("X-Request-Id", t.id)
		r = r.WithContext(context.WithValue(r.Context(), traceKey{}, t))
		begin, watched := s.Now(), &answer{ResponseWriter: w, trace: t}
		defer func() { s.Metrics.request(t, s.Now().Sub(begin)) }()
		defer func() {
			if p := recover(); p != nil {
				s.recovered(watched, r, p)
			}
		}()
		next.ServeHTTP(watched, r)
	})
}

func (s *server) recovered(w http.ResponseWriter, r *http.Request, p any) {
	if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		panic(http.ErrAbortHandler)
	}
	s.fail(w, r, fmt.Errorf("panic: %v\n%s", p, debug.Stack()))
}

// answer notes when an answer begins.
type answer struct {
	http.ResponseWriter
	trace *trace
}

func (a *answer) WriteHeader(status int) {
	if status >= 200 && !a.trace.begun { // others are hints on the way
		a.trace.begun, a.trace.status = true, status
	}
	a.ResponseWriter.WriteHeader(status)
}

func (a *answer) Write(b []byte) (int, error) {
	a.implicit()
	return a.ResponseWriter.Write(b)
}

// implicit begins an answer that nobody gave a status.
func (a *answer) implicit() {
	if !a.trace.begun {
		a.trace.begun, a.trace.status = true, http.StatusOK
	}
}

// Flush sends what has been written.
func (a *answer) Flush() {
	a.implicit()
	http.NewResponseController(a.ResponseWriter).Flush() //nolint:errcheck // what cannot flush sends later
}

// Unwrap lets http.ResponseController reach the connection.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }
