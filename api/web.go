package api

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"sync"
	"time"

	"github.com/klauspost/compress/gzip"
)

// contentPolicy lets a page load what this server gives, and nothing else: no
// script, style or image that is written into a page or lies elsewhere, no
// frame, no form. Text becomes markup nowhere (Trusted Types); the one policy
// is that of Vue, which makes it when it starts.
const contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; " +
	"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; " +
	"require-trusted-types-for 'script'; trusted-types vue"

// securityHeaders stand on every answer.
var securityHeaders = [][2]string{
	{"Content-Security-Policy", contentPolicy},
	{"X-Content-Type-Options", "nosniff"},
	{"X-Frame-Options", "DENY"}, // for browsers that do not know frame-ancestors
	{"Referrer-Policy", "no-referrer"},
	{"Cross-Origin-Opener-Policy", "same-origin"},
	{"Cross-Origin-Resource-Policy", "same-origin"},
	{"Permissions-Policy", "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()"},
}

// secured puts the security headers on every answer, and answers to the names
// of this server alone.
func (s *server) secured(next http.Handler) http.Handler {
	next = s.hosted(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		for _, header := range securityHeaders {
			h.Set(header[0], header[1])
		}
		if s.https() {
			h.Set("Strict-Transport-Security", "max-age=31536000") // a year
		}
		if strings.HasPrefix(r.URL.Path, "/v1/") {
			h.Set("Cache-Control", "no-store") // unless an ETag says otherwise
		}
		next.ServeHTTP(w, r)
	})
}

// serveRest adds what is not the API: the web app and everything that looks
// after the server.
func (s *server) serveRest(root *http.ServeMux) {
	root.HandleFunc("GET /healthz", s.live)
	root.HandleFunc("GET /healthz/ready", s.ready)
	root.Handle("GET /metrics", s.Metrics.Handler())
	root.Handle("GET /openapi.yaml", newAsset("openapi.yaml", Spec))
	if s.Profiling {
		serveProfiles(root)
	}
	app, err := readApp(s.Web)
	if err != nil {
		s.Log.Error("web_app_unreadable", "error", err)
	}
	root.Handle("/", app)
}

// app is the web app: its files by path, and its index for every address that
// the router in the browser knows.
type app struct {
	files map[string]*asset // by URL path
	index *asset            // nil when the app was not built
}

// readApp reads the built app into memory: it is some hundred kilobytes. Files
// whose names begin with a dot are the builder's own.
func readApp(files fs.FS) (*app, error) {
	a := &app{files: map[string]*asset{}}
	if files == nil {
		return a, nil
	}
	err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if strings.HasPrefix(d.Name(), ".") && name != "." {
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if d.IsDir() {
			return nil
		}
		data, err := fs.ReadFile(files, name)
		a.files["/"+name] = newAsset(name, data)
		return err
	})
	a.index = a.files["/index.html"]
	return a, err
}

func (a *app) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch file, known := a.files[r.URL.Path]; {
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "This address only takes GET.", http.StatusMethodNotAllowed)
	case known:
		file.ServeHTTP(w, r)
	case strings.HasPrefix(r.URL.Path, "/assets/"):
		// A page of an older version asks for its parts. It must not be given
		// the index for a script.
		http.Error(w, "There is no such file; load the page anew.", http.StatusNotFound)
	case a.index == nil:
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(http.StatusNotFound)
		w.Write([]byte(notBuilt)) //nolint:errcheck // who has gone needs no answer
	default:
		a.index.ServeHTTP(w, r)
	}
}

const notBuilt = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Kopter</title></head><body>
<h1>The web app is not part of this binary</h1>
<p>It was built without it. Run <code>make build</code> where Node.js 20 is installed, and start the new binary.</p>
<p>Everything else works: the <a href="/openapi.yaml">API</a>, and the command line: <code>kopter --help</code>.</p>
</body></html>
`

// asset is a file in memory, and compressed as soon as somebody takes it so.
type asset struct {
	data   []byte
	kind   string // media type
	tag    string // ETag
	cache  string // Cache-Control
	zipped func() []byte
}

func newAsset(name string, data []byte) *asset {
	sum := sha256.Sum256(data)
	a := &asset{data: data, kind: mediaType(name), tag: `"` + hex.EncodeToString(sum[:12]) + `"`, cache: "no-cache"}
	if strings.HasPrefix(name, "assets/") {
		a.cache = "public, max-age=31536000, immutable" // its name is a hash of its content
	}
	a.zipped = sync.OnceValue(func() []byte { return zip(data) })
	return a
}

// mediaType does not depend on what the machine's tables say of the kinds that
// a web app consists of.
func mediaType(name string) string {
	switch ext := path.Ext(name); ext {
	case ".html":
		return "text/html; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".yaml":
		return "application/yaml"
	case ".woff2":
		return "font/woff2"
	default:
		if kind := mime.TypeByExtension(ext); kind != "" {
			return kind
		}
		return "application/octet-stream"
	}
}

func zip(data []byte) []byte {
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		panic(err) // only an unknown level is refused
	}
	if _, err := w.Write(data); err != nil {
		panic(err) // memory takes everything
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return out.Bytes()
}

// ServeHTTP gives the file, conditionally and in ranges, as http.ServeContent
// does. A compressed one has a tag of its own.
func (a *asset) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", a.kind)
	h.Set("Cache-Control", a.cache)
	h.Add("Vary", "Accept-Encoding")
	data, tag := a.data, a.tag
	if takesGzip(r) && a.worthZipping() {
		data, tag = a.zipped(), fmt.Sprintf("%s-gzip\"", strings.TrimSuffix(a.tag, `"`))
		h.Set("Content-Encoding", "gzip")
	}
	h.Set("ETag", tag)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(data))
}

// worthZipping: fonts and pictures are compressed already.
func (a *asset) worthZipping() bool {
	text := strings.HasPrefix(a.kind, "text/") || strings.HasSuffix(a.kind, "xml") || strings.HasSuffix(a.kind, "yaml")
	return text && len(a.data) >= worthCompressing
}
