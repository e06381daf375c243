package api

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/kopterio/kopter/queue"
)

// Metrics counts what Kopter does, for /metrics, which everybody may read: it
// holds no tenant, account or name of anything but Kopter's own parts. Stages
// and queues are those of the pipeline, a known few. It is safe for concurrent
// use.
type Metrics struct {
	registry *prometheus.Registry

	requests *prometheus.CounterVec   // by operation and status
	duration *prometheus.HistogramVec // by operation

	Files       prometheus.Counter // log files ingested
	FileBytes   prometheus.Counter // of them, as stored
	Events      prometheus.Counter // read from them
	EventsAdded prometheus.Counter // of those, new to the lake
	Quarantined prometheus.Counter // entries of the quarantine

	// Seconds from a file's arrival until its events can be found, and until
	// they are in the price graph.
	FileToSearch prometheus.Histogram
	FileToGraph  prometheus.Histogram

	depth  *prometheus.GaugeVec // by queue and state
	stages *prometheus.CounterVec
	stage  *prometheus.HistogramVec
}

// Seconds within which a request and a batch of a stage are expected to end;
// and a file to arrive: the last bound is far beyond any of them.
var (
	requestSeconds = []float64{0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30}
	stageSeconds   = []float64{0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30, 120, 600}
	fileSeconds    = []float64{0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 30, 60, 300}
)

// NewMetrics gives counters that stand at zero.
func NewMetrics() *Metrics {
	r := prometheus.NewRegistry()
	m := &Metrics{
		registry:     r,
		requests:     counters("kopter_http_requests_total", "HTTP requests answered, by operation of openapi.yaml.", "operation", "status"),
		duration:     histograms("kopter_http_request_seconds", "How long answers took; streams and exports are not in it.", requestSeconds, "operation"),
		Files:        counter("kopter_ingest_files_total", "Log files ingested."),
		FileBytes:    counter("kopter_ingest_bytes_total", "Bytes of ingested log files, as they are stored."),
		Events:       counter("kopter_ingest_events_total", "Records read from log files."),
		EventsAdded:  counter("kopter_ingest_events_added_total", "Records that were new to the audit log."),
		Quarantined:  counter("kopter_ingest_quarantined_total", "Pieces of log files that could not be read."),
		FileToSearch: histogram("kopter_file_to_search_seconds", "From a log file's arrival until its events can be found.", fileSeconds),
		FileToGraph:  histogram("kopter_file_to_graph_seconds", "From a log file's arrival until its events are in the price graph.", fileSeconds),
		depth: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "kopter_queue_messages", Help: "Messages in a queue: ready, hidden, delayed or dead.",
		}, []string{"queue", "state"}),
		stages: counters("kopter_stage_messages_total", "Messages that a stage was given, by what became of them: handled, failed, or failed for the last time (dead, a part of failed).", "stage", "outcome"),
		stage:  histograms("kopter_stage_batch_seconds", "How long a stage took for a batch.", stageSeconds, "stage"),
	}
	r.MustRegister(m.requests, m.duration, m.Files, m.FileBytes, m.Events, m.EventsAdded, m.Quarantined,
		m.FileToSearch, m.FileToGraph, m.depth, m.stages, m.stage,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

func counter(name, help string) prometheus.Counter {
	return prometheus.NewCounter(prometheus.CounterOpts{Name: name, Help: help})
}

func counters(name, help string, labels ...string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
}

func histogram(name, help string, buckets []float64) prometheus.Histogram {
	return prometheus.NewHistogram(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets})
}

func histograms(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
	return prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets}, labels)
}

// Handler gives the metrics in Prometheus' text format.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

// Depths notes how many messages the queues hold.
func (m *Metrics) Depths(depths map[string]queue.Depth) {
	for name, d := range depths {
		for state, n := range map[string]int64{"ready": d.Ready, "hidden": d.Hidden, "delayed": d.Delayed, "dead": d.Dead} {
			m.depth.WithLabelValues(name, state).Set(float64(n))
		}
	}
}

// Batch notes what became of the messages of a batch that a stage was given:
// how many are done, how many failed, how many of those had their last
// delivery, and how long it took.
func (m *Metrics) Batch(stage string, handled, failed, dead int, took time.Duration) {
	for outcome, n := range map[string]int{"handled": handled, "failed": failed, "dead": dead} {
		m.stages.WithLabelValues(stage, outcome).Add(float64(n))
	}
	m.stage.WithLabelValues(stage).Observe(took.Seconds())
}

// watch lets the metrics say how many streams of one hub are open.
func (m *Metrics) watch(h *Hub) error {
	return m.registry.Register(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "kopter_streams", Help: "Streams of server-sent events that are open.",
	}, func() float64 { return float64(h.Streams()) }))
}

// request notes an answer. What no operation was reached for has none.
func (m *Metrics) request(t *trace, took time.Duration) {
	operation := "none"
	if t.operation != nil {
		operation = t.operation.name
	}
	m.requests.WithLabelValues(operation, strconv.Itoa(t.status)).Inc()
	if t.operation == nil || !t.operation.stream {
		m.duration.WithLabelValues(operation).Observe(took.Seconds())
	}
}
