package app

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kopterio/kopter/local"
	"github.com/kopterio/kopter/simulate"
)

const (
	// killSeed chooses the organisations and the moments.
	killSeed = 11
	// killRate is how many events happen in a second in each organisation.
	killRate = 200
	// longestLife of a server after its first sign of life: its mean is long
	// enough to take in what has come since the one before.
	longestLife = time.Second
)

// TestServerKilled kills serving processes again and again while their
// organisations go on, and compares what is there in the end with what the
// simulation knows.
func TestServerKilled(t *testing.T) {
	kills := 300
	if testing.Short() {
		kills = 20
	}
	var struck strikes
	t.Run("organisations", func(t *testing.T) {
		for n := range uint64(2) {
			t.Run(fmt.Sprint(n), func(t *testing.T) {
				t.Parallel()
				o := newOrganisation(t, killSeed+n, killRate)
				o.goOn(t, func() { o.killOften(t, rand.New(rand.NewPCG(killSeed, n)), &struck, kills) })
				o.survived(t)
			})
		}
	})
	t.Logf("%d kills\n%s", struck.total(), &struck)
	if t.Failed() || testing.Short() {
		return
	}
	for _, point := range mustStrike {
		if struck.at(point) == 0 {
			t.Errorf("no kill struck after %s", point)
		}
	}
}

// mustStrike are the points after which at least one kill must strike. A price
// list is only imported once, so its point comes first.
var mustStrike = []string{local.PointSheet, pointMerged, local.PointMessages, local.PointSnapshots, local.PointQueueSent, local.PointFileRemove}

// aims is how often a server is sent to a point after which none was struck
// yet: what a server does in its life is not the same each time.
const aims = 5

// goOn lets the organisation go on while something is done.
func (o organisation) goOn(t *testing.T, do func()) {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- o.live.Run(ctx, simulate.Dir(o.dir)) }()
	do()
	stop()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
}

// killOften kills one server after the other: every second one at a point, the
// others at a random moment. The points at which a kill must strike come first
// and are waited for, then all points have their turns.
func (o organisation) killOften(t *testing.T, random *rand.Rand, struck *strikes, kills int) {
	points, turn := deadly(), 0
	aimed := map[string]int{}
	for n := 0; struck.total() < kills && !t.Failed(); n++ {
		d, life := doom{Dir: o.dir}, time.Duration(random.Int64N(int64(longestLife)))
		wanted := slices.IndexFunc(mustStrike, func(p string) bool { return struck.at(p) == 0 && aimed[p] < aims })
		switch {
		case n%2 == 1: // at a random moment
		case wanted >= 0:
			d.Point, d.Nth, life = mustStrike[wanted], 1, 4*longestLife
			aimed[d.Point]++
		default:
			d.Point, d.Nth = points[turn%len(points)], 1+turn/len(points)%2
			turn++
		}
		struck.add(d.start(t).killAfter(t, life))
	}
}

// survived serves once more until everything is done, compares, and serves
// again to see that nothing is told twice.
func (o organisation) survived(t *testing.T) {
	var before [][2]string
	t.Run("drained", func(t *testing.T) {
		b, reader := serving(t, o.server()), o.reader(t)
		o.drained(t, b, reader)
		for _, w := range o.wrong(t, b, reader) {
			t.Error(w)
		}
		if before = b.notices(); len(before) == 0 {
			t.Error("nothing was noticed: want steps of the graph")
		}
	})
	t.Run("served again", func(t *testing.T) {
		b := serving(t, o.server())
		o.drained(t, b, o.reader(t))
		if diff := cmp.Diff(before, b.notices()); diff != "" {
			t.Errorf("notices (-before +after a restart):\n%s", diff)
		}
	})
}

func (o organisation) reader(t *testing.T) *App {
	t.Helper()
	reader, err := Open(t.Context(), Options{Data: o.data(), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := reader.Close(); err != nil {
			t.Error(err)
		}
	})
	return reader
}

// TestLossIsCaught is the negative control of the test above: servers that
// acknowledge files before they keep what was in them, files that nobody may
// read, and files that come with other content.
func TestLossIsCaught(t *testing.T) {
	for name, harm := range map[string]func(*testing.T, organisation) error{
		"acknowledged before it was kept": func(t *testing.T, o organisation) error {
			doom{Dir: o.dir, Careless: true}.start(t).killAfter(t, time.Minute)
			return nil
		},
		"a file is lost": func(_ *testing.T, o organisation) error { return os.Remove(o.someLog()) },
		"an event too many": func(_ *testing.T, o organisation) error {
			return os.WriteFile(filepath.Join(o.dir, "logs", "more.json"), []byte(
				`{"Records":[{"eventTime":"2026-01-01T00:00:00Z","eventName":"First","eventID":"e1","recipientAccountId":"111111111111"}]}`), 0o600)
		},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOrganisation(t, killSeed, killRate)
			o.goOn(t, func() {})
			if err := harm(t, o); err != nil {
				t.Fatal(err)
			}
			b, reader := serving(t, o.server()), o.reader(t)
			o.arrived(t, b, reader)
			found := o.wrong(t, b, reader)
			if !slices.ContainsFunc(found, func(w string) bool { return strings.HasPrefix(w, "events") }) {
				t.Errorf("it goes unnoticed; found: %v", found)
			}
		})
	}
}

// someLog is a log file of the organisation.
func (o organisation) someLog() (path string) {
	for input, err := range local.Walk(filepath.Join(o.dir, "logs")) {
		if err == nil && input.Skip == "" {
			path = input.URI
		}
	}
	return path
}

// strikes counts kills by the last point that was passed before.
type strikes struct {
	mu    sync.Mutex
	after map[string]int
}

func (s *strikes) add(point string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.after == nil {
		s.after = map[string]int{}
	}
	s.after[point]++
}

// at says how many kills struck after a point.
func (s *strikes) at(point string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.after[point]
}

func (s *strikes) total() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, k := range s.after {
		n += k
	}
	return n
}

func (s *strikes) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var b strings.Builder
	for _, point := range slices.Sorted(maps.Keys(s.after)) {
		fmt.Fprintf(&b, "%6d after %s\n", s.after[point], point)
	}
	return b.String()
}
