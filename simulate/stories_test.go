package simulate

import (
	"slices"
	"testing"
)

func TestTheForgottenMachineRunsOverTheWeekend(t *testing.T) {
	found := 0
	for _, in := range richSimulation(t).truth.Instances {
		if in.Tags["Name"] != "llm-try-2" {
			continue
		}
		found++
		p := in.Periods[0]
		if p.Type != "p4d.24xlarge" || p.End-p.Start < 60*3600 || p.Cost.Nano < 1_900e9 {
			t.Errorf("%s ran as %s for %d s and cost %d", in.ID, p.Type, p.End-p.Start, p.Cost.Nano)
		}
	}
	if found != 1 {
		t.Errorf("%d such machines", found)
	}
}

func TestTheStolenKeyLeavesItsTrace(t *testing.T) {
	s := richSimulation(t)
	var calls, errors []string
	for _, e := range distinct(s.events(t)) {
		if e.IP == "203.0.113.66" {
			calls, errors = append(calls, e.EventName), append(errors, e.ErrorCode)
			if slices.Contains(s.opt.Regions, e.Region) {
				t.Errorf("the thief worked in %s", e.Region)
			}
		}
	}
	want := []string{"GetCallerIdentity", "ListUsers", "CreateUser", "DescribeInstances", "RunInstances", "RunInstances", "RunInstances"}
	if !slices.Equal(calls, want) || errors[4] != "Client.VcpuLimitExceeded" || errors[6] != "" {
		t.Errorf("calls %v, errors %v", calls, errors)
	}
	stolen := 0
	for _, in := range s.truth.Instances {
		if in.IP == "203.0.113.66" {
			stolen++
			if in.Actor != "reporting-robot" || in.Periods[0].How != "terminated" {
				t.Errorf("%+v", in)
			}
		}
	}
	if stolen != 4 {
		t.Errorf("the thief ran %d instances", stolen)
	}
}
