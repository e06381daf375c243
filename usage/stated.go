package usage

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
)

// stated is a statement with its fact's key.
type stated struct {
	statement
	key string
}

// settle decodes the facts about one resource, into memory, and gives the
// statements that count, by time, kind and key. A fact that is repeated counts
// once; of an event that has two bodies the one with the lower hash counts; a
// later version of an event replaces it.
func settle(memory []stated, facts []Fact) ([]stated, []*stated, error) {
	if !slices.IsSortedFunc(facts, compareFacts) {
		facts = slices.SortedFunc(slices.Values(facts), compareFacts)
	}
	memory = slices.Grow(memory[:0], len(facts))[:len(facts)]
	all := make([]*stated, 0, len(facts))
	for i := range facts {
		f := &facts[i]
		if i > 0 && f.Key == facts[i-1].Key {
			continue
		}
		s := &memory[i]
		*s = stated{key: f.Key}
		if err := decodeFact(f, &s.statement); err != nil {
			return memory, nil, err
		}
		if len(all) == 0 || !all[len(all)-1].conflicts(s) {
			all = append(all, s)
		}
	}
	all = withoutReplaced(all)
	slices.SortFunc(all, func(a, b *stated) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.kind, b.kind), cmp.Compare(a.key, b.key))
	})
	return memory, all, nil
}

func compareFacts(a, b Fact) int {
	return cmp.Or(cmp.Compare(a.Key, b.Key), bytes.Compare(a.Data, b.Data))
}

// conflicts says that both tell of one event and of different bodies of it.
func (s *stated) conflicts(t *stated) bool {
	return s.cause.EventID != "" && s.cause.EventID == t.cause.EventID && s.body() != t.body()
}

// body is the hash in the key of an event's fact.
func (s *stated) body() string {
	rest := strings.TrimPrefix(s.key, s.cause.EventID+"/")
	hash, _, _ := strings.Cut(rest, "/")
	return hash
}

// withoutReplaced drops the events that an addendum is a later version of.
func withoutReplaced(all []*stated) []*stated {
	var replaced map[string]bool
	for i := range all {
		if id := all[i].replaces; id != "" && id != all[i].cause.EventID {
			if replaced == nil {
				replaced = map[string]bool{}
			}
			replaced[id] = true
		}
	}
	if replaced == nil {
		return all
	}
	return slices.DeleteFunc(all, func(s *stated) bool { return replaced[s.cause.EventID] })
}

// launchOf gives the call that made the instance, nil when none is known: the
// first in order of kind, time and key.
func launchOf(all []*stated) *statement {
	var first *statement
	for i := range all {
		s := &all[i].statement
		if s.kind.launches() && (first == nil || s.kind < first.kind) {
			first = s
		}
	}
	return first
}
