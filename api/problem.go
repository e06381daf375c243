package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/kopterio/kopter/access"
	"github.com/kopterio/kopter/audit"
	"github.com/kopterio/kopter/cost"
	"github.com/kopterio/kopter/notify"
	"github.com/kopterio/kopter/query"
	"github.com/kopterio/kopter/queue"
)

// Errors of the server itself, beside those of the domain.
var (
	errNoOperation = errors.New("there is nothing at this address")
	errMethod      = errors.New("the address does not take this method")
	errBusy        = errors.New("too many queries run at the same time: try again in a moment")
	errNotFound    = errors.New("there is none")
	errCursor      = errors.New("not a cursor of this listing, or of an earlier state of it")
)

// badRequest is a mistake of whoever asked.
type badRequest struct {
	parameter string // which is wrong; empty for the body
	err       error
}

func (e *badRequest) Error() string {
	if e.parameter == "" {
		return e.err.Error()
	}
	return e.parameter + ": " + e.err.Error()
}

func (e *badRequest) Unwrap() error { return e.err }

// wrong says that a parameter is.
func wrong(parameter string, err error) error {
	if err == nil {
		return nil
	}
	return &badRequest{parameter: parameter, err: err}
}

// ofParameter says that a parameter is wrong, if the error is the one that
// tells of it.
func ofParameter(parameter string, err, tells error) error {
	if errors.Is(err, tells) {
		return wrong(parameter, err)
	}
	return err
}

// problemRow says what a client is told of an error.
type problemRow struct {
	fits   func(error) bool
	status int
	kind   string // ends the type's URI
	title  string
	// detail is told instead of the error's own text.
	detail func(*server, error) string
	// parameter is the one that is wrong, when the error does not know.
	parameter string
}

// problems is the one table from errors to answers. The first row that fits
// counts; what fits none is a fault of ours, of which a client learns only the
// request's id.
var problems = []problemRow{
	{fits: as[*query.Error], status: http.StatusBadRequest, kind: "query", title: "The query has a mistake", parameter: "q"},
	{fits: is(audit.ErrCursor, cost.ErrCursor, errCursor), status: http.StatusBadRequest, kind: "cursor", title: "The cursor is not one of this listing", parameter: "cursor"},
	{fits: is(audit.ErrTooManyRows, audit.ErrTooManyBuckets, cost.ErrTooManyRows), status: http.StatusUnprocessableEntity, kind: "too-large", title: "The answer would be too large"},
	{fits: as[*http.MaxBytesError], status: http.StatusRequestEntityTooLarge, kind: "body-too-large", title: "The request's body is too large", detail: bodyLimit},
	{fits: as[*badRequest], status: http.StatusBadRequest, kind: "request", title: "The request has a mistake"},
	{fits: is(audit.ErrRequest, cost.ErrField), status: http.StatusBadRequest, kind: "request", title: "The request has a mistake"},
	{fits: is(errNoOperation), status: http.StatusNotFound, kind: "no-operation", title: "Nothing is here"},
	{fits: is(errNotFound, cost.ErrNoResource, queue.ErrNoQueue), status: http.StatusNotFound, kind: "not-found", title: "There is no such thing"},
	{fits: is(errNobody, access.ErrUnknown), status: http.StatusUnauthorized, kind: "sign-in", title: "Sign in first"},
	{fits: is(errLink), status: http.StatusForbidden, kind: "link", title: "The sign-in link does not hold"},
	{fits: is(access.ErrTooMany), status: http.StatusTooManyRequests, kind: "too-many-attempts", title: "Too many failed attempts"},
	{fits: is(access.ErrNotAllowed, errCrossOrigin), status: http.StatusForbidden, kind: "forbidden", title: "That is not allowed"},
	{fits: is(access.ErrInvalid), status: http.StatusBadRequest, kind: "request", title: "The request has a mistake"},
	{fits: is(access.ErrFull), status: http.StatusConflict, kind: "full", title: "There is no room for more"},
	{fits: is(errHost), status: http.StatusMisdirectedRequest, kind: "host", title: "Another server is meant"},
	{fits: is(errStreams), status: http.StatusTooManyRequests, kind: "too-many-streams", title: "Too many streams at once"},
	{fits: is(notify.ErrNoNotice), status: http.StatusNotFound, kind: "not-found", title: "There is no such thing"},
	{fits: is(errMethod), status: http.StatusMethodNotAllowed, kind: "method", title: "The method does not fit"},
	{fits: is(errBusy), status: http.StatusServiceUnavailable, kind: "busy", title: "Too many queries at once"},
	{fits: is(context.DeadlineExceeded), status: http.StatusServiceUnavailable, kind: "too-slow", title: "The query took too long", detail: tooSlow},
}

func is(targets ...error) func(error) bool {
	return func(err error) bool {
		for _, target := range targets {
			if errors.Is(err, target) {
				return true
			}
		}
		return false
	}
}

func as[E error](err error) bool {
	var target E
	return errors.As(err, &target)
}

func bodyLimit(*server, error) string {
	return fmt.Sprintf("a body has at most %d bytes", maxBody)
}

func tooSlow(s *server, _ error) string {
	return fmt.Sprintf("the query took longer than %v: narrow the time or add a field", s.QueryTime)
}

// internal is what a client is told of a fault of ours.
var internal = problemRow{
	status: http.StatusInternalServerError, kind: "internal", title: "Something went wrong inside Kopter",
	detail: func(*server, error) string { return "the log tells more under this request's id" },
}

// fail answers with the problem that an error is. When the answer has begun
// already, the connection is cut, so that nobody takes a torso for the whole.
func (s *server) fail(w http.ResponseWriter, r *http.Request, err error) {
	trace := traceOf(r.Context())
	if trace.begun {
		s.Log.Warn("answer_cut", "request_id", trace.id, "path", r.URL.Path, "error", err)
		panic(http.ErrAbortHandler)
	}
	if r.Context().Err() != nil {
		return // nobody waits for an answer any more
	}
	row := rowOf(err)
	if row.status == http.StatusInternalServerError {
		s.Log.Error("request_failed", "request_id", trace.id, "method", r.Method, "path", r.URL.Path, "error", err)
	}
	if seconds := row.retryAfter(); seconds != "" {
		w.Header().Set("Retry-After", seconds)
	}
	if row.status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", "Bearer")
	}
	writeProblem(w, s.problem(row, err, trace.id))
}

// retryAfter is when it makes sense to try again, in seconds; empty where
// nobody can tell.
func (row problemRow) retryAfter() string {
	switch row.status {
	case http.StatusServiceUnavailable:
		return "1"
	case http.StatusTooManyRequests:
		return "60" // the span in which attempts to sign in are counted
	}
	return ""
}

func rowOf(err error) problemRow {
	for _, row := range problems {
		if row.fits(err) {
			return row
		}
	}
	return internal
}

func (s *server) problem(row problemRow, err error, requestID string) Problem {
	detail := sentence(err)
	if row.detail != nil {
		detail = row.detail(s, err)
	}
	p := Problem{
		Type: "urn:kopter:problem:" + row.kind, Title: row.title, Status: row.status,
		Detail: &detail, RequestID: &requestID,
	}
	if where := (*query.Error)(nil); errors.As(err, &where) {
		p.Offset = &where.Offset
	}
	if parameter := parameterOf(err, row); parameter != "" {
		p.Parameter = &parameter
	}
	return p
}

// sentence is what an error says to a person. A query's reason goes without
// the place, which has a member of its own.
func sentence(err error) string {
	if where := (*query.Error)(nil); errors.As(err, &where) {
		return where.Reason
	}
	return err.Error()
}

func parameterOf(err error, row problemRow) string {
	if bad := (*badRequest)(nil); errors.As(err, &bad) {
		return bad.parameter
	}
	return row.parameter
}

func writeProblem(w http.ResponseWriter, p Problem) {
	body, err := json.Marshal(p, jsontext.AllowInvalidUTF8(true))
	if err != nil {
		panic(fmt.Errorf("problem %s: %w", p.Type, err)) // it holds texts and numbers only
	}
	for _, of := range []string{"ETag", "Content-Disposition", "Content-Length"} {
		w.Header().Del(of) // of the answer that there is none of
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(p.Status)
	w.Write(body) //nolint:errcheck // who has gone needs no answer
}

// badParameter answers for the generated router, which could not read a
// parameter.
func (s *server) badParameter(w http.ResponseWriter, r *http.Request, err error) {
	var format *InvalidParamFormatError
	var missing *RequiredParamError
	var several *TooManyValuesForParamError
	switch {
	case errors.As(err, &format):
		err = wrong(format.ParamName, errors.New("the value does not have the right type"))
	case errors.As(err, &missing):
		err = wrong(missing.ParamName, errors.New("a value is required"))
	case errors.As(err, &several):
		err = wrong(several.ParamName, errors.New("one value is enough"))
	default:
		err = &badRequest{err: err}
	}
	s.fail(w, r, err)
}

// badBody answers for the generated router, which could not read a body.
func (s *server) badBody(w http.ResponseWriter, r *http.Request, err error) {
	if as[*http.MaxBytesError](err) {
		s.fail(w, r, err)
		return
	}
	s.fail(w, r, &badRequest{err: errors.New("the body is not the JSON that the operation takes: " + strings.TrimPrefix(err.Error(), "can't decode JSON body: "))})
}
