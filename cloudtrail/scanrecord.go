package cloudtrail

import (
	"errors"
	"fmt"

	"github.com/cespare/xxhash/v2"
)

// recordScanner reads one object: a record, or what wraps one.
type recordScanner struct {
	scanner
	split  bool   // stop where records stand inside the object
	opened string // the brackets that were passed before the stop
	seen   [numFields]bool
	// fields are the texts of strings and the JSON texts of other values,
	// without nulls.
	fields   [numFields][]byte
	who      identity
	inner    [2][]byte // texts of records that came in strings, wrapper in wrapper
	compact  []byte
	maxDepth int
}

// errNotRecord is the reason to refuse a JSON object that is no record.
type errNotRecord string

func (e errNotRecord) Error() string { return string(e) }

// ScanRecord reads raw, one CloudTrail record or one EventBridge or
// LookupEvents object that wraps one, into rec. The slices of rec alias raw
// unless the text had to be changed.
//
// It refuses what is not exactly one valid JSON object in valid UTF-8, one
// without an eventTime in RFC 3339 or without eventName and eventSource, and
// one in which a key that a Record is made of occurs twice: readers would
// disagree about what it says. Keys match exactly: EVENTID is not eventID. A
// string with an escape for half a surrogate pair is read with U+FFFD in its
// place, in Raw too, because no other reader would take it.
func ScanRecord(raw []byte, rec *Record) error {
	var s recordScanner
	s.maxDepth = DefaultLimits().Depth
	s.found = rec.Resources[:0]
	return s.scanAll(raw, rec)
}

// scanAll is ScanRecord.
func (s *recordScanner) scanAll(raw []byte, rec *Record) error {
	start := len(raw) - len(withoutSpace(raw))
	end, err := s.scan(raw[start:], rec)
	if err != nil {
		return err
	}
	if rest := withoutSpace(raw[start+end:]); len(rest) > 0 {
		return fmt.Errorf("at byte %d: text after the record", len(raw)-len(rest))
	}
	rec.Offset = int64(start)
	return nil
}

var (
	errShort     = errors.New("the text ends inside the record")
	errContainer = errors.New("records inside the object")
)

// scan reads the object at the start of text into rec and says where it ends.
// For errNotRecord, too, the end is given; other errors tell by s.at where it
// broke. Offset is left to the caller.
func (s *recordScanner) scan(text []byte, rec *Record) (int, error) {
	end := s.topLevel(text)
	if end < 0 {
		return 0, s.err()
	}
	return end, s.classify(text[:end], rec)
}

func (s *recordScanner) err() error {
	switch s.why {
	case short:
		return errShort
	case container:
		return errContainer
	case tooDeep:
		return errors.New(tooDeepReason(s.maxDepth))
	}
	return errors.New(s.reason)
}

func tooDeepReason(depth int) string {
	return fmt.Sprintf("nested deeper than %d levels", depth)
}

// topLevel walks the object's members and keeps those it knows.
func (s *recordScanner) topLevel(text []byte) int {
	s.reset(text, s.maxDepth)
	s.seen = [numFields]bool{}
	s.fields = [numFields][]byte{}
	s.who = identity{}
	if len(text) == 0 {
		return s.short()
	}
	if text[0] != '{' {
		return s.fail(0, "not a JSON object")
	}
	s.depth--
	for first, i := true, 1; ; first = false {
		key, at, more := s.member(i, first)
		if !more {
			return at
		}
		switch f := fieldOf(key); {
		case f == unknown:
			i = s.value(at, check)
		case f == documentAWS && first && s.split:
			i = s.document(at)
		default:
			i = s.known(f, at)
		}
		if i < 0 {
			return -1
		}
	}
}

// known reads the value at i of a known field.
func (s *recordScanner) known(f field, i int) int {
	if s.seen[f] {
		return s.fail(i, "the key "+fieldNames[f]+" occurs twice")
	}
	s.seen[f] = true
	switch f {
	case listRecords, listEvents:
		if s.split && s.text[i] == '[' {
			return s.stop(i+1, "{[")
		}
	case userIdentity:
		if s.text[i] == '{' {
			return s.identity(i)
		}
	case requestParameters, responseElements, serviceEventDetails, resources:
		return s.value(i, collect)
	}
	return s.keep(i, &s.fields[f])
}

// stop ends the scan before a record inside the object.
func (s *recordScanner) stop(i int, opened string) int {
	s.why, s.at, s.opened = container, i, opened
	return -1
}

// document stops at the record in {"aws":{"cloudtrail":{…}}}, the form in
// which the OpenSearch catalog keeps them. Any other value at i is kept.
func (s *recordScanner) document(i int) int {
	if s.text[i] == '{' {
		space := s.space
		key, at, more := s.member(i+1, true)
		switch {
		case more && string(key) == "cloudtrail" && s.text[at] == '{':
			return s.stop(at, "{{")
		case at < 0:
			return -1
		}
		s.space = space
	}
	return s.known(documentAWS, i)
}

// keep reads the value at i and puts its text into slot: a string's text, any
// other value's JSON text, nothing for null.
func (s *recordScanner) keep(i int, slot *[]byte) int {
	switch s.text[i] {
	case '"':
		end, escaped := s.str(i)
		if end < 0 {
			return -1
		}
		*slot = s.text[i+1 : end-1]
		if escaped {
			*slot = s.unescaped(*slot)
		}
		return end
	case 'n':
		return s.literal(i, "null")
	}
	space := s.space
	end := s.value(i, check)
	if end < 0 {
		return -1
	}
	*slot = s.text[i:end]
	if s.space > space {
		from := len(s.arena)
		s.arena = appendCompact(s.arena, *slot)
		*slot = s.arena[from:len(s.arena):len(s.arena)]
	}
	return end
}

// fill makes rec of what was read from text.
func (s *recordScanner) fill(text []byte, rec *Record) error {
	f := &s.fields
	if f[eventTime] == nil {
		return errNotRecord("not a CloudTrail record: no eventTime")
	}
	at, ok := parseTime(f[eventTime])
	if !ok {
		return errNotRecord("not a CloudTrail record: eventTime is not a time in RFC 3339")
	}
	if s.seen[insightDetails] {
		s.insight(text)
	}
	if len(f[eventName]) == 0 && len(f[eventSource]) == 0 {
		return errNotRecord("not a CloudTrail record: neither eventName nor eventSource")
	}
	*rec = Record{
		Time: at, EventID: f[eventID], Account: f[recipientAccountID],
		Region: f[awsRegion], Source: f[eventSource], Name: f[eventName],
		Type: f[eventType], Category: f[eventCategory],
		IP: f[sourceIPAddress], UserAgent: f[userAgent],
		ErrorCode: f[errorCode], ErrorMessage: f[errorMessage],
		ReadOnly:  string(f[readOnly]) == "true",
		RequestID: f[requestID], SharedEventID: f[sharedEventID],
		Resources: s.found,
		Raw:       s.raw(text),
	}
	s.identify(rec)
	if len(rec.Account) == 0 {
		rec.Account = s.who.account
	}
	rec.BodyHash = xxhash.Sum64(rec.Raw)
	if len(rec.EventID) == 0 {
		rec.EventID = contentID(rec.Raw)
	}
	return nil
}

// insight names an Insights event after the call whose rate is unusual: it
// has no name and source of its own.
func (s *recordScanner) insight(text []byte) {
	for _, f := range []field{eventName, eventSource} {
		value, ok := Lookup(text, "insightDetails", fieldNames[f])
		if ok && len(s.fields[f]) == 0 {
			s.fields[f] = []byte(Unquote(value))
		}
	}
}

// raw gives text as Record.Raw wants it.
func (s *recordScanner) raw(text []byte) []byte {
	if s.space == 0 && !s.surrogate {
		return text
	}
	s.compact = appendCompact(s.compact[:0], text)
	if s.surrogate {
		replaceHalves(s.compact)
	}
	return s.compact
}
