package notify

import (
	"fmt"
	"time"

	"github.com/kopterio/kopter/audit"
	"github.com/kopterio/kopter/queue"
)

// Broken is a file of which something could not be read.
type Broken struct {
	URI     string
	Entries int64     // of the quarantine, of this file
	Reason  string    // of the first
	At      time.Time // when the file was read
}

// Quarantined gives a notice for each file with entries in the quarantine;
// unlisted is how many more there are than are given.
func (w Watch) Quarantined(files []Broken, unlisted int) []Notice {
	var notices []Notice
	for _, f := range files[:min(len(files), maxEach)] {
		notices = append(notices, w.notice(Notice{
			Kind: Quarantine, Severity: Warning, Time: f.At,
			Title:  fmt.Sprintf("%s of a log file could not be read", count(f.Entries, "piece")),
			Detail: f.URI + "\n" + f.Reason,
			Key:    f.URI,
		}))
	}
	if more := unlisted + max(0, len(files)-maxEach); more > 0 {
		notices = append(notices, w.rest(Quarantine, Warning, more, "files hold what could not be read", "The quarantine names them all."))
	}
	return notices
}

// Conflicts gives a notice for each event id under which another record came,
// too; unlisted is how many more there are than are given.
func (w Watch) Conflicts(conflicts []audit.Conflict, unlisted int) []Notice {
	var notices []Notice
	for i := range conflicts[:min(len(conflicts), maxEach)] {
		c := &conflicts[i]
		notices = append(notices, w.notice(Notice{
			Kind: Conflict, Severity: Warning, Time: time.UnixMilli(c.Time),
			Title:   "Two records bear the id of one event",
			Detail:  "The first is counted, the other one kept. It came from " + c.Source,
			Account: c.Account, EventID: c.EventID,
			Key: c.Account + " " + c.EventID,
		}))
	}
	if more := unlisted + max(0, len(conflicts)-maxEach); more > 0 {
		notices = append(notices, w.rest(Conflict, Warning, more, "records bear the id of another event", "Each is shown with its event."))
	}
	return notices
}

// Letters gives a notice for each hour in which messages of a queue became
// dead letters: they fail in droves, and for one reason.
func (w Watch) Letters(name string, letters []queue.Letter) []Notice {
	var notices []Notice
	seen := map[time.Time]bool{}
	for i := range letters {
		l := &letters[i]
		hour := l.Died.UTC().Truncate(time.Hour)
		if seen[hour] {
			continue
		}
		seen[hour] = true
		notices = append(notices, w.notice(Notice{
			Kind: DeadLetter, Severity: Critical, Time: l.Died,
			Title:  "Work of " + name + " failed too often and was laid aside",
			Detail: l.Reason,
			Key:    name + " " + hour.Format(time.RFC3339),
		}))
	}
	return notices
}

func count(n int64, of string) string {
	if n == 1 {
		return "1 " + of
	}
	return fmt.Sprintf("%d %ss", n, of)
}
