package api

import (
	"github.com/kopterio/kopter/notify"
)

// notification shows a notice.
func notification(n *notify.Notice) Notification {
	noticed := n.Noticed.UTC()
	shown := Notification{
		ID: n.ID, Kind: NotificationKind(n.Kind), Severity: NotificationSeverity(n.Severity), State: NotificationState(n.State),
		Time: n.Time.UTC(), Noticed: &noticed, Title: n.Title, Detail: n.Detail,
		Account: some(n.Account), Region: some(n.Region), Resource: some(n.Resource),
		EventID: some(n.EventID), Principal: some(n.Principal), Actor: some(n.Actor), IP: some(n.IP),
	}
	if n.Kind == notify.CostStep {
		shown.DeltaPerHour, shown.Currency = some(n.Delta.String()), some(string(n.Currency))
	}
	return shown
}
