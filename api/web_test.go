package api

import (
	"bytes"
	"compress/gzip"
	"io"
	"io/fs"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"
)

// builtApp is a web app as a build leaves it.
func builtApp() fstest.MapFS {
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	return fstest.MapFS{
		"index.html":              file("<!doctype html><title>Kopter</title>" + strings.Repeat(" ", 2000)),
		"theme.js":                file("document.documentElement.dataset.theme = 'dark'"),
		"icon.svg":                file("<svg xmlns='http://www.w3.org/2000/svg'/>"),
		"assets/index-B7Bg.js":    file(strings.Repeat("export const one = 1;\n", 500)),
		"assets/index-CZ.css":     file("body { margin: 0 }"),
		"assets/inter-A1.woff2":   file(strings.Repeat("x", 5000)),
		".vite/manifest.json":     file("{}"),
		".gitkeep":                file(""),
		"assets/.hidden/index.js": file("1"),
	}
}

func withApp(o *Options) { o.Web = builtApp() }

func TestWebApp(t *testing.T) {
	h := newHouse(t, withApp)
	const forever = "public, max-age=31536000, immutable"
	for _, c := range []struct {
		path, kind, cache, begins string
		status                    int
	}{
		{"/", "text/html; charset=utf-8", "no-cache", "<!doctype", 200},
		{"/index.html", "text/html; charset=utf-8", "no-cache", "<!doctype", 200},
		{"/cost", "text/html; charset=utf-8", "no-cache", "<!doctype", 200},
		{"/inventory/i-0123.x", "text/html; charset=utf-8", "no-cache", "<!doctype", 200},
		{"/signin", "text/html; charset=utf-8", "no-cache", "<!doctype", 200},
		{"/v1x", "text/html; charset=utf-8", "no-cache", "<!doctype", 200},
		{"/theme.js", "text/javascript; charset=utf-8", "no-cache", "document", 200},
		{"/icon.svg", "image/svg+xml", "no-cache", "<svg", 200},
		{"/assets/index-B7Bg.js", "text/javascript; charset=utf-8", forever, "export", 200},
		{"/assets/index-CZ.css", "text/css; charset=utf-8", forever, "body", 200},
		{"/assets/inter-A1.woff2", "font/woff2", forever, "xxx", 200},
		{"/assets/index-OLD.js", "text/plain; charset=utf-8", "", "There is no such file", 404},
		{"/assets/.hidden/index.js", "text/plain; charset=utf-8", "", "There is no such file", 404},
		{"/.vite/manifest.json", "text/html; charset=utf-8", "no-cache", "<!doctype", 200}, // the page for it says that there is none
		{"/openapi.yaml", "application/yaml", "no-cache", "openapi: 3.0.3", 200},
		{"/healthz", "text/plain; charset=utf-8", "no-store", "ok", 200},
		{"/healthz/ready", "text/plain; charset=utf-8", "no-store", "ready", 200},
		{"/v1/session", "application/problem+json", "no-store", "{", 401},
		{"/v1/nothing", "application/problem+json", "no-store", "{", 401},
	} {
		a := h.ask(http.MethodGet, c.path)
		if a.Code != c.status || a.Header().Get("Content-Type") != c.kind || a.Header().Get("Cache-Control") != c.cache || !strings.HasPrefix(a.Body.String(), c.begins) {
			t.Errorf("%s: %d %v %.40q", c.path, a.Code, a.Header(), a.Body)
		}
	}
	if a := h.ask(http.MethodPost, "/cost"); a.Code != 405 || a.Header().Get("Allow") != "GET, HEAD" {
		t.Errorf("POST to a page: %d %v", a.Code, a.Header())
	}
	if a := h.ask(http.MethodHead, "/cost"); a.Code != 200 || a.Body.Len() != 0 {
		t.Errorf("HEAD of a page: %d, %d bytes", a.Code, a.Body.Len())
	}
}

func TestWebAppIsCompressed(t *testing.T) {
	h := newHouse(t, withApp)
	for path, zipped := range map[string]bool{"/": true, "/assets/index-B7Bg.js": true, "/openapi.yaml": true, "/assets/index-CZ.css": false, "/assets/inter-A1.woff2": false} {
		plain, packed := h.ask(http.MethodGet, path), h.ask(http.MethodGet, path, "Accept-Encoding", "br, gzip")
		if got := packed.Header().Get("Content-Encoding") == "gzip"; got != zipped {
			t.Errorf("%s: compressed %v", path, got)
		}
		if plain.Header().Get("Vary") != "Accept-Encoding" || packed.Header().Get("Vary") != "Accept-Encoding" {
			t.Errorf("%s: Vary %q and %q", path, plain.Header().Get("Vary"), packed.Header().Get("Vary"))
		}
		if !zipped {
			continue
		}
		if plain.Header().Get("ETag") == packed.Header().Get("ETag") || packed.Body.Len() >= plain.Body.Len() {
			t.Errorf("%s: %d bytes %s, compressed %d bytes %s", path, plain.Body.Len(), plain.Header().Get("ETag"), packed.Body.Len(), packed.Header().Get("ETag"))
		}
		z, err := gzip.NewReader(packed.Body)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(z)
		if err != nil || !bytes.Equal(text, plain.Body.Bytes()) {
			t.Errorf("%s: compressed it says something else, %v", path, err)
		}
	}
}

func TestWebAppIsCached(t *testing.T) {
	h := newHouse(t, withApp)
	for _, path := range []string{"/cost", "/theme.js", "/assets/index-B7Bg.js", "/openapi.yaml"} {
		for _, coding := range []string{"identity", "gzip"} {
			tag := h.ask(http.MethodGet, path, "Accept-Encoding", coding).Header().Get("ETag")
			again := h.ask(http.MethodGet, path, "Accept-Encoding", coding, "If-None-Match", tag)
			if again.Code != http.StatusNotModified || again.Body.Len() != 0 || again.Header().Get("ETag") != tag {
				t.Errorf("%s in %s: %d %v", path, coding, again.Code, again.Header())
			}
		}
	}
	changed := builtApp()
	changed["index.html"].Data = append([]byte("<!-- new -->"), changed["index.html"].Data...)
	other := newHouse(t, func(o *Options) { o.Web = changed })
	tag := h.ask(http.MethodGet, "/").Header().Get("ETag")
	if a := other.ask(http.MethodGet, "/", "If-None-Match", tag); a.Code != 200 || !strings.HasPrefix(a.Body.String(), "<!-- new") {
		t.Errorf("a new version: %d %.20q", a.Code, a.Body)
	}
}

func TestWebAppThatWasNotBuilt(t *testing.T) {
	for name, files := range map[string]fs.FS{"none": nil, "empty": fstest.MapFS{".gitkeep": {}}} {
		h := newHouse(t, func(o *Options) { o.Web = files })
		a := h.ask(http.MethodGet, "/cost")
		if a.Code != 404 || a.Header().Get("Content-Type") != "text/html; charset=utf-8" || !strings.Contains(a.Body.String(), "make build") {
			t.Errorf("%s: %d %v %s", name, a.Code, a.Header(), a.Body)
		}
	}
}

// TestSecurityHeaders looks at every kind of answer.
func TestSecurityHeaders(t *testing.T) {
	h := newHouse(t, withApp, func(o *Options) { o.Profiling = true })
	bearer := "Bearer " + h.token("acme")
	for _, path := range []string{
		"/", "/cost", "/assets/index-B7Bg.js", "/assets/none.js", "/healthz", "/metrics", "/openapi.yaml",
		"/v1/session", "/v1/nothing", "/v1/notifications", "/v1/notifications?limit=0", "/v1/cost/graph", "/debug/pprof/",
	} {
		for _, header := range [][]string{nil, {"Authorization", bearer}} {
			a := h.ask(http.MethodGet, path, header...)
			for _, want := range securityHeaders {
				if got := a.Header().Values(want[0]); len(got) != 1 || got[0] != want[1] {
					t.Errorf("%s, %d: %s is %q", path, a.Code, want[0], got)
				}
			}
			if a.Header().Get("Strict-Transport-Security") != "" {
				t.Errorf("%s: HSTS without TLS", path)
			}
			if strings.HasPrefix(path, "/v1/") && !strings.Contains(a.Header().Get("Cache-Control"), "no-") {
				t.Errorf("%s, %d: data may be cached: %q", path, a.Code, a.Header().Get("Cache-Control"))
			}
		}
	}
	for _, word := range []string{"unsafe", "*", "http:", "https:", "data:", "blob:"} {
		if strings.Contains(contentPolicy, word) {
			t.Errorf("the content policy holds %s", word)
		}
	}
}

func TestOpenAPIIsServed(t *testing.T) {
	if a := newHouse(t).ask(http.MethodGet, "/openapi.yaml"); !bytes.Equal(a.Body.Bytes(), Spec) {
		t.Errorf("%d, %d bytes; want those of openapi.yaml", a.Code, a.Body.Len())
	}
}

func TestReadyAsksTheStore(t *testing.T) {
	h := newHouse(t)
	h.store.Close()
	a := h.ask(http.MethodGet, "/healthz/ready")
	if a.Code != 503 || a.Body.String() != "the store does not answer\n" || !strings.Contains(h.log.String(), "not_ready") {
		t.Errorf("%d %s; log %s", a.Code, a.Body, h.log)
	}
	if a := h.ask(http.MethodGet, "/healthz"); a.Code != 200 {
		t.Errorf("the process lives, and says %d", a.Code)
	}
}

func TestProfiles(t *testing.T) {
	bearer := func(h *house) string { return "Bearer " + h.token("acme") }
	h := newHouse(t, withApp, func(o *Options) { o.Profiling = true })
	if a := h.ask(http.MethodGet, "/debug/pprof/goroutine?debug=1", "Authorization", bearer(h)); a.Code != 200 || !strings.HasPrefix(a.Body.String(), "goroutine profile") {
		t.Errorf("%d %.60s", a.Code, a.Body)
	}
	off := newHouse(t)
	if a := off.ask(http.MethodGet, "/debug/pprof/goroutine?debug=1", "Authorization", bearer(off)); a.Code != 404 || strings.Contains(a.Body.String(), "goroutine profile") {
		t.Errorf("without the option: %d %.60s", a.Code, a.Body)
	}
}
