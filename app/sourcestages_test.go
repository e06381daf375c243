package app

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kopterio/kopter/queue"
)

// A folder's files are imported once as they are: when they are named, when the
// cron comes, and again when they change or could not be imported.
func TestFolderStage(t *testing.T) {
	dir := t.TempDir()
	old := write(t, filepath.Join(dir, "old.json"), "1")
	var imported []string
	var fails error
	sent := &recorder{}
	s := &folderStage{
		folders: []string{dir, filepath.Join(dir, "not there")}, sender: sent, known: map[string]time.Time{},
		files: func(_ context.Context, paths []string) ([]queue.Outgoing, error) {
			imported = append(imported, paths...)
			return []queue.Outgoing{{Queue: StageAggregator}}, fails
		},
	}
	expect := func(what string, m queue.Message, wantErr error, want ...string) {
		t.Helper()
		imported, sent.sent = nil, nil
		if err := s.handle(t.Context(), m); !errors.Is(err, wantErr) {
			t.Errorf("%s: %v, want %v", what, err, wantErr)
		}
		if diff := cmp.Diff(want, imported); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
		if told := len(sent.sent) > 0; told != (len(want) > 0) {
			t.Errorf("%s: told %v", what, sent.sent)
		}
	}
	cron := queue.Message{}
	expect("the first cron", cron, nil, old)
	expect("the second cron", cron, nil)

	added := write(t, filepath.Join(dir, "new.json"), "2")
	found := queue.Message{Body: encode(StagePricing, filesMessage{Paths: []string{added, filepath.Join(dir, "gone.json")}}).Body}
	fails = errors.New("damaged")
	expect("a file that fails", found, fails, added)
	fails = nil
	expect("the same file later", found, nil, added)
	expect("and again", found, nil)

	if err := os.Chtimes(old, noon(), noon()); err != nil {
		t.Fatal(err)
	}
	expect("a file that has changed", cron, nil, old)
	if err := s.handle(t.Context(), queue.Message{Body: []byte("{")}); err == nil {
		t.Error("a broken message was handled")
	}
}

func TestManyResourcesNeedManyMessages(t *testing.T) {
	resources := make([]resourceName, 2*resourcesPerMessage+1)
	for i := range resources {
		resources[i] = resourceName{"111122223333", "i-0123456789abcdef0"}
	}
	messages := factsMessages(resources, 7)
	n := 0
	for _, m := range messages {
		if err := m.Validate(); err != nil {
			t.Error(err)
		}
		body, err := decode[factsMessage](&queue.Message{Body: m.Body})
		if err != nil || body.Seen != 7 {
			t.Errorf("%v %+v", err, body.Seen)
		}
		n += len(body.Resources)
	}
	if len(messages) != 3 || n != len(resources) {
		t.Errorf("%d messages name %d resources", len(messages), n)
	}
	// Also when there are none: what runs has run on.
	if messages := factsMessages(nil, 7); len(messages) != 1 {
		t.Errorf("%d messages for no resources", len(messages))
	}
}
