package bloom

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
)

func hashes(n int, seed uint64) []uint64 {
	rnd := rand.New(rand.NewPCG(seed, 1))
	out := make([]uint64, n)
	for i := range out {
		out[i] = rnd.Uint64()
	}
	return out
}

func filterOf(hashes []uint64) Filter {
	f := New(len(hashes))
	for _, h := range hashes {
		f.Insert(h)
	}
	return f
}

// What went in is found, in memory and on disk, and little else.
func TestFilterFindsWhatWentIn(t *testing.T) {
	for _, n := range []int{0, 1, 25, 26, 5000} {
		in := hashes(n, 1)
		f := filterOf(in)
		stored := f.Append([]byte("before"))[len("before"):]
		if int64(len(stored)) != Size(len(f)) {
			t.Errorf("%d hashes: %d bytes on disk, want %d", n, len(stored), Size(len(f)))
		}
		read, err := Read(bytes.NewReader(stored), 0, len(f))
		if err != nil || !slices.Equal(read, f) {
			t.Fatalf("%d hashes: another filter comes back, %v", n, err)
		}
		for _, h := range in {
			b, err := ReadBlock(bytes.NewReader(stored), 0, len(f), BlockOf(h, len(f)))
			if err != nil || !f.MayContain(h) || !b.MayContain(uint32(h)) {
				t.Fatalf("%d hashes: one is lost, %v", n, err)
			}
		}
		wrong := 0
		for _, h := range hashes(10_000, 2) {
			if f.MayContain(h) {
				wrong++
			}
		}
		if wrong > 250 {
			t.Errorf("%d hashes: %d of 10,000 others may be there", n, wrong)
		}
	}
}

func TestFullFilterRulesNothingOut(t *testing.T) {
	f := New(0)
	f.Fill()
	for _, h := range hashes(1000, 3) {
		if !f.MayContain(h) {
			t.Fatalf("hash %x is ruled out", h)
		}
	}
}

// Each byte is covered by a checksum, and each missing one is noticed.
func TestReadNoticesDamage(t *testing.T) {
	f := filterOf(hashes(4000, 4)) // two pages
	good := f.Append(nil)
	for at := range good {
		bad := bytes.Clone(good)
		bad[at] ^= 0x20
		if _, err := Read(bytes.NewReader(bad), 0, len(f)); !errors.Is(err, ErrCorrupt) {
			t.Fatalf("byte %d changed: %v, want ErrCorrupt", at, err)
		}
		if at%64 > 0 {
			continue
		}
		if _, err := Read(bytes.NewReader(good[:at]), 0, len(f)); !errors.Is(err, ErrCorrupt) {
			t.Fatalf("%d of %d bytes: %v, want ErrCorrupt", at, len(good), err)
		}
	}
}
