package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestConfigFile starts servers that cannot listen where the file says, so that
// they end with the address in their error.
func TestConfigFile(t *testing.T) {
	for _, c := range []struct {
		name, text, want string
		code             int
	}{
		{"flags", `{"listen": "127.0.0.1:99999", "watch": ["a", "b"], "inventory-complete": true}`, "99999", exitFailed},
		{"typo", `{"lisen": "127.0.0.1:0"}`, `"lisen"`, exitUsage},
		{"no object", `["listen"]`, "JSON object", exitUsage},
		{"broken", `{"listen": `, "JSON object", exitUsage},
	} {
		t.Run(c.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "kopter.json")
			if err := os.WriteFile(file, []byte(c.text), 0o600); err != nil {
				t.Fatal(err)
			}
			code, messages := call(t, t.Context(), io.Discard, "serve", "--data", t.TempDir(), "--config", file)
			if code != c.code || !strings.Contains(messages, c.want) {
				t.Errorf("exit code %d, %q; want %d and %q", code, messages, c.code, c.want)
			}
		})
	}
}
