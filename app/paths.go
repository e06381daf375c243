package app

import (
	"io/fs"
	"path/filepath"
)

// filesBelow gives the files among paths and below the folders among them, in
// lexical order; hidden ones are passed over.
func filesBelow(paths []string) ([]string, error) {
	var files []string
	for _, path := range paths {
		err := filepath.WalkDir(path, func(file string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case file != path && d.Name()[0] == '.':
				if d.IsDir() {
					return fs.SkipDir
				}
			case !d.IsDir():
				files = append(files, file)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return files, nil
}
