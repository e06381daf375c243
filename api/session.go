package api

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/kopterio/kopter/access"
)

// tokenDays is how long a token holds when nobody says.
const tokenDays = 90

// SignInURL is the link that signs a browser in. The secret stands behind the
// #, which browsers keep to themselves: it is in no server's log and no
// Referer. The page at that address sends it.
func SignInURL(base, secret string) string {
	return strings.TrimSuffix(base, "/") + "/signin#" + secret
}

// SignIn exchanges the secret of a link for a session.
func (s *server) SignIn(ctx context.Context, r SignInRequestObject) (SignInResponseObject, error) {
	place, _ := ctx.Value(placeKey{}).(string)
	who, secret, err := s.Access.SignIn(ctx, r.Body.Secret, place, s.Now())
	if errors.Is(err, access.ErrUnknown) {
		return nil, errLink
	}
	if err != nil {
		return nil, err
	}
	cookie := s.cookie(secret, access.SessionLifetime)
	return SignIn200JSONResponse{Body: s.session(who), Headers: SignIn200ResponseHeaders{SetCookie: &cookie}}, nil
}

// GetSession says who is signed in.
func (s *server) GetSession(ctx context.Context, _ GetSessionRequestObject) (GetSessionResponseObject, error) {
	return GetSession200JSONResponse(s.session(identityOf(ctx))), nil
}

func (s *server) session(who access.Identity) Session {
	expires := who.Expires.UTC()
	return Session{Tenant: string(who.Tenant), Name: who.Name, Version: s.Version, Demo: s.Demo, Expires: &expires}
}

// SignOut ends the session, and the streams that it has opened.
func (s *server) SignOut(ctx context.Context, _ SignOutRequestObject) (SignOutResponseObject, error) {
	who := identityOf(ctx)
	if err := s.Access.SignOut(ctx, who); err != nil && !errors.Is(err, access.ErrUnknown) {
		return nil, err // a session that is gone already is signed out
	}
	s.Hub.drop(who.Tenant, who.ID)
	cookie := s.cookie("", 0)
	return SignOut204Response{Headers: SignOut204ResponseHeaders{SetCookie: &cookie}}, nil
}

// CreateLink makes a sign-in link for another browser of who asks.
func (s *server) CreateLink(ctx context.Context, _ CreateLinkRequestObject) (CreateLinkResponseObject, error) {
	secret, expires, err := s.Access.LinkFor(identityOf(ctx), s.Now())
	if err != nil {
		return nil, err
	}
	return CreateLink201JSONResponse{URL: SignInURL(s.BaseURL, secret), Expires: expires.UTC()}, nil
}

// ListTokens lists the tokens for scripts.
func (s *server) ListTokens(ctx context.Context, _ ListTokensRequestObject) (ListTokensResponseObject, error) {
	tokens, err := s.Access.Tokens(ctx, tenantOf(ctx))
	if err != nil {
		return nil, err
	}
	return ListTokens200JSONResponse{Tokens: each(tokens, token)}, nil
}

// CreateToken makes a token for scripts, and tells its secret this once.
func (s *server) CreateToken(ctx context.Context, r CreateTokenRequestObject) (CreateTokenResponseObject, error) {
	days := time.Duration(given(r.Body.Days, tokenDays))
	made, secret, err := s.Access.NewToken(ctx, identityOf(ctx), r.Body.Name, days*24*time.Hour, s.Now())
	if err != nil {
		return nil, err
	}
	return CreateToken201JSONResponse{Token: token(&made), Secret: secret}, nil
}

func token(c *access.Credential) Token {
	shown := Token{ID: c.ID, Name: c.Name, Created: c.Created.UTC()}
	expires := c.Expires.UTC()
	shown.Expires = &expires
	if used := c.Used.UTC(); !c.Used.IsZero() {
		shown.Used = &used
	}
	return shown
}

// RevokeToken ends a token, and the streams that it has opened.
func (s *server) RevokeToken(ctx context.Context, r RevokeTokenRequestObject) (RevokeTokenResponseObject, error) {
	who := identityOf(ctx)
	err := s.Access.RevokeToken(ctx, who, r.ID)
	if errors.Is(err, access.ErrUnknown) {
		return nil, errNotFound
	}
	if err != nil {
		return nil, err
	}
	s.Hub.drop(who.Tenant, r.ID)
	return RevokeToken204Response{}, nil
}
