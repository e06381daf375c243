package usage

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"testing"

	"github.com/kopterio/kopter/cloudtrail"
)

// benchFacts are lives of instances as logs tell them: launched, tagged,
// stopped, resized, started, seen, terminated; eight facts each.
func benchFacts(resources int) []Fact {
	facts := make([]Fact, 0, 8*resources)
	for r := range resources {
		id, at := fmt.Sprintf("i-%017x", r), day+Seconds(r%100_000)
		cause := func(name string, n int) Cause {
			return Cause{
				EventID: fmt.Sprintf("%08x-0000-0000-0000-%012x", r, n), EventName: name, Principal: "arn:aws:iam::123456789012:role/deploy",
				Actor: "ann", ActorType: "AssumedRole", Session: "ann", AccessKey: "ASIAEXAMPLEEXAMPLE00", IP: "203.0.113.7", UserAgent: "aws-cli/2.15.0 Python/3.11.6 Linux/5.10",
			}
		}
		tags := Tags{"Name": "web", "team": "shop", "aws:autoscaling:groupName": "web"}
		shape := patch{typ: "m5.large", tenancy: "Shared", purchase: onDemand, marketplace: no}
		seen := shape
		seen.operation = "RunInstances"
		for n, s := range []*statement{
			{kind: kindLaunch, at: at, zone: "us-east-1a", shape: shape, tags: tags, cause: cause("RunInstances", 0)},
			{kind: kindTag, at: at + 10, tags: Tags{"env": "live"}, cause: cause("CreateTags", 1)},
			{kind: kindStop, at: at + 4000, state: stateRunning, cause: cause("StopInstances", 2)},
			{kind: kindModify, at: at + 4100, shape: patch{typ: "m5.xlarge"}, cause: cause("ModifyInstanceAttribute", 3)},
			{kind: kindStart, at: at + 4200, state: stateStopped, cause: cause("StartInstances", 4)},
			{kind: kindSeen, at: at + 3600, state: stateRunning, launched: at, zone: "us-east-1a", shape: seen, tags: Tags{"Name": "web", "team": "shop", "env": "live", "aws:autoscaling:groupName": "web"}},
			{kind: kindSeen, at: at + 7200, state: stateStopped, launched: at + 4200, ended: at + 7100, zone: "us-east-1a", shape: seen, tags: tags},
			{kind: kindTerminate, at: at + 9000, state: stateStopped, cause: cause("TerminateInstances", 5)},
		} {
			s.region = scriptRegion
			key := fmt.Sprintf("%s/%016x", s.cause.EventID, n)
			facts = append(facts, Fact{Account: scriptAccount, Resource: id, Key: key, Data: s.encode()})
		}
	}
	slices.SortFunc(facts, func(a, b Fact) int {
		return cmp.Or(cmp.Compare(a.Resource, b.Resource), compareFacts(a, b))
	})
	return facts
}

func each(facts []Fact) iter.Seq2[Fact, error] {
	return func(yield func(Fact, error) bool) {
		for _, f := range facts {
			if !yield(f, nil) {
				return
			}
		}
	}
}

func BenchmarkTimelines(b *testing.B) {
	facts := benchFacts(12_500)
	h := NewHorizon([]Freshness{{scriptAccount, scriptRegion, day + 1_000_000}}, nil, NoLimit)
	intervals, bytes := 0, 0
	for _, f := range facts {
		bytes += len(f.Data)
	}
	b.ReportAllocs()
	for b.Loop() {
		intervals = 0
		for t, err := range Timelines(each(facts), h) {
			if err != nil {
				b.Fatal(err)
			}
			intervals += len(t.Intervals)
		}
	}
	b.ReportMetric(float64(len(facts))*float64(b.N)/b.Elapsed().Seconds(), "facts/s")
	b.ReportMetric(float64(intervals), "intervals")
	b.ReportMetric(float64(bytes)/float64(len(facts)), "bytes/fact")
}

func BenchmarkFromRecord(b *testing.B) {
	recs := map[string]*cloudtrail.Record{
		"RunInstances": record("ec2.amazonaws.com", "RunInstances", benchLaunch),
		"StopInstances": record("ec2.amazonaws.com", "StopInstances", `{"eventVersion":"1.08","userIdentity":{"type":"AssumedRole","principalId":"AROA:ann","arn":"arn:aws:sts::123456789012:assumed-role/deploy/ann"},"requestParameters":{"instancesSet":{"items":[{"instanceId":"i-0123456789abcdef0"}]},"force":false},
			"responseElements":{"requestId":"465f607a-ba4d-4352-a397-2c622a46283d","instancesSet":{"items":[{"instanceId":"i-0123456789abcdef0","currentState":{"code":64,"name":"stopping"},"previousState":{"code":16,"name":"running"}}]}}}`),
	}
	for name, rec := range recs {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(rec.Raw)))
			b.ReportAllocs()
			for b.Loop() {
				if err := FromRecord(rec, func(Fact) {}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

const benchLaunch = `{"eventVersion":"1.08","userIdentity":{"type":"AssumedRole","principalId":"AROA:ann","arn":"arn:aws:sts::123456789012:assumed-role/deploy/ann","accountId":"123456789012"},
"requestParameters":{"instancesSet":{"items":[{"imageId":"ami-029eb80bc237bec6f","minCount":1,"maxCount":1}]},"instanceType":"t3.micro","blockDeviceMapping":{},"monitoring":{"enabled":false},"disableApiTermination":false,"disableApiStop":false,"clientToken":"D37569A7-CF2F-4BD3-8DDE-F17AB408204D","networkInterfaceSet":{"items":[{"networkInterfaceId":"eni-076fa9fb98a2500a7","deviceIndex":0,"deleteOnTermination":false}]},"ebsOptimized":false,"tagSpecificationSet":{"items":[{"resourceType":"instance","tags":[{"key":"team","value":"shop"}]}]}},
"responseElements":{"requestId":"95b435ce","reservationId":"r-0ac0088de73525c3c","ownerId":"123456789012","groupSet":{},"instancesSet":{"items":[{"instanceId":"i-0dbc91f429e48eeed","imageId":"ami-029eb80bc237bec6f","currentInstanceBootMode":"legacy-bios","instanceState":{"code":0,"name":"pending"},"privateDnsName":"ip-10-0-1-10.ec2.internal","amiLaunchIndex":0,"productCodes":{},"instanceType":"t3.micro","launchTime":1688990121000,"placement":{"availabilityZone":"us-east-1a","tenancy":"default"},"monitoring":{"state":"disabled"},"subnetId":"subnet-0ed352584ab4aa265","vpcId":"vpc-06fe1a64761a0f720","privateIpAddress":"10.0.1.10","stateReason":{"code":"pending","message":"pending"},"architecture":"x86_64","rootDeviceType":"ebs","rootDeviceName":"/dev/xvda","blockDeviceMapping":{},"virtualizationType":"hvm","hypervisor":"xen","tagSet":{"items":[{"key":"team","value":"shop"}]},"groupSet":{"items":[{"groupId":"sg-0b233157065b7d5e2"}]},"sourceDestCheck":true,"networkInterfaceSet":{"items":[{"networkInterfaceId":"eni-076fa9fb98a2500a7","subnetId":"subnet-0ed352584ab4aa265","vpcId":"vpc-06fe1a64761a0f720","ownerId":"123456789012","status":"in-use","macAddress":"12:c4:b6:95:a1:71","privateIpAddress":"10.0.1.10","sourceDestCheck":true}]}}]}}}`
