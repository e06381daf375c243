// Package api is the HTTP face of Kopter: openapi.yaml in, a generated server,
// and handlers that ask the domain.
//
// A request passes, from the outside in: limits and headers (server.go), who
// asks (access.go), the generated router and its parameters (server.gen.go,
// made by `make generate`), and one handler per operation in the file of its
// subject. The tenant comes from the authenticated session or token and from
// nowhere else. Every error becomes problem details in one place (problem.go).
// Answers to the same question are the same until their ETag changes.
package api
