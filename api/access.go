package api

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/kopterio/kopter/access"
	"github.com/kopterio/kopter/account"
)

var (
	// errNobody: a request without credentials.
	errNobody = errors.New("sign in, or send a token: Authorization: Bearer kpt_…")
	// errLink: a sign-in link that does not hold.
	errLink = errors.New("the sign-in link was used already, is older than 15 minutes, or is not one of this Kopter: ask for another")
	// errCrossOrigin: another web site made the browser send the request.
	errCrossOrigin = errors.New("the request comes from the page of another web site")
	// errHost: the name in the request is not one of this server. A page of
	// another site may have had its name pointed at this machine (DNS
	// rebinding).
	errHost = errors.New("this server does not answer to that name")
)

type (
	identityKey struct{}
	placeKey    struct{}
)

// identityOf gives who asks. A request whose credentials nobody has looked at
// must not get as far as to ask.
func identityOf(ctx context.Context) access.Identity {
	who, ok := ctx.Value(identityKey{}).(access.Identity)
	if !ok {
		panic("an operation that is closed to strangers was reached by one")
	}
	return who
}

// tenantOf gives the tenant of who asks: the only source of a tenant that there
// is.
func tenantOf(ctx context.Context) account.Tenant { return identityOf(ctx).Tenant }

// authenticated lets in who may ask: below /v1/ and /debug/ those with
// credentials, and to the operations that openapi.yaml opens to all ("security:
// []") everybody. The rest is open: the web app, which holds no data, and
// health and metrics, which hold no tenant's.
func (s *server) authenticated(next http.Handler) http.Handler {
	doors := http.NewServeMux()
	doors.Handle("/", next)
	doors.Handle("/v1/", s.identified(next))
	doors.Handle("/debug/", s.identified(next))
	for pattern, op := range s.contract.byPattern {
		if op.open() {
			doors.Handle(pattern, next)
		}
	}
	return s.sameOrigin(placed(doors))
}

// open says that the contract asks for no credentials.
func (o *operation) open() bool {
	security := o.route.Operation.Security
	return security != nil && len(*security) == 0
}

func (s *server) identified(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		who, err := s.identify(r)
		if err != nil {
			s.fail(w, r, err)
			return
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), identityKey{}, who)))
	})
}

// identify looks at the credentials of a request. A token counts before a
// cookie: a script that sends one means it.
func (s *server) identify(r *http.Request) (access.Identity, error) {
	if header := r.Header.Get("Authorization"); header != "" {
		scheme, token, _ := strings.Cut(header, " ")
		if !strings.EqualFold(scheme, "Bearer") {
			return access.Identity{}, errNobody
		}
		return s.Access.ByToken(r.Context(), strings.TrimSpace(token), s.Now())
	}
	cookie, err := r.Cookie(s.cookieName())
	if err != nil {
		return access.Identity{}, errNobody
	}
	return s.Access.BySession(r.Context(), cookie.Value, s.Now())
}

// sameOrigin refuses what another web site makes a browser send. It looks at
// what browsers add to a request by themselves, cookies above all; a token is
// never one of those things.
func (s *server) sameOrigin(next http.Handler) http.Handler {
	protection := http.NewCrossOriginProtection()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") == "" && protection.Check(r) != nil {
			s.fail(w, r, errCrossOrigin)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// placed notes where a request comes from: the address, and of IPv6 the
// network, since whoever has one address has all of it.
func placed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), placeKey{}, placeOf(r.RemoteAddr))))
	})
}

func placeOf(remote string) string {
	from, err := netip.ParseAddrPort(remote)
	if err != nil {
		return ""
	}
	address := from.Addr().Unmap()
	if address.Is4() {
		return address.String()
	}
	network, err := address.WithZone("").Prefix(64)
	if err != nil {
		return ""
	}
	return network.String()
}

// hosted answers, on connections to this machine's own address, only to names
// that mean it: localhost, its addresses, and the host of BaseURL. A page whose
// name was made to point here sends its own name, and learns nothing.
func (s *server) hosted(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if onLoopback(r) && !s.knowsHost(r.Host) {
			s.fail(w, r, errHost)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func onLoopback(r *http.Request) bool {
	local, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	if !ok {
		return false
	}
	at, err := netip.ParseAddrPort(local.String())
	return err == nil && at.Addr().IsLoopback()
}

func (s *server) knowsHost(host string) bool {
	if base, err := url.Parse(s.BaseURL); err == nil && base.Host != "" && strings.EqualFold(host, base.Host) {
		return true
	}
	name := (&url.URL{Host: host}).Hostname()
	address, err := netip.ParseAddr(name)
	return strings.EqualFold(name, "localhost") || err == nil && address.IsLoopback()
}

// https says that browsers reach the server over TLS.
func (s *server) https() bool { return strings.HasPrefix(s.BaseURL, "https://") }

// cookieName is that of the contract. Over https it has the prefix by which
// browsers see to it that no other host has set the cookie; without TLS they
// would refuse it under that name.
func (s *server) cookieName() string {
	if s.https() {
		return "__Host-kopter_session"
	}
	return "kopter_session"
}

// cookie gives the header that sets the session's cookie. It is sent with
// nothing that begins on another site (Strict): the web app is open to all and
// asks for data only once it has been loaded, so links from elsewhere work
// nevertheless.
func (s *server) cookie(secret string, age time.Duration) string {
	c := http.Cookie{
		Name: s.cookieName(), Value: secret, Path: "/", MaxAge: int(age / time.Second),
		HttpOnly: true, Secure: s.https(), SameSite: http.SameSiteStrictMode,
	}
	if secret == "" {
		c.MaxAge = -1
	}
	return c.String()
}
