package main

import (
	"fmt"
	"path/filepath"
	"strings"
)

// recordType is the part of a record that becomes columns, as json_transform
// wants it.
const recordType = `{"eventTime":"TIMESTAMP","recipientAccountId":"VARCHAR","awsRegion":"VARCHAR",` +
	`"eventSource":"VARCHAR","eventName":"VARCHAR","eventType":"VARCHAR","eventCategory":"VARCHAR",` +
	`"userIdentity":{"type":"VARCHAR","arn":"VARCHAR","accountId":"VARCHAR","accessKeyId":"VARCHAR","invokedBy":"VARCHAR",` +
	`"sessionContext":{"sessionIssuer":{"arn":"VARCHAR"},"sourceIdentity":"VARCHAR"}},` +
	`"sourceIPAddress":"VARCHAR","userAgent":"VARCHAR","errorCode":"VARCHAR","errorMessage":"VARCHAR","readOnly":"BOOLEAN",` +
	`"resources":[{"ARN":"VARCHAR"}],"eventID":"VARCHAR","requestID":"VARCHAR","sharedEventID":"VARCHAR"}`

// session is the last part of an assumed role's ARN.
const session = `CASE WHEN e.userIdentity.type = 'AssumedRole' THEN split_part(e.userIdentity.arn, '/', -1) ELSE '' END`

// columns are those of the lake, as near as one pass of SQL comes to them: the
// name of each and the expression over the record e and its text r.
var columns = [][2]string{
	{"time", "e.eventTime"},
	{"account", "coalesce(e.recipientAccountId, e.userIdentity.accountId, '')"},
	{"region", "coalesce(e.awsRegion, '')"},
	{"source", "coalesce(e.eventSource, '')"},
	{"name", "coalesce(e.eventName, '')"},
	{"event_type", "coalesce(e.eventType, '')"},
	{"category", "coalesce(e.eventCategory, '')"},
	{"actor", "coalesce(e.userIdentity.sessionContext.sourceIdentity, split_part(e.userIdentity.arn, '/', -1), e.userIdentity.invokedBy, '')"},
	{"actor_type", "coalesce(e.userIdentity.type, '')"},
	{"principal", "coalesce(e.userIdentity.sessionContext.sessionIssuer.arn, e.userIdentity.arn, e.userIdentity.invokedBy, '')"},
	{"session", session},
	{"access_key", "coalesce(e.userIdentity.accessKeyId, '')"},
	{"invoked_by", "coalesce(e.userIdentity.invokedBy, '')"},
	{"ip", "coalesce(e.sourceIPAddress, '')"},
	{"user_agent", "coalesce(e.userAgent, '')"},
	{"error_code", "coalesce(e.errorCode, '')"},
	{"error_message", "coalesce(e.errorMessage, '')"},
	{"read_only", "coalesce(e.readOnly, false)"},
	{"resources", "[x.ARN for x in e.resources]"},
	{"event_id", "coalesce(e.eventID, '')"},
	{"request_id", "coalesce(e.requestID, '')"},
	{"shared_event_id", "coalesce(e.sharedEventID, '')"},
	{"raw", "r"},
}

// copyLogs is the fastest way that was found for DuckDB to turn log files into
// Parquet: files as whole JSON texts, cut into records, each parsed once. That
// is seven times as fast as read_json with a schema of the file.
func copyLogs(logs, out string) string {
	var list []string
	for _, c := range columns {
		list = append(list, c[1]+" AS "+c[0])
	}
	const largest = 256 << 20 // bytes of a file
	return fmt.Sprintf(`COPY (SELECT %s
FROM (SELECT r, json_transform(r, %s) AS e
FROM (SELECT unnest(json_extract(json, '$.Records[*]')) AS r
FROM read_json_objects(%s, format = 'unstructured', maximum_object_size = %d))))
TO %s (FORMAT parquet, COMPRESSION zstd)`,
		strings.Join(list, ", "), quoted(recordType), quoted(filepath.Join(logs, "**", "*.json.gz")), largest, quoted(out))
}
