package audit

import (
	"github.com/kopterio/kopter/query"
)

// field is a column of the lake that a query may name.
type field uint8

// The fields, in the order of Row.
const (
	fieldTime field = iota
	fieldAccount
	fieldRegion
	fieldSource
	fieldName
	fieldEventType
	fieldCategory
	fieldActor
	fieldActorType
	fieldPrincipal
	fieldSession
	fieldAccessKey
	fieldInvokedBy
	fieldIP
	fieldUserAgent
	fieldErrorCode
	fieldErrorMessage
	fieldReadOnly
	fieldResources
	fieldEventID
	fieldRequestID
	fieldSharedEventID
	fieldRaw
	fieldCount
)

var fieldNames = [fieldCount]string{
	"time", "account", "region", "source", "name", "event_type", "category",
	"actor", "actor_type", "principal", "session", "access_key", "invoked_by",
	"ip", "user_agent", "error_code", "error_message", "read_only", "resources",
	"event_id", "request_id", "shared_event_id", "raw",
}

// aliases are other names that people know fields by: everyday words, and what
// CloudTrail itself calls them.
var aliases = map[string]field{
	"user":     fieldActor,
	"service":  fieldSource,
	"event":    fieldName,
	"error":    fieldErrorCode,
	"resource": fieldResources,
	"id":       fieldEventID,

	"eventTime":          fieldTime,
	"recipientAccountId": fieldAccount,
	"awsRegion":          fieldRegion,
	"eventSource":        fieldSource,
	"eventName":          fieldName,
	"eventType":          fieldEventType,
	"eventCategory":      fieldCategory,
	"sourceIPAddress":    fieldIP,
	"userAgent":          fieldUserAgent,
	"errorCode":          fieldErrorCode,
	"errorMessage":       fieldErrorMessage,
	"readOnly":           fieldReadOnly,
	"eventID":            fieldEventID,
	"requestID":          fieldRequestID,
	"sharedEventID":      fieldSharedEventID,
}

// recordPaths are the members of a record whose insides can be asked for by
// their path, as CloudTrail spells it.
var recordPaths = []string{
	"requestParameters.", "responseElements.", "userIdentity.", "additionalEventData.",
	"serviceEventDetails.", "tlsDetails.", "insightDetails.", "addendum.",
}

// tagPrefix leads the fields that are tags of the event's resources.
const tagPrefix = "tag."

// fieldByName finds a column by its name or alias; raw is none.
func fieldByName(name string) (field, bool) {
	if f, ok := aliases[name]; ok {
		return f, true
	}
	for f, n := range fieldNames[:fieldRaw] {
		if n == name {
			return field(f), true
		}
	}
	return 0, false
}

func (f field) String() string { return fieldNames[f] }

// Schema lists the fields of an audit query: the columns of Row but raw, a few
// other names for them, the members of the record by their path
// (requestParameters.instanceType; arrays on the way are entered, and any
// element may match), and the tags in request and response (tag.team).
func Schema() query.Schema {
	s := query.Schema{tagPrefix: query.String}
	for f, name := range fieldNames[:fieldRaw] {
		s[name] = field(f).kind()
	}
	for name, f := range aliases {
		s[name] = f.kind()
	}
	for _, prefix := range recordPaths {
		s[prefix] = query.String
	}
	return s
}

// kind says how values of a field compare.
func (f field) kind() query.Kind {
	switch f {
	case fieldTime:
		return query.Time
	case fieldIP:
		return query.IP
	case fieldReadOnly:
		return query.Bool
	default:
		return query.String
	}
}
