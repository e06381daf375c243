package usage

import (
	"fmt"
	"time"
)

const operationAssumed = "operation assumed: no DescribeInstances shows it"

// clock writes a moment in evidence.
func clock(at Seconds) string { return time.Unix(at, 0).UTC().Format(time.RFC3339) }

func boundedEnd(seen, at Seconds) string {
	return fmt.Sprintf("end bounded: last known to run at %s, over by %s", clock(seen), clock(at))
}

func suffix(reason string) string {
	if reason == "" {
		return ""
	}
	return ", " + reason
}

// parents are the tags by which automation marks what it launched, as
// evidence for who stands behind a launch. Source: spec/cloudtrail.md, "Who
// did it".
var parents = [...]string{
	"aws:autoscaling:groupName", "aws:cloudformation:stack-name", "aws:ec2:fleet-id",
	"aws:ec2launchtemplate:id", "eks:cluster-name",
}

// launchEvidence names the parents of an instance that a service launched.
func launchEvidence(launch *statement, tags Tags) []string {
	if launch == nil || launch.cause.InvokedBy == "" {
		return nil
	}
	why := []string{"launched by " + launch.cause.InvokedBy}
	for _, key := range parents {
		if v, ok := tags[key]; ok {
			why = append(why, "tag "+key+"="+v)
		}
	}
	return why
}
