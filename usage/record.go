package usage

import (
	"fmt"
	"strconv"

	"github.com/kopterio/kopter/cloudtrail"
)

// FromRecord emits what a record says about instances. Most records say
// nothing and are turned away by source and name, without an allocation; so do
// calls that failed. The error is about a record that should have said
// something and cannot be understood; facts that were emitted before it hold.
//
// Facts do not alias the record. Source: spec/cloudtrail.md, "EC2 in
// CloudTrail".
func FromRecord(rec *cloudtrail.Record, emit func(Fact)) error {
	read := readerOf(rec)
	if read == nil || len(rec.ErrorCode) > 0 {
		return nil
	}
	e := event{rec: rec, emit: emit, cause: causeOf(rec)}
	e.open()
	if err := read(&e); err != nil {
		return fmt.Errorf("facts of %s %s: %w", rec.Name, rec.EventID, err)
	}
	return nil
}

// readerOf chooses who reads a record, nil for one that says nothing about
// how long an instance runs.
func readerOf(rec *cloudtrail.Record) func(*event) error {
	switch string(rec.Source) {
	case "ec2.amazonaws.com":
		return callReader(rec.Name)
	case "aws.ec2":
		if string(rec.Name) == "EC2 Instance State-change Notification" {
			return (*event).notice
		}
	}
	return nil
}

func callReader(name []byte) func(*event) error {
	switch string(name) {
	case "RunInstances":
		return (*event).launch
	case "CreateFleet":
		return (*event).fleet
	case "BidFulfilledEvent":
		return (*event).bid
	case "BidEvictedEvent":
		return (*event).evict
	case "StartInstances", "StopInstances", "TerminateInstances":
		return (*event).stateCall
	case "ModifyInstanceAttribute", "ModifyInstanceCpuOptions", "ModifyInstancePlacement":
		return (*event).modify
	case "CreateTags":
		return (*event).createTags
	case "DeleteTags":
		return (*event).deleteTags
	}
	return nil
}

// event is a relevant record taken apart.
type event struct {
	rec      *cloudtrail.Record
	emit     func(Fact)
	request  node
	response node
	details  node // of a service event or a notification
	cause    Cause
	replaces string         // the event that it is a later version of
	said     map[string]int // statements so far, by instance
}

// open finds the parts of the record that say something.
func (e *event) open() {
	nodeOf(e.rec.Raw).members(func(name []byte, value node) bool {
		switch string(name) {
		case "requestParameters":
			e.request = unwrap(value, "Request")
		case "responseElements":
			e.response = unwrap(value, "Response")
		case "serviceEventDetails", "detail":
			e.details = value
		case "addendum":
			if value.get("reason").text() == "UPDATED_DATA" {
				e.replaces = value.get("originalEventID").text()
			}
		}
		return true
	})
}

// unwrap takes off the envelope in which newer APIs put request and response:
// {"CreateFleetRequest": {…}}.
func unwrap(n node, suffix string) node {
	name, inner := n.only()
	if len(name) > len(suffix) && name[len(name)-len(suffix):] == suffix {
		return inner
	}
	return n
}

func causeOf(rec *cloudtrail.Record) Cause {
	return Cause{
		EventID: string(rec.EventID), EventName: string(rec.Name), Time: seconds(rec.Time),
		Principal: string(rec.Principal), Actor: string(rec.Actor), ActorType: string(rec.ActorType),
		Session: string(rec.Session), AccessKey: string(rec.AccessKey), IP: string(rec.IP),
		UserAgent: string(rec.UserAgent), InvokedBy: string(rec.InvokedBy),
	}
}

// seconds are whole seconds of milliseconds, rounded down.
func seconds(milliseconds int64) Seconds {
	s := milliseconds / 1000
	if milliseconds%1000 < 0 {
		s--
	}
	return s
}

// statement begins a statement of the event.
func (e *event) statement(k kind) *statement {
	return &statement{
		kind: k, at: e.cause.Time, region: string(e.rec.Region),
		replaces: e.replaces, cause: e.cause,
	}
}

// say emits a statement about an instance. Ids of other resources, which tags
// and attributes share their calls with, are passed over.
func (e *event) say(id string, s *statement) {
	if len(id) < 3 || id[:2] != "i-" {
		return
	}
	if e.said == nil {
		e.said = map[string]int{}
	}
	key := e.cause.EventID + "/" + strconv.FormatUint(e.rec.BodyHash, 16)
	if n := e.said[id]; n > 0 {
		key += "/" + strconv.Itoa(n)
	}
	e.said[id]++
	e.emit(Fact{Account: string(e.rec.Account), Resource: id, Key: key, Data: s.encode()})
}
