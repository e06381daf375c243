package audit_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/kopterio/kopter/account"
	"github.com/kopterio/kopter/audit"
)

// BenchmarkAnswers measures what a page of the web app asks beside events.
func BenchmarkAnswers(b *testing.B) {
	lake, err := benchLake()
	if err != nil {
		b.Fatal(err)
	}
	ctx := context.Background()
	eight := []string{"name", "source", "account", "region", "actor", "error_code", "ip", "read_only"}
	histogram := func(text string, width time.Duration, until int64) func(*testing.B) {
		return func(b *testing.B) {
			_, err := lake.Histogram(ctx, account.Local, audit.HistogramRequest{Query: parse(b, text), Width: width, Until: until})
			failOn(b, err)
		}
	}
	facets := func(text string, fields ...string) func(*testing.B) {
		return func(b *testing.B) {
			_, err := lake.Facets(ctx, account.Local, audit.FacetRequest{Query: parse(b, text), Fields: fields})
			failOn(b, err)
		}
	}
	suggest := func(text, field, prefix string) func(*testing.B) {
		return func(b *testing.B) {
			got, err := lake.Suggest(ctx, account.Local, audit.SuggestRequest{Query: parse(b, text), Field: field, Prefix: prefix})
			failOn(b, err)
			if len(got.List) == 0 {
				b.Fatal("nothing is suggested")
			}
		}
	}
	event := oneEvent(b, lake)
	for _, question := range []struct {
		name string
		ask  func(*testing.B)
	}{
		{"histogram by hour", histogram("", time.Hour, benchStart+80*dayMillis)},
		{"histogram by day", histogram("", 24*time.Hour, 0)},
		{"histogram of errors by day", histogram("error_code:AccessDenied", 24*time.Hour, 0)},
		{"histogram of a resource", histogram("resources:"+rareInstance, 24*time.Hour, 0)},
		{"8 facets", facets("", eight...)},
		{"8 facets of an account", facets(fmt.Sprintf("account:%012d", 100000000000+3*7919), eight...)},
		{"8 facets of a resource", facets("resources:"+rareInstance, eight...)},
		{"facet of resources", facets("", "resources")},
		{"suggest names", suggest("", "name", "des")},
		{"suggest actors", suggest("", "actor", "user1")},
		{"suggest addresses", suggest("", "ip", "")},
		{"suggest names of an account", suggest(fmt.Sprintf("account:%012d", 100000000000+3*7919), "name", "")},
		{"suggest names with text", suggest("AssumedRole", "name", "")},
		{"event", func(b *testing.B) {
			got, err := lake.Event(ctx, account.Local, event.EventID)
			failOn(b, err)
			if len(got.Events) != 1 {
				b.Fatalf("%d events", len(got.Events))
			}
		}},
		{"chain", func(b *testing.B) {
			_, err := lake.Chain(ctx, account.Local, event)
			failOn(b, err)
		}},
	} {
		b.Run(question.name, func(b *testing.B) {
			question.ask(b) // opens the parts
			var took []time.Duration
			before := processorTime(b)
			for b.Loop() {
				begin := time.Now()
				question.ask(b)
				took = append(took, time.Since(begin))
			}
			b.ReportMetric(float64((processorTime(b)-before).Microseconds())/1000/float64(b.N), "cpu-ms")
			reportTimes(b, took)
		})
	}
}

// oneEvent gives an event from the middle of the lake.
func oneEvent(b *testing.B, lake *audit.Lake) *audit.Event {
	result, err := lake.Search(context.Background(), account.Local, audit.Request{Until: benchStart + 45*dayMillis, Limit: 1})
	failOn(b, err)
	return result.Events[0]
}

func failOn(b *testing.B, err error) {
	if err != nil {
		b.Fatal(err)
	}
}
