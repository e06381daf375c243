package app

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/kopterio/kopter/queue"
)

// Whatever is in a string, it arrives as it was.
func TestMessagesAreExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := func(name string) string {
			if rapid.Bool().Draw(t, name+" is text") {
				return rapid.String().Draw(t, name)
			}
			return string(rapid.SliceOf(rapid.Byte()).Draw(t, name+" bytes"))
		}
		sent := logsMessage{Files: []foundFile{{URI: text("uri"), Size: 7, Seen: 8}, {URI: text("other")}}}
		got, err := decode[logsMessage](&queue.Message{Body: encode(StageIngest, sent).Body})
		if diff := cmp.Diff(sent, got); err != nil || diff != "" {
			t.Fatalf("%v (-sent +got):\n%s", err, diff)
		}
	})
}

func TestMessagesThatAreNone(t *testing.T) {
	for _, body := range []string{`{`, `[]`, `{"files":[{"uri":7}]}`, `{"files":[{"uri":"%G1"}]}`} {
		if _, err := decode[logsMessage](&queue.Message{Body: []byte(body)}); err == nil {
			t.Errorf("%s was read", body)
		}
	}
}

// A file whose name is no UTF-8 is ingested like any other.
func TestServerReadsAFileOfAnyName(t *testing.T) {
	logs := t.TempDir()
	b := serving(t, ServerOptions{Options: Options{Data: t.TempDir()}, Logs: []string{logs}})
	name := filepath.Join(logs, "100%41-\xff\xfe.json")
	if err := os.WriteFile(name, []byte(`{"eventVersion":"1.08","eventTime":"2024-03-01T10:00:00Z","eventSource":"sts.amazonaws.com","eventName":"GetCallerIdentity","eventID":"e","recipientAccountId":"111122223333","awsRegion":"us-east-1"}`), 0o600); err != nil {
		t.Skipf("this disk takes no such names: %v", err)
	}
	b.until("the event", func() bool { return b.events() == 1 })
}
