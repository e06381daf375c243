package audit

import (
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// Event is an event that a search found. Of the columns only those of the
// listing are filled, and Raw only if it was asked for.
type Event struct {
	Row
}

// listing are the columns of a listing, in the order of its JSON.
var listing = [...]field{
	fieldEventID, fieldTime, fieldAccount, fieldRegion, fieldSource, fieldName,
	fieldActor, fieldActorType, fieldPrincipal, fieldAccessKey, fieldIP, fieldUserAgent,
	fieldErrorCode, fieldErrorMessage, fieldReadOnly, fieldResources,
}

// listed gives the fields that a listing loads.
func listed(raw bool) []field {
	if raw {
		return append(listing[:len(listing):len(listing)], fieldRaw)
	}
	return listing[:]
}

// MarshalJSON writes the event as in a listing: always all of its members in
// one order, and the raw record last if it was loaded.
func (e *Event) MarshalJSON() ([]byte, error) { return e.AppendJSON(nil), nil }

// AppendJSON appends the event's JSON, which is one line. What is not UTF-8 in
// a field becomes U+FFFD; the raw record is written as it is.
func (e *Event) AppendJSON(dst []byte) []byte {
	separator := byte('{')
	for _, f := range listing {
		dst = append(dst, separator, '"')
		dst = append(append(dst, f.String()...), `":`...)
		dst = e.appendField(dst, f)
		separator = ','
	}
	if e.Raw != "" {
		dst = append(append(dst, `,"raw":`...), e.Raw...)
	}
	return append(dst, '}')
}

func (e *Event) appendField(dst []byte, f field) []byte {
	switch f {
	case fieldTime:
		return appendQuoted(dst, formatTime(e.Time))
	case fieldReadOnly:
		return strconv.AppendBool(dst, e.ReadOnly)
	case fieldResources:
		return e.appendResources(dst)
	}
	return appendQuoted(dst, *e.text(f))
}

func (e *Event) appendResources(dst []byte) []byte {
	dst = append(dst, '[')
	for i, resource := range e.Resources {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendQuoted(dst, resource)
	}
	return append(dst, ']')
}

func appendQuoted(dst []byte, s string) []byte {
	dst, err := jsontext.AppendQuote(dst, strings.ToValidUTF8(s, "\uFFFD"))
	if err != nil {
		panic(err) // only invalid UTF-8 is refused, and there is none
	}
	return dst
}
