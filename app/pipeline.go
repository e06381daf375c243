package app

import (
	"time"

	"github.com/kopterio/kopter/queue"
)

// Stage is a row of the pipeline: what wakes it, and what it reads, writes and
// sends. The words are those of the architecture diagram and, on AWS, of the
// deployment template and its grants, which tests hold to this table.
type Stage struct {
	Name string // of the stage and of its queue
	// Cron is when the clock wakes it besides its queue, as in crontab, UTC;
	// empty for never. A cron's message has an empty body.
	Cron   string
	Reads  []string // tables and sources
	Writes []string // tables
	Sends  []string // queues

	// Batch is how many messages are handled at once at most, Workers how
	// many batches.
	Batch, Workers int
	// Visibility is how long a delivery is hidden before its first heartbeat
	// is missed; MaxReceives how often a message is tried.
	Visibility  time.Duration
	MaxReceives int
}

// The names of stages and their queues.
const (
	StageIngest        = "cloudtrail-ingest"
	StageEC2Events     = "ec2-events"
	StageDescriber     = "describer"
	StagePricing       = "pricing"
	StageAggregator    = "aggregator"
	StageAuditLog      = "audit-log"
	StageNotifications = "frontend-notifications"
)

// hourly is the beat of the crons.
const hourly = "0 * * * *"

// Pipeline is the table of stages, in the order of the flow.
var Pipeline = []Stage{
	{
		// Files found together are committed together.
		Name:  StageIngest,
		Reads: []string{"trail"}, Writes: []string{"audit logs", "facts", "accounts"},
		Sends: []string{StageEC2Events, StageAuditLog},
		Batch: 10, Workers: 1, Visibility: time.Minute, MaxReceives: 5,
	},
	{
		// Two workers: one may be busy with compaction while the other hands
		// new events on.
		Name:  StageAuditLog,
		Reads: []string{"audit logs"}, Writes: []string{"audit logs"},
		Sends: []string{StageNotifications},
		Batch: 100, Workers: 2, Visibility: time.Minute, MaxReceives: 5,
	},
	{
		Name:  StageDescriber,
		Cron:  hourly,
		Reads: []string{"inventory"}, Writes: []string{"snapshots", "facts", "accounts"},
		Sends: []string{StageEC2Events},
		Batch: 1, Workers: 1, Visibility: time.Minute, MaxReceives: 5,
	},
	{
		Name:  StagePricing,
		Cron:  hourly,
		Reads: []string{"price list"}, Writes: []string{"prices"},
		Sends: []string{StageAggregator},
		Batch: 1, Workers: 1, Visibility: time.Minute, MaxReceives: 5,
	},
	{
		Name:  StageEC2Events,
		Reads: []string{"facts", "snapshots", "accounts"}, Writes: []string{"timelines"},
		Sends: []string{StageAggregator},
		Batch: 100, Workers: 1, Visibility: time.Minute, MaxReceives: 5,
	},
	{
		Name:  StageAggregator,
		Cron:  hourly,
		Reads: []string{"timelines", "prices"}, Writes: []string{"price graph"},
		Sends: []string{StageNotifications},
		Batch: 100, Workers: 1, Visibility: time.Minute, MaxReceives: 5,
	},
	{
		Name:  StageNotifications,
		Reads: []string{"price graph", "audit logs", "accounts"}, Writes: []string{"notifications"},
		Batch: 100, Workers: 1, Visibility: time.Minute, MaxReceives: 5,
	},
}

// policy is how the stage's queue treats its messages.
func (s *Stage) policy() queue.Policy {
	return queue.Policy{Name: s.Name, Visibility: s.Visibility, MaxReceives: s.MaxReceives}
}

// policies are the queues of the pipeline.
func policies() []queue.Policy {
	list := make([]queue.Policy, len(Pipeline))
	for i := range Pipeline {
		list[i] = Pipeline[i].policy()
	}
	return list
}
