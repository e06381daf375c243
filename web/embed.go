// Package web is the app in the browser, as files inside the binary: what Vite
// built into dist, or nothing where it was not built. Go builds without npm;
// Built tells a server whether there is anything to serve.
package web

import (
	"embed"
	"io/fs"
)

//go:embed all:dist
var dist embed.FS

// Files is the root of the built app: index.html, theme.js, icon.svg, and
// assets/ with a hash in every name. It may be empty; see Built.
func Files() fs.FS {
	root, err := fs.Sub(dist, "dist")
	if err != nil {
		panic(err) // "dist" is a valid path, the only thing that Sub checks
	}
	return root
}

// Built says whether the app was built before this binary was. A server
// without it answers with a page that says how to get it.
func Built() bool {
	_, err := fs.Stat(Files(), "index.html")
	return err == nil
}
