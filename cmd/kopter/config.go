package main

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/alecthomas/kong"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// configFile gives flags the values of a JSON file. Unlike kong's own reader it
// refuses names that are no flags, which are slips of the finger.
type configFile struct {
	kong.Resolver
	names []string
}

// readConfig is a kong.ConfigurationLoader.
func readConfig(r io.Reader) (kong.Resolver, error) {
	text, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	names, err := memberNames(text)
	if err != nil {
		return nil, err
	}
	flags, err := kong.JSON(bytes.NewReader(text))
	return &configFile{flags, names}, err
}

// Validate is asked by kong once the grammar is known.
func (c *configFile) Validate(grammar *kong.Application) error {
	known := map[string]bool{}
	err := kong.Visit(grammar, func(node kong.Visitable, next kong.Next) error {
		if flag, ok := node.(*kong.Flag); ok {
			known[flag.Name] = true
		}
		return next(nil)
	})
	if err != nil {
		return err
	}
	for _, name := range c.names {
		if !known[name] {
			return fmt.Errorf("the configuration names %q, which is no flag", name)
		}
	}
	return nil
}

// memberNames lists the names in a JSON object.
func memberNames(text []byte) ([]string, error) {
	var members map[string]jsontext.Value
	if err := json.Unmarshal(text, &members); err != nil {
		return nil, fmt.Errorf("the configuration is no JSON object: %w", err)
	}
	return slices.Sorted(maps.Keys(members)), nil
}
