package cloudtrail

// field is a top-level key that a Reader knows.
type field uint8

const (
	unknown field = iota
	// of a CloudTrail record
	eventTime
	eventID
	eventName
	eventSource
	eventType
	eventCategory
	awsRegion
	recipientAccountID
	sourceIPAddress
	userAgent
	errorCode
	errorMessage
	readOnly
	requestID
	sharedEventID
	userIdentity
	requestParameters
	responseElements
	serviceEventDetails
	resources // also of an EventBridge envelope
	insightDetails
	// of an EventBridge envelope
	detailType
	detail
	envelopeID
	envelopeTime
	envelopeSource
	envelopeAccount
	envelopeRegion
	// of LookupEvents output, and of documents of the OpenSearch catalog
	cloudTrailEvent
	documentAWS
	// lists of records
	listRecords
	listEvents
	// of files that hold no CloudTrail records
	digestS3Object
	logFiles
	aggregatedEventID
	aggregatedAccountID
	numFields
)

// fieldNames are the keys, as they stand in the text. Nothing else matches
// them: neither another case nor another spelling.
var fieldNames = [numFields]string{
	eventTime: "eventTime", eventID: "eventID", eventName: "eventName",
	eventSource: "eventSource", eventType: "eventType", eventCategory: "eventCategory",
	awsRegion: "awsRegion", recipientAccountID: "recipientAccountId",
	sourceIPAddress: "sourceIPAddress", userAgent: "userAgent",
	errorCode: "errorCode", errorMessage: "errorMessage", readOnly: "readOnly",
	requestID: "requestID", sharedEventID: "sharedEventID",
	userIdentity: "userIdentity", requestParameters: "requestParameters",
	responseElements: "responseElements", serviceEventDetails: "serviceEventDetails",
	resources: "resources", insightDetails: "insightDetails",
	detailType: "detail-type", detail: "detail", envelopeID: "id",
	envelopeTime: "time", envelopeSource: "source", envelopeAccount: "account",
	envelopeRegion:  "region",
	cloudTrailEvent: "CloudTrailEvent", documentAWS: "aws",
	listRecords: "Records", listEvents: "Events",
	digestS3Object: "digestS3Object", logFiles: "logFiles",
	aggregatedEventID: "eventId", aggregatedAccountID: "accountId",
}

// fieldOf names a key.
func fieldOf(key []byte) field {
	switch string(key) {
	case "eventTime":
		return eventTime
	case "eventID":
		return eventID
	case "eventName":
		return eventName
	case "eventSource":
		return eventSource
	case "eventType":
		return eventType
	case "eventCategory":
		return eventCategory
	case "awsRegion":
		return awsRegion
	case "recipientAccountId":
		return recipientAccountID
	case "sourceIPAddress":
		return sourceIPAddress
	case "userAgent":
		return userAgent
	case "errorCode":
		return errorCode
	case "errorMessage":
		return errorMessage
	case "readOnly":
		return readOnly
	case "requestID":
		return requestID
	case "sharedEventID":
		return sharedEventID
	case "userIdentity":
		return userIdentity
	case "requestParameters":
		return requestParameters
	case "responseElements":
		return responseElements
	case "serviceEventDetails":
		return serviceEventDetails
	case "resources":
		return resources
	case "insightDetails":
		return insightDetails
	}
	return wrapperFieldOf(key)
}

// wrapperFieldOf names a key of what records come wrapped in.
func wrapperFieldOf(key []byte) field {
	switch string(key) {
	case "detail-type":
		return detailType
	case "detail":
		return detail
	case "id":
		return envelopeID
	case "time":
		return envelopeTime
	case "source":
		return envelopeSource
	case "account":
		return envelopeAccount
	case "region":
		return envelopeRegion
	case "CloudTrailEvent":
		return cloudTrailEvent
	case "aws":
		return documentAWS
	case "Records":
		return listRecords
	case "Events":
		return listEvents
	case "digestS3Object":
		return digestS3Object
	case "logFiles":
		return logFiles
	case "eventId":
		return aggregatedEventID
	case "accountId":
		return aggregatedAccountID
	}
	return unknown
}
