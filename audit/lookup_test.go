package audit_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/kopterio/kopter/account"
	"github.com/kopterio/kopter/audit"
	"github.com/kopterio/kopter/query"
)

func TestEventEqualsAskingEveryRow(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := drawWorld(rt, t)
		defer w.lake.Close()
		for range 5 {
			id := fmt.Sprintf("%04d-%s", rapid.IntRange(0, 40).Draw(rt, "n"), pick(rt, "id", "aB", "cd", "AB"))
			var want []audit.Row
			for _, r := range w.matching(query.And{}, 0, 0) {
				if r.EventID == id {
					want = append(want, r)
				}
			}
			got, err := w.lake.Event(context.Background(), account.Local, id)
			if err != nil {
				rt.Fatal(err)
			}
			if diff := cmp.Diff(rowKeys(want), eventKeys(got.Events)); diff != "" {
				rt.Fatalf("event %s, want -, got +:\n%s", id, diff)
			}
			for i, e := range got.Events {
				if e.Raw != want[i].Raw || e.RequestID != want[i].RequestID {
					rt.Fatalf("event %s: %+v, want %+v", id, e.Row, want[i])
				}
			}
		}
	})
}

func TestEventShowsConflicts(t *testing.T) {
	ctx := context.Background()
	w := newWorld()
	defer w.lake.Close()
	rows := someRows(3)
	w.write(t, wholePart, [][]audit.Row{rows})
	for _, id := range []string{rows[1].EventID, "another"} {
		c := audit.Conflict{Account: "1", EventID: id, Raw: []byte("{}"), Source: "file"}
		if err := w.files.Apply(ctx, account.Local, audit.Change{Conflicts: []audit.Conflict{c}}); err != nil {
			t.Fatal(err)
		}
	}
	got, err := w.lake.Event(ctx, account.Local, rows[1].EventID)
	if err != nil || len(got.Events) != 1 || len(got.Conflicts) != 1 || got.Conflicts[0].EventID != rows[1].EventID {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := w.lake.Event(ctx, account.Local, ""); err != nil || len(got.Events) != 0 {
		t.Errorf("no id: %+v, %v", got, err)
	}
}

// issue is a call that issues a key to a caller.
func issue(n int, name, key, issued, account, shared string) audit.Row {
	r := audit.Row{Time: epoch + int64(n)*1000, Account: account, EventID: fmt.Sprintf("e%02d", n), Name: name, AccessKey: key,
		ActorType: "AssumedRole", Actor: fmt.Sprint("caller", n), SharedEventID: shared, Source: "sts.amazonaws.com"}
	answer := "null"
	if issued != "" {
		answer = fmt.Sprintf(`{"credentials":{"accessKeyId":%q,"expiration":"x"}}`, issued)
	}
	r.Raw = fmt.Sprintf(`{"eventID":%q,"userIdentity":{"accessKeyId":%q},"responseElements":%s}`, r.EventID, key, answer)
	return r
}

func TestChain(t *testing.T) {
	hours := func(r audit.Row, h int64) audit.Row {
		r.Time += h * 3_600_000
		return r
	}
	stranger := func(r audit.Row) audit.Row {
		r.ActorType = "AWSAccount"
		return r
	}
	var long []audit.Row
	for i := range 12 {
		long = append(long, issue(i, "AssumeRole", fmt.Sprint("ASIA", i), fmt.Sprint("ASIA", i+1), "1", ""))
	}
	use := func(key string) audit.Row { return issue(50, "RunInstances", key, "", "1", "") }
	for _, tt := range []struct {
		name string
		rows []audit.Row
		of   audit.Row
		want string // event ids of the links, their twins in brackets, and the end
	}{
		{"a person's key", nil, use("AKIA1"), "origin"},
		{"no key", nil, use(""), "origin"},
		{"a key of unknown origin", []audit.Row{issue(1, "AssumeRole", "AKIA1", "ASIA2", "1", "")}, use("ASIA1"), "unknown"},
		{"one role", []audit.Row{issue(1, "AssumeRole", "AKIA1", "ASIA1", "1", "")}, use("ASIA1"), "e01 origin"},
		{"a role after a session", []audit.Row{
			issue(1, "GetSessionToken", "AKIA1", "ASIA1", "1", ""), issue(2, "AssumeRole", "ASIA1", "ASIA2", "1", "")}, use("ASIA2"), "e02 e01 origin"},
		{"web identity", []audit.Row{issue(1, "AssumeRoleWithWebIdentity", "", "ASIA1", "1", "")}, use("ASIA1"), "e01 origin"},
		{"in the middle it breaks", []audit.Row{issue(2, "AssumeRole", "ASIA1", "ASIA2", "1", "")}, use("ASIA2"), "e02 unknown"},
		{"a key that issues itself", []audit.Row{issue(2, "AssumeRole", "ASIA2", "ASIA2", "1", "")}, use("ASIA2"), "e02 loop"},
		{"two keys in a ring", []audit.Row{
			issue(1, "AssumeRole", "ASIA2", "ASIA1", "1", ""), issue(2, "AssumeRole", "ASIA1", "ASIA2", "1", "")}, use("ASIA2"), "e02 e01 loop"},
		{"too many links", long, use("ASIA12"), "e11 e10 e09 e08 e07 e06 e05 e04 long"},
		{"exactly as many links as may be", append(long[4:5:5], long[5:]...), use("ASIA12"), "e11 e10 e09 e08 e07 e06 e05 e04 long"},
		{"the caller's account knows more", []audit.Row{
			stranger(issue(1, "AssumeRole", "", "ASIA2", "1", "both")), issue(2, "AssumeRole", "ASIA1", "ASIA2", "2", "both"),
			issue(0, "AssumeRole", "AKIA1", "ASIA1", "2", "")}, use("ASIA2"), "e02[e01] e00 origin"},
		{"the caller's account does not log the key", []audit.Row{
			stranger(issue(1, "AssumeRole", "", "ASIA2", "1", "both")), issue(2, "AssumeRole", "ASIA1", "", "2", "both")}, use("ASIA2"), "e02[e01] unknown"},
		{"another call that names the key", []audit.Row{issue(1, "GetAccessKeyLastUsed", "AKIA1", "ASIA1", "1", "")}, use("ASIA1"), "unknown"},
		{"issued a week before", []audit.Row{hours(issue(1, "AssumeRole", "AKIA1", "ASIA1", "1", ""), -168)}, use("ASIA1"), "unknown"},
		{"issued 36 hours before", []audit.Row{hours(issue(50, "AssumeRole", "AKIA1", "ASIA1", "1", ""), -36)}, use("ASIA1"), "e50 origin"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld()
			defer w.lake.Close()
			for _, r := range tt.rows {
				w.write(t, wholePart, [][]audit.Row{{r}})
			}
			chain, err := w.lake.Chain(context.Background(), account.Local, &audit.Event{Row: tt.of})
			if err != nil {
				t.Fatal(err)
			}
			if got := chainText(chain); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func chainText(c audit.Chain) string {
	var words []string
	for _, l := range c.Links {
		word := l.Event.EventID
		for _, twin := range l.Twins {
			word += "[" + twin.EventID + "]"
		}
		words = append(words, word)
	}
	return strings.Join(append(words, string(c.End)), " ")
}
