package audit

import (
	"bytes"
	"strconv"
	"strings"
	"time"
	"unsafe"

	"github.com/kopterio/kopter/cloudtrail"
	"github.com/kopterio/kopter/query"
)

var _ query.Values = (*Row)(nil)

// Each calls fn with the values of a field of Schema until fn returns false,
// so that a query can be asked of a single row.
func (r *Row) Each(name string, fn func(value string) bool) {
	f, ok := fieldByName(name)
	switch {
	case !ok:
		eachInRecord([]byte(r.Raw), name, fn)
	case f == fieldTime:
		fn(formatTime(r.Time))
	case f == fieldReadOnly:
		fn(strconv.FormatBool(r.ReadOnly))
	case f == fieldResources:
		for _, value := range r.Resources {
			if !fn(value) {
				return
			}
		}
	default:
		fn(*r.text(f))
	}
}

// Text calls fn with the raw record, in which free words are looked for, as it
// stands and, where it has escapes, as a person reads it.
func (r *Row) Text(fn func(text string) bool) {
	if !fn(r.Raw) {
		return
	}
	if text, some := unescaped(r.Raw); some {
		fn(text)
	}
}

// text is the place of a string column in the row; nil for other columns.
func (r *Row) text(f field) *string {
	return [fieldCount]*string{
		fieldAccount: &r.Account, fieldRegion: &r.Region, fieldSource: &r.Source, fieldName: &r.Name,
		fieldEventType: &r.EventType, fieldCategory: &r.Category, fieldActor: &r.Actor,
		fieldActorType: &r.ActorType, fieldPrincipal: &r.Principal, fieldSession: &r.Session,
		fieldAccessKey: &r.AccessKey, fieldInvokedBy: &r.InvokedBy, fieldIP: &r.IP,
		fieldUserAgent: &r.UserAgent, fieldErrorCode: &r.ErrorCode, fieldErrorMessage: &r.ErrorMessage,
		fieldEventID: &r.EventID, fieldRequestID: &r.RequestID, fieldSharedEventID: &r.SharedEventID,
		fieldRaw: &r.Raw,
	}[f]
}

// formatTime writes milliseconds since 1970 in RFC 3339, UTC.
func formatTime(ms int64) string {
	return time.UnixMilli(ms).UTC().Format("2006-01-02T15:04:05.999Z07:00")
}

// eachInRecord calls fn with the values of a tag or of a path in a record.
func eachInRecord(raw []byte, name string, fn func(value string) bool) {
	if key, ok := strings.CutPrefix(name, tagPrefix); ok {
		eachTag(raw, key, fn)
		return
	}
	cloudtrail.Each(raw, strings.Split(name, "."), func(value []byte) bool {
		return fn(cloudtrail.Unquote(value))
	})
}

// taggedPaths are where requests and responses name tags: lists of objects
// with a key and a value, below any list of resources.
var taggedPaths = [...][]string{
	{"requestParameters", "tagSpecificationSet", "items", "tags"},
	{"requestParameters", "tagSet", "items"},
	{"requestParameters", "tags"},
	{"requestParameters", "Tags"},
	{"requestParameters", "tagList"},
	{"requestParameters", "tagSpecifications", "tags"},
	{"requestParameters", "tagSpecification", "tags"},
	{"requestParameters", "tagSpecification", "tag"},
	{"requestParameters", "TagSpecification", "Tag"},
	{"requestParameters", "resourceIdList", "tagsList"},
	{"requestParameters", "tagsList"},
	{"responseElements", "instancesSet", "items", "tagSet", "items"},
	{"responseElements", "tagSet", "items"},
	{"responseElements", "volumeSet", "items", "tagSet", "items"},
	{"responseElements", "tags"},
	{"responseElements", "Tags"},
	{"responseElements", "tagList"},
}

// eachTag calls fn with the values of a tag in a record until fn returns
// false. Keys of tags are case-sensitive.
func eachTag(raw []byte, key string, fn func(value string) bool) {
	if !bytes.Contains(raw, []byte("ag")) { // no tag, Tag or tagSet
		return
	}
	more := true
	for _, path := range taggedPaths {
		cloudtrail.Each(raw, path, func(tag []byte) bool {
			if value, ok := tagValue(tag, key); ok {
				more = fn(value)
			}
			return more
		})
		if !more {
			return
		}
	}
}

// tagValue gives the value of a tag with that key: an object with a key and a
// value in one of the spellings of AWS, or an object of values by key.
func tagValue(tag []byte, key string) (string, bool) {
	for _, spelling := range [...][2]string{{"key", "value"}, {"Key", "Value"}, {"tagKey", "tagValue"}, {"TagKey", "TagValue"}} {
		if name, ok := cloudtrail.Lookup(tag, spelling[0]); ok {
			value, _ := cloudtrail.Lookup(tag, spelling[1])
			return cloudtrail.Unquote(value), cloudtrail.Unquote(name) == key
		}
	}
	value, ok := cloudtrail.Lookup(tag, key)
	return cloudtrail.Unquote(value), ok
}

// asString views bytes as a string without a copy, for a test that keeps
// nothing of it.
func asString(b []byte) string {
	return unsafe.String(unsafe.SliceData(b), len(b))
}
