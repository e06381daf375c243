package api

import (
	"io"
	"net/http"
	"strings"
	"sync"

	"github.com/klauspost/compress/gzip"
)

// worthCompressing is from how many bytes on an answer is compressed: below,
// it fits into one packet anyhow.
const worthCompressing = 1 << 10

// compressed sends JSON as gzip to those who take it. Everything else, exports
// and streams among them, goes out as it is written.
func compressed(next http.Handler) http.Handler {
	pool := &sync.Pool{New: func() any {
		w, err := gzip.NewWriterLevel(io.Discard, gzip.BestSpeed)
		if err != nil {
			panic(err) // only an unknown level is refused
		}
		return w
	}}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !takesGzip(r) {
			next.ServeHTTP(w, r)
			return
		}
		z := &gzipAnswer{ResponseWriter: w, pool: pool}
		defer z.close()
		next.ServeHTTP(z, r)
	})
}

// takesGzip says whether Accept-Encoding names gzip and does not refuse it.
func takesGzip(r *http.Request) bool {
	for coding := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		name, weight, _ := strings.Cut(coding, ";")
		if strings.EqualFold(strings.TrimSpace(name), "gzip") {
			return strings.Trim(strings.TrimPrefix(strings.TrimSpace(weight), "q="), "0.") != "" || weight == ""
		}
	}
	return false
}

// gzipAnswer holds back the status of a JSON answer until its first bytes tell
// how long it is; the server writes a JSON answer at once.
type gzipAnswer struct {
	http.ResponseWriter
	pool   *sync.Pool
	status int          // held back; 0 when nothing is
	zip    *gzip.Writer // nil when the answer goes out as it is
}

func (z *gzipAnswer) WriteHeader(status int) {
	h := z.Header()
	kind := h.Get("Content-Type")
	if kind != "application/json" && kind != "application/problem+json" || h.Get("Content-Encoding") != "" {
		z.ResponseWriter.WriteHeader(status)
		return
	}
	h.Add("Vary", "Accept-Encoding")
	z.status = status
}

func (z *gzipAnswer) Write(b []byte) (int, error) {
	if z.status != 0 {
		z.begin(len(b) >= worthCompressing)
	}
	if z.zip != nil {
		return z.zip.Write(b)
	}
	return z.ResponseWriter.Write(b)
}

func (z *gzipAnswer) begin(zip bool) {
	if zip {
		z.Header().Set("Content-Encoding", "gzip")
		z.Header().Del("Content-Length")
		z.zip = z.pool.Get().(*gzip.Writer)
		z.zip.Reset(z.ResponseWriter)
	}
	z.ResponseWriter.WriteHeader(z.status)
	z.status = 0
}

// Flush sends what has been written.
func (z *gzipAnswer) Flush() {
	if z.status != 0 {
		z.begin(false)
	}
	if z.zip != nil {
		z.zip.Flush() //nolint:errcheck // the next write tells
	}
	http.NewResponseController(z.ResponseWriter).Flush() //nolint:errcheck // what cannot flush sends later
}

// Unwrap lets http.ResponseController reach the connection.
func (z *gzipAnswer) Unwrap() http.ResponseWriter { return z.ResponseWriter }

func (z *gzipAnswer) close() {
	if z.status != 0 {
		z.begin(false)
	}
	if z.zip != nil {
		z.zip.Close() //nolint:errcheck // who has gone needs no end
		z.pool.Put(z.zip)
		z.zip = nil
	}
}
