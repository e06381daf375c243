package app

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kopterio/kopter/account"
	"github.com/kopterio/kopter/api"
	"github.com/kopterio/kopter/ingest"
	"github.com/kopterio/kopter/queue"
)

// named makes files as a watcher finds them: "uri version".
func named(names ...string) (files []ingest.Input) {
	for _, n := range names {
		var f ingest.Input
		if _, err := fmt.Sscan(n, &f.URI, &f.Version); err != nil {
			panic(err)
		}
		f.Size = 10
		files = append(files, f)
	}
	return files
}

// told lists the files that were sent, in order.
func told(t *testing.T, sent []queue.Outgoing) (uris []string) {
	t.Helper()
	for _, m := range sent {
		body, err := decode[logsMessage](&queue.Message{Body: m.Body})
		if err != nil || m.Queue != StageIngest {
			t.Fatalf("message for %s: %v", m.Queue, err)
		}
		for _, f := range body.Files {
			uris = append(uris, f.URI)
		}
	}
	return uris
}

// A file is sent once for each of its versions, while it is on its way and
// after it was ingested.
func TestIntakeSendsEachVersionOnce(t *testing.T) {
	a := open(t, t.TempDir())
	sent := &recorder{}
	opt := ServerOptions{Options: Options{Now: noon}}
	in := &intake{store: a.store, tenant: account.Local, sender: sent, now: noon, sent: map[string]string{},
		monitor: newMonitor(&opt, a, nil, api.NewMetrics())}
	find := func(want []string, names ...string) {
		t.Helper()
		sent.sent = nil
		if err := in.found(t.Context(), named(names...)); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, told(t, sent.sent)); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	}
	find([]string{"/a", "/b"}, "/a 1", "/b 1")
	find([]string{"/c"}, "/a 1", "/c 1")
	find([]string{"/a"}, "/a 2")
	// /b is ingested: the store knows it, and nothing is kept in memory.
	commit := ingest.Commit{Files: []ingest.Ingested{{Object: ingest.Object{URI: "/b", Version: "1"}, At: noon()}}}
	if err := a.store.Commit(t.Context(), account.Local, commit); err != nil {
		t.Fatal(err)
	}
	in.ingested(ingest.Report{}, []foundFile{{URI: "/b", Size: 10}})
	find(nil, "/b 1")
	find([]string{"/b"}, "/b 2")
	if diff := cmp.Diff(map[string]string{"/a": "2", "/b": "2", "/c": "1"}, in.sent); diff != "" {
		t.Errorf("on their way (-want +got):\n%s", diff)
	}
}
