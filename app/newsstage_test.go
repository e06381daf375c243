package app

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/kopterio/kopter/account"
	"github.com/kopterio/kopter/audit"
	"github.com/kopterio/kopter/ingest"
	"github.com/kopterio/kopter/notify"
	"github.com/kopterio/kopter/queue"
)

// someConflicts are of events that bear a prefix and a number.
func someConflicts(prefix string, n int) (list []audit.Conflict) {
	for i := range n {
		list = append(list, audit.Conflict{Account: "111122223333", EventID: fmt.Sprint(prefix, i), Source: "file", Raw: []byte("{}")})
	}
	return list
}

// toldOf follows a commit's conflicts through messages to notices: the events
// that have a notice of their own, and the title of the notice of the others.
func toldOf(t *testing.T, a *App, commits ...[]audit.Conflict) (events []string, rest string) {
	t.Helper()
	var news newsMessage
	for _, conflicts := range commits {
		change := audit.Change{Conflicts: conflicts}
		if err := a.store.Apply(t.Context(), account.Local, change); err != nil {
			t.Fatal(err)
		}
		messages := commitMessages(&ingest.Commit{Lake: change}, nil)
		body, err := decode[auditMessage](&queue.Message{Body: messages[len(messages)-1].Body})
		if err != nil {
			t.Fatal(err)
		}
		news.add(&newsMessage{Audit: &body})
	}
	s := &newsStage{tenant: account.Local, store: a.store}
	notices, err := s.conflicts(t.Context(), notify.Watch{Tenant: account.Local, Now: noon()}, &news)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range notices {
		if n.EventID == "" {
			rest = n.Title
		} else {
			events = append(events, n.EventID)
		}
	}
	return events, rest
}

// TestConflictsAreNews: however many conflicts are known, people are told of
// those that have come, and of how many there was no room for.
func TestConflictsAreNews(t *testing.T) {
	a := open(t, t.TempDir())
	for _, c := range []struct {
		name    string
		commits [][]audit.Conflict
		events  int
		rest    string
	}{
		{"a flood", [][]audit.Conflict{someConflicts("flood-", 3*conflictsPerMessage)}, 20, "280 more records bear the id of another event"},
		{"one more", [][]audit.Conflict{someConflicts("one-", 1)}, 1, ""},
		{"two commits", [][]audit.Conflict{someConflicts("a-", 5), someConflicts("b-", 5)}, 10, ""},
		{"two floods", [][]audit.Conflict{someConflicts("c-", 150), someConflicts("d-", 150)}, 20, "280 more records bear the id of another event"},
	} {
		events, rest := toldOf(t, a, c.commits...)
		known := func(id string) bool {
			return slices.ContainsFunc(slices.Concat(c.commits...), func(k audit.Conflict) bool { return k.EventID == id })
		}
		if len(events) != c.events || rest != c.rest {
			t.Errorf("%s: told of %d events and %q, want %d and %q", c.name, len(events), rest, c.events, c.rest)
		}
		if i := slices.IndexFunc(events, func(id string) bool { return !known(id) }); i >= 0 {
			t.Errorf("%s: told of %s, which is no news", c.name, events[i])
		}
	}
}

// TestConflictsFitIntoAMessage: ids are as long as the source makes them, and
// AWS makes them 36 characters long.
func TestConflictsFitIntoAMessage(t *testing.T) {
	var m auditMessage
	for range 50 {
		m.add(&auditMessage{Conflicts: 1000, Conflicting: eventsOf(someConflicts("01234567-89ab-cdef-0123-456789abcdef-", 1000))})
	}
	if len(m.Conflicting) != conflictsPerMessage || m.Conflicts != 50_000 {
		t.Errorf("%d named of %d", len(m.Conflicting), m.Conflicts)
	}
	message := encode(StageNotifications, newsMessage{Audit: &m})
	if err := message.Validate(); err != nil {
		t.Error(err)
	}
}

// TestBrokenFilesFitIntoAMessage: a path is as long as the disk allows, and a
// byte of it that is no UTF-8 takes three.
func TestBrokenFilesFitIntoAMessage(t *testing.T) {
	var c ingest.Commit
	for i := range 1000 {
		uri := fmt.Sprintf("/%04d%s", i, strings.Repeat("\xff", 4091))
		c.Files = append(c.Files, ingest.Ingested{Object: ingest.Object{URI: uri}, Quarantined: 1})
	}
	messages := commitMessages(&c, nil)
	for _, m := range messages {
		if err := m.Validate(); err != nil {
			t.Errorf("message for %s: %v", m.Queue, err)
		}
	}
	body, err := decode[auditMessage](&queue.Message{Body: messages[len(messages)-1].Body})
	if err != nil || body.Broken != 1000 || len(body.Quarantined) != brokenPerMessage || body.Quarantined[0] != c.Files[0].URI {
		t.Errorf("%d broken files, %d named, %v", body.Broken, len(body.Quarantined), err)
	}
}
