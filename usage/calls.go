package usage

import "errors"

// errNoInstances is a call that changes instances and names none.
var errNoInstances = errors.New("it names no instances")

// launch reads RunInstances. Instance facts stand in the response; a launch
// from a template has hardly any in the request.
func (e *event) launch() error {
	for _, item := range e.response.get("instancesSet").items() {
		s := e.statement(kindLaunch)
		s.zone = item.get("placement").get("availabilityZone").text()
		s.shape = e.launchShape(item)
		s.tags = tagsOf(item.get("tagSet"))
		if len(s.tags) == 0 {
			s.tags = e.requestedTags()
		}
		e.say(item.get("instanceId").text(), s)
	}
	return e.saidAny()
}

// saidAny is the error of a call on instances that said nothing of any.
func (e *event) saidAny() error {
	if len(e.said) == 0 {
		return errNoInstances
	}
	return nil
}

func (e *event) launchShape(item node) patch {
	p := patch{
		typ:         item.get("instanceType").text(),
		tenancy:     tenancy(item.get("placement").get("tenancy").text()),
		purchase:    purchase(item.get("instanceLifecycle").text()),
		windows:     windows(item.get("platform").text()),
		marketplace: no,
	}
	if market := e.request.get("instanceMarketOptions").get("marketType").text(); market != "" && p.purchase == onDemand {
		p.purchase = purchase(market)
	}
	if hasProductCode(item.get("productCodes"), "productCode") {
		p.marketplace = yes
	}
	if e.request.get("cpuOptions").get("coreCount").text() != "" {
		p.cpus = cpus(item.get("cpuOptions"))
	}
	return p
}

// requestedTags are the tags that a launch asks for its instances.
func (e *event) requestedTags() Tags {
	tags := Tags{}
	for _, spec := range e.request.get("tagSpecificationSet").items() {
		if spec.get("resourceType").text() == "instance" {
			addTags(tags, spec.get("tags").items())
		}
	}
	for _, spec := range e.request.get("tagSpecification").items() {
		if spec.get("resourceType").text() == "instance" {
			addTags(tags, spec.get("Tag").items()) // beside a number named "tag"
		}
	}
	return tags
}

// fleet reads CreateFleet. Only a fleet of type instant names its instances;
// the others are launched by calls of their own.
func (e *event) fleet() error {
	for _, group := range e.response.get("fleetInstanceSet").items() {
		for _, id := range group.get("instanceIds").items() {
			s := e.statement(kindFleet)
			s.zone = group.get("launchTemplateAndOverrides").get("overrides").get("availabilityZone").text()
			s.shape = patch{
				typ:      group.get("instanceType").text(),
				purchase: purchase(group.get("lifecycle").text()),
				windows:  windows(group.get("platform").text()),
			}
			s.tags = e.requestedTags()
			e.say(id.text(), s)
		}
	}
	return nil
}

func (e *event) bid() error   { return e.spot(kindBid) }
func (e *event) evict() error { return e.spot(kindEvict) }

// spot reads the service events about spot instances.
func (e *event) spot(k kind) error {
	for _, id := range e.details.get("instanceIdSet").items() {
		s := e.statement(k)
		s.shape.purchase = "spot"
		e.say(id.text(), s)
	}
	return e.saidAny()
}

var stateCalls = map[string]kind{
	"StartInstances": kindStart, "StopInstances": kindStop, "TerminateInstances": kindTerminate,
}

// stateCall reads StartInstances, StopInstances and TerminateInstances.
func (e *event) stateCall() error {
	k := stateCalls[e.cause.EventName]
	for _, item := range e.response.get("instancesSet").items() {
		s := e.statement(k)
		s.state = parseState(item.get("previousState").get("name").text())
		s.hibernate = k == kindStop && e.request.get("hibernate").truth()
		e.say(item.get("instanceId").text(), s)
	}
	return e.saidAny()
}

// modify reads the calls that change what an instance is. An attribute that
// no price depends on says nothing.
func (e *event) modify() error {
	id := e.request.get("instanceId").text()
	if id == "" {
		return errors.New("the request names no instance")
	}
	s := e.statement(kindModify)
	s.shape.typ = e.attribute("instanceType")
	s.shape.tenancy = tenancy(e.request.get("tenancy").text())
	s.shape.cpus = cpus(e.request)
	if s.shape != (patch{}) {
		e.say(id, s)
	}
	return nil
}

// attribute reads one attribute in any of its forms: {"instanceType":
// {"value": "t3.micro"}}, {"instanceType": "t3.micro"} or {"attribute":
// "instanceType", "value": "t3.micro"}.
func (e *event) attribute(name string) string {
	n := e.request.get(name)
	if v := n.get("value").text(); v != "" {
		return v
	}
	if v := n.text(); v != "" {
		return v
	}
	if e.request.get("attribute").text() == name {
		return e.request.get("value").text()
	}
	return ""
}

func (e *event) createTags() error {
	tags := tagsOf(e.request.get("tagSet"))
	for _, r := range e.request.get("resourcesSet").items() {
		s := e.statement(kindTag)
		s.tags = tags
		e.say(resourceID(r), s)
	}
	return nil
}

// deleteTags reads DeleteTags: a tag named without a value goes whatever its
// value is; with no tags named, all go.
func (e *event) deleteTags() error {
	var gone []tagMatch
	for _, item := range e.request.get("tagSet").items() {
		value := item.get("value")
		gone = append(gone, tagMatch{key: item.get("key").text(), value: value.text(), anyText: value.absent()})
	}
	for _, r := range e.request.get("resourcesSet").items() {
		s := e.statement(kindUntag)
		s.untag = gone
		e.say(resourceID(r), s)
	}
	return nil
}

// resourceID reads an item of a resources set: {"resourceId": "i-1"} or "i-1".
func resourceID(n node) string {
	if id := n.get("resourceId").text(); id != "" {
		return id
	}
	return n.text()
}

// notice reads an EventBridge notification of a state, exact to the second.
func (e *event) notice() error {
	s := e.statement(kindNotice)
	s.state = parseState(e.details.get("state").text())
	id := e.details.get("instance-id").text()
	if s.state == stateUnknown || id == "" {
		return errors.New("detail has no instance-id with a known state")
	}
	e.say(id, s)
	return nil
}
