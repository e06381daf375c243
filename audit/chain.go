package audit

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/kopterio/kopter/account"
	"github.com/kopterio/kopter/query"
)

// Chain is how the caller of an event came by its access key: the calls that
// issued temporary keys, from the event's own key back to where no temporary
// key was used. See spec/cloudtrail.md, "Role chains".
type Chain struct {
	Links []Link // the nearest first
	End   ChainEnd
}

// Link is the call that issued a temporary key.
type Link struct {
	Key string // that was issued
	// Event is the call, seen from the caller's side where that is in the
	// lake; its actor is who asked for the key.
	Event *Event
	// Twins are other views of the call: a role of another account is assumed
	// in both accounts, and both log it.
	Twins []*Event
}

// ChainEnd says why a chain ends.
type ChainEnd string

// The ends of a chain.
const (
	ChainOrigin ChainEnd = "origin"  // the last caller used no temporary key: a person, a service, a federated identity
	ChainBroken ChainEnd = "unknown" // the call that issued the last caller's key is not in the lake
	ChainLoop   ChainEnd = "loop"    // the last caller's key is one of the chain
	ChainLong   ChainEnd = "long"    // there are more than MaxLinks links
)

// MaxLinks bounds a chain. AWS itself sets no limit to role chaining.
const MaxLinks = 8

// temporaryKey begins the id of a key that STS has issued:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
const temporaryKey = "ASIA"

// issuingCalls are the calls of STS that answer with a temporary key.
var issuingCalls = [...]string{
	"AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity", "AssumeRoot", "GetSessionToken", "GetFederationToken",
}

// issuedPath is where the answer of a call has the key that it issued.
const issuedPath = "responseElements.credentials.accessKeyId"

// issuedWord is a word of a record that issued a key, and of no other. The key
// itself stands in every record of who uses it, in most row groups of a day.
func issuedWord(key string) []byte { return append([]byte("issued"), key...) }

// eachIssued calls fn with the keys that a record says were issued. A member's
// name that is escaped is not looked for: with hidden letters in a row group,
// its filter of words rules nothing out.
func eachIssued(raw []byte, fn func(key string)) {
	if bytes.Contains(raw, []byte("credentials")) {
		eachInRecord(raw, issuedPath, func(key string) bool {
			fn(key)
			return true
		})
	}
}

// A temporary key lives for up to 36 hours (GetSessionToken and
// GetFederationToken, durationSeconds), so the call that issued it lies no
// longer before its use; clocks may differ by the slack.
const (
	keyLife    = 36 * time.Hour
	clockSlack = 15 * time.Minute
)

// Chain follows an event's access key to its origin.
func (l *Lake) Chain(ctx context.Context, t account.Tenant, e *Event) (Chain, error) {
	chain, seen := Chain{End: ChainLong}, map[string]bool{}
	for len(chain.Links) < MaxLinks {
		switch {
		case !strings.HasPrefix(e.AccessKey, temporaryKey):
			chain.End = ChainOrigin
			return chain, nil
		case seen[e.AccessKey]:
			chain.End = ChainLoop
			return chain, nil
		}
		seen[e.AccessKey] = true
		link, err := l.issuing(ctx, t, e)
		if err != nil {
			return Chain{}, fmt.Errorf("role chain of event %s: key %s: %w", e.EventID, e.AccessKey, err)
		}
		if link.Event == nil {
			chain.End = ChainBroken
			return chain, nil
		}
		chain.Links = append(chain.Links, link)
		e = link.Event
	}
	if !strings.HasPrefix(e.AccessKey, temporaryKey) {
		chain.End = ChainOrigin
	}
	return chain, nil
}

// issuing finds the call that issued the key of an event.
func (l *Lake) issuing(ctx context.Context, t account.Tenant, e *Event) (Link, error) {
	from, until := e.Time-(keyLife+clockSlack).Milliseconds(), e.Time+clockSlack.Milliseconds()
	names := query.Or{}
	for _, name := range issuingCalls {
		names = append(names, term(fieldName.String(), name))
	}
	views, err := l.find(ctx, t, Request{
		Query: query.And{names, term(issuedPath, e.AccessKey)}, From: from, Until: until,
	})
	if err != nil || len(views) == 0 {
		return Link{}, err
	}
	if views, err = l.addTwins(ctx, t, views); err != nil {
		return Link{}, err
	}
	slices.SortStableFunc(views, func(a, b *Event) int { return cmp.Compare(callerRank(a), callerRank(b)) })
	return Link{Key: e.AccessKey, Event: views[0], Twins: views[1:]}, nil
}

func term(field, value string) query.Term {
	return query.Term{Field: field, Op: query.Equal, Value: value}
}

// addTwins adds the views of a call in other accounts. The caller's account may
// log it without the key; both logs have one shared event id.
func (l *Lake) addTwins(ctx context.Context, t account.Tenant, views []*Event) ([]*Event, error) {
	shared := views[0].SharedEventID
	if shared == "" {
		return views, nil
	}
	at := views[0].Time
	twins, err := l.find(ctx, t, Request{
		Query: term(fieldSharedEventID.String(), shared),
		From:  at - clockSlack.Milliseconds(), Until: at + clockSlack.Milliseconds(),
	})
	for _, twin := range twins {
		same := func(e *Event) bool { return e.EventID == twin.EventID && e.Account == twin.Account }
		if !slices.ContainsFunc(views, same) {
			views = append(views, twin)
		}
	}
	return views, err
}

// callerRank orders views of a call by how much they say of the caller: one's
// own account logs the key and the name, the other one only that an account
// has called.
func callerRank(e *Event) int {
	switch {
	case e.AccessKey != "":
		return 0
	case e.ActorType != "AWSAccount":
		return 1
	}
	return 2
}
