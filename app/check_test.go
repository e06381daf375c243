package app

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestCheckNamesAFileOnce loses a file that both the store and the lake miss.
func TestCheckNamesAFileOnce(t *testing.T) {
	dir := t.TempDir()
	a := open(t, dir)
	log := write(t, filepath.Join(t.TempDir(), "log.json"), `{"Records":[{"eventTime":"2024-01-01T00:00:00Z","eventName":"First","eventID":"e1","recipientAccountId":"111111111111"}]}`)
	if _, err := a.Ingest(t.Context(), IngestOptions{Paths: []string{log}}); err != nil {
		t.Fatal(err)
	}
	var part string
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if strings.HasSuffix(path, ".parquet") {
			part = path
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(part); err != nil {
		t.Fatal(err)
	}
	problems, err := a.Check(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	name, err := filepath.Rel(dir, part)
	if err != nil {
		t.Fatal(err)
	}
	named := 0
	for _, p := range problems {
		if p.Where == filepath.ToSlash(name) {
			named++
		}
	}
	if named != 1 {
		t.Errorf("%s is named %d times in %v", name, named, problems)
	}
}
