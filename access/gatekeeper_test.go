package access_test

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/kopterio/kopter/access"
	"github.com/kopterio/kopter/access/accesstest"
	"github.com/kopterio/kopter/account"
)

const tenant account.Tenant = "acme"

var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

// house is a gatekeeper over a store whose calls are counted.
type house struct {
	*access.Gatekeeper
	store *counted
}

// counted counts what reaches a store, and fails when it is told to.
type counted struct {
	accesstest.Memory
	mu             sync.Mutex
	finds, touches int
	fail           error
}

func (c *counted) FindCredential(ctx context.Context, h access.Hash) (access.Credential, error) {
	c.mu.Lock()
	c.finds++
	c.mu.Unlock()
	if c.fail != nil {
		return access.Credential{}, c.fail
	}
	return c.Memory.FindCredential(ctx, h)
}

func (c *counted) TouchCredential(ctx context.Context, t account.Tenant, id string, at time.Time) error {
	c.mu.Lock()
	c.touches++
	c.mu.Unlock()
	return c.Memory.TouchCredential(ctx, t, id, at)
}

func newHouse() house {
	store := &counted{}
	return house{access.New(store), store}
}

// signIn signs ann in at noon.
func (h house) signIn(t *testing.T) (access.Identity, string) {
	t.Helper()
	link, _, err := h.Invite(tenant, "ann", noon)
	if err != nil {
		t.Fatal(err)
	}
	who, secret, err := h.SignIn(t.Context(), link, "192.0.2.7", noon)
	if err != nil {
		t.Fatal(err)
	}
	return who, secret
}

func TestSignInWithALink(t *testing.T) {
	h := newHouse()
	link, expires, err := h.Invite(tenant, "ann", noon)
	if err != nil || !expires.Equal(noon.Add(15*time.Minute)) {
		t.Fatalf("expires %v, %v", expires, err)
	}
	who, secret, err := h.SignIn(t.Context(), link, "192.0.2.7", expires.Add(-time.Second))
	if err != nil || who.Tenant != tenant || who.Name != "ann" || who.Via != access.Session {
		t.Fatalf("%+v, %v", who, err)
	}
	again, err := h.BySession(t.Context(), secret, expires)
	if err != nil || again.ID != who.ID || again.Tenant != tenant {
		t.Errorf("by session: %+v, %v", again, err)
	}
	if _, _, err := h.SignIn(t.Context(), link, "192.0.2.7", noon); !errors.Is(err, access.ErrUnknown) {
		t.Errorf("the link holds twice: %v", err)
	}
}

func TestLinksThatDoNotHold(t *testing.T) {
	h := newHouse()
	late, expires, err := h.Invite(tenant, "ann", noon)
	if err != nil {
		t.Fatal(err)
	}
	for name, secret := range map[string]string{"late": late, "none": "", "wrong": strings.Repeat("a", len(late)), "one letter more": late + "a"} {
		if _, _, err := h.SignIn(t.Context(), secret, name, expires); !errors.Is(err, access.ErrUnknown) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, _, err := h.Invite("../up", "ann", noon); err == nil {
		t.Error("an ill-named tenant got a link")
	}
}

func TestLinksAreBounded(t *testing.T) {
	h := newHouse()
	for i := range 1001 {
		_, _, err := h.Invite(tenant, "ann", noon)
		if full := i == 1000; errors.Is(err, access.ErrFull) != full {
			t.Fatalf("link %d: %v", i, err)
		}
	}
	if _, _, err := h.Invite(tenant, "ann", noon.Add(access.LinkLifetime)); err != nil {
		t.Errorf("when the others are old: %v", err)
	}
}

// TestAttempts counts failures by place and minute.
func TestAttempts(t *testing.T) {
	h := newHouse()
	link, _, err := h.Invite(tenant, "ann", noon)
	if err != nil {
		t.Fatal(err)
	}
	try := func(secret, place string, at time.Time) error {
		_, _, err := h.SignIn(t.Context(), secret, place, at)
		return err
	}
	for i := range 10 {
		if err := try("wrong", "a", noon.Add(time.Duration(i)*time.Second)); !errors.Is(err, access.ErrUnknown) {
			t.Fatalf("attempt %d: %v", i, err)
		}
	}
	if err := try(link, "a", noon.Add(59*time.Second)); !errors.Is(err, access.ErrTooMany) {
		t.Errorf("the eleventh, within the minute: %v", err)
	}
	if err := try("wrong", "b", noon.Add(59*time.Second)); !errors.Is(err, access.ErrUnknown) {
		t.Errorf("from elsewhere: %v", err)
	}
	if err := try(link, "a", noon.Add(time.Minute)); err != nil {
		t.Errorf("a minute later: %v", err)
	}
}

// TestPlacesAreBounded comes from everywhere: beyond some thousand places, all
// count as one.
func TestPlacesAreBounded(t *testing.T) {
	h := newHouse()
	refused := 0
	for i := range 6000 {
		_, _, err := h.SignIn(t.Context(), "wrong", fmt.Sprint(i), noon)
		if errors.Is(err, access.ErrTooMany) {
			refused++
		}
	}
	if refused != 6000-4096-10 {
		t.Errorf("%d attempts were refused", refused)
	}
	if _, _, err := h.SignIn(t.Context(), "wrong", "new", noon.Add(time.Minute)); !errors.Is(err, access.ErrUnknown) {
		t.Errorf("a minute later: %v", err)
	}
}

func TestSessionsEnd(t *testing.T) {
	const day = 24 * time.Hour
	for _, c := range []struct {
		name string
		used []time.Duration // since noon
		end  time.Duration
	}{
		{"not used", nil, 7 * day},
		{"used once", []time.Duration{6 * day}, 13 * day},
		{"used all the time", []time.Duration{6 * day, 12 * day, 18 * day, 24 * day, 29 * day}, 30 * day},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHouse()
			_, secret := h.signIn(t)
			for _, at := range c.used {
				if _, err := h.BySession(t.Context(), secret, noon.Add(at)); err != nil {
					t.Fatalf("after %v: %v", at, err)
				}
			}
			if _, err := h.BySession(t.Context(), secret, noon.Add(c.end)); !errors.Is(err, access.ErrUnknown) {
				t.Errorf("it holds at its end: %v", err)
			}
			who, err := h.BySession(t.Context(), secret, noon.Add(c.end-time.Second))
			if err != nil || who.Expires.Before(noon.Add(c.end)) {
				t.Errorf("a second before its end: %+v, %v", who, err)
			}
		})
	}
}

func TestSignOut(t *testing.T) {
	h := newHouse()
	who, secret := h.signIn(t)
	other, kept := h.signIn(t)
	if err := h.SignOut(t.Context(), who); err != nil {
		t.Fatal(err)
	}
	if _, err := h.BySession(t.Context(), secret, noon); !errors.Is(err, access.ErrUnknown) {
		t.Errorf("signed out, and in: %v", err)
	}
	if who, err := h.BySession(t.Context(), kept, noon); err != nil || who.ID != other.ID {
		t.Errorf("the other browser: %+v, %v", who, err)
	}
}

func TestTokens(t *testing.T) {
	h := newHouse()
	who, _ := h.signIn(t)
	made, secret, err := h.NewToken(t.Context(), who, "  nightly export ", time.Hour, noon)
	if err != nil || made.Name != "nightly export" || !made.Expires.Equal(noon.Add(time.Hour)) || !made.Used.IsZero() {
		t.Fatalf("%+v, %v", made, err)
	}
	if !regexp.MustCompile(`^kpt_[a-z2-7]{59}$`).MatchString(secret) {
		t.Errorf("token %q", secret)
	}
	asked, err := h.ByToken(t.Context(), secret, noon)
	if err != nil || asked != (access.Identity{Tenant: tenant, Name: "nightly export", Via: access.Token, ID: made.ID, Expires: made.Expires}) {
		t.Errorf("%+v, %v", asked, err)
	}
	if _, err := h.ByToken(t.Context(), secret, made.Expires); !errors.Is(err, access.ErrUnknown) {
		t.Errorf("expired, and holds: %v", err)
	}
	if err := h.RevokeToken(t.Context(), who, made.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := h.ByToken(t.Context(), secret, noon); !errors.Is(err, access.ErrUnknown) {
		t.Errorf("revoked, and holds: %v", err)
	}
	if err := h.RevokeToken(t.Context(), who, made.ID); !errors.Is(err, access.ErrUnknown) {
		t.Errorf("revoked twice: %v", err)
	}
}

// TestKindsDoNotMix: the secret of a session is no token, nor the id of a
// session that of a token.
func TestKindsDoNotMix(t *testing.T) {
	h := newHouse()
	who, session := h.signIn(t)
	_, token, err := h.NewToken(t.Context(), who, "script", time.Hour, noon)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.ByToken(t.Context(), session, noon); !errors.Is(err, access.ErrUnknown) {
		t.Errorf("a session as token: %v", err)
	}
	if _, err := h.BySession(t.Context(), token, noon); !errors.Is(err, access.ErrUnknown) {
		t.Errorf("a token as session: %v", err)
	}
	if err := h.RevokeToken(t.Context(), who, who.ID); !errors.Is(err, access.ErrUnknown) {
		t.Errorf("a session was revoked as token: %v", err)
	}
}

// TestTokensHaveNoHeirs: who bears a token can neither make others nor sign in.
func TestTokensHaveNoHeirs(t *testing.T) {
	h := newHouse()
	who, _ := h.signIn(t)
	made, secret, err := h.NewToken(t.Context(), who, "script", time.Hour, noon)
	if err != nil {
		t.Fatal(err)
	}
	script, err := h.ByToken(t.Context(), secret, noon)
	if err != nil {
		t.Fatal(err)
	}
	_, _, made2 := h.NewToken(t.Context(), script, "heir", time.Hour, noon)
	_, _, linked := h.LinkFor(script, noon)
	for what, err := range map[string]error{"make": made2, "link": linked,
		"revoke": h.RevokeToken(t.Context(), script, made.ID), "sign out": h.SignOut(t.Context(), script)} {
		if !errors.Is(err, access.ErrNotAllowed) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestLinkForAnotherBrowser(t *testing.T) {
	h := newHouse()
	who, _ := h.signIn(t)
	link, _, err := h.LinkFor(who, noon)
	if err != nil {
		t.Fatal(err)
	}
	second, _, err := h.SignIn(t.Context(), link, "192.0.2.8", noon)
	if err != nil || second.Tenant != who.Tenant || second.Name != who.Name || second.ID == who.ID {
		t.Errorf("%+v, %v", second, err)
	}
}

func TestTokensThatCannotBe(t *testing.T) {
	h := newHouse()
	who, _ := h.signIn(t)
	for _, c := range []struct {
		what, name string
		lifetime   time.Duration
	}{
		{"no name", " ", time.Hour},
		{"a long name", strings.Repeat("ö", 101), time.Hour},
		{"a line break", "a\nb", time.Hour},
		{"no time", "a", 0},
		{"too long", "a", access.MaxTokenLifetime + 1},
	} {
		if _, _, err := h.NewToken(t.Context(), who, c.name, c.lifetime, noon); !errors.Is(err, access.ErrInvalid) {
			t.Errorf("%s: %v", c.what, err)
		}
	}
	if _, _, err := h.NewToken(t.Context(), who, strings.Repeat("ö", 100), access.MaxTokenLifetime, noon); err != nil {
		t.Errorf("as much as may be: %v", err)
	}
}

func TestTokensAreBounded(t *testing.T) {
	h := newHouse()
	who, _ := h.signIn(t)
	for i := range access.MaxTokens + 1 {
		_, _, err := h.NewToken(t.Context(), who, "script", time.Hour, noon)
		if full := i == access.MaxTokens; errors.Is(err, access.ErrFull) != full {
			t.Fatalf("token %d: %v", i, err)
		}
	}
	if _, _, err := h.NewToken(t.Context(), who, "script", time.Hour, noon.Add(time.Hour)); err != nil {
		t.Errorf("when the others have expired: %v", err)
	}
}

// TestUseIsWrittenOnceAMinute: a busy script does not keep the disk busy.
func TestUseIsWrittenOnceAMinute(t *testing.T) {
	h := newHouse()
	who, _ := h.signIn(t)
	_, secret, err := h.NewToken(t.Context(), who, "script", time.Hour, noon)
	if err != nil {
		t.Fatal(err)
	}
	for second := range 150 {
		if _, err := h.ByToken(t.Context(), secret, noon.Add(time.Duration(second)*time.Second)); err != nil {
			t.Fatal(err)
		}
	}
	if h.store.touches != 3 { // at once, and after a minute each
		t.Errorf("written %d times in 150 seconds", h.store.touches)
	}
	list, err := h.Tokens(t.Context(), tenant)
	if err != nil || len(list) != 1 || !list[0].Used.Equal(noon.Add(2*time.Minute)) {
		t.Errorf("%+v, %v", list, err)
	}
}

// TestGarbageDoesNotReachTheStore: a token with one letter changed is none, and
// the checksum tells.
func TestGarbageDoesNotReachTheStore(t *testing.T) {
	h := newHouse()
	who, _ := h.signIn(t)
	_, secret, err := h.NewToken(t.Context(), who, "script", time.Hour, noon)
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		at := rapid.IntRange(0, len(secret)-1).Draw(t, "at")
		letter := rapid.SampledFrom([]rune("abcdefghijklmnopqrstuvwxyz234567_")).Draw(t, "letter")
		changed := secret[:at] + string(letter) + secret[at+1:]
		if changed == secret {
			return
		}
		if _, err := h.ByToken(context.Background(), changed, noon); !errors.Is(err, access.ErrUnknown) {
			t.Fatalf("%q: %v", changed, err)
		}
	})
	for _, text := range []string{"", "kpt_", secret[:len(secret)-1], secret + "a", " " + secret, strings.Repeat("x", 1<<20)} {
		if _, err := h.ByToken(t.Context(), text, noon); !errors.Is(err, access.ErrUnknown) {
			t.Errorf("%.80q: %v", text, err)
		}
		if _, err := h.BySession(t.Context(), text, noon); !errors.Is(err, access.ErrUnknown) {
			t.Errorf("%.80q as session: %v", text, err)
		}
	}
	if h.store.finds != 0 {
		t.Errorf("%d of them were looked for", h.store.finds)
	}
}

// TestSecretsAreNotKept looks at all that the store was given.
func TestSecretsAreNotKept(t *testing.T) {
	h := newHouse()
	who, session := h.signIn(t)
	_, token, err := h.NewToken(t.Context(), who, "script", time.Hour, noon)
	if err != nil {
		t.Fatal(err)
	}
	for _, via := range []access.Via{access.Session, access.Token} {
		kept, err := h.store.Credentials(t.Context(), tenant, via)
		if err != nil || len(kept) != 1 {
			t.Fatal(kept, err)
		}
		if text := fmt.Sprintf("%+v %x", kept, kept); strings.Contains(text, session) || strings.Contains(text, token) {
			t.Errorf("a secret is kept: %s", text)
		}
	}
}

// TestAStoreThatFails lets nobody in, and is not taken for a wrong credential.
func TestAStoreThatFails(t *testing.T) {
	h := newHouse()
	_, session := h.signIn(t)
	h.store.fail = errors.New("disk on fire")
	if _, err := h.BySession(t.Context(), session, noon); err == nil || errors.Is(err, access.ErrUnknown) {
		t.Errorf("got %v", err)
	}
}

// TestOneLinkOneSession: of many who bring the same link at once, one gets in.
func TestOneLinkOneSession(t *testing.T) {
	h := newHouse()
	link, _, err := h.Invite(tenant, "ann", noon)
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	var mu sync.Mutex
	in := 0
	for i := range 20 {
		all.Go(func() {
			if _, _, err := h.SignIn(t.Context(), link, fmt.Sprint(i), noon); err == nil {
				mu.Lock()
				in++
				mu.Unlock()
			}
		})
	}
	all.Wait()
	if in != 1 {
		t.Errorf("%d got in", in)
	}
}
