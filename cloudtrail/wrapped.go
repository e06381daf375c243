package cloudtrail

import "bytes"

// stateChange is the one EventBridge notification that is kept although it is
// no CloudTrail record: the exact second of an instance's change of state.
const stateChange = "EC2 Instance State-change Notification"

// EventBridgeType is Record.Type of a record that is an EventBridge envelope
// and no CloudTrail record. Its Name is the envelope's detail-type, and its
// Raw is the envelope.
const EventBridgeType = "AwsEventBridge"

// errDigest refuses a digest: it lists log files and holds no records.
const errDigest = errNotRecord("digest file")

// errAggregated refuses an aggregated event, which has another schema.
const errAggregated = errNotRecord("aggregated events, which name no single call")

// classify makes rec of the object that was read from text, or of the record
// wrapped in it.
func (s *recordScanner) classify(text []byte, rec *Record) error {
	f := &s.fields
	switch {
	case f[eventName] != nil || f[eventTime] != nil:
		if bytes.HasPrefix(f[eventSource], []byte("aws:")) {
			return errNotRecord("a notification of " + string(f[eventSource]) + ", not a CloudTrail record")
		}
		return s.fill(text, rec)
	case f[cloudTrailEvent] != nil:
		return s.unwrapString(f[cloudTrailEvent], rec)
	case s.seen[detailType]:
		return s.unwrapEvent(text, rec)
	case f[documentAWS] != nil:
		return errNotRecord("a document of another schema, not a CloudTrail record")
	case s.seen[digestS3Object] || s.seen[logFiles]:
		return errDigest
	case s.seen[aggregatedEventID] && s.seen[aggregatedAccountID]:
		return errAggregated
	}
	return s.fill(text, rec)
}

// unwrapString reads a record from the text of a string.
func (s *recordScanner) unwrapString(text []byte, rec *Record) error {
	s.inner[0] = append(s.inner[0][:0], text...)
	return s.unwrap(s.inner[0], rec)
}

// unwrapEvent reads the CloudTrail record in an EventBridge envelope, or the
// envelope itself if it tells of an instance's state.
func (s *recordScanner) unwrapEvent(text []byte, rec *Record) error {
	kind := s.fields[detailType]
	switch {
	case bytes.HasSuffix(kind, []byte(" via CloudTrail")):
		inner, _ := Lookup(text, "detail")
		account := append(s.inner[1][:0], s.fields[envelopeAccount]...)
		s.inner[1] = account
		if err := s.unwrap(inner, rec); err != nil {
			return err
		}
		if len(rec.Account) == 0 {
			rec.Account = account
		}
		return nil
	case string(kind) == stateChange:
		return s.fillStateChange(text, rec)
	}
	return errNotRecord("an EventBridge event that is not of CloudTrail: " + string(kind))
}

// unwrap reads the record that inner is. What wrapped it is forgotten.
func (s *recordScanner) unwrap(inner []byte, rec *Record) error {
	inner = withoutSpace(inner)
	split := s.split
	s.split = false
	end := s.topLevel(inner)
	s.split = split
	if end < 0 {
		return errNotRecord("the wrapped record: " + s.err().Error())
	}
	if len(withoutSpace(inner[end:])) > 0 {
		return errNotRecord("the wrapped record: text after it")
	}
	return s.fill(inner[:end], rec)
}

// fillStateChange makes a record of an envelope about an instance's state.
func (s *recordScanner) fillStateChange(text []byte, rec *Record) error {
	f := &s.fields
	if id, ok := Lookup(text, "detail", "instance-id"); ok && len(id) > 2 && id[0] == '"' {
		s.addResource(id[1 : len(id)-1])
	}
	f[eventID], f[eventTime], f[eventName] = f[envelopeID], f[envelopeTime], f[detailType]
	f[eventSource], f[eventType] = f[envelopeSource], []byte(EventBridgeType)
	f[awsRegion], f[recipientAccountID] = f[envelopeRegion], f[envelopeAccount]
	return s.fill(text, rec)
}
