package simulate

import (
	"context"
	"io"
	"sync/atomic"
	"testing"
	"time"
)

// nowhere is a sink that only counts.
type nowhere struct{ bytes atomic.Int64 }

func (n *nowhere) Create(string, time.Time) (io.WriteCloser, error) { return n, nil }

func (n *nowhere) Write(b []byte) (int, error) {
	n.bytes.Add(int64(len(b)))
	return len(b), nil
}

func (n *nowhere) Close() error { return nil }

// BenchmarkWrite is a whole simulation with compression, but without a disk.
func BenchmarkWrite(b *testing.B) {
	const events = 500_000
	for b.Loop() {
		truth, err := Write(context.Background(), &nowhere{}, Options{Events: events, Instances: 2000}, nil)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(truth.Bytes)/float64(truth.Records), "bytes/event")
	}
	b.ReportMetric(float64(events)*float64(b.N)/b.Elapsed().Seconds(), "events/s")
}

// BenchmarkDemoHistory is what a demo writes before it shows anything, on a
// real disk.
func BenchmarkDemoHistory(b *testing.B) {
	opt := DemoHistory(time.Unix(1_780_000_000, 0))
	for b.Loop() {
		if _, err := Write(context.Background(), Dir(b.TempDir()), opt, nil); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkLive is a minute at a rate for load tests.
func BenchmarkLive(b *testing.B) {
	events := int64(0)
	for b.Loop() {
		events += goOn(b, &nowhere{}, LiveOptions{History: past(1), Rate: 5_000}, time.Minute).Events()
	}
	b.ReportMetric(float64(events)/b.Elapsed().Seconds(), "events/s")
}

// BenchmarkRecord is the making of records alone, on one core.
func BenchmarkRecord(b *testing.B) {
	w := newWorld(Options{}.withDefaults())
	s, err := newStream(w.units[0], &nowhere{})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		who := s.caller()
		s.begin(who, who.agents[0], w.start)
		for range 8 {
			s.clear(w.start, s.random.pair())
			s.fillCall(who.draw(&s.random), true)
			s.line = s.record.appendTo(s.line[:0])
		}
	}
	b.ReportMetric(8*float64(b.N)/b.Elapsed().Seconds(), "events/s")
}

func BenchmarkWriteOffer(b *testing.B) {
	out := &nowhere{}
	for b.Loop() {
		if err := WriteOffer(out, Offer{Version: "1", Filler: 1000}); err != nil {
			b.Fatal(err)
		}
	}
	b.SetBytes(out.bytes.Load() / int64(b.N))
}
