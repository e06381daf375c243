// Package access is who may ask: the credentials of a request in, the identity
// behind them out.
//
// A person opens a sign-in link, which is good once and for a short while, and
// gets a session; a script bears a token, which a signed-in person made. The
// Gatekeeper turns either into an Identity, and with it into the tenant whose
// data may be seen. Secrets are 256 random bits and are told once, to whom they
// belong: Kopter keeps their SHA-256 alone, so who reads the store cannot sign
// in with it. A hash that is merely fast is enough for them, because nobody
// guesses 256 bits.
package access

import (
	"context"
	"crypto/sha256"
	"errors"
	"time"

	"github.com/kopterio/kopter/account"
)

// Via is the kind of a credential.
type Via string

// The kinds of credentials.
const (
	Session Via = "session" // of a browser, by cookie
	Token   Via = "token"   // of a script, by header
)

// Identity is who asks.
type Identity struct {
	Tenant  account.Tenant
	Name    string // of the person, or of the token
	Via     Via
	ID      string    // of the credential; no secret
	Expires time.Time // when the credential ceases to hold
}

// Hash is the SHA-256 of a secret: all that is kept of it.
type Hash [sha256.Size]byte

// Credential is a session or a token, as it is kept.
type Credential struct {
	ID      string // unique in the tenant; no secret
	Hash    Hash
	Tenant  account.Tenant
	Name    string // of the person, or of the token
	Via     Via
	Created time.Time
	Used    time.Time // zero if never; see UseStep
	Expires time.Time // the end, however much it is used
}

// Errors of the Gatekeeper and of a Store.
var (
	// ErrUnknown: nobody knows that credential. It was never given, has
	// expired, or was revoked.
	ErrUnknown = errors.New("the credential is unknown, expired or revoked")
	// ErrTooMany: too many failed attempts to sign in from one place.
	ErrTooMany = errors.New("too many failed attempts to sign in; try again in a minute")
	// ErrNotAllowed: a token may not do what hands on access.
	ErrNotAllowed = errors.New("only who signed in in a browser may do that")
	// ErrInvalid: what a new token is to be is not possible.
	ErrInvalid = errors.New("no such token can be made")
	// ErrFull: the tenant has as many tokens, or open links, as it may have.
	ErrFull = errors.New("there are too many already; revoke some first")
)

// Store keeps credentials. It is safe for concurrent use, and what it returned
// nil for survives any crash.
//
// FindCredential is the one place in Kopter that is not told a tenant: it is how the
// tenant is found.
type Store interface {
	// KeepCredential adds a credential. It forgets those of the same tenant that had
	// expired Remembered before it was created.
	KeepCredential(ctx context.Context, c Credential) error
	// FindCredential gives the credential with that hash, expired or not; ErrUnknown
	// when there is none.
	FindCredential(ctx context.Context, h Hash) (Credential, error)
	// TouchCredential notes that a credential was used. An earlier time than the one
	// that is known, and an unknown id, change nothing.
	TouchCredential(ctx context.Context, t account.Tenant, id string, at time.Time) error
	// RevokeCredential forgets a credential; ErrUnknown when there is none.
	RevokeCredential(ctx context.Context, t account.Tenant, id string) error
	// Credentials gives the tenant's credentials of one kind, the newest first, and
	// those of one moment by id.
	Credentials(ctx context.Context, t account.Tenant, via Via) ([]Credential, error)
}

// Remembered is how long a credential is listed after it has expired.
const Remembered = 30 * 24 * time.Hour
