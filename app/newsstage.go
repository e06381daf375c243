package app

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/kopterio/kopter/account"
	"github.com/kopterio/kopter/api"
	"github.com/kopterio/kopter/audit"
	"github.com/kopterio/kopter/cost"
	"github.com/kopterio/kopter/local"
	"github.com/kopterio/kopter/notify"
	"github.com/kopterio/kopter/queue"
)

const (
	// newsPace is the least time between two batches of news: people do not
	// read faster, and what comes in between is told together.
	newsPace = 500 * time.Millisecond
	// newsSteps bounds the steps that a message to the browser shows, and
	// newsRecent how old they are.
	newsSteps  = 20
	newsRecent = 15 * time.Minute
	// newsChanges bounds the changes that are looked at for notices.
	newsChanges = 1000
	// newsLetters bounds the dead letters of a queue that are looked at.
	newsLetters = 100
	// rhythmTime is how far back the usual rhythm of an account is looked for.
	rhythmTime = 7 * 24 * time.Hour
)

// newsStage is frontend-notifications: it keeps what people should not miss,
// and tells browsers what has changed.
type newsStage struct {
	tenant  account.Tenant
	store   *local.Store
	lake    *audit.Lake
	live    *cost.Live
	office  queue.Office
	hub     *api.Hub
	monitor *monitor
	now     func() time.Time

	told time.Time // when the last batch was; only one is handled at a time
}

func (s *newsStage) handle(ctx context.Context, batch []queue.Message) queue.Failures {
	var all newsMessage
	failed := bodies(batch, func(_ *queue.Message, body *newsMessage) { all.add(body) })
	if batch[0].Receives == 1 {
		s.pause(ctx)
	} // one that comes again comes alone, and has waited long enough
	if err := s.tell(ctx, &all); err != nil {
		return failAll(batch, err)
	}
	return failed
}

func (m *newsMessage) add(other *newsMessage) {
	m.Round = m.Round || other.Round
	if a := other.Audit; a != nil {
		if m.Audit == nil {
			m.Audit = &auditMessage{}
		}
		m.Audit.add(a)
	}
	if g := other.Graph; g != nil {
		if m.Graph == nil {
			m.Graph = &graphMessage{}
		}
		m.Graph.add(g)
	}
}

// pause keeps the pace, unless there is a hurry to stop.
func (s *newsStage) pause(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-time.After(newsPace - s.now().Sub(s.told)):
	}
	s.told = s.now()
}

// tell keeps the notices first: a browser that is told of something finds it.
func (s *newsStage) tell(ctx context.Context, m *newsMessage) error {
	notices, err := s.notices(ctx, m)
	if err != nil {
		return err
	}
	added, err := s.store.AddNotices(ctx, s.tenant, notices)
	if err != nil {
		return err
	}
	s.hub.PublishNotices(s.tenant, added)
	s.hub.PublishPipeline(s.tenant, s.monitor.stream())
	if m.Graph == nil {
		return nil
	}
	return s.tellCost(ctx)
}

func (s *newsStage) tellCost(ctx context.Context) error {
	now := s.now()
	rates, err := s.live.RunRate(ctx, nil, nil, now.Unix())
	if err != nil {
		return err
	}
	page, err := s.live.Steps(ctx, cost.StepsRequest{StepQuery: cost.StepQuery{
		From: now.Add(-newsRecent).Unix(), Order: cost.Newest, Limit: newsSteps,
	}})
	if err == nil {
		s.hub.PublishCost(s.tenant, now, rates.Totals, page.Steps)
	}
	return err
}

// notices are what the news should be remembered for.
func (s *newsStage) notices(ctx context.Context, m *newsMessage) (all []notify.Notice, err error) {
	w := notify.Watch{Tenant: s.tenant, Now: s.now()}
	for _, look := range []struct {
		due bool
		do  func(context.Context, notify.Watch, *newsMessage) ([]notify.Notice, error)
	}{
		{m.Graph != nil && (m.Graph.Prices || m.Graph.Changed), s.steps},
		{m.Audit != nil && m.Audit.Broken > 0, s.broken},
		{m.Audit != nil && m.Audit.Conflicts > 0, s.conflicts},
		{m.Round, s.letters},
		{m.Round, s.silent},
		{m.Round, s.unpriced},
	} {
		if !look.due {
			continue
		}
		some, failed := look.do(ctx, w, m)
		all, err = append(all, some...), errors.Join(err, failed)
	}
	return all, err
}

func (s *newsStage) steps(ctx context.Context, w notify.Watch, _ *newsMessage) ([]notify.Notice, error) {
	changes, err := s.live.Changes(ctx, cost.ChangesRequest{From: w.Now.Add(-notify.DefaultRecent).Unix(), Limit: newsChanges})
	return w.Steps(changes.Changes), err
}

// broken looks the files up that a commit could not read whole.
func (s *newsStage) broken(ctx context.Context, w notify.Watch, m *newsMessage) ([]notify.Notice, error) {
	var files []notify.Broken
	for q, err := range s.store.Quarantined(ctx, s.tenant) {
		if err != nil {
			return nil, err
		}
		last := len(files) - 1
		switch {
		case !slices.Contains(m.Audit.Quarantined, q.URI):
		case last >= 0 && files[last].URI == q.URI:
			files[last].Entries++
		default:
			files = append(files, notify.Broken{URI: q.URI, Entries: 1, Reason: q.Reason, At: w.Now})
		}
	}
	return w.Quarantined(files, int(m.Audit.Broken)-len(m.Audit.Quarantined)), nil
}

// conflicts looks up those of the conflicts that have come which are named.
func (s *newsStage) conflicts(ctx context.Context, w notify.Watch, m *newsMessage) ([]notify.Notice, error) {
	all, err := s.store.Conflicts(ctx, s.tenant)
	named := slices.DeleteFunc(all, func(c audit.Conflict) bool {
		return !slices.Contains(m.Audit.Conflicting, eventName{c.Account, c.EventID})
	})
	return w.Conflicts(named, int(m.Audit.Conflicts)-len(m.Audit.Conflicting)), err
}

func (s *newsStage) letters(ctx context.Context, w notify.Watch, _ *newsMessage) (all []notify.Notice, err error) {
	for _, stage := range Pipeline {
		letters, err := s.office.Letters(ctx, stage.Name, newsLetters)
		if err != nil {
			return nil, err
		}
		all = append(all, w.Letters(stage.Name, letters)...)
	}
	return all, nil
}

// silent asks the audit log for the rhythm of every account and region, and the
// freshness for its last sign of life.
func (s *newsStage) silent(ctx context.Context, w notify.Watch, _ *newsMessage) ([]notify.Notice, error) {
	rows, err := s.lake.Count(ctx, s.tenant, audit.CountRequest{
		From: w.Now.Add(-rhythmTime).UnixMilli(), By: []string{"account", "region", "hour"},
	})
	if err != nil {
		return nil, err
	}
	fresh, err := s.store.Freshness(ctx, s.tenant)
	if err != nil {
		return nil, err
	}
	hours := map[[2]string][]time.Time{}
	for _, r := range rows {
		at, err := time.Parse(time.RFC3339, r.Values[2])
		if err != nil {
			return nil, err
		}
		place := [2]string{r.Values[0], r.Values[1]}
		hours[place] = append(hours[place], at)
	}
	signs := make([]notify.Sign, len(fresh))
	for i, f := range fresh {
		of := hours[[2]string{f.Account, f.Region}]
		slices.SortFunc(of, time.Time.Compare)
		signs[i] = notify.Sign{Account: f.Account, Region: f.Region, Last: time.Unix(f.Last, 0).UTC(), Hours: of}
	}
	return w.Silent(signs), nil
}

// unpriced looks for what runs without a price. While there is no price list
// at all, that is no news.
func (s *newsStage) unpriced(ctx context.Context, w notify.Watch, _ *newsMessage) ([]notify.Notice, error) {
	sheets, err := s.store.Sheets(ctx, s.tenant)
	if err != nil || len(sheets) == 0 {
		return nil, err
	}
	now := w.Now.Unix()
	chart, err := s.live.Graph(ctx, cost.GraphRequest{From: now - 3600, Until: now, Step: cost.Total})
	return w.Unpriced(chart.Summary.Unpriced), err
}
