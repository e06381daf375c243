package app

import (
	"context"
	"sync"
	"time"

	"github.com/kopterio/kopter/account"
	"github.com/kopterio/kopter/ingest"
	"github.com/kopterio/kopter/queue"
)

// intake sends log files that were found to cloudtrail-ingest, each version
// once.
type intake struct {
	store   ingest.Store
	tenant  account.Tenant
	sender  queue.Sender
	monitor *monitor
	now     func() time.Time

	mu sync.Mutex
	// sent holds the files that are on their way, by URI, and the version that
	// was found. What ends as a dead letter stays in it: it is tried again
	// when somebody redrives it, changes the file or starts Kopter anew.
	sent map[string]string
}

// found implements what a local.Watcher tells.
func (i *intake) found(ctx context.Context, files []ingest.Input) error {
	files = i.unsent(files)
	known, err := i.store.Known(ctx, i.tenant, objectsOf(files))
	if err != nil {
		return err
	}
	var m logsMessage
	var bytes int64
	now := i.now().UnixMilli()
	for k, f := range files {
		if !known[k] {
			m.Files = append(m.Files, foundFile{URI: f.URI, Size: f.Size, Seen: now})
			bytes += f.Size
		}
	}
	if len(m.Files) == 0 {
		return nil
	}
	i.note(files, known)
	i.monitor.found(int64(len(m.Files)), bytes)
	return i.sender.Send(ctx, encode(StageIngest, m))
}

func objectsOf(files []ingest.Input) []ingest.Object {
	objects := make([]ingest.Object, len(files))
	for i := range files {
		objects[i] = files[i].Object
	}
	return objects
}

func (i *intake) unsent(files []ingest.Input) (list []ingest.Input) {
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, f := range files {
		if i.sent[f.URI] != f.Version {
			list = append(list, f)
		}
	}
	return list
}

func (i *intake) note(files []ingest.Input, known []bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	for k, f := range files {
		if !known[k] {
			i.sent[f.URI] = f.Version
		}
	}
}

// ingested implements ingestObserver: the store knows the files now.
func (i *intake) ingested(r ingest.Report, files []foundFile) {
	i.mu.Lock()
	for _, f := range files {
		delete(i.sent, f.URI)
	}
	i.mu.Unlock()
	i.monitor.ingested(r, files)
}
