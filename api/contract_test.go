package api

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/routers"

	"github.com/kopterio/kopter/account"
	checks "github.com/kopterio/kopter/internal/contract"
	"github.com/kopterio/kopter/notify"
)

// guest asks as somebody who signed in in a browser.
type guest struct {
	*client
	world  *world
	cookie string
	event  Event
}

func (g *guest) as(method, path, body string) answered {
	g.t.Helper()
	return g.do(method, path, body, "Cookie", g.cookie)
}

func newGuest(t *testing.T, check *checks.Checker) *guest {
	w := sharedWorld(t)
	c := newClient(t, w.handler, "")
	c.http.Transport = check.Transport(http.DefaultTransport, func(err error) { t.Error(err) })
	g := &guest{client: c, world: w}
	g.cookie = g.signIn()
	g.event = decode[EventPage](t, g.as("GET", "/v1/audit/aws?limit=1", "")).Events[0]
	return g
}

func (g *guest) signIn() (cookie string) {
	secret, _, err := g.world.options.Access.Invite(account.Local, "ann", g.world.now)
	if err != nil {
		g.t.Fatal(err)
	}
	a := g.do("POST", "/v1/session", fmt.Sprintf(`{"secret":%q}`, secret))
	cookie, _, _ = strings.Cut(a.header.Get("Set-Cookie"), ";")
	return cookie
}

// asking has a request for every operation of openapi.yaml, which must be
// answered with success and as the contract says.
var asking = map[string]func(g *guest) answered{
	"searchEvents":   func(g *guest) answered { return g.as("GET", "/v1/audit/aws?raw=true&total=true", "") },
	"eventHistogram": func(g *guest) answered { return g.as("GET", "/v1/audit/aws/histogram", "") },
	"eventFacets":    func(g *guest) answered { return g.as("GET", "/v1/audit/aws/facets?fields=name,resources", "") },
	"countEvents":    func(g *guest) answered { return g.as("GET", "/v1/audit/aws/count?by=name,month", "") },
	"suggestValues":  func(g *guest) answered { return g.as("GET", "/v1/audit/aws/suggest?field=name", "") },
	"exportEvents":   func(g *guest) answered { return g.as("GET", "/v1/audit/aws/export?format=csv", "") },
	"getEvent":       func(g *guest) answered { return g.as("GET", "/v1/audit/aws/"+g.event.EventID, "") },
	"costGraph":      func(g *guest) answered { return g.as("GET", "/v1/cost/graph?by=type", "") },
	"exportCost":     func(g *guest) answered { return g.as("GET", "/v1/cost/export?format=ndjson", "") },
	"costRate":       func(g *guest) answered { return g.as("GET", "/v1/cost/rate?by=region", "") },
	"costSteps":      func(g *guest) answered { return g.as("GET", "/v1/cost/steps", "") },
	"costChanges":    func(g *guest) answered { return g.as("GET", "/v1/cost/changes", "") },
	"listInventory":  func(g *guest) answered { return g.as("GET", "/v1/inventory", "") },
	"getResource":    func(g *guest) answered { return g.as("GET", "/v1/inventory/"+g.world.truth.Instances[0].ID, "") },
	"listPrices":     func(g *guest) answered { return g.as("GET", "/v1/prices", "") },
	"listAccounts":   func(g *guest) answered { return g.as("GET", "/v1/accounts", "") },
	"listNotifications": func(g *guest) answered {
		g.notice()
		return g.as("GET", "/v1/notifications?state=all", "")
	},
	"markNotification": func(g *guest) answered {
		return g.as("PATCH", "/v1/notifications/"+g.notice(), `{"state":"acknowledged"}`)
	},
	"getPipeline":    func(g *guest) answered { return g.as("GET", "/v1/pipeline", "") },
	"listQuarantine": func(g *guest) answered { return g.as("GET", "/v1/pipeline/quarantine", "") },
	"listLetters":    func(g *guest) answered { return g.as("GET", "/v1/pipeline/queues/cloudtrail-ingest/letters", "") },
	"redriveLetters": func(g *guest) answered {
		return g.as("POST", "/v1/pipeline/queues/cloudtrail-ingest/redrive", `{}`)
	},
	"getStream":  (*guest).stream,
	"getSession": func(g *guest) answered { return g.as("GET", "/v1/session", "") },
	"signIn": func(g *guest) answered {
		secret, _, err := g.world.options.Access.Invite(account.Local, "ann", g.world.now)
		if err != nil {
			g.t.Fatal(err)
		}
		return g.do("POST", "/v1/session", fmt.Sprintf(`{"secret":%q}`, secret))
	},
	"signOut": func(g *guest) answered {
		return g.do("DELETE", "/v1/session", "", "Cookie", g.signIn())
	},
	"createLink":  func(g *guest) answered { return g.as("POST", "/v1/session/links", "") },
	"listTokens":  func(g *guest) answered { return g.as("GET", "/v1/tokens", "") },
	"createToken": func(g *guest) answered { return g.as("POST", "/v1/tokens", `{"name":"nightly","days":3}`) },
	"revokeToken": func(g *guest) answered {
		made := decode[NewToken](g.t, g.as("POST", "/v1/tokens", `{"name":"short-lived"}`))
		return g.as("DELETE", "/v1/tokens/"+made.Token.ID, "")
	},
}

// notice sees to it that there is a notification, and gives its id.
func (g *guest) notice() string {
	n := sampleNotice("contract", g.world.now)
	if _, err := g.world.options.Notices.AddNotices(g.t.Context(), account.Local, []notify.Notice{n}); err != nil {
		g.t.Fatal(err)
	}
	return n.ID
}

// stream reads the beginning of a stream.
func (g *guest) stream() answered {
	ctx, cancel := context.WithCancel(g.t.Context())
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, "GET", g.url+"/v1/stream?topics=cost", nil)
	if err != nil {
		g.t.Fatal(err)
	}
	r.Header.Set("Cookie", g.cookie)
	response, err := g.http.Do(r)
	if err != nil {
		g.t.Fatal(err)
	}
	defer response.Body.Close()
	return answered{status: response.StatusCode, header: response.Header}
}

// TestContract asks for every operation that openapi.yaml has; one without a
// request in the table fails.
func TestContract(t *testing.T) {
	check, err := checks.New(Spec)
	if err != nil {
		t.Fatal(err)
	}
	g := newGuest(t, check)
	for _, route := range check.Routes() {
		id := route.Operation.OperationID
		ask, ok := asking[id]
		if !ok {
			t.Errorf("%s has no contract test", id)
			continue
		}
		if a := ask(g); a.status >= 300 {
			t.Errorf("%s: %d %s", id, a.status, a.body)
		}
	}
	if unseen := check.Unseen(); len(unseen) > 0 {
		t.Errorf("no answer was checked of %v", unseen)
	}
}

// odd are values that nobody should send.
var odd = []string{
	"", " ", "0", "-1", "1e9", "99999999999999999999", "null", "true", "\x00", "\xff\xfe", "ünï→", "../../etc/passwd", "%", "%00",
	"'; DROP TABLE events; --", "<script>alert(1)</script>", `"`, "(", "a:(b OR", "*", "name:*", "tag.:x", "now", "now/d", "now-1d/", "9999-12-31",
	"0001-01-01", "2026-02-30", "csv", "hour", "account", "account,account,account,account,account,account,account", ",,,", "tag.", "raw", "time",
	strings.Repeat("(", 200), strings.Repeat("a OR ", 1200), strings.Repeat("x", 20000),
}

// TestOddRequests sends odd values in every parameter of every operation that
// only reads: each answer is as the contract says, and none is a fault.
func TestOddRequests(t *testing.T) {
	check, err := checks.New(Spec)
	if err != nil {
		t.Fatal(err)
	}
	g := newGuest(t, check)
	for _, route := range check.Routes() {
		if route.Method != http.MethodGet || route.Operation.OperationID == "getStream" {
			continue
		}
		t.Run(route.Operation.OperationID, func(t *testing.T) {
			for _, p := range route.Operation.Parameters {
				for _, value := range odd {
					path := g.path(route, p.Value, value)
					if a := g.as(http.MethodGet, path, ""); a.status == http.StatusInternalServerError || a.err != nil {
						t.Errorf("%.200s: %d %s %v", path, a.status, a.body, a.err)
					}
				}
			}
		})
	}
}

// path is a request in which one parameter is odd, and the others are as few
// as may be.
func (g *guest) path(route routers.Route, which *openapi3.Parameter, value string) string {
	path, values := route.Path, url.Values{}
	sane := map[string]string{
		"id": g.event.EventID, "resource": g.world.truth.Instances[0].ID, "queue": "cloudtrail-ingest", "format": "csv", "fields": "name",
	}
	for _, p := range route.Operation.Parameters {
		v, given := sane[p.Value.Name]
		if p.Value == which || p.Value.Name == which.Name {
			v, given = value, true
		}
		switch {
		case p.Value.In == openapi3.ParameterInPath:
			path = strings.Replace(path, "{"+p.Value.Name+"}", url.PathEscape(v), 1)
		case given && (p.Value.Required || p.Value.Name == which.Name):
			values.Set(p.Value.Name, v)
		}
	}
	return path + "?" + values.Encode()
}

// TestLimitsAreThoseOfTheContract holds every bound of a parameter to its word:
// the value at the bound passes, the one beyond does not.
func TestLimitsAreThoseOfTheContract(t *testing.T) {
	check, err := checks.New(Spec)
	if err != nil {
		t.Fatal(err)
	}
	g := newGuest(t, check)
	for _, route := range check.Routes() {
		if route.Method != http.MethodGet {
			continue
		}
		for _, p := range route.Operation.Parameters {
			if p.Value.In == openapi3.ParameterInHeader {
				continue
			}
			for _, beyond := range beyondBounds(p.Value.Schema.Value) {
				a := g.as(http.MethodGet, g.path(route, p.Value, beyond), "")
				if a.status != http.StatusBadRequest || given(decode[Problem](t, a).Parameter, "") != p.Value.Name {
					t.Errorf("%s: %s=%.40s: %d %s", route.Operation.OperationID, p.Value.Name, beyond, a.status, a.body)
				}
			}
		}
	}
}

func beyondBounds(s *openapi3.Schema) (values []string) {
	if s.MaxLength != nil {
		values = append(values, strings.Repeat("x", int(*s.MaxLength)+1))
	}
	if s.Max != nil {
		values = append(values, fmt.Sprint(int(*s.Max)+1))
	}
	if s.Min != nil {
		values = append(values, fmt.Sprint(int(*s.Min)-1))
	}
	if len(s.Enum) > 0 && !slices.Contains(s.Enum, any("neither")) {
		values = append(values, "neither")
	}
	return values
}
