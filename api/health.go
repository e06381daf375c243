package api

import (
	"context"
	"net/http"
	"net/http/pprof"
	"time"

	"github.com/kopterio/kopter/account"
	"github.com/kopterio/kopter/ingest"
)

// readyTime is how long the store may take to say that it is there.
const readyTime = 2 * time.Second

// live says that the process answers.
func (s *server) live(w http.ResponseWriter, _ *http.Request) { plain(w, http.StatusOK, "ok") }

// ready says that the store answers, too. The answer holds nothing about it:
// everybody may ask.
func (s *server) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), readyTime)
	defer cancel()
	if _, err := s.Ingested.Known(ctx, account.Local, []ingest.Object{{URI: "healthz"}}); err != nil {
		s.Log.Warn("not_ready", "error", err)
		plain(w, http.StatusServiceUnavailable, "the store does not answer")
		return
	}
	plain(w, http.StatusOK, "ready")
}

func plain(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	w.Write([]byte(text + "\n")) //nolint:errcheck // who has gone needs no answer
}

// serveProfiles adds Go's profiles; authenticated lets in who is signed in.
func serveProfiles(root *http.ServeMux) {
	root.HandleFunc("GET /debug/pprof/", pprof.Index)
	root.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
	root.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	root.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	root.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
}
