package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"path/filepath"
	"time"
)

// The sizes that the bars of a server are set for.
const (
	liveEvents    = 5_000_000
	liveInstances = 100_000
)

// The bars of the API, in milliseconds: those of search, through HTTP too, and
// what zooming may take.
const zoomBar = 50

// live measures the API of a server over many events and instances.
func (b *bench) live(ctx context.Context) ([]table, error) {
	s := simulation{Name: "large files", Events: b.scaled(liveEvents), Pack: packBytes, Instances: int(b.scaled(liveInstances))}
	s.Dir = filepath.Join(b.cache, fmt.Sprintf("logs-live-%d", s.Events))
	set, err := cached(b, s.Dir, func() (logSet, error) {
		made, _, err := child[simulation, logSet](ctx, "simulate", s)
		return made, err
	})
	if err != nil {
		return nil, err
	}
	set.Dir = s.Dir
	if err := b.liveStore(ctx, set); err != nil {
		return nil, err
	}
	t, err := b.liveAPI(ctx, set)
	return []table{t}, err
}

// liveStore makes sure that the events and the prices are in the store.
func (b *bench) liveStore(ctx context.Context, set logSet) error {
	if n, err := b.countStored(ctx, b.storeOf(set)); err != nil || n != set.Distinct {
		if _, err := b.ingestByKopter(ctx, set); err != nil {
			return err
		}
	}
	lists, err := filesOf(filepath.Join(set.Dir, "prices"))
	if err != nil {
		return err
	}
	args := append([]string{"--data", b.storeOf(set), "prices", "import"}, lists...)
	_, err = execute(ctx, ingestLimit, nil, b.kopter, args...)
	return err
}

// filesOf lists the files below a folder.
func filesOf(dir string) (list []string, err error) {
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			list = append(list, path)
		}
		return err
	})
	return list, err
}

func (b *bench) liveAPI(ctx context.Context, set logSet) (t table, err error) {
	b.say("serve %s events", grouped(set.Distinct))
	s, err := b.serve(ctx, b.storeOf(set))
	if err != nil {
		return t, err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	began, err := consumptionOf(s.cmd.Process.Pid)
	if err != nil {
		return t, err
	}
	v, err := s.scene(ctx)
	if err != nil {
		return t, err
	}
	t.title = fmt.Sprintf("API over %s events and %s instances of %d days, warm", grouped(set.Distinct), grouped(b.scaled(liveInstances)), simulatedDays)
	t.notes = []string{fmt.Sprintf("Each question %d times, with parameters that vary, over HTTP on the same machine, until the answer is read.", repetitions)}
	for _, a := range askings(v.visits()) {
		b.say("%s", a.name)
		if err := a.often(ctx, s); err != nil {
			return t, fmt.Errorf("%s: %w", a.name, err)
		}
		t.figures = append(t.figures, a.figures()...)
	}
	ended, err := consumptionOf(s.cmd.Process.Pid)
	t.figures = append(t.figures,
		figure{what: "start of the server, until it answers", unit: seconds, kopter: s.ready.Seconds()},
		figure{what: "resident memory after the start", unit: mebibytes, kopter: inMebibytes(began.resident)},
		figure{what: "resident memory after all questions", unit: mebibytes, kopter: inMebibytes(ended.resident)})
	return t, err
}

// often asks in all variants, once to warm up and once to be measured.
func (a *asking) often(ctx context.Context, s *server) error {
	for n := range 2 * repetitions {
		if n == repetitions {
			a.took = nil
		}
		if err := a.once(ctx, s, n); err != nil {
			return err
		}
	}
	return nil
}

// scene is what there is to ask for.
type scene struct {
	accounts, principals, resources []string
	end                             time.Time
}

// scene asks a server for accounts and principals, the most frequent first,
// and for instances that run at the end.
func (s *server) scene(ctx context.Context) (v scene, err error) {
	var lake struct{ Lake struct{ Newest time.Time } }
	if err := s.get(ctx, "/v1/pipeline", nil, &lake); err != nil {
		return v, err
	}
	v.end = lake.Lake.Newest
	var facets struct {
		Facets []struct{ Values []struct{ Value string } }
	}
	if err := s.get(ctx, "/v1/audit/aws/facets", values("fields", "account,principal", "limit", "50"), &facets); err != nil {
		return v, err
	}
	for n, list := range []*[]string{&v.accounts, &v.principals} {
		for _, value := range facets.Facets[n].Values {
			if value.Value != "" {
				*list = append(*list, value.Value)
			}
		}
	}
	var page struct{ Instances []struct{ Resource string } }
	err = s.get(ctx, "/v1/inventory", values("at", v.end.Add(-time.Hour).Format(time.RFC3339), "limit", "1000"), &page)
	for _, i := range page.Instances {
		if err == nil && len(v.resources) < variants {
			err = v.add(ctx, s, i.Resource)
		}
	}
	if len(v.accounts) == 0 || len(v.principals) == 0 || len(v.resources) == 0 {
		err = errors.Join(err, errors.New("there are no accounts, principals or instances to ask for"))
	}
	return v, err
}

// add takes a resource that three to ten events name, as the bar says.
func (v *scene) add(ctx context.Context, s *server, resource string) error {
	var page struct{ Total int64 }
	err := s.get(ctx, "/v1/audit/aws", values("q", "resource:"+resource, "limit", "1", "total", "true"), &page)
	if err == nil && page.Total >= 3 && page.Total <= 10 {
		v.resources = append(v.resources, resource)
	}
	return err
}

// back is a moment some days before the end.
func (v *scene) back(days int) string { return v.end.AddDate(0, 0, -days).Format(time.RFC3339) }

// visits are the questions of the pages.
func (v *scene) visits() []visit {
	who := func(n int) string { return "principal:" + quote(v.principals[n%len(v.principals)]) }
	return []visit{
		{"newest 100 of an account", atMost(newestBar), "/v1/audit/aws", func(n int) url.Values {
			return values("q", "account:"+v.accounts[n%len(v.accounts)], "limit", "100", "to", v.back(n%60))
		}},
		{"one principal in 30 days, with count", atMost(principalBar), "/v1/audit/aws", func(n int) url.Values {
			return values("q", who(n), "limit", "100", "total", "true", "from", v.back(30+n%60), "to", v.back(n%60))
		}},
		{"a resource id with few hits", atMost(resourceBar), "/v1/audit/aws", func(n int) url.Values {
			return values("q", "resource:"+v.resources[n%len(v.resources)], "limit", "100")
		}},
		{"facets of 90 days: name, principal, account, region", bar{}, "/v1/audit/aws/facets", func(n int) url.Values {
			return values("fields", "name,principal,account,region", "from", v.back(90), "to", v.back(n%30))
		}},
		{"histogram of 90 days", bar{}, "/v1/audit/aws/histogram", func(n int) url.Values {
			return values("from", v.back(90), "to", v.back(n%30))
		}},
		{"counts per hour and name of 30 days", atMost(hoursBar), "/v1/audit/aws/count", func(n int) url.Values {
			return values("by", "hour,name", "from", v.back(30+n%60), "to", v.back(n%60))
		}},
		{"cost graph by principal, 90 days", atMost(zoomBar), "/v1/cost/graph", func(n int) url.Values {
			return values("by", "principal", "from", v.back(90), "to", v.back(n%30))
		}},
		{"cost graph by principal, a week", atMost(zoomBar), "/v1/cost/graph", func(n int) url.Values {
			return values("by", "principal", "from", v.back(7+n%80), "to", v.back(n%80))
		}},
		{"cost graph by account of one principal", bar{}, "/v1/cost/graph", func(n int) url.Values {
			return values("by", "account", "q", who(n), "from", v.back(90), "to", v.back(0))
		}},
		{"changes of a day", bar{}, "/v1/cost/changes", func(n int) url.Values {
			return values("from", v.back(1+n%80), "to", v.back(n%80), "limit", "100")
		}},
		{"inventory by rate, a page", bar{}, "/v1/inventory", func(n int) url.Values {
			return values("at", v.back(n%80), "sort", "rate", "order", "desc", "limit", "100")
		}},
		{"a resource with its life", bar{}, "/v1/inventory/" + v.resources[0], always()},
	}
}
