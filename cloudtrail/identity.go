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
	head, role, assumed := bytes.Cut(w.arn, []byte(":assumed-role/"))
	switch {
	case assumed:
		rec.Session = endOfARN(role)
		rec.Principal = w.issuerARN
		if len(rec.Principal) == 0 {
			rec.Principal = s.roleARN(head, role)
		}
	default:
		rec.Session = w.sessionOfID()
		rec.Principal = w.principal()
	}
	rec.Actor = w.actor(rec.Session)
}

// sessionOfID is the session's name in a role's principal id, which has the
// form AROAEXAMPLE:session.
func (w *identity) sessionOfID() []byte {
	if !bytes.HasPrefix(w.principalID, []byte("ARO")) {
		return nil
	}
	_, name, _ := bytes.Cut(w.principalID, []byte(":"))
	return name
}

// principal is who the bill's createdBy would name, for what is no session of
// an assumed role.
func (w *identity) principal() []byte {
	if string(w.kind) == "AWSService" && len(w.invokedBy) > 0 {
		return w.invokedBy
	}
	id := w.principalID
	if bytes.HasPrefix(id, []byte("ARO")) {
		id, _, _ = bytes.Cut(id, []byte(":"))
	}
	return firstOf(w.arn, w.issuerARN, id, w.centerUser, w.name, w.invokedBy)
}

// actor is the human behind the event, as far as the identity tells.
func (w *identity) actor(session []byte) []byte {
	switch {
	case len(w.centerUser) > 0:
		return w.centerUser
	case len(w.sourceIdentity) > 0:
		return w.sourceIdentity
	case len(session) > 0:
		return session
	case string(w.kind) == "Root":
		return []byte("root")
	case string(w.kind) == "AWSService" && len(w.invokedBy) > 0:
		return w.invokedBy
	case len(w.arn) > 0:
		return endOfARN(w.arn)
	}
	_, subject, _ := bytes.Cut(w.principalID, []byte(":"))
	return firstOf(w.name, w.invokedBy, subject, w.principalID, w.account)
}

// roleARN gives the ARN of the role of an assumed role's session:
// arn:aws:sts::123456789012:assumed-role/NAME/SESSION is of
// arn:aws:iam::123456789012:role/NAME. The role's path is not known to it.
// The ARN comes in two, without ":assumed-role/".
func (s *recordScanner) roleARN(head, role []byte) []byte {
	name, _, _ := bytes.Cut(role, []byte("/"))
	partition, account, _ := bytes.Cut(head, []byte(":sts:"))
	from := len(s.arena)
	s.arena = append(append(s.arena, partition...), ":iam:"...)
	s.arena = append(append(append(s.arena, account...), ":role/"...), name...)
	return s.arena[from:len(s.arena):len(s.arena)]
}

// endOfARN gives the name at the end of an ARN, behind its last slash or
// colon.
func endOfARN(arn []byte) []byte {
	i := len(arn)
	for i > 0 && arn[i-1] != '/' && arn[i-1] != ':' {
		i--
	}
	return arn[i:]
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
