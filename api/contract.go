package api

import (
	_ "embed"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
)

// Spec is openapi.yaml, the contract between the server and everybody else.
//
//go:embed openapi.yaml
var Spec []byte

// contract is what openapi.yaml says of each operation: the one place where
// lengths, ranges and choices of parameters stand.
type contract struct {
	byPattern map[string]*operation // "GET /v1/audit/aws/{id}", as http.ServeMux writes it
	byName    map[string]*operation // "SearchEvents", as the generated server writes it
}

// operation is one operation of the contract.
type operation struct {
	name  string // as in byName
	route routers.Route
	// audit: it asks the audit log.
	audit bool
	// query: it asks the audit log or the price graph, which may take long.
	query bool
	// stream: its answer is as long as it likes to be, and no JSON.
	stream bool
	// tagged: its answer has an ETag.
	tagged bool
}

func readContract(spec []byte) (contract, error) {
	doc, err := openapi3.NewLoader().LoadFromData(spec)
	if err != nil {
		return contract{}, err
	}
	c := contract{byPattern: map[string]*operation{}, byName: map[string]*operation{}}
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			known := newOperation(routers.Route{Spec: doc, Path: path, PathItem: item, Method: method, Operation: op})
			c.byPattern[method+" "+path] = known
			known.name = strings.ToUpper(op.OperationID[:1]) + op.OperationID[1:]
			c.byName[known.name] = known
		}
	}
	return c, nil
}

func newOperation(route routers.Route) *operation {
	known := &operation{route: route}
	if ok := route.Operation.Responses.Status(http.StatusOK); ok != nil {
		_, json := ok.Value.Content["application/json"]
		known.stream = !json
		known.tagged = ok.Value.Headers["ETag"] != nil
	}
	tagged := func(tag string) bool { return slices.Contains(route.Operation.Tags, tag) }
	known.audit = tagged("audit")
	known.query = !known.stream && (known.audit || tagged("cost") || tagged("inventory"))
	return known
}

// checked holds a request to the contract before its handler sees it.
func (s *server) checked(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		op, known := s.contract.byPattern[r.Pattern]
		if !known {
			s.fail(w, r, fmt.Errorf("openapi.yaml does not know %q", r.Pattern))
			return
		}
		traceOf(r.Context()).operation = op
		if err := op.check(r); err != nil {
			s.fail(w, r, err)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// check says what in a request the contract does not allow. Parameters that it
// does not know are left alone.
func (o *operation) check(r *http.Request) error {
	input := openapi3filter.RequestValidationInput{
		Request: r, Route: &o.route, PathParams: pathValues(r, &o.route),
		Options: &openapi3filter.Options{
			AuthenticationFunc:  openapi3filter.NoopAuthenticationFunc, // access.go sees to that
			SkipSettingDefaults: true,
		},
	}
	return mistake(openapi3filter.ValidateRequest(r.Context(), &input))
}

func pathValues(r *http.Request, route *routers.Route) map[string]string {
	values := map[string]string{}
	for _, p := range route.Operation.Parameters {
		if p.Value.In == openapi3.ParameterInPath {
			values[p.Value.Name] = r.PathValue(p.Value.Name)
		}
	}
	return values
}

// mistake puts the validator's verdict into words for whoever asked.
func mistake(err error) error {
	var wrong *openapi3filter.RequestError
	if err == nil || !errors.As(err, &wrong) {
		return err
	}
	if tooLong := (*http.MaxBytesError)(nil); errors.As(err, &tooLong) {
		return tooLong
	}
	reason := wrong.Err
	if reason == nil {
		reason = errors.New(wrong.Reason)
	}
	if broken := (*openapi3.SchemaError)(nil); errors.As(err, &broken) {
		reason = errors.New(broken.Reason)
		if field := strings.Join(broken.JSONPointer(), "/"); field != "" {
			reason = fmt.Errorf("%s: %w", field, reason)
		}
	}
	if wrong.Parameter != nil {
		return &badRequest{parameter: wrong.Parameter.Name, err: reason}
	}
	return &badRequest{err: fmt.Errorf("the request's body: %w", reason)}
}

// known answers what no operation is for: 404, and 405 with the methods that
// there are. The router would do so in plain text.
func (s *server) known(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, pattern := mux.Handler(r); pattern != "" {
			mux.ServeHTTP(w, r)
			return
		}
		if methods := s.methods(mux, r); len(methods) > 0 {
			w.Header().Set("Allow", strings.Join(methods, ", "))
			s.fail(w, r, errMethod)
			return
		}
		s.fail(w, r, errNoOperation)
	})
}

// methods are those that the router takes for the path of a request.
func (s *server) methods(mux *http.ServeMux, r *http.Request) []string {
	found := map[string]bool{}
	for _, op := range s.contract.byPattern {
		other := r.Clone(r.Context())
		other.Method = op.route.Method
		if _, pattern := mux.Handler(other); pattern != "" {
			found[op.route.Method] = true
		}
	}
	return slices.Sorted(maps.Keys(found))
}
