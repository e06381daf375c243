package access

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/kopterio/kopter/account"
)

const (
	// SessionIdle ends a session that nobody uses, SessionLifetime any.
	SessionIdle     = 7 * 24 * time.Hour
	SessionLifetime = 30 * 24 * time.Hour

	// UseStep is how exactly the last use of a credential is known: it is
	// written at most that often.
	UseStep = time.Minute

	// MaxTokens bounds the tokens of a tenant that hold.
	MaxTokens = 200
	// MaxTokenName bounds a token's name, in letters.
	MaxTokenName = 100
	// MaxTokenLifetime is ten years.
	MaxTokenLifetime = 3650 * 24 * time.Hour
)

// Gatekeeper decides who may ask. It is safe for concurrent use.
type Gatekeeper struct {
	store    Store
	links    links
	attempts attempts
}

// New gives a gatekeeper over the credentials in store. There is one in a
// process: sign-in links are known to the gatekeeper that gave them alone.
func New(store Store) *Gatekeeper {
	return &Gatekeeper{
		store:    store,
		links:    links{open: map[Hash]link{}},
		attempts: attempts{places: map[string]*failures{}},
	}
}

// Invite makes the secret of a sign-in link, good once and for LinkLifetime.
// Whoever brings it back becomes name of the tenant.
func (g *Gatekeeper) Invite(t account.Tenant, name string, now time.Time) (secret string, expires time.Time, err error) {
	if err := t.Validate(); err != nil {
		return "", time.Time{}, err
	}
	secret, expires = random(secretBytes), now.Add(LinkLifetime)
	if err := g.links.add(hashOf(secret), link{t, name, expires}, now); err != nil {
		return "", time.Time{}, fmt.Errorf("sign-in link: %w", err)
	}
	return secret, expires, nil
}

// LinkFor is Invite for another browser of who asks. A token gets none: one
// that leaked would never be rid of.
func (g *Gatekeeper) LinkFor(who Identity, now time.Time) (secret string, expires time.Time, err error) {
	if who.Via != Session {
		return "", time.Time{}, ErrNotAllowed
	}
	return g.Invite(who.Tenant, who.Name, now)
}

// SignIn exchanges the secret of a link for that of a session. The place is
// where the request came from, such as an IP address: who fails too often from
// one place is refused there for a while with ErrTooMany. A wrong, old or used
// secret is ErrUnknown.
func (g *Gatekeeper) SignIn(ctx context.Context, secret, place string, now time.Time) (Identity, string, error) {
	if !g.attempts.allowed(place, now) {
		return Identity{}, "", ErrTooMany
	}
	k, known := g.links.take(hashOf(secret), now)
	if !known {
		g.attempts.failed(place, now)
		return Identity{}, "", ErrUnknown
	}
	session := random(secretBytes)
	c := Credential{ID: random(idBytes), Hash: hashOf(session), Tenant: k.tenant, Name: k.name, Via: Session,
		Created: now, Used: now, Expires: now.Add(SessionLifetime)}
	if err := g.store.KeepCredential(ctx, c); err != nil {
		return Identity{}, "", fmt.Errorf("keep a session: %w", err)
	}
	return c.identity(), session, nil
}

// BySession gives who bears the secret of a session; ErrUnknown if it does not
// hold.
func (g *Gatekeeper) BySession(ctx context.Context, secret string, now time.Time) (Identity, error) {
	if len(secret) != letters.EncodedLen(secretBytes) {
		return Identity{}, ErrUnknown
	}
	return g.identify(ctx, Session, secret, now)
}

// ByToken gives who bears a token; ErrUnknown if it does not hold.
func (g *Gatekeeper) ByToken(ctx context.Context, token string, now time.Time) (Identity, error) {
	if !wellFormed(token) {
		return Identity{}, ErrUnknown
	}
	return g.identify(ctx, Token, token, now)
}

func (g *Gatekeeper) identify(ctx context.Context, via Via, secret string, now time.Time) (Identity, error) {
	h := hashOf(secret)
	c, err := g.store.FindCredential(ctx, h)
	if err != nil {
		return Identity{}, fmt.Errorf("find a %s: %w", via, err)
	}
	if !equal(h, c.Hash) || c.Via != via || !now.Before(c.ends()) {
		return Identity{}, ErrUnknown
	}
	if now.Sub(c.Used) >= UseStep {
		if err := g.store.TouchCredential(ctx, c.Tenant, c.ID, now); err != nil {
			return Identity{}, fmt.Errorf("note the use of a %s: %w", via, err)
		}
		c.Used = now
	}
	return c.identity(), nil
}

// ends is when the credential ceases to hold unless it is used before.
func (c *Credential) ends() time.Time {
	if idle := c.Used.Add(SessionIdle); c.Via == Session && idle.Before(c.Expires) {
		return idle
	}
	return c.Expires
}

func (c *Credential) identity() Identity {
	return Identity{Tenant: c.Tenant, Name: c.Name, Via: c.Via, ID: c.ID, Expires: c.ends()}
}

// SignOut ends the session of who asks. A token is revoked by name of its id,
// by who signed in.
func (g *Gatekeeper) SignOut(ctx context.Context, who Identity) error {
	if who.Via != Session {
		return ErrNotAllowed
	}
	return g.store.RevokeCredential(ctx, who.Tenant, who.ID)
}

// NewToken makes a token of the tenant of who asks. The secret is told this
// once. A token cannot make others, for the same reason as in LinkFor.
func (g *Gatekeeper) NewToken(ctx context.Context, who Identity, name string, lifetime time.Duration, now time.Time) (Credential, string, error) {
	if who.Via != Session {
		return Credential{}, "", ErrNotAllowed
	}
	name = strings.TrimSpace(name)
	if err := checkToken(name, lifetime); err != nil {
		return Credential{}, "", err
	}
	if err := g.checkRoom(ctx, who.Tenant, now); err != nil {
		return Credential{}, "", err
	}
	secret := newToken()
	c := Credential{ID: random(idBytes), Hash: hashOf(secret), Tenant: who.Tenant, Name: name, Via: Token,
		Created: now, Expires: now.Add(lifetime)}
	if err := g.store.KeepCredential(ctx, c); err != nil {
		return Credential{}, "", fmt.Errorf("keep token %q: %w", name, err)
	}
	return c, secret, nil
}

func checkToken(name string, lifetime time.Duration) error {
	switch {
	case name == "" || len([]rune(name)) > MaxTokenName:
		return fmt.Errorf("%w: its name has 1 to %d letters", ErrInvalid, MaxTokenName)
	case strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }):
		return fmt.Errorf("%w: its name holds what cannot be shown", ErrInvalid)
	case lifetime <= 0 || lifetime > MaxTokenLifetime:
		return fmt.Errorf("%w: it holds for at least a moment and at most ten years", ErrInvalid)
	}
	return nil
}

func (g *Gatekeeper) checkRoom(ctx context.Context, t account.Tenant, now time.Time) error {
	tokens, err := g.Tokens(ctx, t)
	if err != nil {
		return err
	}
	holding := 0
	for i := range tokens {
		if now.Before(tokens[i].Expires) {
			holding++
		}
	}
	if holding >= MaxTokens {
		return fmt.Errorf("tokens: %w", ErrFull)
	}
	return nil
}

// Tokens lists the tenant's tokens, the newest first, also those that expired
// not long ago.
func (g *Gatekeeper) Tokens(ctx context.Context, t account.Tenant) ([]Credential, error) {
	return g.store.Credentials(ctx, t, Token)
}

// RevokeToken ends a token at once; ErrUnknown when the tenant has none of
// that id.
func (g *Gatekeeper) RevokeToken(ctx context.Context, who Identity, id string) error {
	if who.Via != Session {
		return ErrNotAllowed
	}
	tokens, err := g.Tokens(ctx, who.Tenant)
	if err != nil {
		return err
	}
	for i := range tokens {
		if tokens[i].ID == id {
			return g.store.RevokeCredential(ctx, who.Tenant, id)
		}
	}
	return ErrUnknown
}
