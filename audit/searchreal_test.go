package audit_test

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kopterio/kopter/account"
	"github.com/kopterio/kopter/audit"
	"github.com/kopterio/kopter/audit/audittest"
	"github.com/kopterio/kopter/cloudtrail"
	"github.com/kopterio/kopter/internal/shareddata"
)

// realWorld is a lake of the logs of one real account.
func realWorld(t *testing.T) *world {
	m := audittest.NewMemory()
	w := &world{files: m, lake: audit.New(m, m)}
	batch := begin(t, w.lake)
	err := filepath.WalkDir(shareddata.Path(t, "cloudtrail/invictus-ir"), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(path) != ".json" {
			return err
		}
		return addFile(batch, path)
	})
	if err != nil {
		t.Fatal(err)
	}
	commit(t, m, batch)
	for _, row := range rowsOf(t, m) {
		w.rows = append(w.rows, row)
	}
	return w
}

func addFile(batch *audit.Batch, path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	r := cloudtrail.NewReader(cloudtrail.Source{Name: path, R: file}, cloudtrail.Limits{})
	defer r.Close()
	for {
		rec, err := r.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if _, err := batch.Add(context.Background(), rec, path); err != nil {
			return err
		}
	}
}

// TestSearchOfRealLogs asks about a real account, in which bert-jan launched
// two instances on one day of 2023.
func TestSearchOfRealLogs(t *testing.T) {
	w := realWorld(t)
	defer w.lake.Close()
	if len(w.rows) != 2900 {
		t.Fatalf("%d events, want 2900", len(w.rows))
	}
	for text, want := range map[string]int{ // -1: whatever the model says, but some
		"":                                         2900,
		"error_code:*":                             300,
		"name:RunInstances -error_code:*":          2,
		"i-0dbc91f429e48eeed":                      -1,
		"resources:I-0DBC91F429E48EEED":            -1,
		"actor:bert-jan name:(Run* OR Term*)":      -1,
		"requestParameters.instanceType:t3.*":      -1,
		"userIdentity.type:IAMUser read_only:true": -1,
		"ip:0.0.0.0/0 -source:ec2*":                -1,
		"tag.Name:*":                               -1,
		`"stratus-red-team"`:                       -1,
		"*stratus*":                                -1,
		"time:2023-07-10T11:55 name:run*":          -1,
		"responseElements.instancesSet.items.instanceId:i-05c30218156bcc246": -1,
		"i-0000000000000nope": 0,
	} {
		n := parse(t, text)
		model := w.matching(n, 0, 0)
		if want >= 0 && len(model) != want || want < 0 && len(model) == 0 {
			t.Errorf("%q: the model finds %d events, want %d", text, len(model), want)
		}
		got, err := w.lake.Search(context.Background(), account.Local, audit.Request{Query: n, Limit: 3000, Total: true, Raw: true})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(rowKeys(model), eventKeys(got.Events)); diff != "" {
			t.Errorf("%q, want -, got +:\n%.1000s", text, diff)
		}
	}
}
