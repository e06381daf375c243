package usage

import "encoding/hex"

// act is a Cause in 32 bytes: most of what makes it up it has in common with
// many others.
type act struct {
	// id is the event's id and at its time; zero when that is no UUID and
	// both stand in by.
	id [16]byte
	at Seconds
	by *Cause
}

// act packs a cause. Neighbours often share theirs.
func (p *pool) act(c *Cause) *act {
	if c == nil {
		return nil
	}
	if c == p.lastCause {
		return p.lastAct
	}
	a := &act{by: c}
	if id, ok := parseUUID(c.EventID); ok {
		who := *c
		who.EventID, who.Time = "", 0
		a.id, a.at, a.by = id, c.Time, p.who(&who)
	} else {
		a.by = p.cause(c)
	}
	p.lastCause, p.lastAct = c, a
	return a
}

// who keeps what many calls of one caller have in common.
func (p *pool) who(c *Cause) *Cause {
	known, ok := p.callers[*c]
	if !ok {
		room(p.callers)
		known = p.kept(c)
		p.callers[*known] = known
	}
	return known
}

// cause unpacks; nil for none.
func (a *act) cause() *Cause {
	if a == nil {
		return nil
	}
	if a.id == ([16]byte{}) {
		return a.by
	}
	c := *a.by
	c.EventID, c.Time = formatUUID(a.id), a.at
	return &c
}

const uuidForm = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"

// parseUUID reads an id that formatUUID writes as it is.
func parseUUID(s string) (id [16]byte, ok bool) {
	if len(s) != len(uuidForm) {
		return id, false
	}
	var digits [32]byte
	n := 0
	for k := range len(s) {
		switch c := s[k]; {
		case uuidForm[k] == '-':
			if c != '-' {
				return id, false
			}
		case c >= '0' && c <= '9', c >= 'a' && c <= 'f':
			digits[n] = c
			n++
		default:
			return id, false
		}
	}
	_, err := hex.Decode(id[:], digits[:])
	return id, err == nil && id != [16]byte{}
}

func formatUUID(id [16]byte) string {
	var digits [32]byte
	hex.Encode(digits[:], id[:])
	out := make([]byte, 0, len(uuidForm))
	n := 0
	for k := range len(uuidForm) {
		if uuidForm[k] == '-' {
			out = append(out, '-')
			continue
		}
		out = append(out, digits[n])
		n++
	}
	return string(out)
}
