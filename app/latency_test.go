package app

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestLatency(t *testing.T) {
	began := noon()
	var l latency
	if got := l.read(began); got != (percentiles{}) {
		t.Errorf("before anything: %+v", got)
	}
	for i := range 100 {
		l.add(began, began.Add(time.Duration(i+1)*time.Second))
	}
	want := percentiles{100, 50 * time.Second, 99 * time.Second, 100 * time.Second}
	if got := l.read(began.Add(100 * time.Second)); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	// Ten minutes after the 60th only the forty later ones count.
	if got := l.read(began.Add(60*time.Second + latencyWindow + time.Millisecond)); got.count != 40 || got.max != 100*time.Second {
		t.Errorf("later: %+v", got)
	}
	l.add(began.Add(time.Hour), began) // a clock that was set back
	if got := l.read(began.Add(time.Hour)); got.max < 0 {
		t.Errorf("a negative latency: %+v", got)
	}
}

// A latency equals the percentiles of a sorted list of what is not too old, and
// never holds more than it may.
func TestLatencyLaw(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var l latency
		var all []sample
		now := noon()
		for range rapid.IntRange(1, 50).Draw(t, "samples") {
			now = now.Add(time.Duration(rapid.IntRange(0, 120).Draw(t, "pause")) * time.Second)
			took := time.Duration(rapid.IntRange(0, 5000).Draw(t, "took")) * time.Millisecond
			l.add(now.Add(-took), now)
			all = append(all, sample{now, took})
		}
		var want []time.Duration
		for _, s := range all {
			if now.Sub(s.at) <= latencyWindow {
				want = append(want, s.took)
			}
		}
		slices.Sort(want)
		got := l.read(now)
		if got.count != int64(len(want)) || got.max != want[len(want)-1] || got.p50 != want[(len(want)-1)/2] {
			t.Fatalf("got %+v of %v", got, want)
		}
	})
}

func TestLatencyIsBounded(t *testing.T) {
	var l latency
	for range latencyCount + latencyCount/4 {
		l.add(noon(), noon())
	}
	if got := l.read(noon()); got.count > latencyCount || got.count < latencyCount/2 {
		t.Errorf("%d samples", got.count)
	}
}

func TestPace(t *testing.T) {
	var p pace
	now := noon()
	if events, bytes := p.perSecond(now); events != 0 || bytes != 0 {
		t.Errorf("before anything: %v %v", events, bytes)
	}
	for range 30 { // 100 events and 1,000 bytes each second
		p.add(now, 100, 1000)
		now = now.Add(time.Second)
	}
	if events, bytes := p.perSecond(now); events < 95 || events > 105 || bytes < 950 || bytes > 1050 {
		t.Errorf("%v events and %v bytes a second", events, bytes)
	}
	if events, _ := p.perSecond(now.Add(time.Minute)); events != 0 {
		t.Errorf("a minute later: %v events a second", events)
	}
}
