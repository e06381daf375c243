package ingest_test

import (
	"slices"
	"testing"

	"github.com/kopterio/kopter/ingest"
	"github.com/kopterio/kopter/internal/shareddata"
	"github.com/kopterio/kopter/local"
	"github.com/kopterio/kopter/usage"
)

// TestRealLogs ingests logs that nobody here wrote, twice. The counts are
// those of the sets' own description; a licence and a page of text lie among
// the logs of each.
func TestRealLogs(t *testing.T) {
	tests := []struct {
		folder    string
		want      ingest.Totals
		instances []string // with facts
	}{
		{
			folder:    "cloudtrail/invictus-ir",
			want:      ingest.Totals{Files: 57, Events: 2900, Added: 2900, Quarantined: 2},
			instances: []string{"i-05c30218156bcc246", "i-0dbc91f429e48eeed"},
		},
		{
			// One event comes twice, with another body.
			folder: "cloudtrail/umccr-flaws-subset",
			want:   ingest.Totals{Files: 7, Events: 185, Added: 184, Conflicts: 1, Quarantined: 2},
		},
	}
	for _, tt := range tests {
		t.Run(tt.folder, func(t *testing.T) {
			folder := shareddata.Path(t, tt.folder)
			p := open(t)
			first := p.run(t, local.Walk(folder), ingest.Options{}).Totals
			tt.want.Bytes, tt.want.Commits = first.Bytes, first.Commits
			same(t, "first run", first, tt.want)
			before := p.state(t)
			second := p.run(t, local.Walk(folder), ingest.Options{}).Totals
			same(t, "second run", second, ingest.Totals{Known: first.Files})
			same(t, "state", p.state(t), before)
			same(t, "instances", instances(before.Facts), tt.instances)
		})
	}
}

// instances are the resources that facts are about.
func instances(facts []usage.Fact) []string {
	var ids []string
	for _, f := range facts {
		ids = append(ids, f.Resource)
	}
	return slices.Compact(ids) // facts come in order
}
