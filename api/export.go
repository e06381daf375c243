package api

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"time"

	"github.com/kopterio/kopter/cost"
)

// exportsAtOnce bounds the exports of one tenant that run at the same time.
const exportsAtOnce = 4

// exportBuffer is how many bytes of an export go out at once.
const exportBuffer = 64 << 10

// export is a file that is written while it is sent. It takes as long as its
// connection lasts.
type export struct {
	server *server
	ctx    context.Context // of the request
	name   string          // of the file, without its ending
	format string
	write  func(ctx context.Context, out io.Writer) error
}

// contentTypes are those of the formats.
var contentTypes = map[string]string{
	"csv": "text/csv; charset=utf-8", "ndjson": "application/x-ndjson", "parquet": "application/vnd.apache.parquet",
}

// send streams the file. When it fails on the way, whoever called send cuts
// the connection; before the first byte it is an answer as any other.
func (e *export) send(w http.ResponseWriter) error {
	release, err := e.server.exports.take(e.ctx, tenantOf(e.ctx))
	if err != nil {
		return err
	}
	defer release()
	h := w.Header()
	h.Set("Content-Type", contentTypes[e.format])
	h.Set("Content-Disposition", `attachment; filename="`+e.name+"."+e.format+`"`)
	h.Set("Cache-Control", "private, no-store")
	out := bufio.NewWriterSize(flushing{w}, exportBuffer)
	if err := e.write(e.ctx, out); err != nil {
		return err
	}
	if out.Buffered() == 0 && !traceOf(e.ctx).begun {
		w.WriteHeader(http.StatusOK) // an empty file
	}
	return out.Flush()
}

// VisitExportEventsResponse streams events.
func (e *export) VisitExportEventsResponse(w http.ResponseWriter) error { return e.send(w) }

// VisitExportCostResponse streams rows of the graph.
func (e *export) VisitExportCostResponse(w http.ResponseWriter) error { return e.send(w) }

// flushing sends every write at once.
type flushing struct{ w http.ResponseWriter }

func (f flushing) Write(b []byte) (int, error) {
	n, err := f.w.Write(b)
	if err == nil {
		err = http.NewResponseController(f.w).Flush()
	}
	return n, err
}

// ExportEvents streams all events that match.
func (s *server) ExportEvents(ctx context.Context, request ExportEventsRequestObject) (ExportEventsResponseObject, error) {
	p := request.Params
	r, err := s.auditRequest(p.Q, p.From, p.To)
	if err != nil {
		return nil, err
	}
	format := string(p.Format)
	r.Raw = format == "ndjson"
	return &export{
		server: s, ctx: ctx, name: fileName("events", millisecondOrNone(r.From), millisecondOrNone(r.Until)), format: format,
		write: func(ctx context.Context, out io.Writer) error {
			return s.Lake.Export(ctx, tenantOf(ctx), r, format, out)
		},
	}, nil
}

func millisecondOrNone(at int64) time.Time {
	if at == 0 {
		return time.Time{}
	}
	return millisecond(at)
}

// fileName is such as "kopter-events-20260101-to-20260201".
func fileName(what string, from, until time.Time) string {
	name := "kopter-" + what
	if !from.IsZero() {
		name += from.UTC().Format("-20060102T1504Z")
	}
	if !until.IsZero() {
		name += until.UTC().Format("-to-20060102T1504Z")
	}
	return name
}

// ExportCost streams the rows of the graph.
func (s *server) ExportCost(ctx context.Context, request ExportCostRequestObject) (ExportCostResponseObject, error) {
	p := request.Params
	r, err := s.graphRequest(p.Q, p.From, p.To, p.By)
	if err != nil {
		return nil, err
	}
	if r.Step, err = cost.ParseBucket(string(given(p.Step, "day"))); err != nil {
		return nil, wrong("step", err)
	}
	r.MaxCells = maxExportCells
	c, err := s.Live(tenantOf(ctx)).Graph(ctx, r)
	if err != nil {
		return nil, err
	}
	format := string(p.Format)
	return &export{
		server: s, ctx: ctx, name: fileName("cost", second(c.From), second(c.Until)), format: format,
		write: func(ctx context.Context, out io.Writer) error { return c.Export(ctx, format, out) },
	}, nil
}

// maxExportCells bounds the graph of an export, which is held in memory: a cell
// is 24 bytes.
const maxExportCells = 5_000_000
