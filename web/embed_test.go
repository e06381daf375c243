package web_test

import (
	"io/fs"
	"strings"
	"testing"

	"github.com/kopterio/kopter/web"
)

// TestBuiltApp holds what is embedded to what the server's content security
// policy allows: no inline script or style, and nothing that helps nobody.
func TestBuiltApp(t *testing.T) {
	if !web.Built() {
		if _, err := fs.Stat(web.Files(), "index.html"); err == nil {
			t.Fatal("index.html is there, and Built says that it is not")
		}
		return // only .gitkeep is embedded
	}
	page, err := fs.ReadFile(web.Files(), "index.html")
	if err != nil {
		t.Fatal(err)
	}
	for _, forbidden := range []string{"<style", "style=", "<script>", "javascript:", "onload="} {
		if strings.Contains(string(page), forbidden) {
			t.Errorf("index.html holds %s, which the content security policy refuses", forbidden)
		}
	}
	maps, err := fs.Glob(web.Files(), "assets/*.map")
	if err != nil || len(maps) > 0 {
		t.Errorf("source maps are embedded: %v (%v)", maps, err)
	}
}
