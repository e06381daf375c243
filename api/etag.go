package api

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/cespare/xxhash/v2"

	"github.com/kopterio/kopter/account"
)

// conditional gives an answer the ETag that the contract promises, and leaves
// it out when the client has that one already. The tag stands for what the
// answer is made from, so that it is known before the answer is.
func (s *server) conditional(next StrictHandlerFunc, name string) StrictHandlerFunc {
	op := s.contract.byName[name]
	if !op.tagged {
		return next
	}
	return func(ctx context.Context, w http.ResponseWriter, r *http.Request, request any) (any, error) {
		tag, err := s.tag(ctx, op, r)
		if err != nil {
			return nil, err
		}
		w.Header().Set("ETag", tag)
		w.Header().Set("Cache-Control", "private, no-cache")
		w.Header().Add("Vary", "Cookie, Authorization")
		if matches(r.Header.Get("If-None-Match"), tag) {
			w.WriteHeader(http.StatusNotModified)
			return nil, nil
		}
		return next(ctx, w, r, request)
	}
}

// tag is weak: a compressed answer has the same. The run tells processes
// apart, whose versions all begin at one.
func (s *server) tag(ctx context.Context, op *operation, r *http.Request) (string, error) {
	t := tenantOf(ctx)
	version, err := s.version(ctx, op, t)
	if err != nil {
		return "", err
	}
	h := xxhash.New()
	fmt.Fprintf(h, "%s\n%s\n%s\n%s\n%s\n", s.run, t, r.URL.RequestURI(), version, s.minute(op, r))
	return fmt.Sprintf(`W/"%016x"`, h.Sum64()), nil
}

// version says which state of the data an operation answers from.
func (s *server) version(ctx context.Context, op *operation, t account.Tenant) (string, error) {
	if op.audit {
		lake, err := s.Lake.Bounds(ctx, t)
		if err != nil {
			return "", err
		}
		conflicts, err := s.Index.Conflicts(ctx, t)
		return fmt.Sprint(lake, len(conflicts)), err
	}
	live := s.Live(t)
	return fmt.Sprint(live.Version(), live.PricesVersion()), nil
}

// minute is the present where the answer depends on it: of costs always, since
// what runs costs more with every second, and of events when the request says
// "now".
func (s *server) minute(op *operation, r *http.Request) string {
	if op.audit && !strings.Contains(r.URL.RawQuery, "now") {
		return ""
	}
	return clock(s.Now().Truncate(time.Minute))
}

// matches says whether If-None-Match names the tag.
func matches(header, tag string) bool {
	for one := range strings.SplitSeq(header, ",") {
		if one = strings.TrimSpace(one); one == "*" || strings.TrimPrefix(one, "W/") == strings.TrimPrefix(tag, "W/") {
			return true
		}
	}
	return false
}
