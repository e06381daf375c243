package simulate

// record is one event on its way to a file.
type record struct {
	time   int64 // seconds since 1970
	id     pair
	actor  *actor
	agent  string
	who    []byte // userIdentity, rendered
	unit   *unit
	shared pair // sharedEventID when not zero
	late   bool
	reads  bool

	source, name, kind string // kind is eventType
	errorCode          string
	errorText          string
	// The values of the fields of the same name; empty for null or absent.
	request, response, extra, resources, service []byte
}

// refuse gives the record an error. One without a code is what a failed
// sign-in shows, which answers all the same.
func (r *record) refuse(err *failure) {
	r.errorCode, r.errorText = err.code, err.text
	if err.code != "" {
		r.response = r.response[:0]
	}
}

// appendTo appends the record as CloudTrail writes it: one line of JSON.
func (r *record) appendTo(dst []byte) []byte {
	dst = append(text(dst, `{"eventVersion":"1.11","userIdentity":`), r.who...)
	dst = appendTime(text(dst, `,"eventTime":"`), r.time)
	dst = text(dst, `","eventSource":"`, r.source, `.amazonaws.com","eventName":"`, r.name, `","awsRegion":"`, r.unit.region.code,
		`","sourceIPAddress":"`, r.actor.address, `","userAgent":"`, r.agent, `"`)
	if r.errorCode != "" {
		dst = text(dst, `,"errorCode":"`, r.errorCode, `"`)
	}
	if r.errorText != "" {
		dst = text(dst, `,"errorMessage":"`, r.errorText, `"`)
	}
	dst = orNull(text(dst, `,"requestParameters":`), r.request)
	dst = orNull(text(dst, `,"responseElements":`), r.response)
	dst = present(dst, `,"additionalEventData":`, r.extra)
	if r.kind == "" {
		dst = append(appendUUID(text(dst, `,"requestID":"`), pair{r.id.lo, ^r.id.hi}), '"')
	}
	dst = append(appendUUID(text(dst, `,"eventID":"`), r.id), '"')
	dst = r.appendKind(dst)
	dst = present(dst, `,"resources":`, r.resources)
	dst = present(dst, `,"serviceEventDetails":`, r.service)
	return r.appendEnd(dst)
}

func (r *record) appendKind(dst []byte) []byte {
	if r.reads {
		dst = text(dst, `,"readOnly":true`)
	} else {
		dst = text(dst, `,"readOnly":false`)
	}
	kind := r.kind
	if kind == "" {
		kind = "AwsApiCall"
	}
	return text(dst, `,"eventType":"`, kind, `","managementEvent":true`)
}

func (r *record) appendEnd(dst []byte) []byte {
	dst = text(dst, `,"recipientAccountId":"`, r.unit.account.id, `"`)
	if !r.shared.zero() {
		dst = append(appendUUID(text(dst, `,"sharedEventID":"`), r.shared), '"')
	}
	dst = text(dst, `,"eventCategory":"Management"`)
	if r.late {
		dst = text(dst, `,"addendum":{"reason":"DELIVERY_DELAY"}`)
	}
	if r.kind == "" && r.actor.invokedBy == "" {
		dst = text(dst, `,"tlsDetails":{"tlsVersion":"TLSv1.3","cipherSuite":"TLS_AES_128_GCM_SHA256","clientProvidedHostHeader":"`,
			r.source, `.`, r.unit.region.code, `.amazonaws.com"}`)
	}
	return append(dst, '}')
}

func orNull(dst, value []byte) []byte {
	if len(value) == 0 {
		return append(dst, "null"...)
	}
	return append(dst, value...)
}

func present(dst []byte, key string, value []byte) []byte {
	if len(value) == 0 {
		return dst
	}
	return append(append(dst, key...), value...)
}
