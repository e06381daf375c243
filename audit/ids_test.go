package audit

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// memoryFile is a FileReader over bytes.
type memoryFile struct{ *bytes.Reader }

func (memoryFile) Close() error { return nil }

func fileOf(b []byte) FileReader { return memoryFile{bytes.NewReader(b)} }

// encodeRun gives the bytes of a run with these entries, which get sorted.
func encodeRun(t testing.TB, entries []idEntry) []byte {
	t.Helper()
	slices.SortFunc(entries, compareEntries)
	var out bytes.Buffer
	w := newRunWriter(&out, int64(len(entries)))
	source := sliceSource(entries)
	if err := mergeIDs([]idSource{&source}, w.add); err != nil {
		t.Fatal(err)
	}
	if err := w.finish(); err != nil {
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
		var entries []idEntry
		in := make(map[idEntry]bool)
		known := make(map[uint64]bool)
		for _, id := range ids {
			e := idEntry{id * spread, body.Draw(t, "body")}
			entries = append(entries, e)
			in[e], known[e.id] = true, true
		}
		var out bytes.Buffer
		slices.SortFunc(entries, compareEntries)
		w := newRunWriter(&out, int64(len(entries)))
		for _, e := range entries {
			if err := w.add(e); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.finish(); err != nil {
			t.Fatal(err)
		}
		r, err := openRun("run", fileOf(out.Bytes()), rapid.Bool().Draw(t, "memory"))
		if err != nil {
			t.Fatal(err)
		}
		var page runPage
		for id := range uint64(55) {
			for b := range uint32(5) {
				want := absent
				if e := (idEntry{id * spread, b}); in[e] {
					want = sameBody
				} else if known[e.id] {
					want = otherBody
				}
				got, err := r.find(id*spread, b, &page)
				if err != nil || got != want {
					t.Fatalf("find %d/%d: %d, %v, want %d", id*spread, b, got, err, want)
				}
			}
		}
	})
}

func TestIDTableFindsItsEntries(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var table idTable
		bodies := make(map[uint64][]uint32)
		for _, id := range rapid.SliceOf(rapid.Uint64Range(0, 200)).Draw(t, "ids") {
			id *= 1 << 8 // so that they share slots
			body := rapid.Uint32Range(0, 5).Draw(t, "body")
			if !slices.Contains(bodies[id], body) {
				table.insert(id, body, 7)
				bodies[id] = append(bodies[id], body)
			}
		}
		for id := range uint64(210) {
			id *= 1 << 8
			for body := range uint32(6) {
				want := absent
				if slices.Contains(bodies[id], body) {
					want = sameBody
				} else if len(bodies[id]) > 0 {
					want = otherBody
				}
				if got := table.find(id, body); got != want {
					t.Fatalf("find %d/%d: %d, want %d", id, body, got, want)
				}
			}
		}
		if got := len(table.sorted()); got != table.count {
			t.Fatalf("%d entries listed, want %d", got, table.count)
		}
	})
}

func randomEntries(n int) []idEntry {
	rnd := rand.New(rand.NewPCG(1, uint64(n)))
	entries := make([]idEntry, n)
	for i := range entries {
		entries[i] = idEntry{rnd.Uint64(), rnd.Uint32()}
	}
	return entries
}

// Runs stay few whatever the sizes of batches, and each holds at most a third
// of the next larger one.
func TestRunsToMergeKeepsRunsFew(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var runs []*run
		for range 2000 {
			n := int64(rapid.IntRange(1, 2000).Draw(t, "batch"))
			merged := runsToMerge(runs, n)
			for _, r := range merged {
				n += r.count
			}
			runs = slices.DeleteFunc(runs, func(r *run) bool { return slices.Contains(merged, r) })
			runs = append(runs, &run{count: n})
			if len(runs) > 14 {
				t.Fatalf("%d runs", len(runs))
			}
		}
	})
}

// Nothing but what was written is ever read: a changed byte is an error or
// changes nothing.
func FuzzRun(f *testing.F) {
	f.Add(encodeRun(f, nil), uint64(1))
	f.Add(encodeRun(f, randomEntries(3)), uint64(2))
	f.Add(encodeRun(f, randomEntries(1000)), uint64(3))
	f.Fuzz(func(t *testing.T, data []byte, id uint64) {
		r, err := openRun("run", fileOf(data), id%2 == 0)
		if err != nil {
			return
		}
		var page runPage
		if _, err := r.find(id, 0, &page); err != nil && !errors.Is(err, ErrCorrupt) {
			t.Errorf("find: %v, want ErrCorrupt", err)
		}
		err = mergeIDs([]idSource{&runCursor{run: r}}, func(idEntry) error { return nil })
		if err != nil && !errors.Is(err, ErrCorrupt) {
			t.Errorf("read: %v, want ErrCorrupt", err)
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
		r, err := openRun("run", fileOf(bad), true)
		if err == nil {
			err = mergeIDs([]idSource{&runCursor{run: r}}, func(idEntry) error { return nil })
		}
		if !errors.Is(err, ErrCorrupt) {
			t.Fatalf("byte %d of %d changed: %v, want ErrCorrupt", at, len(good), err)
		}
	}
	for n := range len(good) {
		if _, err := openRun("run", fileOf(good[:n]), false); !errors.Is(err, ErrCorrupt) {
			t.Fatalf("%d of %d bytes: %v, want ErrCorrupt", n, len(good), err)
		}
	}
}

// BenchmarkIDs looks new and known identities up in five million, which lie in
// runs as a lake has them.
func BenchmarkIDs(b *testing.B) {
	var runs []*run
	size := 0
	all := randomEntries(5_000_000)
	for rest := all; len(rest) > 0; {
		n := (len(rest) + 1) * 3 / 4
		data := encodeRun(b, slices.Clone(rest[:n]))
		rest = rest[n:]
		r, err := openRun("run", fileOf(data), true)
		if err != nil {
			b.Fatal(err)
		}
		size += len(data)
		runs = append(runs, r)
	}
	for name, of := range map[string]func(int) idEntry{
		"new":   func(i int) idEntry { return idEntry{mix(uint64(i)), 1} },
		"known": func(i int) idEntry { return all[i*7919%len(all)] },
	} {
		b.Run(name, func(b *testing.B) {
			var page runPage
			found := 0
			for i := range b.N {
				e := of(i)
				m, err := findInRuns(runs, e.id, e.body, &page)
				if err != nil {
					b.Fatal(err)
				}
				if m == sameBody {
					found++
				}
			}
			b.ReportMetric(float64(size)/float64(len(all)), "B/event")
			b.ReportMetric(float64(len(runs)), "runs")
			b.ReportMetric(float64(found)/float64(b.N), "found/op")
		})
	}
}
