// Package contract holds the answers of a server to its OpenAPI document, in
// tests: a client's transport that lets no answer pass which the document does
// not describe.
//
// The document is taken more strictly than it is written: an object has no
// members but those that are listed, so that nothing is served that nobody can
// know of. Bodies other than JSON are left alone, but their type is checked.
package contract

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
)

// Checker checks answers and keeps account of which operations it has seen. It
// is safe for concurrent use.
type Checker struct {
	routes map[string]routers.Route // by method and path
	router *http.ServeMux           // finds the method and path of a request

	mu   sync.Mutex
	seen map[string]bool // operations that were answered with success
}

// New reads an OpenAPI document.
func New(spec []byte) (*Checker, error) {
	doc, err := openapi3.NewLoader().LoadFromData(spec)
	if err != nil {
		return nil, err
	}
	for _, schema := range doc.Components.Schemas {
		closeObject(schema.Value)
	}
	c := &Checker{routes: map[string]routers.Route{}, router: http.NewServeMux(), seen: map[string]bool{}}
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			pattern := method + " " + path
			c.routes[pattern] = routers.Route{Spec: doc, Path: path, PathItem: item, Method: method, Operation: op}
			c.router.Handle(pattern, http.NotFoundHandler())
		}
	}
	return c, nil
}

// closeObject forbids members that are not listed.
func closeObject(s *openapi3.Schema) {
	if s.Type.Is("object") && s.AdditionalProperties.Has == nil && s.AdditionalProperties.Schema == nil {
		closed := false
		s.AdditionalProperties.Has = &closed
	}
}

// Unseen lists the operations, by their id, that no answer with success was
// checked of.
func (c *Checker) Unseen() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var missing []string
	for _, route := range c.routes {
		if id := route.Operation.OperationID; !c.seen[id] {
			missing = append(missing, id)
		}
	}
	slices.Sort(missing)
	return missing
}

// Routes lists the operations of the document, by path and method.
func (c *Checker) Routes() []routers.Route {
	all := slices.Collect(maps.Values(c.routes))
	slices.SortFunc(all, func(a, b routers.Route) int { return strings.Compare(a.Path+" "+a.Method, b.Path+" "+b.Method) })
	return all
}

// Check says what in an answer the document does not describe. Body is nil for
// one that is a stream.
func (c *Checker) Check(r *http.Request, status int, header http.Header, body []byte) error {
	_, pattern := c.router.Handler(r)
	route, known := c.routes[pattern]
	if !known {
		return c.checkOutside(r, status, header)
	}
	kind, _, err := mime.ParseMediaType(header.Get("Content-Type"))
	bare := status == http.StatusNoContent || status == http.StatusNotModified
	if !bare && (err != nil || !describes(route.Operation, status, kind)) {
		return fmt.Errorf("%s: status %d: the document knows no content type %q there", route.Operation.OperationID, status, kind)
	}
	opt := &openapi3filter.Options{IncludeResponseStatus: true, ExcludeResponseBody: bare || kind != "application/json" && !strings.HasSuffix(kind, "+json")}
	err = openapi3filter.ValidateResponse(r.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: r, Route: &route},
		Status:                 status, Header: header, Options: opt, Body: io.NopCloser(bytes.NewReader(body)),
	})
	if err != nil {
		return fmt.Errorf("%s: status %d: %w", route.Operation.OperationID, status, err)
	}
	if status < 400 {
		c.mu.Lock()
		c.seen[route.Operation.OperationID] = true
		c.mu.Unlock()
	}
	return nil
}

// checkOutside checks what is no operation: below /v1/ that is a problem, or
// the way to a cleaner address.
func (c *Checker) checkOutside(r *http.Request, status int, header http.Header) error {
	if strings.HasPrefix(r.URL.Path, "/v1/") && status/100 != 3 && (status < 400 || header.Get("Content-Type") != "application/problem+json") {
		return fmt.Errorf("%s %s is no operation, and was answered with %d and %s", r.Method, r.URL.Path, status, header.Get("Content-Type"))
	}
	return nil
}

// describes says whether the document lists a content type for a status, or
// for every other one.
func describes(op *openapi3.Operation, status int, kind string) bool {
	response := op.Responses.Status(status)
	if response == nil {
		response = op.Responses.Default()
	}
	return response != nil && response.Value.Content[kind] != nil
}

// Transport checks the answers that come through next, and tells report what
// is wrong. Answers are read to their end first, but for streams of events.
func (c *Checker) Transport(next http.RoundTripper, report func(error)) http.RoundTripper {
	return transport{c, next, report}
}

type transport struct {
	checker *Checker
	next    http.RoundTripper
	report  func(error)
}

// RoundTrip implements http.RoundTripper.
func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := t.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	var body []byte
	if response.Header.Get("Content-Type") != "text/event-stream" {
		body, err = io.ReadAll(response.Body)
		response.Body.Close()
		response.Body = io.NopCloser(bytes.NewReader(body))
		if err != nil {
			response.Body = io.NopCloser(io.MultiReader(bytes.NewReader(body), broken{err}))
			return response, nil // whoever reads it sees that it is cut
		}
	}
	if err := t.checker.Check(r, response.StatusCode, response.Header, body); err != nil {
		t.report(fmt.Errorf("%s %s: %w", r.Method, r.URL, err))
	}
	return response, nil
}

// broken is where an answer was cut.
type broken struct{ err error }

func (b broken) Read([]byte) (int, error) { return 0, b.err }
