package app

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/kopterio/kopter/queue"
	"github.com/kopterio/kopter/usage"
)

// What the messages of the pipeline say. Each is JSON; unknown members are
// ignored, so that a newer stage may say more to an older one. An empty body
// is a cron's: do all there is to do.
type (
	// logsMessage names log files for cloudtrail-ingest.
	logsMessage struct {
		Files []foundFile `json:"files"`
	}
	foundFile struct {
		URI  string `json:"uri"`
		Size int64  `json:"size"`
		Seen int64  `json:"seen"` // when it was found, milliseconds since 1970
	}
	// filesMessage names recordings for describer, or price lists for pricing.
	filesMessage struct {
		Paths []string `json:"paths"`
	}
	// factsMessage tells ec2-events whose facts have come.
	factsMessage struct {
		Resources []resourceName `json:"resources,omitzero"`
		Snapshots bool           `json:"snapshots,omitzero"` // there are new ones
		Seen      int64          `json:"seen,omitzero"`      // when the oldest file behind it was found
	}
	resourceName struct {
		Account  string `json:"account"`
		Resource string `json:"resource"`
	}
	// graphMessage tells aggregator that timelines have changed, or only run
	// on.
	graphMessage struct {
		Changed bool  `json:"changed,omitzero"` // some began, ended or took another shape
		Prices  bool  `json:"prices,omitzero"`  // there is a new price list
		Seen    int64 `json:"seen,omitzero"`
	}
	// auditMessage tells audit-log what a commit brought to the lake.
	auditMessage struct {
		Broken    int64 `json:"broken,omitzero"` // files of which something is in quarantine
		Conflicts int64 `json:"conflicts,omitzero"`
		// Quarantined and Conflicting name them, as far as there is room.
		Quarantined []string    `json:"quarantined,omitzero"`
		Conflicting []eventName `json:"conflicting,omitzero"`
	}
	eventName struct {
		Account string `json:"account"`
		Event   string `json:"event"`
	}
	// newsMessage tells frontend-notifications what people should see.
	newsMessage struct {
		Audit *auditMessage `json:"audit,omitzero"`
		Graph *graphMessage `json:"graph,omitzero"`
		// Round asks to look for what happened by not happening: silence,
		// running instances without a price, dead letters.
		Round bool `json:"round,omitzero"`
	}
)

// resourcesPerMessage keeps a message far below queue.MaxBody: a name takes
// some sixty bytes.
const resourcesPerMessage = 1000

// Bounds of auditMessage's names: people are told of fewer, and of the number
// of the others.
const (
	conflictsPerMessage = 100
	brokenPerMessage    = 20 // each is a path, which may take 4 KiB and three times that as %XX
)

// encode makes a message. Every string arrives as it was: names of files and
// ids in logs need not be valid UTF-8, which JSON cannot hold.
func encode(to string, body any) queue.Outgoing {
	data, err := json.Marshal(body, json.Deterministic(true), json.WithMarshalers(json.MarshalToFunc(writeExact)))
	if err != nil {
		panic(fmt.Sprintf("app: a message for %s does not encode: %v", to, err))
	}
	return queue.Outgoing{Queue: to, Body: data}
}

// writeExact writes a string with %XX for each byte that is no UTF-8, and for
// the sign itself.
func writeExact(e *jsontext.Encoder, s *string) error {
	if utf8.ValidString(*s) && !strings.Contains(*s, "%") {
		return errors.ErrUnsupported
	}
	var b strings.Builder
	for i, r := range *s {
		_, size := utf8.DecodeRuneInString((*s)[i:])
		if r == '%' || r == utf8.RuneError && size == 1 {
			fmt.Fprintf(&b, "%%%02X", (*s)[i])
		} else {
			b.WriteRune(r)
		}
	}
	return e.WriteToken(jsontext.String(b.String()))
}

// readExact is the inverse of writeExact.
func readExact(d *jsontext.Decoder, s *string) error {
	t, err := d.ReadToken()
	if err != nil {
		return err
	}
	if t.Kind() != '"' {
		return fmt.Errorf("want a string, not %s", t.Kind())
	}
	*s, err = url.PathUnescape(t.String())
	return err
}

// decode reads a message; an empty body leaves the zero value.
func decode[T any](m *queue.Message) (body T, err error) {
	if len(m.Body) == 0 {
		return body, nil
	}
	if err := json.Unmarshal(m.Body, &body, json.WithUnmarshalers(json.UnmarshalFromFunc(readExact))); err != nil {
		return body, fmt.Errorf("read message %s: %w", m.ID, err)
	}
	return body, nil
}

// bodies reads the messages of a batch and hands each on; those that cannot be
// read have failed.
func bodies[T any](batch []queue.Message, take func(m *queue.Message, body *T)) queue.Failures {
	failed := queue.Failures{}
	for i := range batch {
		body, err := decode[T](&batch[i])
		if err != nil {
			failed[batch[i].ID] = err
			continue
		}
		take(&batch[i], &body)
	}
	return failed
}

// failAll fails every message of a batch for the same reason.
func failAll(batch []queue.Message, err error) queue.Failures {
	failed := queue.Failures{}
	for _, m := range batch {
		failed[m.ID] = err
	}
	return failed
}

// keys gives resources as the fleet has them.
func keys(names []resourceName) []usage.ResourceKey {
	list := make([]usage.ResourceKey, len(names))
	for i, n := range names {
		list[i] = usage.ResourceKey{Account: n.Account, Resource: n.Resource}
	}
	return list
}
