package usage

import (
	"cmp"
	"errors"
	"regexp"
	"strconv"
	"time"
)

// observe reads an instance as DescribeInstances shows it.
func (inv *inventoryReader) observe(account string, n node) error {
	s := statement{
		kind: kindSeen, at: inv.opt.At,
		zone:  n.get("Placement").get("AvailabilityZone").text(),
		state: parseState(n.get("State").get("Name").text()),
		shape: seenShape(n),
		tags:  tagsOf(n.get("Tags")),
	}
	s.region = cmp.Or(regionOf(s.zone), inv.opt.Region)
	id := n.get("InstanceId").text()
	switch {
	case id == "":
		return errors.New("no InstanceId")
	case account == "":
		return errors.New("no OwnerId in its reservation, and no account given")
	case s.region == "":
		return errors.New("no zone in its Placement, and no region given")
	case s.state == stateUnknown:
		return errors.New("no State with a known name")
	}
	if err := s.readTimes(n); err != nil {
		return err
	}
	at := place{account, s.region}
	inv.found[at] = append(inv.found[at], observed{id, s.encode()})
	return nil
}

func seenShape(n node) patch {
	p := patch{
		typ:         n.get("InstanceType").text(),
		operation:   operation(n.get("UsageOperation").text()),
		tenancy:     tenancy(n.get("Placement").get("Tenancy").text()),
		purchase:    purchase(n.get("InstanceLifecycle").text()),
		cpus:        cpus(n.get("CpuOptions")),
		windows:     windows(n.get("Platform").text()),
		marketplace: no,
	}
	if hasProductCode(n.get("ProductCodes"), "ProductCodeId") {
		p.marketplace = yes
	}
	return p
}

// readTimes reads when the instance last started, and when and why it last
// stopped.
func (s *statement) readTimes(n node) error {
	if launch := n.get("LaunchTime"); !launch.absent() {
		at, ok := timeOf(launch)
		if !ok {
			return errors.New("LaunchTime is no time: " + strconv.Quote(launch.text()))
		}
		s.launched = at
	}
	word := n.get("StateTransitionReason").text()
	s.ended = transitionTime(word)
	s.reason = cmp.Or(n.get("StateReason").get("Code").text(), word)
	return nil
}

// transition finds the time in "User initiated (2016-11-14 16:23:56 GMT)".
var transition = regexp.MustCompile(`\((\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) (?:GMT|UTC)\)`)

// transitionTime gives the time in a StateTransitionReason, 0 when it tells
// none.
func transitionTime(word string) Seconds {
	m := transition.FindStringSubmatch(word)
	if m == nil {
		return 0
	}
	t, err := time.Parse(time.DateTime, m[1])
	if err != nil {
		return 0
	}
	return max(t.Unix(), 0)
}

// timeOf reads a time: RFC 3339, or an object with the fields of one, as
// recordings of the Python SDK have it. Both are after 1970.
func timeOf(n node) (Seconds, bool) {
	if n.get("year").absent() {
		t, err := time.Parse(time.RFC3339, n.text())
		return t.Unix(), err == nil && t.Unix() > 0
	}
	var part [6]int
	for i, name := range [...]string{"year", "month", "day", "hour", "minute", "second"} {
		v, err := strconv.Atoi(n.get(name).text())
		if err != nil {
			return 0, false
		}
		part[i] = v
	}
	t := time.Date(part[0], time.Month(part[1]), part[2], part[3], part[4], part[5], 0, time.UTC)
	return t.Unix(), t.Unix() > 0 && t.Month() == time.Month(part[1]) && t.Day() == part[2] &&
		t.Year() == part[0] && t.Hour() == part[3] && t.Minute() == part[4]
}
