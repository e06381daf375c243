package app

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/kopterio/kopter/simulate"
)

// browser is a client that is signed in to a server.
type browser struct {
	t    *testing.T
	base string
	http *http.Client
}

// serving runs a server until the test ends, and signs in.
func serving(t *testing.T, opt ServerOptions) *browser {
	t.Helper()
	_, b := served(t, opt)
	return b
}

// served is serving for tests that do something to the server.
func served(t *testing.T, opt ServerOptions) (*Server, *browser) {
	t.Helper()
	opt.Listen, opt.Now, opt.Log = "127.0.0.1:0", time.Now, slog.New(slog.NewTextHandler(t.Output(), nil))
	s, err := NewServer(t.Context(), opt)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	link, err := s.SignInLink()
	if err != nil {
		t.Fatal(err)
	}
	return s, signedIn(t, link)
}

func signedIn(t *testing.T, link string) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	base, secret, _ := strings.Cut(link, "/signin#")
	b := &browser{t: t, base: base, http: &http.Client{Jar: jar, Transport: &http.Transport{}}}
	t.Cleanup(b.http.CloseIdleConnections)
	body, _ := json.Marshal(map[string]string{"secret": secret})
	answer, err := b.http.Post(base+"/v1/session", "application/json", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		t.Fatalf("sign in: %s", answer.Status)
	}
	return b
}

// get asks for a path and reads the answer's JSON.
func (b *browser) get(path string, query url.Values, into any) {
	b.t.Helper()
	answer, err := b.http.Get(b.base + path + "?" + query.Encode())
	if err != nil {
		b.t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		b.t.Fatalf("GET %s: %s %v: %s", path, answer.Status, err, body)
	}
	if err := json.Unmarshal(body, into); err != nil {
		b.t.Fatalf("GET %s: %v in %s", path, err, body)
	}
}

// until asks again and again until ok, for as long as a slow machine may take.
func (b *browser) until(what string, ok func() bool) {
	b.t.Helper()
	b.within(time.Minute, what, ok)
}

func (b *browser) within(limit time.Duration, what string, ok func() bool) {
	b.t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	late := time.After(limit)
	for !ok() {
		select {
		case <-tick.C:
		case <-late:
			b.t.Fatalf("%s: not within %s", what, limit)
		}
	}
}

func (b *browser) events() (total int64) {
	var page struct{ Total int64 }
	b.get("/v1/audit/aws", url.Values{"limit": {"1"}, "total": {"true"}}, &page)
	return page.Total
}

// still says that no queue of the pipeline holds anything.
func (b *browser) still() bool {
	var p struct {
		Stages []struct {
			Name                         string
			Ready, Hidden, Delayed, Dead int64
		}
	}
	b.get("/v1/pipeline", nil, &p)
	for _, s := range p.Stages {
		if s.Dead > 0 {
			b.t.Fatalf("stage %s has dead letters", s.Name)
		}
		if s.Ready+s.Hidden+s.Delayed > 0 {
			return false
		}
	}
	return true
}

// A server that watches folders shows what a command line finds that reads the
// same files anew.
func TestServerEqualsCommandLine(t *testing.T) {
	before := goleak.IgnoreCurrent()
	t.Cleanup(func() { goleak.VerifyNone(t, before) })
	organisation := t.TempDir()
	dirs := func(names ...string) (list []string) {
		for _, n := range names {
			list = append(list, filepath.Join(organisation, n))
		}
		return list
	}
	data := t.TempDir()
	b := serving(t, ServerOptions{
		Options: Options{Data: data},
		Logs:    dirs("logs"), Inventory: dirs("describe"), Prices: dirs("prices"), InventoryComplete: true,
	})
	truth, err := simulate.Write(t.Context(), simulate.Dir(organisation), simulate.Options{Events: 4000, FilesPerHour: 1, Duplicates: 0.02}, nil)
	if err != nil {
		t.Fatal(err)
	}
	b.until("all events", func() bool { return b.events() == truth.Events })
	reader, err := Open(t.Context(), Options{Data: data, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	// Recordings and price lists may still be on their way.
	b.until("prices", func() bool { return !truthDiffers(t, reader, truth) })
	b.until("quiet queues", b.still)
	if diff := cmp.Diff(commandRows(t, reader), b.costRows()); diff != "" {
		t.Errorf("the server's graph differs from the command line's (-command +server):\n%s", diff)
	}
	problems, err := reader.Check(t.Context())
	if err != nil || len(problems) > 0 {
		t.Errorf("check: %v %v", problems, err)
	}
}

// truthDiffers says whether what is stored does not yet amount to the truth.
func truthDiffers(t *testing.T, a *App, truth *simulate.Truth) bool {
	t.Helper()
	g, err := a.Cost(t.Context(), CostOptions{Step: "total"})
	if err != nil {
		t.Fatal(err)
	}
	return len(g.Summary.Totals) != 1 || int64(g.Summary.Totals[0].Amount) != truth.Total.Nano
}

// graphCell names a cell of a graph by principal and day.
type graphCell struct{ start, principal string }

// commandRows are what the command line's graph says, made from scratch, where
// it says anything.
func commandRows(t *testing.T, a *App) map[graphCell]string {
	t.Helper()
	g, err := a.Cost(t.Context(), CostOptions{By: []string{"principal"}, Step: "day"})
	if err != nil {
		t.Fatal(err)
	}
	rows := map[graphCell]string{}
	for i := range g.Rows {
		if r := &g.Rows[i]; r.Amount != 0 {
			rows[graphCell{time.Unix(r.Start, 0).UTC().Format(time.RFC3339), r.Values[0]}] = r.Amount.String()
		}
	}
	return rows
}

// costRows exports the graph by principal and day.
func (b *browser) costRows() map[graphCell]string {
	b.t.Helper()
	answer, err := b.http.Get(b.base + "/v1/cost/export?format=ndjson&by=principal&step=day")
	if err != nil {
		b.t.Fatal(err)
	}
	defer answer.Body.Close()
	rows := map[graphCell]string{}
	for d := json.NewDecoder(answer.Body); d.More(); {
		var row struct{ Start, Principal, Amount string }
		if err := d.Decode(&row); err != nil {
			b.t.Fatal(err)
		}
		if strings.Trim(row.Amount, "0.") != "" {
			rows[graphCell{row.Start, row.Principal}] = row.Amount
		}
	}
	return rows
}
