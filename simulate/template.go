package simulate

import (
	"strconv"
	"strings"
)

// template is JSON text with gaps: "<bucket>" and the like are filled anew for
// every record.
type template []segment

type segment struct {
	text string
	gap  func(dst []byte, s *scene) []byte
}

// scene is what the gaps of a template are filled from: one call at one
// moment. A bucket or an instance that is named twice is the same one.
type scene struct {
	unit   *unit
	actor  *actor
	random random
	// granted is the session that the call grants, group and lives are the auto
	// scaling group and the instances that it is about; mostly none.
	granted *actor
	group   string
	lives   []*life
	thing   uint64 // the resource that the call is about
	time    int64
}

// gaps are the names that a template may use.
var gaps = map[string]func(dst []byte, s *scene) []byte{
	"account": func(dst []byte, s *scene) []byte { return append(dst, s.unit.account.id...) },
	"region":  func(dst []byte, s *scene) []byte { return append(dst, s.unit.region.code...) },
	"actor":   func(dst []byte, s *scene) []byte { return append(dst, s.actor.name...) },
	"bucket": func(dst []byte, s *scene) []byte {
		dst = append(append(dst, s.unit.account.name...), '-')
		dst = append(append(dst, buckets[s.thing%uint64(len(buckets))]...), '-')
		return append(dst, s.unit.region.code...)
	},
	"function": func(dst []byte, s *scene) []byte { return append(dst, tables[s.thing%uint64(len(tables))]...) },
	"table":    func(dst []byte, s *scene) []byte { return append(dst, tables[s.thing%uint64(len(tables))]...) },
	"role": func(dst []byte, s *scene) []byte {
		if s.granted != nil {
			return append(dst, s.granted.role...)
		}
		return append(dst, roles[s.thing%uint64(len(roles))]...)
	},
	// as is the name of the session that a role is assumed for.
	"as": func(dst []byte, s *scene) []byte {
		if s.granted != nil {
			return append(dst, s.granted.name...)
		}
		return append(dst, s.actor.name...)
	},
	"hex17":   func(dst []byte, s *scene) []byte { return appendHex(append(dst, '0'), s.thing, 16) },
	"hex8":    func(dst []byte, s *scene) []byte { return appendHex(dst, s.thing, 8) },
	"kms":     func(dst []byte, s *scene) []byte { return appendUUID(dst, pair{s.thing % 7, s.unit.seed}) },
	"uuid":    func(dst []byte, s *scene) []byte { return appendUUID(dst, s.random.pair()) },
	"number":  func(dst []byte, s *scene) []byte { return strconv.AppendInt(dst, s.random.between(1, 999), 10) },
	"big":     func(dst []byte, s *scene) []byte { return strconv.AppendInt(dst, s.random.between(1000, 999_999), 10) },
	"token":   func(dst []byte, s *scene) []byte { return appendToken(dst, &s.random, 76) },
	"session": func(dst []byte, s *scene) []byte { return appendToken(dst, &s.random, 320) },
	"key": func(dst []byte, s *scene) []byte {
		if s.granted != nil {
			return s.granted.appendSessionKey(dst, s.granted.since)
		}
		return appendBase32(append(dst, "ASIA"...), s.random.next(), 16)
	},
	"unique": func(dst []byte, s *scene) []byte {
		if s.granted != nil {
			return append(dst, s.granted.unique...)
		}
		return appendBase32(append(dst, "AROA"...), s.thing, 17)
	},
	"group":  func(dst []byte, s *scene) []byte { return append(dst, s.group...) },
	"stolen": func(dst []byte, s *scene) []byte { return append(dst, s.granted.key...) },
	"targets": func(dst []byte, s *scene) []byte {
		for i, l := range s.lives {
			dst = append(appendID(append(separate(dst, i), `{"id":"`...), l), `"}`...)
		}
		return dst
	},
	"millis": func(dst []byte, s *scene) []byte { return strconv.AppendInt(dst, s.time*1000, 10) },
	"time":   func(dst []byte, s *scene) []byte { return appendTime(dst, s.time) },
	"expiry": func(dst []byte, s *scene) []byte { return appendExpiry(dst, s.time+3600) },
}

var (
	buckets = []string{"assets", "uploads", "reports", "backups", "events", "models", "exports", "terraform-state"}
	tables  = []string{"orders", "sessions", "stock", "invoices", "prices", "clicks", "carts", "locks"}
	roles   = []string{"app-server", "ci-deploy", "order-intake-role", "stock-sync-role", "audit-reader", "backup-writer"}
)

// compile splits a template's text into literals and gaps. The texts are part
// of the program: an unknown gap is a mistake in it.
func compile(text string) template {
	var t template
	for {
		lit, rest, found := strings.Cut(text, "<")
		t = append(t, segment{text: lit})
		if !found {
			return t
		}
		name, after, closed := strings.Cut(rest, ">")
		gap, known := gaps[name]
		if !closed || !known {
			panic("simulate: template names <" + name + ">")
		}
		t[len(t)-1].gap = gap
		text = after
	}
}

func (t template) append(dst []byte, s *scene) []byte {
	for i := range t {
		dst = append(dst, t[i].text...)
		if t[i].gap != nil {
			dst = t[i].gap(dst, s)
		}
	}
	return dst
}
