package cost

import (
	"encoding/base64"
	"fmt"

	"github.com/go-json-experiment/json"
)

// encodeCursor makes a cursor of the parts of a place in a listing. The first
// of them names the listing and its order.
func encodeCursor(parts ...string) string {
	data, err := json.Marshal(parts)
	if err != nil {
		return "" // a text that is not UTF-8: there is no way on from it
	}
	return base64.RawURLEncoding.EncodeToString(data)
}

// decodeCursor gives back n parts, the first of which must be the listing's
// name.
func decodeCursor(cursor, listing string, n int) ([]string, error) {
	data, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		return nil, fmt.Errorf("cursor %q: %w", cursor, ErrCursor)
	}
	var parts []string
	if err := json.Unmarshal(data, &parts); err != nil || len(parts) != n || parts[0] != listing {
		return nil, fmt.Errorf("cursor %q: %w", cursor, ErrCursor)
	}
	return parts, nil
}
