package cloudtrail

import "bytes"

// identity is a record's userIdentity, as far as it tells who acted.
type identity struct {
	kind, name, principalID, arn, account []byte
	accessKey, invokedBy                  []byte
	sourceIdentity, centerUser            []byte
	issuerARN                             []byte
}

// identity reads the userIdentity object at i.
func (s *recordScanner) identity(i int) int {
	w := &s.who
	return s.members(i, func(key []byte, at int) int {
		switch string(key) {
		case "type":
			return s.keep(at, &w.kind)
		case "userName":
			return s.keep(at, &w.name)
		case "principalId":
			return s.keep(at, &w.principalID)
		case "arn":
			return s.keep(at, &w.arn)
		case "accountId":
			return s.keep(at, &w.account)
		case "accessKeyId":
			return s.keep(at, &w.accessKey)
		case "invokedBy":
			return s.keep(at, &w.invokedBy)
		case "sessionContext":
			return s.sessionContext(at)
		case "onBehalfOf":
			return s.only(at, "userId", &w.centerUser)
		}
		return s.value(at, check)
	})
}

// sessionContext reads the sessionContext object at i.
func (s *recordScanner) sessionContext(i int) int {
	return s.members(i, func(key []byte, at int) int {
		switch string(key) {
		case "sourceIdentity":
			return s.keep(at, &s.who.sourceIdentity)
		case "sessionIssuer":
			return s.only(at, "arn", &s.who.issuerARN)
		}
		return s.value(at, check)
	})
}

// only keeps one member of the object at i.
func (s *recordScanner) only(i int, name string, slot *[]byte) int {
	return s.members(i, func(key []byte, at int) int {
		if string(key) == name {
			return s.keep(at, slot)
		}
		return s.value(at, check)
	})
}

// members calls read with each member of the object at i and the position of
// its value. A value that is no object is passed over.
func (s *recordScanner) members(i int, read func(key []byte, at int) int) int {
	if s.text[i] != '{' {
		return s.value(i, check)
	}
	if !s.descend(i) {
		return -1
	}
	for first, i := true, i+1; ; first = false {
		key, at, more := s.member(i, first)
		if !more {
			s.depth++
			return at
		}
		if i = read(key, at); i < 0 {
			return -1
		}
	}
}

// identify sets the fields of rec that say who acted, in the order of
// spec/cloudtrail.md, "Who did it".
func (s *recordScanner) identify(rec *Record) {
	w := &s.who
	rec.ActorType, rec.AccessKey, rec.InvokedBy = w.kind, w.accessKey, w.invokedBy
	rec.Session = w.session()
	rec.Actor = w.actor(rec.Session)
	rec.Principal = s.principal()
}

// session is the name of the role session: what follows the last slash of an
// assumed role's ARN, or the colon of a role's unique id.
func (w *identity) session() []byte {
	if bytes.Contains(w.arn, []byte(":assumed-role/")) {
		return afterLast(w.arn, '/')
	}
	if bytes.HasPrefix(w.principalID, []byte("ARO")) {
		if _, name, ok := bytes.Cut(w.principalID, []byte(":")); ok {
			return name
		}
	}
	return nil
}

// actor is the human behind the event, as far as the identity tells.
func (w *identity) actor(session []byte) []byte {
	switch string(w.kind) {
	case "Root":
		if len(w.sourceIdentity) == 0 && len(session) == 0 {
			return []byte("root")
		}
	case "AWSService":
		if len(w.invokedBy) > 0 {
			return w.invokedBy
		}
	}
	_, subject, _ := bytes.Cut(w.principalID, []byte(":"))
	return firstOf(w.centerUser, w.sourceIdentity, session, endOfARN(w.arn), w.name,
		w.invokedBy, subject, w.principalID, w.account)
}

// principal is who the bill's createdBy would name, without the session.
func (s *recordScanner) principal() []byte {
	w := &s.who
	if string(w.kind) == "AWSService" {
		return firstOf(w.invokedBy, w.principalID)
	}
	id := w.principalID
	if bytes.HasPrefix(id, []byte("ARO")) {
		id, _, _ = bytes.Cut(id, []byte(":"))
	}
	if bytes.Contains(w.arn, []byte(":assumed-role/")) {
		return firstOf(w.issuerARN, s.roleARN(w.arn))
	}
	return firstOf(w.arn, w.issuerARN, id, w.centerUser, w.name, w.invokedBy)
}

// roleARN gives the ARN of the role of an assumed role's session:
// arn:aws:sts::123456789012:assumed-role/NAME/SESSION is of
// arn:aws:iam::123456789012:role/NAME. The role's path is not known to it.
func (s *recordScanner) roleARN(session []byte) []byte {
	head, tail, _ := bytes.Cut(session, []byte(":assumed-role/"))
	name, _, _ := bytes.Cut(tail, []byte("/"))
	head = bytes.Replace(head, []byte(":sts:"), []byte(":iam:"), 1)
	from := len(s.arena)
	s.arena = append(append(append(s.arena, head...), ":role/"...), name...)
	return s.arena[from:len(s.arena):len(s.arena)]
}

// endOfARN gives the name at the end of an ARN, behind its last slash or
// colon.
func endOfARN(arn []byte) []byte {
	if i := bytes.LastIndexAny(arn, "/:"); i >= 0 {
		return arn[i+1:]
	}
	return arn
}

func afterLast(b []byte, sep byte) []byte {
	return b[bytes.LastIndexByte(b, sep)+1:]
}

// firstOf gives the first that is not empty.
func firstOf(texts ...[]byte) []byte {
	for _, text := range texts {
		if len(text) > 0 {
			return text
		}
	}
	return nil
}
