// Package accesstest is what every access.Store must keep, as a test, and a
// store in memory for those who need one.
package accesstest

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/kopterio/kopter/access"
	"github.com/kopterio/kopter/account"
)

// Opened is a store that the suite was given.
type Opened struct {
	access.Store
	// Reopen closes the store and opens its state again.
	Reopen func() Opened
}

const (
	tenant account.Tenant = "acme"
	other  account.Tenant = "other"
)

var noon = time.Date(2026, 11, 25, 12, 0, 0, 123_456_789, time.UTC)

// TestStore runs the suite; open gives an empty store, closed at the end of the
// test.
func TestStore(t *testing.T, open func(t *testing.T) Opened) {
	tests := []struct {
		name string
		test func(*testing.T, Opened)
	}{
		{"an empty store knows nothing", testEmpty},
		{"a credential is found by its hash, also after reopening", testFind},
		{"lists are by kind, newest first", testList},
		{"use only grows", testTouch},
		{"what is revoked is gone, also after reopening", testRevoke},
		{"what expired long ago is forgotten", testForget},
		{"tenants do not see or touch each other's", testTenants},
		{"an id or a hash is kept once", testTwice},
		{"an ill-named tenant is refused", testIllNamed},
		{"a cancelled call changes nothing", testCancelled},
		{"concurrent calls all land", testConcurrent},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { tt.test(t, open(t)) })
	}
}

// credential is one of acme's; n tells them apart, and orders them.
func credential(via access.Via, n int) access.Credential {
	id := fmt.Sprintf("%s-%d", via, n)
	created := noon.Add(time.Duration(n) * time.Hour)
	return access.Credential{ID: id, Hash: sha256.Sum256([]byte(id)), Tenant: tenant, Name: "Ann Ö. " + id, Via: via,
		Created: created, Used: created.Add(time.Minute), Expires: created.Add(30 * 24 * time.Hour)}
}

func keep(t *testing.T, s access.Store, all ...access.Credential) {
	t.Helper()
	for _, c := range all {
		if err := s.KeepCredential(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
}

// finds wants the store to know exactly that under the hash of want.
func finds(t *testing.T, s access.Store, want access.Credential) {
	t.Helper()
	got, err := s.FindCredential(t.Context(), want.Hash)
	if err != nil {
		t.Fatalf("find %s: %v", want.ID, err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

func unknown(t *testing.T, s access.Store, h access.Hash) {
	t.Helper()
	if c, err := s.FindCredential(t.Context(), h); !errors.Is(err, access.ErrUnknown) {
		t.Errorf("found %+v, %v; want ErrUnknown", c, err)
	}
}

func lists(t *testing.T, s access.Store, tenant account.Tenant, via access.Via, want ...access.Credential) {
	t.Helper()
	got, err := s.Credentials(t.Context(), tenant, via)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" {
		t.Errorf("%s of %s: (-want +got)\n%s", via, tenant, d)
	}
}

func testEmpty(t *testing.T, s Opened) {
	unknown(t, s, access.Hash{})
	lists(t, s, tenant, access.Token)
	if err := s.RevokeCredential(t.Context(), tenant, "none"); !errors.Is(err, access.ErrUnknown) {
		t.Errorf("revoke nothing: %v", err)
	}
	if err := s.TouchCredential(t.Context(), tenant, "none", noon); err != nil {
		t.Errorf("touch nothing: %v", err)
	}
}

func testFind(t *testing.T, s Opened) {
	a, b := credential(access.Session, 1), credential(access.Token, 2)
	b.Used = time.Time{}
	keep(t, s, a, b)
	finds(t, s, a)
	finds(t, s, b)
	unknown(t, s, sha256.Sum256([]byte("another")))
	s = s.Reopen()
	finds(t, s, a)
	finds(t, s, b)
}

func testList(t *testing.T, s Opened) {
	first, second, third := credential(access.Token, 1), credential(access.Token, 2), credential(access.Token, 3)
	third.Created = second.Created // ordered by id
	keep(t, s, second, first, credential(access.Session, 4), third)
	lists(t, s, tenant, access.Token, second, third, first)
	lists(t, s, tenant, access.Session, credential(access.Session, 4))
}

func testTouch(t *testing.T, s Opened) {
	c := credential(access.Token, 1)
	c.Used = time.Time{}
	keep(t, s, c)
	for _, at := range []time.Duration{time.Hour, time.Minute, 2 * time.Hour} {
		if err := s.TouchCredential(t.Context(), tenant, c.ID, noon.Add(at)); err != nil {
			t.Fatal(err)
		}
		if now := noon.Add(at); now.After(c.Used) {
			c.Used = now
		}
		finds(t, s, c)
	}
	finds(t, s.Reopen(), c)
}

func testRevoke(t *testing.T, s Opened) {
	a, b := credential(access.Token, 1), credential(access.Token, 2)
	keep(t, s, a, b)
	if err := s.RevokeCredential(t.Context(), tenant, a.ID); err != nil {
		t.Fatal(err)
	}
	unknown(t, s, a.Hash)
	if err := s.RevokeCredential(t.Context(), tenant, a.ID); !errors.Is(err, access.ErrUnknown) {
		t.Errorf("revoked twice: %v", err)
	}
	s = s.Reopen()
	unknown(t, s, a.Hash)
	lists(t, s, tenant, access.Token, b)
}

func testForget(t *testing.T, s Opened) {
	old, recent, foreign := credential(access.Session, 1), credential(access.Session, 2), credential(access.Session, 3)
	late := credential(access.Session, 4)
	old.Expires = late.Created.Add(-access.Remembered - time.Nanosecond)
	recent.Expires = late.Created.Add(-access.Remembered)
	foreign.Tenant, foreign.Expires = other, old.Expires
	keep(t, s, old, recent, foreign)
	finds(t, s, old)
	keep(t, s, late)
	unknown(t, s, old.Hash)
	finds(t, s, recent)
	finds(t, s, foreign)
	finds(t, s, late)
}

func testTenants(t *testing.T, s Opened) {
	mine, theirs := credential(access.Token, 1), credential(access.Token, 2)
	theirs.Tenant, theirs.ID = other, mine.ID
	keep(t, s, mine, theirs)
	lists(t, s, tenant, access.Token, mine)
	lists(t, s, other, access.Token, theirs)
	if err := s.TouchCredential(t.Context(), other, mine.ID, noon.Add(100*time.Hour)); err != nil {
		t.Fatal(err)
	}
	finds(t, s, mine)
	if err := s.RevokeCredential(t.Context(), other, mine.ID); err != nil {
		t.Fatal(err)
	}
	finds(t, s, mine)
	unknown(t, s, theirs.Hash)
}

func testTwice(t *testing.T, s Opened) {
	a := credential(access.Token, 1)
	keep(t, s, a)
	sameID, sameHash := credential(access.Token, 2), credential(access.Token, 3)
	sameID.ID = a.ID
	sameHash.Tenant, sameHash.Hash = other, a.Hash
	for _, c := range []access.Credential{sameID, sameHash} {
		if err := s.KeepCredential(t.Context(), c); err == nil {
			t.Errorf("%+v was kept beside %+v", c, a)
		}
	}
	finds(t, s, a)
	lists(t, s, tenant, access.Token, a)
	lists(t, s, other, access.Token)
}

func testIllNamed(t *testing.T, s Opened) {
	c := credential(access.Token, 1)
	c.Tenant = "../up"
	if err := s.KeepCredential(t.Context(), c); err == nil {
		t.Error("an ill-named tenant was taken")
	}
	unknown(t, s, c.Hash)
}

func testCancelled(t *testing.T, s Opened) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	c := credential(access.Token, 1)
	if err := s.KeepCredential(ctx, c); !errors.Is(err, context.Canceled) {
		t.Errorf("keep: %v", err)
	}
	unknown(t, s, c.Hash)
}

func testConcurrent(t *testing.T, s Opened) {
	const n = 20
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			c := credential(access.Token, i)
			if err := s.KeepCredential(t.Context(), c); err != nil {
				t.Error(err)
			}
			if err := s.TouchCredential(t.Context(), tenant, c.ID, noon.Add(1000*time.Hour)); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	got, err := s.Credentials(t.Context(), tenant, access.Token)
	if err != nil || len(got) != n {
		t.Fatalf("%d credentials, %v; want %d", len(got), err, n)
	}
	for _, c := range got {
		if !c.Used.Equal(noon.Add(1000 * time.Hour)) {
			t.Errorf("%s was used at %v", c.ID, c.Used)
		}
	}
}
