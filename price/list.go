package price

import (
	"cmp"
	"iter"
	"slices"
)

// Filter selects keys: those that agree with each field that is not empty.
type Filter Key

// Matches says whether the filter selects a key.
func (f Filter) Matches(k Key) bool {
	return (f.Region == "" || f.Region == k.Region) &&
		(f.Type == "" || f.Type == k.Type) &&
		(f.Operation == "" || Operation(f.Operation) == k.Operation) &&
		(f.Tenancy == "" || Tenancy(f.Tenancy) == k.Tenancy)
}

// List yields the windows of every key that the sheets name and f selects, by
// key and then by time. The time before a key's first price is left out.
func (b *Book) List(f Filter) iter.Seq2[Key, Window] {
	return func(yield func(Key, Window) bool) {
		for _, k := range b.keys(f) {
			for _, w := range b.Windows(k) {
				if w.From == Always && w.Quote.RateCode == "" {
					continue
				}
				if !yield(k, w) {
					return
				}
			}
		}
	}
}

// keys gives the selected keys of all sheets, sorted.
func (b *Book) keys(f Filter) []Key {
	var keys []Key
	for region, versions := range b.regions {
		if f.Region != "" && f.Region != region {
			continue
		}
		for _, v := range versions {
			for _, s := range v.sheets {
				keys = s.appendKeys(keys, region, f)
			}
		}
	}
	slices.SortFunc(keys, compareKeys)
	return slices.Compact(keys)
}

// appendKeys appends the sheet's selected keys of a region.
func (s *Sheet) appendKeys(keys []Key, region string, f Filter) []Key {
	for i, r := range s.rows {
		if s.texts[r.region] != region || i > 0 && s.sameKey(s.rows[i-1], r) {
			continue
		}
		if k := s.key(r); f.Matches(k) {
			keys = append(keys, k)
		}
	}
	return keys
}

func (s *Sheet) sameKey(a, b row) bool {
	return a.region == b.region && a.typ == b.typ && a.operation == b.operation && a.tenancy == b.tenancy
}

func compareKeys(a, b Key) int {
	return cmp.Or(
		cmp.Compare(a.Region, b.Region),
		cmp.Compare(a.Type, b.Type),
		cmp.Compare(a.Operation, b.Operation),
		cmp.Compare(a.Tenancy, b.Tenancy),
	)
}
