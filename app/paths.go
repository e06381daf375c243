package app

import (
	"context"
	"errors"
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

// eachFile calls fn for every file, also after it failed for another, and
// joins its errors. It stops when ctx ends.
func eachFile(ctx context.Context, files []string, fn func(path string) error) error {
	var errs []error
	for _, file := range files {
		if err := ctx.Err(); err != nil {
			return errors.Join(append(errs, err)...)
		}
		if err := fn(file); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
