package contract

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

const document = `
openapi: 3.0.3
info: {title: t, version: "1"}
paths:
  /v1/things/{id}:
    get:
      operationId: getThing
      parameters: [{name: id, in: path, required: true, schema: {type: string}}]
      responses:
        "200":
          description: The thing.
          content:
            application/json: {schema: {$ref: "#/components/schemas/Thing"}}
            text/csv: {schema: {type: string}}
        "304": {description: Nothing new.}
        default:
          description: A problem.
          content: {application/problem+json: {schema: {$ref: "#/components/schemas/Problem"}}}
    delete:
      operationId: dropThing
      parameters: [{name: id, in: path, required: true, schema: {type: string}}]
      responses: {"204": {description: Gone.}}
components:
  schemas:
    Thing:
      type: object
      required: [size]
      properties: {size: {type: integer, minimum: 1}, color: {type: string, enum: [red]}}
    Problem:
      type: object
      required: [title]
      properties: {title: {type: string}}
`

func TestCheck(t *testing.T) {
	c, err := New([]byte(document))
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		method, path, kind string
		status             int
		body, wrong        string // part of the error; empty for none
	}{
		{"GET", "/v1/things/1", "application/problem+json", 404, `{"title":"none"}`, ""},
		{"GET", "/v1/things/1", "application/json", 200, `{"size":0}`, "minimum"},
		{"GET", "/v1/things/1", "application/json", 200, `{"size":1,"color":"blue"}`, "color"},
		{"GET", "/v1/things/1", "application/json", 200, `{"size":1,"weight":2}`, "weight"},
		{"GET", "/v1/things/1", "application/json", 200, `{}`, "size"},
		{"GET", "/v1/things/1", "application/json", 200, `{`, "decode"},
		{"GET", "/v1/things/1", "text/plain", 404, `none`, "text/plain"},
		{"GET", "/v1/things/1", "text/plain", 200, `1`, "text/plain"},
		{"GET", "/v1/things/1", "application/json", 404, `{"title":"none"}`, "application/json"},
		{"GET", "/v1/things/1", "", 404, `none`, "content type"},
		{"DELETE", "/v1/things/1", "application/json", 200, `{}`, "dropThing"},
		{"GET", "/v1/others", "text/plain", 404, `none`, "no operation"},
		{"GET", "/v1/others", "application/problem+json", 404, `{}`, ""},
		{"GET", "/index.html", "text/html", 200, `<html>`, ""},
	} {
		err := c.Check(httptest.NewRequest(row.method, row.path, nil), row.status, http.Header{"Content-Type": {row.kind}}, []byte(row.body))
		if (err != nil) != (row.wrong != "") || err != nil && !strings.Contains(err.Error(), row.wrong) {
			t.Errorf("%s %s: %d %s %s: got %v, want %q", row.method, row.path, row.status, row.kind, row.body, err, row.wrong)
		}
	}
	if got := c.Unseen(); !slices.Equal(got, []string{"dropThing", "getThing"}) {
		t.Errorf("unseen: %v", got)
	}
	for _, row := range []struct {
		method, kind string
		status       int
		body         string
	}{
		{"GET", "application/json", 200, `{"size":1,"color":"red"}`},
		{"GET", "text/csv; charset=utf-8", 200, "size\n1\n"},
		{"GET", "", 304, ""},
		{"DELETE", "", 204, ""},
	} {
		if err := c.Check(httptest.NewRequest(row.method, "/v1/things/1", nil), row.status, http.Header{"Content-Type": {row.kind}}, []byte(row.body)); err != nil {
			t.Errorf("%+v: %v", row, err)
		}
	}
	if got := c.Unseen(); len(got) != 0 {
		t.Errorf("unseen: %v", got)
	}
}

func TestTransport(t *testing.T) {
	c, err := New([]byte(document))
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Write([]byte(`{"size":` + r.URL.Query().Get("size") + `}`))
		if r.URL.Query().Has("cut") {
			http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}
	}))
	defer server.Close()
	var wrong []error
	client := http.Client{Transport: c.Transport(server.Client().Transport, func(err error) { wrong = append(wrong, err) })}
	for _, row := range []struct {
		query string
		wrong int
		cut   bool
	}{{"size=1", 0, false}, {"size=0", 1, false}, {"size=1&cut", 0, true}} {
		wrong = nil
		response, err := client.Get(server.URL + "/v1/things/1?" + row.query)
		if err != nil {
			t.Fatal(err)
		}
		body := make([]byte, 100)
		n, _ := response.Body.Read(body)
		_, err = response.Body.Read(body[n:])
		if !strings.HasPrefix(string(body), `{"size":`) || len(wrong) != row.wrong || row.cut != (err != nil && err.Error() != "EOF") {
			t.Errorf("%s: body %q, then %v; told of %v", row.query, body[:n], err, wrong)
		}
		response.Body.Close()
	}
}
