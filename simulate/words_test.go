package simulate

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestTimesReadAsGoWritesThem(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at := rapid.Int64Range(0, 4102444800).Draw(t, "seconds")
		want := time.Unix(at, 0).UTC()
		for layout, got := range map[string][]byte{
			time.RFC3339:              appendTime(nil, at),
			"20060102T1504Z":          appendStamp(nil, at),
			"Jan 2, 2006, 3:04:05 PM": appendExpiry(nil, at),
		} {
			if string(got) != want.Format(layout) {
				t.Fatalf("%s, want %s", got, want.Format(layout))
			}
		}
	})
}

func TestApportionedPartsSumToTheWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		total := rapid.Int64Range(0, 1<<40).Draw(t, "total")
		weights := rapid.SliceOfN(rapid.Uint64Range(0, 1<<20), 1, 50).Draw(t, "weights")
		var whole, before uint64
		for _, w := range weights {
			whole += w
		}
		if whole == 0 {
			return
		}
		var sum int64
		for _, w := range weights {
			part := apportion(total, before+w, whole) - apportion(total, before, whole)
			if part < 0 || w == 0 && part != 0 {
				t.Fatalf("a weight of %d gets %d", w, part)
			}
			before += w
			sum += part
		}
		if sum != total {
			t.Fatalf("parts sum to %d of %d", sum, total)
		}
	})
}

func TestDrawsStayWithinTheirRange(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := random{rapid.Uint64().Draw(t, "seed")}
		lo := rapid.Int64Range(-1000, 1000).Draw(t, "lo")
		hi := lo + rapid.Int64Range(0, 100).Draw(t, "width")
		if x := r.between(lo, hi); x < lo || x > hi {
			t.Fatalf("%d is not between %d and %d", x, lo, hi)
		}
	})
}

func TestUUIDsAreOfVersion4(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := pair{rapid.Uint64().Draw(t, "hi"), rapid.Uint64().Draw(t, "lo")}
		id := string(appendUUID(nil, p))
		if len(id) != 36 || strings.Count(id, "-") != 4 || id[14] != '4' || !strings.Contains("89ab", id[19:20]) {
			t.Fatalf("%s", id)
		}
	})
}

func TestTemplatesFillTheirGaps(t *testing.T) {
	u := &unit{account: member{id: "111122223333", name: "web"}, region: &regions[0]}
	s := &scene{unit: u, actor: &actor{name: "ada"}, time: 1_000_000_000}
	for text, want := range map[string]string{
		"plain":                      "plain",
		`{"a":"<account>/<region>"}`: `{"a":"111122223333/us-east-1"}`,
		"<actor><actor>":             "adaada",
		"<time> <millis>":            "2001-09-09T01:46:40Z 1000000000000",
		"<bucket>":                   "web-assets-us-east-1",
	} {
		if got := string(compile(text).append(nil, s)); got != want {
			t.Errorf("%s gives %s, want %s", text, got, want)
		}
	}
}

func TestUnknownGapsAreFoundAtOnce(t *testing.T) {
	for _, text := range []string{"<nothing>", "<account"} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s was compiled", text)
				}
			}()
			compile(text)
		}()
	}
}
