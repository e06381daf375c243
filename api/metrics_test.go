package api

import (
	"bufio"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kopterio/kopter/queue"
)

// metricsOf reads a house's metrics: values by name and labels.
func metricsOf(t *testing.T, h *house) map[string]string {
	t.Helper()
	a := h.ask(http.MethodGet, "/metrics")
	if a.Code != 200 || !strings.HasPrefix(a.Header().Get("Content-Type"), "text/plain; version=0.0.4") {
		t.Fatalf("%d %v", a.Code, a.Header())
	}
	values := map[string]string{}
	for lines := bufio.NewScanner(a.Body); lines.Scan(); {
		if name, value, found := strings.Cut(lines.Text(), "} "); found {
			values[name+"}"] = value
		} else if name, value, found := strings.Cut(lines.Text(), " "); found {
			values[name] = value
		}
	}
	return values
}

func TestMetrics(t *testing.T) {
	m := NewMetrics()
	h := newHouse(t, func(o *Options) { o.Metrics = m })
	m.Files.Add(3)
	m.Events.Add(1000)
	m.FileToSearch.Observe(0.4)
	m.Depths(map[string]queue.Depth{someQueue: {Ready: 5, Hidden: 4, Delayed: 3, Dead: 2}})
	m.Depths(map[string]queue.Depth{someQueue: {Ready: 6, Hidden: 4, Delayed: 3, Dead: 2}})
	m.Batch("aggregator", 9, 2, 1, 20*time.Millisecond)
	h.ask(http.MethodGet, "/v1/session")
	h.ask(http.MethodGet, "/v1/session", "Authorization", "Bearer "+h.token("acme"))
	h.ask(http.MethodGet, "/v1/audit/aws/secret-id", "Authorization", "Bearer "+h.token("acme"))
	got := metricsOf(t, h)
	for name, want := range map[string]string{
		"kopter_ingest_files_total":                                         "3",
		"kopter_ingest_events_total":                                        "1000",
		`kopter_file_to_search_seconds_bucket{le="0.3"}`:                    "0",
		`kopter_file_to_search_seconds_bucket{le="0.5"}`:                    "1",
		"kopter_file_to_graph_seconds_count":                                "0",
		`kopter_queue_messages{queue="cloudtrail-ingest",state="ready"}`:    "6",
		`kopter_queue_messages{queue="cloudtrail-ingest",state="dead"}`:     "2",
		`kopter_stage_messages_total{outcome="handled",stage="aggregator"}`: "9",
		`kopter_stage_messages_total{outcome="failed",stage="aggregator"}`:  "2",
		`kopter_stage_messages_total{outcome="dead",stage="aggregator"}`:    "1",
		`kopter_stage_batch_seconds_bucket{stage="aggregator",le="0.05"}`:   "1",
		`kopter_http_requests_total{operation="none",status="401"}`:         "1",
		`kopter_http_requests_total{operation="GetSession",status="200"}`:   "1",
		`kopter_http_requests_total{operation="GetEvent",status="404"}`:     "1",
		`kopter_http_request_seconds_count{operation="GetSession"}`:         "1",
		"kopter_streams": "0",
	} {
		if got[name] != want {
			t.Errorf("%s is %q, want %q", name, got[name], want)
		}
	}
	if got["go_goroutines"] == "" || got["process_resident_memory_bytes"] == "" {
		t.Error("nothing about the process itself")
	}
}

// TestMetricsHoldNoNames: everybody may read them, so labels take their values
// from Kopter's own, and none from a request.
func TestMetricsHoldNoNames(t *testing.T) {
	h := newHouse(t)
	bearer := "Bearer " + h.token("acme")
	for _, path := range []string{"/v1/audit/aws/secret-id?account=111122223333", "/v1/inventory/i-secret", "/v1/pipeline/queues/secret/letters", "/v1/secret", "/secret", "/v1/prices?type=secret"} {
		h.ask(http.MethodGet, path, "Authorization", bearer)
	}
	h.ask("SECRET", "/v1/session", "Authorization", bearer)
	c, err := readContract(Spec)
	if err != nil {
		t.Fatal(err)
	}
	labels := regexp.MustCompile(`(\w+)="([^"]*)"`)
	for name := range metricsOf(t, h) {
		if strings.Contains(strings.ToLower(name), "secret") || strings.Contains(name, "acme") || strings.Contains(name, "1111") {
			t.Errorf("metric %s", name)
		}
		for _, label := range labels.FindAllStringSubmatch(name, -1) {
			_, operation := c.byName[label[2]]
			switch label[1] {
			case "operation":
				if !operation && label[2] != "none" {
					t.Errorf("%s: no operation of the contract", name)
				}
			default:
				if !slices.Contains([]string{"status", "le", "quantile", "version"}, label[1]) {
					t.Errorf("%s: label %s, which nothing set", name, label[1])
				}
			}
		}
	}
}
