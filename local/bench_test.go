package local_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/kopterio/kopter/account"
	"github.com/kopterio/kopter/ingest"
	"github.com/kopterio/kopter/local"
	"github.com/kopterio/kopter/usage"
)

// factsOf makes n facts of the size that real RunInstances leave.
func factsOf(n int) []usage.Fact {
	data := bytes.Repeat([]byte("launched t3.micro "), 16)
	facts := make([]usage.Fact, n)
	for i := range facts {
		facts[i] = usage.Fact{
			Account: "123837392027", Resource: fmt.Sprintf("i-%017x", i/3),
			Key: fmt.Sprintf("%08x-4b5e-4b6c-8c1a-%012x", i*2654435761, i), Data: data,
		}
	}
	return facts
}

func addFacts(b testing.TB, s *local.Store, facts []usage.Fact) {
	b.Helper()
	if err := s.Commit(b.Context(), account.Local, ingest.Commit{Facts: facts}); err != nil {
		b.Fatal(err)
	}
}

func BenchmarkFactsRead(b *testing.B) {
	const n = 200_000
	s := open(b)
	addFacts(b, s, factsOf(n))
	b.ReportAllocs()
	for b.Loop() {
		seen := 0
		for _, err := range s.Facts(b.Context(), account.Local) {
			if err != nil {
				b.Fatal(err)
			}
			seen++
		}
		if seen != n {
			b.Fatalf("%d facts", seen)
		}
	}
	b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "facts/s")
}

func BenchmarkFactsCommit(b *testing.B) {
	const n = 20_000
	facts := factsOf(n)
	for b.Loop() {
		b.StopTimer()
		s := open(b)
		b.StartTimer()
		addFacts(b, s, facts)
	}
	b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "facts/s")
}
