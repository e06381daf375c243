package api

import (
	"context"
	"encoding/base64"
	"fmt"
	"time"

	"github.com/kopterio/kopter/notify"
)

// noticesOnPage is how many notifications a page holds when nobody says.
const noticesOnPage = 50

// ListNotifications gives a page of what was noticed, the open ones unless the
// request says otherwise.
func (s *server) ListNotifications(ctx context.Context, r ListNotificationsRequestObject) (ListNotificationsResponseObject, error) {
	limit := given(r.Params.Limit, noticesOnPage)
	after, err := readPosition(given(r.Params.Cursor, ""))
	if err != nil {
		return nil, err
	}
	state := notify.State(given(r.Params.State, ListNotificationsParamsState(notify.Open)))
	if state == "all" {
		state = ""
	}
	// One more than a page holds tells whether there is another.
	found, err := s.Notices.Notices(ctx, tenantOf(ctx), state, limit+1, after)
	if err != nil {
		return nil, err
	}
	page := NotificationPage{}
	if len(found) > limit {
		found = found[:limit]
		page.Next = some(position(found[limit-1].Position()))
	}
	page.Notifications = each(found, notification)
	page.Open, err = s.Notices.OpenNotices(ctx, tenantOf(ctx))
	return ListNotifications200JSONResponse(page), err
}

// position writes a place in the listing as a cursor.
func position(p notify.Position) string {
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%d %d %s", p.Noticed.UnixNano(), p.Time.UnixNano(), p.ID))
}

func readPosition(cursor string) (notify.Position, error) {
	if cursor == "" {
		return notify.Position{}, nil
	}
	var noticed, at int64
	var id string
	text, err := base64.RawURLEncoding.DecodeString(cursor)
	if err == nil {
		_, err = fmt.Sscanf(string(text), "%d %d %s", &noticed, &at, &id)
	}
	if err != nil {
		return notify.Position{}, fmt.Errorf("cursor %q: %w", cursor, errCursor)
	}
	return notify.Position{Noticed: time.Unix(0, noticed).UTC(), Time: time.Unix(0, at).UTC(), ID: id}, nil
}

// MarkNotification acknowledges a notification, or opens it again, and tells
// the tenant's other pages.
func (s *server) MarkNotification(ctx context.Context, r MarkNotificationRequestObject) (MarkNotificationResponseObject, error) {
	marked, err := s.Notices.MarkNotice(ctx, tenantOf(ctx), r.ID, notify.State(r.Body.State))
	if err != nil {
		return nil, err
	}
	s.Hub.PublishNotices(tenantOf(ctx), []notify.Notice{marked})
	return MarkNotification200JSONResponse(notification(&marked)), nil
}

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
