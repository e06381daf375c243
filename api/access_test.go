package api

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kopterio/kopter/access"
	"github.com/kopterio/kopter/account"
	"github.com/kopterio/kopter/notify"
)

// TestOperationsAreClosed asks for every operation of the contract without
// credentials. Only those that say "security: []" are open; those are written
// here once more, so that nobody opens another in passing.
func TestOperationsAreClosed(t *testing.T) {
	h := newHouse(t)
	c, err := readContract(Spec)
	if err != nil {
		t.Fatal(err)
	}
	var open []string
	for pattern, op := range c.byPattern {
		method, path, _ := strings.Cut(pattern, " ")
		path = regexp.MustCompile(`\{[^}]+\}`).ReplaceAllString(path, "x")
		a := h.ask(method, path)
		if op.open() {
			open = append(open, op.name)
		}
		if closed := a.Code == http.StatusUnauthorized; closed == op.open() {
			t.Errorf("%s %s: %d %s", method, path, a.Code, a.Body)
		}
		if a.Code == http.StatusUnauthorized && a.Header().Get("WWW-Authenticate") != "Bearer" {
			t.Errorf("%s %s: nothing says how to authenticate", method, path)
		}
	}
	if !slices.Equal(open, []string{"SignIn"}) {
		t.Errorf("open to all are %v", open)
	}
	if len(c.byPattern) < 25 {
		t.Errorf("only %d operations were tried", len(c.byPattern))
	}
}

func TestWhatIsNoOperationIsClosedToo(t *testing.T) {
	h := newHouse(t, func(o *Options) { o.Profiling = true })
	for _, path := range []string{"/v1/", "/v1/nothing", "/v1/session/nothing", "/v1/./prices", "/debug/pprof/", "/debug/pprof/heap", "/debug/nothing"} {
		a := h.ask(http.MethodGet, path)
		if a.Code == http.StatusTemporaryRedirect || a.Code == http.StatusMovedPermanently { // to the clean path
			a = h.ask(http.MethodGet, a.Header().Get("Location"))
		}
		if a.Code != http.StatusUnauthorized {
			t.Errorf("%s: %d %s", path, a.Code, a.Body)
		}
	}
}

func TestCredentials(t *testing.T) {
	h := newHouse(t)
	token, cookie := h.token("acme"), h.signIn("acme")
	_, secret, _ := strings.Cut(cookie, "=")
	for _, c := range []struct {
		name   string
		header []string
		want   int
	}{
		{"none", nil, 401},
		{"a token", []string{"Authorization", "Bearer " + token}, 200},
		{"in other letters", []string{"Authorization", "bearer  " + token}, 200},
		{"a session", []string{"Cookie", "other=1; " + cookie}, 200},
		{"a token under another scheme", []string{"Authorization", "Basic " + token}, 401},
		{"a token without a scheme", []string{"Authorization", token}, 401},
		{"a wrong token", []string{"Authorization", "Bearer kpt_" + strings.Repeat("a", 59)}, 401},
		{"a token as cookie", []string{"Cookie", "kopter_session=" + token}, 401},
		{"a session as token", []string{"Authorization", "Bearer " + secret}, 401},
		{"a wrong token beside a session", []string{"Authorization", "Bearer x", "Cookie", cookie}, 401},
		{"an empty cookie", []string{"Cookie", "kopter_session="}, 401},
		{"the cookie of https", []string{"Cookie", "__Host-" + cookie}, 401},
	} {
		if a := h.ask(http.MethodGet, "/v1/session", c.header...); a.Code != c.want {
			t.Errorf("%s: %d %s", c.name, a.Code, a.Body)
		}
	}
	h.wait(31 * 24 * time.Hour)
	for _, header := range [][]string{{"Authorization", "Bearer " + token}, {"Cookie", cookie}} {
		if a := h.ask(http.MethodGet, "/v1/session", header...); a.Code != 401 {
			t.Errorf("a month later, %s: %d", header[0], a.Code)
		}
	}
}

func TestSignInAndOut(t *testing.T) {
	h := newHouse(t, func(o *Options) { o.Demo = true })
	link := h.invite("acme")
	a := h.stranger().do(http.MethodPost, "/v1/session", `{"secret":"`+link+`"}`)
	s := decode[Session](t, a)
	if s.Tenant != "acme" || s.Name != "ann" || s.Version != "v1.2.3" || !s.Demo || !s.Expires.Equal(h.now.Add(access.SessionIdle)) {
		t.Errorf("session %+v", s)
	}
	set := a.header.Get("Set-Cookie")
	if !regexp.MustCompile(`^kopter_session=[a-z2-7]{52}; Path=/; Max-Age=2592000; HttpOnly; SameSite=Strict$`).MatchString(set) {
		t.Errorf("cookie %q", set)
	}
	cookie, _, _ := strings.Cut(set, ";")
	again := decode[Session](t, h.stranger().do(http.MethodGet, "/v1/session", "", "Cookie", cookie))
	if again.Name != "ann" {
		t.Errorf("who is it: %+v", again)
	}
	out := h.stranger().do(http.MethodDelete, "/v1/session", "", "Cookie", cookie)
	if out.status != 204 || !strings.HasPrefix(out.header.Get("Set-Cookie"), "kopter_session=; Path=/; Max-Age=0;") {
		t.Errorf("sign out: %d %v", out.status, out.header)
	}
	if a := h.ask(http.MethodGet, "/v1/session", "Cookie", cookie); a.Code != 401 {
		t.Errorf("signed out, and in: %d", a.Code)
	}
	used := h.stranger().do(http.MethodPost, "/v1/session", `{"secret":"`+link+`"}`)
	if p := decode[Problem](t, used); p.Status != 403 || p.Type != "urn:kopter:problem:link" {
		t.Errorf("the link once more: %+v", p)
	}
}

func TestSignInOverTLS(t *testing.T) {
	h := newHouse(t, func(o *Options) { o.BaseURL = "https://kopter.example.com" })
	a := h.stranger().do(http.MethodPost, "/v1/session", `{"secret":"`+h.invite("acme")+`"}`)
	set := a.header.Get("Set-Cookie")
	if !strings.HasPrefix(set, "__Host-kopter_session=") || !strings.Contains(set, "; Path=/;") || !strings.Contains(set, "; Secure;") || strings.Contains(set, "Domain") {
		t.Errorf("cookie %q", set)
	}
	cookie, _, _ := strings.Cut(set, ";")
	if a := h.ask(http.MethodGet, "/v1/session", "Cookie", cookie); a.Code != 200 || a.Header().Get("Strict-Transport-Security") == "" {
		t.Errorf("%d %v", a.Code, a.Header())
	}
	if a := h.ask(http.MethodGet, "/v1/session", "Cookie", strings.TrimPrefix(cookie, "__Host-")); a.Code != 401 {
		t.Errorf("under the name that others may set: %d", a.Code)
	}
}

func TestSignInIsLimited(t *testing.T) {
	h := newHouse(t)
	link := h.invite("acme")
	try := func(secret, from string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodPost, "/v1/session", strings.NewReader(`{"secret":"`+secret+`"}`))
		r.RemoteAddr = from
		return h.send(r, "Content-Type", "application/json")
	}
	for i := range 10 {
		if a := try("wrong", "[2001:db8::1]:1"); a.Code != 403 {
			t.Fatalf("attempt %d: %d %s", i, a.Code, a.Body)
		}
	}
	if a := try(link, "[2001:db8::2]:2"); a.Code != 429 || a.Header().Get("Retry-After") != "60" {
		t.Errorf("from the same network: %d %v", a.Code, a.Header())
	}
	if a := try(link, "192.0.2.1:1"); a.Code != 200 {
		t.Errorf("from elsewhere: %d %s", a.Code, a.Body)
	}
}

func TestLinkForAnotherBrowser(t *testing.T) {
	h := newHouse(t)
	a := h.stranger().do(http.MethodPost, "/v1/session/links", "", "Cookie", h.signIn("acme"))
	l := decode[Link](t, a)
	secret, found := strings.CutPrefix(l.URL, "http://127.0.0.1:8480/signin#")
	if a.status != 201 || !found || !l.Expires.Equal(h.now.Add(15*time.Minute)) {
		t.Fatalf("%d %+v", a.status, l)
	}
	if a := h.stranger().do(http.MethodPost, "/v1/session", `{"secret":"`+secret+`"}`); a.status != 200 {
		t.Errorf("%d %s", a.status, a.body)
	}
}

func TestTokens(t *testing.T) {
	h := newHouse(t)
	cookie := h.signIn("acme")
	browser := func(method, path, body string) answered {
		return h.stranger().do(method, path, body, "Cookie", cookie)
	}
	made := decode[NewToken](t, browser(http.MethodPost, "/v1/tokens", `{"name":"nightly"}`))
	if made.Token.Name != "nightly" || !made.Token.Expires.Equal(h.now.AddDate(0, 0, 90)) || made.Token.Used != nil {
		t.Errorf("%+v", made.Token)
	}
	script := newClient(t, h.handler, made.Secret)
	if s := read[Session](script, "/v1/session"); s.Name != "nightly" || s.Tenant != "acme" {
		t.Errorf("%+v", s)
	}
	if list := read[TokenList](script, "/v1/tokens").Tokens; len(list) != 1 || list[0].ID != made.Token.ID || !list[0].Used.Equal(h.now) {
		t.Errorf("%+v", list)
	}
	for _, refused := range [][3]string{{"POST", "/v1/tokens", `{"name":"heir"}`}, {"POST", "/v1/session/links", ""}, {"DELETE", "/v1/session", ""}, {"DELETE", "/v1/tokens/" + made.Token.ID, ""}} {
		if a := script.do(refused[0], refused[1], refused[2]); a.status != 403 {
			t.Errorf("a token may %s %s: %d %s", refused[0], refused[1], a.status, a.body)
		}
	}
	if a := browser(http.MethodDelete, "/v1/tokens/"+made.Token.ID, ""); a.status != 204 {
		t.Errorf("revoke: %d %s", a.status, a.body)
	}
	if a := script.get("/v1/session"); a.status != 401 {
		t.Errorf("revoked, and holds: %d", a.status)
	}
	if a := browser(http.MethodDelete, "/v1/tokens/"+made.Token.ID, ""); a.status != 404 {
		t.Errorf("revoked twice: %d %s", a.status, a.body)
	}
	if a := browser(http.MethodPost, "/v1/tokens", `{"name":"  "}`); a.status != 400 {
		t.Errorf("without a name: %d %s", a.status, a.body)
	}
}

// TestOtherSites sends what the page of another site can make a browser send.
func TestOtherSites(t *testing.T) {
	h := newHouse(t)
	cookie, token := h.signIn("acme"), h.token("acme")
	for _, c := range []struct {
		name, method, path string
		header             []string
		want               int
	}{
		{"a form with the cookie", "POST", "/v1/session/links", []string{"Cookie", cookie, "Sec-Fetch-Site", "cross-site"}, 403},
		{"from another port", "POST", "/v1/session/links", []string{"Cookie", cookie, "Sec-Fetch-Site", "same-site"}, 403},
		{"an old browser", "POST", "/v1/session/links", []string{"Cookie", cookie, "Origin", "https://evil.example"}, 403},
		{"signing in somebody as somebody else", "POST", "/v1/session", []string{"Sec-Fetch-Site", "cross-site"}, 403},
		{"signing somebody out", "DELETE", "/v1/session", []string{"Cookie", cookie, "Sec-Fetch-Site", "cross-site"}, 403},
		{"the app itself", "POST", "/v1/session/links", []string{"Cookie", cookie, "Sec-Fetch-Site", "same-origin"}, 201},
		{"a script", "POST", "/v1/session/links", []string{"Cookie", cookie}, 201},
		{"a token", "GET", "/v1/session", []string{"Authorization", "Bearer " + token, "Sec-Fetch-Site", "cross-site", "Origin", "https://dash.example"}, 200},
		{"a link to a page", "GET", "/cost", []string{"Sec-Fetch-Site", "cross-site"}, 404}, // not built
	} {
		if a := h.ask(c.method, c.path, c.header...); a.Code != c.want {
			t.Errorf("%s: %d %s, want %d", c.name, a.Code, a.Body, c.want)
		}
	}
}

// TestNamesOfTheServer connects over this machine's own address.
func TestNamesOfTheServer(t *testing.T) {
	h := newHouse(t, func(o *Options) { o.BaseURL = "https://kopter.example.com" })
	server := httptest.NewServer(h.handler)
	defer server.Close()
	for host, want := range map[string]int{
		"localhost:1": 200, "LOCALHOST": 200, "127.0.0.1": 200, "127.0.0.2:80": 200, "[::1]:8480": 200, "kopter.example.com": 200, "Kopter.Example.com": 200,
		"evil.example": 421, "evil.example:8480": 421, "localhost.evil.example": 421, "192.0.2.1": 421, "kopter.example.com:1": 421, "127.0.0.1.evil.example": 421,
	} {
		for _, path := range []string{"/healthz", "/metrics", "/v1/session"} {
			r, err := http.NewRequest(http.MethodGet, server.URL+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Host = host
			a, err := server.Client().Do(r)
			if err != nil {
				t.Fatal(err)
			}
			a.Body.Close()
			if path == "/v1/session" && want == 200 {
				want = 401
			}
			if a.StatusCode != want {
				t.Errorf("%s of %s: %d, want %d", path, host, a.StatusCode, want)
			}
		}
	}
	if a := h.send(httptest.NewRequest(http.MethodGet, "http://192.0.2.1/healthz", nil)); a.Code != 200 {
		t.Errorf("over a network: %d", a.Code)
	}
}

// TestTenantsAreApart asks for the same as two tenants, and tries to be another
// by saying so.
func TestTenantsAreApart(t *testing.T) {
	h := newHouse(t)
	for tenant, id := range map[account.Tenant]string{"acme": "a1", "other": "o1"} {
		if _, err := h.store.AddNotices(t.Context(), tenant, []notify.Notice{sampleNotice(id, h.now)}); err != nil {
			t.Fatal(err)
		}
	}
	acme := h.client("acme")
	for _, path := range []string{"/v1/notifications", "/v1/notifications?tenant=other"} {
		a := acme.do(http.MethodGet, path, "", "X-Tenant", "other", "Cookie", "tenant=other")
		if p := decode[NotificationPage](t, a); len(p.Notifications) != 1 || p.Notifications[0].ID != "a1" {
			t.Errorf("%s: %+v", path, p)
		}
	}
	if a := acme.do(http.MethodPatch, "/v1/notifications/o1", `{"state":"acknowledged"}`); a.status != 404 {
		t.Errorf("another tenant's: %d %s", a.status, a.body)
	}
	list := decode[TokenList](t, h.client("other").get("/v1/tokens")).Tokens
	if len(list) != 1 {
		t.Errorf("the other tenant sees %+v", list)
	}
}

// TestNothingSecretIsLogged does all that has to do with secrets, also with a
// store that fails and a handler that panics, and looks at the log.
func TestNothingSecretIsLogged(t *testing.T) {
	h := newHouse(t)
	secrets := map[string]string{"link": h.invite("acme"), "used link": h.invite("acme"), "token": h.token("acme")}
	post := func(secret string) {
		r := httptest.NewRequest(http.MethodPost, "/v1/session", strings.NewReader(`{"secret":"`+secret+`"}`))
		h.send(r, "Content-Type", "application/json")
	}
	cookie := h.signIn("acme")
	_, secrets["session"], _ = strings.Cut(cookie, "=")
	everything := func() {
		post(secrets["used link"])
		post(secrets["used link"])
		post("!" + secrets["link"])
		h.ask(http.MethodGet, "/v1/session", "Authorization", "Bearer "+secrets["token"])
		h.ask(http.MethodGet, "/v1/session", "Authorization", "Bearer "+secrets["token"]+"x")
		h.ask(http.MethodGet, "/v1/session", "Cookie", cookie)
		h.ask(http.MethodPost, "/v1/session/links", "Cookie", cookie)
		h.ask(http.MethodPost, "/v1/tokens", "Cookie", cookie)
		h.ask(http.MethodGet, "/v1/cost/graph", "Cookie", cookie) // panics: the house has no price graph
	}
	everything()
	h.store.Close()
	everything()
	post(secrets["link"])
	log := h.log.String()
	for what, secret := range secrets {
		if strings.Contains(log, secret) {
			t.Errorf("the log holds the %s: %s", what, log)
		}
	}
	if !strings.Contains(log, "request_failed") || !strings.Contains(log, "panic") {
		t.Errorf("nothing failed, so nothing was tried: %s", log)
	}
}

func TestProblemsOfSigningInKeepTheirCauses(t *testing.T) {
	h := newHouse(t)
	h.store.Close()
	a := h.stranger().do(http.MethodPost, "/v1/session", `{"secret":"`+h.invite("acme")+`"}`)
	if a.status != 500 || strings.Contains(a.body, "database") || strings.Contains(a.body, h.store.Dir()) {
		t.Errorf("%d %s", a.status, a.body)
	}
}

func sampleNotice(id string, at time.Time) notify.Notice {
	return notify.Notice{ID: id, Kind: notify.CostStep, Severity: notify.Warning, State: notify.Open, Time: at, Noticed: at,
		Title: "title of " + id, Detail: "detail", Account: "111122223333", Delta: 1_500_000_000, Currency: "USD", Key: id}
}
