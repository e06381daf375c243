package app

import (
	"fmt"

	"github.com/go-json-experiment/json"

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
	// graphMessage tells aggregator whose timelines have changed.
	graphMessage struct {
		Resources []resourceName `json:"resources,omitzero"`
		Prices    bool           `json:"prices,omitzero"` // there is a new price list
		Seen      int64          `json:"seen,omitzero"`
	}
	// auditMessage tells audit-log what a commit brought to the lake.
	auditMessage struct {
		Rows        int64    `json:"rows,omitzero"`
		Quarantined []string `json:"quarantined,omitzero"` // files
		Conflicts   int64    `json:"conflicts,omitzero"`
		// Conflicting are the events of the conflicts, as far as there is room.
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

// conflictsPerMessage bounds auditMessage.Conflicting: people are told of fewer,
// and of the number of the others.
const conflictsPerMessage = 100

// encode makes a message. What is in it always encodes: file names are made
// valid by their reader, ids are ASCII.
func encode(to string, body any) queue.Outgoing {
	data, err := json.Marshal(body, json.Deterministic(true))
	if err != nil {
		panic(fmt.Sprintf("app: a message for %s does not encode: %v", to, err))
	}
	return queue.Outgoing{Queue: to, Body: data}
}

// decode reads a message; an empty body leaves the zero value.
func decode[T any](m *queue.Message) (body T, err error) {
	if len(m.Body) == 0 {
		return body, nil
	}
	if err := json.Unmarshal(m.Body, &body); err != nil {
		return body, fmt.Errorf("read message %s: %w", m.ID, err)
	}
	return body, nil
}

// keys gives resources as the fleet has them.
func keys(names []resourceName) []usage.ResourceKey {
	list := make([]usage.ResourceKey, len(names))
	for i, n := range names {
		list[i] = usage.ResourceKey{Account: n.Account, Resource: n.Resource}
	}
	return list
}
