package notify_test

import (
	"strings"
	"testing"
	"time"

	"github.com/kopterio/kopter/notify"
)

// heard is a place that was heard of every so many hours, for as many hours,
// the last time so long ago.
func heard(account, region string, every, times int, ago time.Duration) notify.Sign {
	s := notify.Sign{Account: account, Region: region, Last: now.Add(-ago)}
	for i := range times {
		s.Hours = append(s.Hours, s.Last.Truncate(time.Hour).Add(-time.Duration((times-1-i)*every)*time.Hour))
	}
	return s
}

func TestSilent(t *testing.T) {
	const week = 7 * 24
	for _, c := range []struct {
		name  string
		signs []notify.Sign
		want  string
	}{
		{"nobody", nil, ""},
		{"heard of just now", []notify.Sign{heard("1", "us-east-1", 1, week, time.Minute)}, ""},
		{"as long as it may be", []notify.Sign{heard("1", "us-east-1", 1, week, 2*time.Hour)}, ""},
		{"longer", []notify.Sign{heard("1", "us-east-1", 1, week, 2*time.Hour+time.Second)}, "1"},
		{"as long as usual", []notify.Sign{heard("1", "us-east-1", 6, 28, 12*time.Hour)}, ""},
		{"longer than usual", []notify.Sign{heard("1", "us-east-1", 6, 28, 12*time.Hour+time.Second)}, "1"},
		{"no rhythm", []notify.Sign{heard("1", "us-east-1", 1, 23, 5*time.Hour)}, ""},
		{"just a rhythm", []notify.Sign{heard("1", "us-east-1", 1, 24, 5*time.Hour)}, "1"},
		{"old logs", []notify.Sign{heard("1", "us-east-1", 1, week, 49*time.Hour)}, ""},
		{"one region of two", []notify.Sign{heard("1", "us-east-1", 1, week, 0), heard("1", "eu-west-1", 1, week, 3*time.Hour)}, "1 in eu-west-1"},
		{"all regions are one account", []notify.Sign{heard("1", "us-east-1", 1, week, 4*time.Hour), heard("1", "eu-west-1", 1, week, 3*time.Hour)}, "1"},
		{"each account for itself", []notify.Sign{heard("2", "us-east-1", 1, week, 3*time.Hour), heard("1", "us-east-1", 1, week, 3*time.Hour), heard("3", "us-east-1", 1, week, 0)}, "1, 2"},
		{"a rare region of a lively account", []notify.Sign{heard("1", "us-east-1", 1, week, 0), heard("1", "sa-east-1", 20, 3, 20*time.Hour)}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, n := range watch.Silent(c.signs) {
				got = append(got, strings.TrimPrefix(n.Title, "Nothing is heard of account "))
			}
			if strings.Join(got, ", ") != c.want {
				t.Errorf("silent: %q, want %q", strings.Join(got, ", "), c.want)
			}
		})
	}
}

// TestSilenceAgain: one silence is one notice, the next another.
func TestSilenceAgain(t *testing.T) {
	first := heard("1", "us-east-1", 1, 100, 5*time.Hour)
	id := watch.Silent([]notify.Sign{first})[0].ID
	later := notify.Watch{Tenant: "acme", Now: now.Add(time.Hour)}
	if got := later.Silent([]notify.Sign{first})[0].ID; got != id {
		t.Error("the same silence has another id an hour later")
	}
	if got := watch.Silent([]notify.Sign{heard("1", "us-east-1", 1, 100, 4*time.Hour)})[0].ID; got == id {
		t.Error("the next silence has the id of the first")
	}
}
