package main

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/kopterio/kopter/app"
	"github.com/kopterio/kopter/query"
)

// listingFlags are those of every command that lists something.
type listingFlags struct {
	Format string `help:"table, json (one array), ndjson or csv." default:"table" enum:"table,json,ndjson,csv" short:"f"`
}

func (f listingFlags) listing(con console, columns ...column) (*listing, error) {
	return newListing(f.Format, con.out, columns...)
}

// rangeFlags are those of every command that looks at a stretch of time.
type rangeFlags struct {
	From string `help:"Begin: RFC 3339, a date, or now-6h. UTC unless a zone is given." placeholder:"TIME"`
	To   string `help:"End, itself not included." placeholder:"TIME"`
}

func (f rangeFlags) parse(now time.Time) (app.Range, error) {
	var r app.Range
	for _, bound := range []struct {
		text string
		into *time.Time
	}{{f.From, &r.From}, {f.To, &r.Until}} {
		if bound.text == "" {
			continue
		}
		t, err := query.Moment(bound.text, now)
		if err != nil {
			return r, usageError{err}
		}
		*bound.into = t
	}
	return r, nil
}

// seconds writes seconds since 1970; zero is omitted.
func seconds(t int64) any {
	if t == 0 {
		return omitted{}
	}
	return time.Unix(t, 0).UTC().Format(time.RFC3339)
}

// milliseconds writes milliseconds since 1970, with a fraction only where
// there is one.
func milliseconds(t int64) string {
	return time.UnixMilli(t).UTC().Format("2006-01-02T15:04:05.999Z07:00")
}

// rawJSON writes a record as it stands.
func rawJSON(raw []byte) any {
	if len(raw) == 0 {
		return omitted{}
	}
	return jsontext.Value(raw)
}

// orOmitted leaves an empty string out.
func orOmitted(s string) any {
	if s == "" {
		return omitted{}
	}
	return s
}

// fields splits a comma-separated list of fields, each of which may stand in
// it once.
func fields(list string) ([]string, error) {
	var found []string
	for _, f := range strings.Split(list, ",") {
		switch f = strings.TrimSpace(f); {
		case f == "":
		case slices.Contains(found, f):
			return nil, usageError{fmt.Errorf("field %s is named twice in %q", f, list)}
		default:
			found = append(found, f)
		}
	}
	return found, nil
}

// queryText is a query on the command line, in one argument or in several.
type queryText []string

func (q queryText) String() string { return strings.TrimSpace(strings.Join(q, " ")) }

// negation is an argument that begins with a negated term of a query, and so
// is no flag.
var negation = regexp.MustCompile(`^-(\(|"|[A-Za-z][A-Za-z0-9_.]*:)`)

// asQueries lets the parser of flags pass over queries that begin with a
// hyphen. Blanks before a term mean nothing to the query.
func asQueries(args []string) []string {
	args = slices.Clone(args)
	for i, arg := range args {
		if negation.MatchString(arg) {
			args[i] = " " + arg
		}
	}
	return args
}

// rowLimit bounds the rows of a listing; 0 is all.
type rowLimit int

// Validate is asked by the parser of flags.
func (l rowLimit) Validate() error {
	if l < 0 {
		return errors.New("want 0 or more")
	}
	return nil
}

// plural writes a number with its noun: "1 file", "2,900 files". The plural
// form is the noun with an s unless it is given.
func plural(n int64, noun string, form ...string) string {
	if n != 1 {
		noun += "s"
		if len(form) > 0 {
			noun = form[0]
		}
	}
	return grouped(n) + " " + noun
}

// grouped writes a number with commas between thousands.
func grouped(n int64) string {
	digits := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, digits = "-", digits[1:]
	}
	for at := len(digits) - 3; at > 0; at -= 3 {
		digits = digits[:at] + "," + digits[at:]
	}
	return sign + digits
}

// size writes a number of bytes for a person.
func size(n int64) string {
	const kibi = 1024
	units := []string{"B", "KiB", "MiB", "GiB", "TiB"}
	value, unit := float64(n), 0
	for value >= kibi && unit < len(units)-1 {
		value /= kibi
		unit++
	}
	if unit == 0 {
		return fmt.Sprintf("%d B", n)
	}
	return fmt.Sprintf("%.1f %s", value, units[unit])
}
