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
	id    string
	begun bool // the answer's status has been sent
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
		defer func() {
			if p := recover(); p != nil {
				s.recovered(w, r, p)
			}
		}()
		next.ServeHTTP(&answer{ResponseWriter: w, trace: t}, r)
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
	a.trace.begun = a.trace.begun || status >= 200 // others are hints on the way
	a.ResponseWriter.WriteHeader(status)
}

func (a *answer) Write(b []byte) (int, error) {
	a.trace.begun = true
	return a.ResponseWriter.Write(b)
}

// Flush sends what has been written.
func (a *answer) Flush() {
	a.trace.begun = true
	http.NewResponseController(a.ResponseWriter).Flush() //nolint:errcheck // what cannot flush sends later
}

// Unwrap lets http.ResponseController reach the connection.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }
