package cloudtrail

// Record is one CloudTrail event as a log file holds it: the fields that
// Kopter searches by, and the whole text. Its slices alias the reader's
// buffers and are valid until the next call of the reader; who keeps one
// copies it. An absent field is empty.
//
// Nothing is dropped for its type: a field of an unexpected type is kept as
// its JSON text.
type Record struct {
	// Time is eventTime in milliseconds since 1970, UTC.
	Time int64
	// EventID is eventID as written. A record older than version 1.01 has
	// none; it gets "sha256:" and the hash of its canonical text.
	EventID []byte
	// Account is the account whose log this is: recipientAccountId, else
	// userIdentity.accountId, else the account in the file's key.
	Account []byte
	Region  []byte // awsRegion
	Source  []byte // eventSource, "ec2.amazonaws.com"
	Name    []byte // eventName
	Type    []byte // eventType
	// Category is eventCategory; empty before version 1.07.
	Category []byte

	// Actor is the human behind the event, as far as the record tells, in the
	// order of spec/cloudtrail.md, "Who did it": the identity-center user, the
	// source identity, the role session's name, the name at the end of the
	// ARN, or the service on whose behalf it was called.
	Actor []byte
	// ActorType is userIdentity.type.
	ActorType []byte
	// Principal is who the bill's createdBy would name: the ARN without the
	// session (for a role session the role's ARN), or the service.
	Principal []byte
	// Session is the role session's name; empty for other identities.
	Session   []byte
	AccessKey []byte // userIdentity.accessKeyId
	InvokedBy []byte // userIdentity.invokedBy
	IP        []byte // sourceIPAddress: an address, a DNS name or "AWS Internal"
	UserAgent []byte

	ErrorCode    []byte // errorCode; empty when the call succeeded
	ErrorMessage []byte
	ReadOnly     bool // readOnly; false when absent

	RequestID     []byte
	SharedEventID []byte

	// Resources are the ids and ARNs named in resources, request and response,
	// each once, in order of appearance.
	// There are at most MaxResources; Raw holds all.
	Resources [][]byte

	// Raw is the record's own text, one JSON object, as it stood in the file
	// but for white space between tokens, which is removed, and for escapes of
	// half a surrogate pair, which become \ufffd. It is valid JSON in valid
	// UTF-8.
	Raw []byte

	// Offset is where the record began in the inflated file, in bytes.
	Offset int64

	// BodyHash is a hash of Raw: two records with one event id and one body
	// hash are one event. Records that differ only in the order of keys have
	// different hashes; see Equal.
	BodyHash uint64
}
