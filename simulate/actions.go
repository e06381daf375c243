package simulate

import "strconv"

// deedNames are the event names of deeds.
var deedNames = [...]string{
	runDeed: "RunInstances", startDeed: "StartInstances", stopDeed: "StopInstances", hibernateDeed: "StopInstances",
	terminateDeed: "TerminateInstances", againDeed: "TerminateInstances", rebootDeed: "RebootInstances",
	resizeDeed: "ModifyInstanceAttribute", tagDeed: "CreateTags", evictDeed: "BidEvictedEvent", failDeed: "RunInstances",
}

// state is an instance's state with its code.
type state struct {
	code int64
	name string
}

var (
	pendingState      = state{0, "pending"}
	runningState      = state{16, "running"}
	shuttingDownState = state{32, "shutting-down"}
	terminatedState   = state{48, "terminated"}
	stoppingState     = state{64, "stopping"}
	stoppedState      = state{80, "stopped"}
)

func appendID(dst []byte, l *life) []byte { return appendHex(append(dst, "i-0"...), l.id, 16) }

// fill renders what a planned action says about instances into a record.
func (a *action) fill(r *record) {
	r.source, r.name = "ec2", deedNames[a.deed]
	switch a.deed {
	case runDeed:
		r.request = a.appendRunRequest(r.request)
		r.response = a.appendRunResponse(r.response)
	case failDeed:
		r.request = a.appendRunRequest(r.request)
		r.errorCode, r.errorText = a.err.code, a.err.text
	case evictDeed:
		r.kind = "AwsServiceEvent"
		r.service = append(a.appendIDs(append(r.service, `{"instanceIdSet":[`...)), "]}"...)
	case rebootDeed:
		r.request = a.appendInstances(r.request, "")
		r.response = a.appendOutcome(r.response)
	case resizeDeed:
		r.request = appendID(append(r.request, `{"instanceId":"`...), a.lives[0])
		r.request = text(r.request, `","instanceType":{"value":"`, machines[a.machine].name, `"}}`)
		r.response = a.appendOutcome(r.response)
	case tagDeed:
		r.request = appendID(append(r.request, `{"resourcesSet":{"items":[{"resourceId":"`...), a.lives[0])
		r.request = text(r.request, `"}]},"tagSet":{"items":[{"key":"cost-center","value":"`, a.lives[0].extraTag, `"}]}}`)
		r.response = a.appendOutcome(r.response)
	default:
		a.fillStateChange(r)
	}
}

func (a *action) appendOutcome(dst []byte) []byte {
	return append(appendUUID(append(dst, `{"requestId":"`...), a.requestID()), `","_return":true}`...)
}

func (a *action) requestID() pair { return pair{a.id.lo, ^a.id.hi} }

func (a *action) fillStateChange(r *record) {
	extra, before, after := "", runningState, stoppingState
	switch a.deed {
	case startDeed:
		before, after = stoppedState, pendingState
	case hibernateDeed:
		extra = `,"hibernate":true,"force":false`
	case stopDeed:
		extra = `,"force":false`
	case terminateDeed:
		after = shuttingDownState
	case againDeed:
		before, after = terminatedState, terminatedState
	}
	r.request = a.appendInstances(r.request, extra)
	r.response = appendUUID(append(r.response, `{"requestId":"`...), a.requestID())
	r.response = append(r.response, `","instancesSet":{"items":[`...)
	for i, l := range a.lives {
		r.response = appendID(append(separate(r.response, i), `{"instanceId":"`...), l)
		r.response = append(appendState(append(r.response, `","currentState":`...), after), `,"previousState":`...)
		r.response = append(appendState(r.response, before), '}')
	}
	r.response = append(r.response, "]}}"...)
}

func appendState(dst []byte, s state) []byte {
	dst = strconv.AppendInt(append(dst, `{"code":`...), s.code, 10)
	return text(dst, `,"name":"`, s.name, `"}`)
}

func (a *action) appendInstances(dst []byte, extra string) []byte {
	dst = append(dst, `{"instancesSet":{"items":[`...)
	for i, l := range a.lives {
		dst = append(appendID(append(separate(dst, i), `{"instanceId":"`...), l), `"}`...)
	}
	return append(text(dst, `]}`, extra), '}')
}

func (a *action) appendIDs(dst []byte) []byte {
	for i, l := range a.lives {
		dst = append(appendID(append(separate(dst, i), '"'), l), '"')
	}
	return dst
}

func separate(dst []byte, i int) []byte {
	if i > 0 {
		return append(dst, ',')
	}
	return dst
}

// appendRunRequest writes the parameters of a launch. A group launches from a
// template, so its request names no type.
func (a *action) appendRunRequest(dst []byte) []byte {
	count := max(a.count, int64(len(a.lives)))
	dst = appendHex(append(dst, `{"instancesSet":{"items":[{"imageId":"ami-0`...), a.id.hi, 16)
	dst = strconv.AppendInt(append(dst, `","minCount":1,"maxCount":`...), count, 10)
	dst = append(dst, `}]},`...)
	if len(a.lives) > 0 && a.lives[0].group != "" {
		dst = appendHex(append(dst, `"launchTemplate":{"launchTemplateId":"lt-0`...), digest(a.lives[0].group), 16)
		dst = append(dst, `","version":"12"},`...)
	} else {
		dst = text(dst, `"instanceType":"`, machines[a.machine].name, `",`)
	}
	if len(a.lives) > 0 && a.lives[0].spot {
		dst = append(dst, `"instanceMarketOptions":{"marketType":"spot","spotOptions":{"spotInstanceType":"one-time"}},`...)
	}
	dst = append(dst, `"blockDeviceMapping":{},"monitoring":{"enabled":false},"disableApiTermination":false,"disableApiStop":false,"clientToken":"`...)
	dst = append(appendUUID(dst, pair{a.id.lo, a.id.hi}), `","ebsOptimized":false`...)
	if len(a.lives) > 0 {
		dst = a.lives[0].appendTags(append(dst, `,"tagSpecificationSet":{"items":[{"resourceType":"instance","tags":`...), 0)
		dst = append(dst, `}]}`...)
	}
	return append(dst, '}')
}

func (a *action) appendRunResponse(dst []byte) []byte {
	dst = appendUUID(append(dst, `{"requestId":"`...), a.requestID())
	dst = appendHex(append(dst, `","reservationId":"r-0`...), a.id.lo, 16)
	dst = text(dst, `","ownerId":"`, a.lives[0].unit.account.id, `","groupSet":{},"instancesSet":{"items":[`)
	for i, l := range a.lives {
		dst = l.appendItem(separate(dst, i), a)
	}
	return append(dst, "]}}"...)
}

// appendItem writes an instance as the response of its launch shows it.
func (l *life) appendItem(dst []byte, a *action) []byte {
	m := machines[a.machine]
	dst = appendID(append(dst, `{"instanceId":"`...), l)
	dst = appendHex(append(dst, `","imageId":"ami-0`...), a.id.hi, 16)
	dst = appendState(append(dst, `","instanceState":`...), pendingState)
	dst = text(dst, `,"privateDnsName":"ip-10-0-12-7.`, l.unit.region.code, `.compute.internal","amiLaunchIndex":0,"productCodes":{},"instanceType":"`, m.name, `","launchTime":`)
	dst = append(strconv.AppendInt(dst, a.time, 10), "000"...)
	dst = append(text(dst, `,"placement":{"availabilityZone":"`, l.unit.region.code), l.zone)
	dst = text(dst, `","tenancy":"`, l.tenancy(), `"}`)
	if platforms[l.platform].windows {
		dst = text(dst, `,"platform":"windows"`)
	}
	dst = text(dst, `,"monitoring":{"state":"disabled"},"subnetId":"subnet-0b1e5c7d9f3a24680","vpcId":"vpc-0f1a2b3c4d5e60718","privateIpAddress":"10.0.12.7",`,
		`"stateReason":{"code":"pending","message":"pending"},"architecture":"`, architecture(m), `","rootDeviceType":"ebs","rootDeviceName":"/dev/xvda","blockDeviceMapping":{},"virtualizationType":"hvm","hypervisor":"xen",`)
	if l.spot {
		dst = appendHex(append(dst, `"instanceLifecycle":"spot","spotInstanceRequestId":"sir-`...), l.id, 8)
		dst = append(dst, `",`...)
	}
	dst = l.appendTags(append(dst, `"tagSet":{"items":`...), 0)
	dst = strconv.AppendInt(append(dst, `},"cpuOptions":{"coreCount":`...), cores(m), 10)
	dst = strconv.AppendInt(append(dst, `,"threadsPerCore":`...), m.vcpus/cores(m), 10)
	return append(dst, `},"capacityReservationSpecification":{"capacityReservationPreference":"open"},"enclaveOptions":{"enabled":false},"metadataOptions":{"state":"pending","httpTokens":"required","httpPutResponseHopLimit":2,"httpEndpoint":"enabled"}}`...)
}

func cores(m machine) int64 {
	if m.arm {
		return m.vcpus
	}
	return m.vcpus / 2
}

func architecture(m machine) string {
	if m.arm {
		return "arm64"
	}
	return "x86_64"
}

func (l *life) tenancy() string {
	if l.dedicated {
		return "dedicated"
	}
	return "default"
}
