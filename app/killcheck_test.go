package app

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/kopterio/kopter/cost"
	"github.com/kopterio/kopter/ingest"
	"github.com/kopterio/kopter/local"
	"github.com/kopterio/kopter/money"
	"github.com/kopterio/kopter/simulate"
)

// organisation is a simulated one that a server watches.
type organisation struct {
	dir  string
	past *simulate.Truth
	live *simulate.Live
}

// newOrganisation writes two days of history, where live goes on.
func newOrganisation(t *testing.T, seed uint64, rate int64) organisation {
	t.Helper()
	end := time.Now().UTC().Truncate(time.Second)
	o := organisation{dir: t.TempDir()}
	history := simulate.Options{
		Seed: seed, Start: end.AddDate(0, 0, -2), End: end, Events: 2000, Accounts: 3, Instances: 60,
		Regions: []string{"us-east-1", "eu-west-1"}, FileEvery: 6 * time.Hour, Duplicates: 0.05,
	}
	var err error
	if o.past, err = simulate.Write(t.Context(), simulate.Dir(o.dir), history, nil); err != nil {
		t.Fatal(err)
	}
	o.live, err = simulate.NewLive(simulate.LiveOptions{History: history, Now: time.Now, Rate: rate, DescribeEvery: 4 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func (o organisation) data() string { return filepath.Join(o.dir, "data") }

// server are the options of a server that watches the organisation.
func (o organisation) server() ServerOptions {
	return ServerOptions{
		Options: Options{Data: o.data(), Now: time.Now}, InventoryComplete: true,
		Logs: []string{filepath.Join(o.dir, "logs")}, Inventory: []string{filepath.Join(o.dir, "describe")}, Prices: []string{filepath.Join(o.dir, "prices")},
	}
}

// drained waits until a server has nothing left to do: every log file is
// known, recordings and price lists were looked through, and no queue holds
// anything. What a killed server had received is hidden for a minute.
func (o organisation) drained(t *testing.T, b *browser, reader *App) {
	t.Helper()
	began := time.Now()
	o.arrived(t, b, reader)
	arrived := time.Since(began)
	b.until("a round of describer and pricing", func() bool { return b.handled(StageDescriber) > 0 && b.handled(StagePricing) > 0 })
	b.within(2*time.Minute, "quiet queues", b.still)
	t.Logf("every log file after %s, quiet queues after %s", arrived, time.Since(began))
}

// arrived waits until every log file is known.
func (o organisation) arrived(t *testing.T, b *browser, reader *App) {
	t.Helper()
	b.until("every log file", func() bool { return o.unknown(t, reader) == 0 })
}

// handled is how many messages a stage has handled since the server began.
func (b *browser) handled(stage string) int64 {
	var p struct {
		Stages []struct {
			Name    string
			Handled int64
		}
	}
	b.get("/v1/pipeline", nil, &p)
	for _, s := range p.Stages {
		if s.Name == stage {
			return s.Handled
		}
	}
	return 0
}

// unknown counts the log files that a store does not know.
func (o organisation) unknown(t *testing.T, reader *App) (n int) {
	t.Helper()
	var objects []ingest.Object
	for input, err := range local.Walk(filepath.Join(o.dir, "logs")) {
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
		if input.Skip == "" {
			objects = append(objects, input.Object)
		}
	}
	known, err := reader.store.Known(t.Context(), reader.tenant, objects)
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range known {
		if !k {
			n++
		}
	}
	return n
}

// wrong says how what a server shows, and what its data folder holds, differ
// from what the simulation knows.
func (o organisation) wrong(t *testing.T, b *browser, reader *App) (list []string) {
	t.Helper()
	truth := o.live.Truth()
	note := func(what, diff string) {
		if diff != "" {
			list = append(list, what+": "+diff)
		}
	}
	note("events (-truth +server)", gocmp.Diff(o.past.Events+truth.Events, b.events()))
	var p struct{ Quarantined, Conflicts int64 }
	b.get("/v1/pipeline", nil, &p)
	note("quarantine and conflicts", gocmp.Diff(struct{ Quarantined, Conflicts int64 }{}, p))
	problems, err := reader.Check(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	note("check", gocmp.Diff([]Problem(nil), problems))
	note("money by launcher (-truth +server)", gocmp.Diff(launchers(truth), b.launchers()))
	note("graph (-from scratch +server)", gocmp.Diff(commandRows(t, reader), b.costRows()))
	note("notices twice", strings.Join(twice(b.notices()), ", "))
	return list
}

// launchers is the money that the truth knows of, in nano-dollars by principal.
func launchers(truth *simulate.Truth) map[string]money.Nano {
	sums := map[string]money.Nano{}
	for _, c := range truth.ByPrincipal {
		if c.Nano != 0 {
			sums[cmp.Or(c.Key, cost.Unattributed)] = money.Nano(c.Nano)
		}
	}
	return sums
}

// launchers is the same as the server's graph has it.
func (b *browser) launchers() map[string]money.Nano {
	b.t.Helper()
	sums := map[string]money.Nano{}
	for cell, text := range b.costRows() {
		amount, err := money.ParseNano(text)
		if err != nil {
			b.t.Fatal(err)
		}
		sums[cell.principal] += amount
	}
	return sums
}

// notices lists everything that was noticed: its id, and what it says.
func (b *browser) notices() (all [][2]string) {
	b.t.Helper()
	for cursor := ""; ; {
		query := url.Values{"state": {"all"}, "limit": {"1000"}}
		if cursor != "" {
			query.Set("cursor", cursor)
		}
		var page struct {
			Notifications []struct {
				ID, Kind, Title, Detail, Resource, Account, Region string
				Time                                               time.Time
				EventID                                            string `json:"event_id"`
			}
			Next string
		}
		b.get("/v1/notifications", query, &page)
		for _, n := range page.Notifications {
			all = append(all, [2]string{n.ID, fmt.Sprint(n.Kind, n.Title, n.Detail, n.Resource, n.Account, n.Region, n.Time, n.EventID)})
		}
		if cursor = page.Next; cursor == "" {
			return all
		}
	}
}

// twice lists the notices whose id, or whose words, another has as well.
func twice(notices [][2]string) (list []string) {
	seen := map[string]bool{}
	for _, n := range notices {
		if slices.ContainsFunc(n[:], func(s string) bool { return seen[s] }) {
			list = append(list, n[1])
		}
		seen[n[0]], seen[n[1]] = true, true
	}
	return list
}
