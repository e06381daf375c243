package idrun

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/kopterio/kopter/audit/bloom"
)

func fileOf(b []byte) File { return bytes.NewReader(b) }

// encodeRun gives the bytes of a run with these entries, which get sorted.
func encodeRun(t testing.TB, entries []Entry) []byte {
	t.Helper()
	slices.SortFunc(entries, Compare)
	var out bytes.Buffer
	w := NewWriter(&out, int64(len(entries)))
	source := Slice(entries)
	if err := Merge([]Source{&source}, w.Add); err != nil {
		t.Fatal(err)
	}
	if err := w.Finish(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// A run finds what is in it and nothing else, also identities that stand in it
// many times, whether its filter is in memory or not.
func TestRunFindsItsEntries(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ids := rapid.SliceOfN(rapid.Uint64Range(0, 50), 0, 2000).Draw(t, "ids")
		spread := rapid.SampledFrom([]uint64{1, 1 << 58}).Draw(t, "spread")
		body := rapid.Uint32Range(0, 3)
		var entries []Entry
		in := make(map[Entry]bool)
		known := make(map[uint64]bool)
		for _, id := range ids {
			e := Entry{id * spread, body.Draw(t, "body")}
			entries = append(entries, e)
			in[e], known[e.ID] = true, true
		}
		var out bytes.Buffer
		slices.SortFunc(entries, Compare)
		w := NewWriter(&out, int64(len(entries)))
		for _, e := range entries {
			if err := w.Add(e); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Finish(); err != nil {
			t.Fatal(err)
		}
		r, err := Open("run", fileOf(out.Bytes()), rapid.Bool().Draw(t, "memory"))
		if err != nil {
			t.Fatal(err)
		}
		var page Page
		for id := range uint64(55) {
			for b := range uint32(5) {
				want := Absent
				if e := (Entry{id * spread, b}); in[e] {
					want = SameBody
				} else if known[e.ID] {
					want = OtherBody
				}
				got, err := r.Find(id*spread, b, &page)
				if err != nil || got != want {
					t.Fatalf("find %d/%d: %d, %v, want %d", id*spread, b, got, err, want)
				}
			}
		}
	})
}

func TestIDTableFindsItsEntries(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var table Table
		bodies := make(map[uint64][]uint32)
		for _, id := range rapid.SliceOf(rapid.Uint64Range(0, 200)).Draw(t, "ids") {
			id *= 1 << 8 // so that they share slots
			body := rapid.Uint32Range(0, 5).Draw(t, "body")
			if !slices.Contains(bodies[id], body) {
				table.Insert(id, body, 7)
				bodies[id] = append(bodies[id], body)
			}
		}
		for id := range uint64(210) {
			id *= 1 << 8
			for body := range uint32(6) {
				want := Absent
				if slices.Contains(bodies[id], body) {
					want = SameBody
				} else if len(bodies[id]) > 0 {
					want = OtherBody
				}
				if got := table.Find(id, body); got != want {
					t.Fatalf("find %d/%d: %d, want %d", id, body, got, want)
				}
			}
		}
		if got := len(table.Sorted()); got != table.Len() {
			t.Fatalf("%d entries listed, want %d", got, table.Len())
		}
	})
}

func randomEntries(n int) []Entry {
	rnd := rand.New(rand.NewPCG(1, uint64(n)))
	entries := make([]Entry, n)
	for i := range entries {
		entries[i] = Entry{rnd.Uint64(), rnd.Uint32()}
	}
	return entries
}

// Nothing but what was written is ever read: a changed byte is an error or
// changes nothing.
func FuzzRun(f *testing.F) {
	f.Add(encodeRun(f, nil), uint64(1))
	f.Add(encodeRun(f, randomEntries(3)), uint64(2))
	f.Add(encodeRun(f, randomEntries(1000)), uint64(3))
	f.Fuzz(func(t *testing.T, data []byte, id uint64) {
		r, err := Open("run", fileOf(data), id%2 == 0)
		if err != nil {
			return
		}
		var page Page
		if _, err := r.Find(id, 0, &page); err != nil && !errors.Is(err, bloom.ErrCorrupt) {
			t.Errorf("find: %v, want bloom.ErrCorrupt", err)
		}
		err = Merge([]Source{&Cursor{Run: r}}, func(Entry) error { return nil })
		if err != nil && !errors.Is(err, bloom.ErrCorrupt) {
			t.Errorf("read: %v, want bloom.ErrCorrupt", err)
		}
	})
}

// Each byte of a run is covered by a checksum.
func TestRunNoticesEveryChangedByte(t *testing.T) {
	entries := randomEntries(700)
	good := encodeRun(t, entries)
	for at := range good {
		bad := bytes.Clone(good)
		bad[at] ^= 0x10
		r, err := Open("run", fileOf(bad), true)
		if err == nil {
			err = Merge([]Source{&Cursor{Run: r}}, func(Entry) error { return nil })
		}
		if !errors.Is(err, bloom.ErrCorrupt) {
			t.Fatalf("byte %d of %d changed: %v, want bloom.ErrCorrupt", at, len(good), err)
		}
	}
	for n := range len(good) {
		if _, err := Open("run", fileOf(good[:n]), false); !errors.Is(err, bloom.ErrCorrupt) {
			t.Fatalf("%d of %d bytes: %v, want bloom.ErrCorrupt", n, len(good), err)
		}
	}
}

// BenchmarkIDs looks new and known identities up in five million, which lie in
// runs as a lake has them.
func BenchmarkIDs(b *testing.B) {
	var runs []*Run
	size := 0
	all := randomEntries(5_000_000)
	for rest := all; len(rest) > 0; {
		n := (len(rest) + 1) * 3 / 4
		data := encodeRun(b, slices.Clone(rest[:n]))
		rest = rest[n:]
		r, err := Open("run", fileOf(data), true)
		if err != nil {
			b.Fatal(err)
		}
		size += len(data)
		runs = append(runs, r)
	}
	for name, of := range map[string]func(int) Entry{
		"new":   func(i int) Entry { return Entry{uint64(i) * 0x9e3779b97f4a7c15, 1} },
		"known": func(i int) Entry { return all[i*7919%len(all)] },
	} {
		b.Run(name, func(b *testing.B) {
			var page Page
			found := 0
			for i := range b.N {
				e := of(i)
				for _, r := range runs {
					m, err := r.Find(e.ID, e.Body, &page)
					if err != nil {
						b.Fatal(err)
					}
					if m == SameBody {
						found++
					}
				}
			}
			b.ReportMetric(float64(size)/float64(len(all)), "B/event")
			b.ReportMetric(float64(len(runs)), "runs")
			b.ReportMetric(float64(found)/float64(b.N), "found/op")
		})
	}
}
