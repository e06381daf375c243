// Package notify is what Kopter notices, kept and shown: steps of the price
// graph, input that could not be read, work that nobody could do, and accounts
// that fell silent.
//
// Values of the domain come in, notices go out: pure functions, which are told
// the time. A notice has an ID that follows from what it is about, so that
// noticing the same thing twice shows it once, whoever was restarted in
// between. The Store keeps notices and what people made of them.
package notify

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"time"

	"github.com/kopterio/kopter/account"
	"github.com/kopterio/kopter/money"
)

// Kind is what a notice is about.
type Kind string

// The kinds of notices.
const (
	CostStep   Kind = "cost-step"   // a call changed the run-rate by much
	Quarantine Kind = "quarantine"  // a file holds what could not be read
	Conflict   Kind = "conflict"    // two records bear one event id
	DeadLetter Kind = "dead-letter" // a message failed too often
	Silence    Kind = "silence"     // an account or region is not heard of any more
	Unpriced   Kind = "unpriced"    // something runs and has no price
)

// Severity is how much it matters.
type Severity string

// The severities.
const (
	Info     Severity = "info"
	Warning  Severity = "warning"
	Critical Severity = "critical"
)

// State is what people made of a notice.
type State string

// The states of a notice.
const (
	Open         State = "open"
	Acknowledged State = "acknowledged"
)

// Notice is one thing that Kopter noticed.
type Notice struct {
	ID       string // follows from tenant, kind and key
	Kind     Kind
	Severity Severity
	Time     time.Time // of what it is about
	Noticed  time.Time
	Title    string // one line
	Detail   string
	State    State

	// Where and who, as far as it is known.
	Account   string
	Region    string
	Resource  string
	EventID   string
	Principal string
	Actor     string
	IP        string

	// Delta is the change of the run-rate, per hour; of a CostStep alone.
	Delta    money.Rate
	Currency money.Currency

	// Key tells what it is about from all else of its kind.
	Key string
}

// ErrNoNotice: the tenant has no notice of that id.
var ErrNoNotice = errors.New("there is no such notification")

// Position is the place of a notice in a listing; the zero value is the
// beginning.
type Position struct {
	Noticed, Time time.Time
	ID            string
}

// Position is where the notice stands in a listing.
func (n *Notice) Position() Position { return Position{n.Noticed, n.Time, n.ID} }

// Store keeps notices. It is safe for concurrent use, and what it returned nil
// for survives any crash.
type Store interface {
	// AddNotices keeps those of the notices whose ids are not known yet, in one
	// commit, and returns them in their order. What is known stays as it is,
	// state and all, so that what somebody acknowledged does not come back.
	AddNotices(ctx context.Context, t account.Tenant, notices []Notice) ([]Notice, error)
	// Notices gives notices in a state, or in any when it is empty: those noticed
	// last first, of those the newest, then by id. It begins after a position
	// and gives at most limit.
	Notices(ctx context.Context, t account.Tenant, state State, limit int, after Position) ([]Notice, error)
	// MarkNotice sets the state of a notice and returns it; ErrNoNotice when there
	// is none.
	MarkNotice(ctx context.Context, t account.Tenant, id string, state State) (Notice, error)
	// OpenNotices counts the open notices.
	OpenNotices(ctx context.Context, t account.Tenant) (int64, error)
}

// id names a notice by what it is about.
func id(t account.Tenant, kind Kind, key string) string {
	h := sha256.New()
	for _, part := range []string{string(t), string(kind), key} {
		h.Write([]byte(part))
		h.Write([]byte{0}) // no tenant or kind holds one
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}
