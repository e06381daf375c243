package simulate

import (
	"bytes"
	"fmt"
	"sort"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// The types below are DescribeInstances' answer, as far as it matters.

type describePage struct {
	Reservations []*reservation
	NextToken    string `json:",omitzero"`
}

type reservation struct {
	ReservationID string `json:"ReservationId"`
	OwnerID       string `json:"OwnerId"`
	RequesterID   string `json:"RequesterId,omitzero"`
	Groups        []string
	Instances     []instance
	launch        *action
}

type instance struct {
	Architecture             string
	AmiLaunchIndex           int
	ImageID                  string `json:"ImageId"`
	InstanceID               string `json:"InstanceId"`
	InstanceType             string
	InstanceLifecycle        string `json:",omitzero"`
	SpotInstanceRequestID    string `json:"SpotInstanceRequestId,omitzero"`
	LaunchTime               string
	Placement                placement
	Platform                 string `json:",omitzero"`
	PlatformDetails          string
	UsageOperation           string
	UsageOperationUpdateTime string
	State                    instanceState
	StateTransitionReason    string
	StateReason              *stateReason `json:",omitzero"`
	CPUOptions               cpuOptions   `json:"CpuOptions"`
	HibernationOptions       configured
	ProductCodes             []string
	RootDeviceType           string
	VirtualizationType       string
	Tags                     []describedTag
}

type placement struct {
	AvailabilityZone string
	GroupName        string
	Tenancy          string
}

type instanceState struct {
	Code int64
	Name string
}

type stateReason struct{ Code, Message string }

type cpuOptions struct {
	CoreCount      int64
	ThreadsPerCore int64
}

type configured struct{ Configured bool }

type describedTag struct{ Key, Value string }

// reservationsPerPage is where the answer goes on in another document.
const reservationsPerPage = 500

// describe writes the unit's recordings, one file for each moment, holding one
// or more pages as the AWS command line prints them.
func (u *unit) describe(sink Sink, shots []int64) ([]Snapshot, error) {
	lives := append([]*life{}, u.lives...)
	sort.SliceStable(lives, func(i, j int) bool { return lives[i].born() < lives[j].born() })
	var list []Snapshot
	for _, t := range shots {
		name := fmt.Sprintf("describe/%s/%s_%s.json", time.Unix(t, 0).UTC().Format("20060102T150405Z"), u.account.id, u.region.code)
		pages, n := u.pages(lives, t)
		var text bytes.Buffer
		for _, page := range pages {
			if err := json.MarshalWrite(&text, page, jsontext.WithIndent("    ")); err != nil {
				return nil, fmt.Errorf("describe %s: %w", name, err)
			}
			text.WriteByte('\n')
		}
		if err := put(sink, name, time.Unix(t, 0).UTC(), text.Bytes()); err != nil {
			return nil, err
		}
		list = append(list, Snapshot{File: name, Account: u.account.id, Region: u.region.code, At: t, Instances: n})
	}
	return list, nil
}

func (u *unit) pages(lives []*life, t int64) ([]*describePage, int) {
	pages := []*describePage{{Reservations: []*reservation{}}}
	n := 0
	var last *reservation
	for _, l := range lives {
		if l.born() > t {
			break
		}
		if !l.seen(t) {
			continue
		}
		n++
		if launch := l.periods[0].opened; last == nil || launch == nil || last.launch != launch {
			last = l.reservation(launch)
			page := pages[len(pages)-1]
			if len(page.Reservations) == reservationsPerPage {
				page.NextToken = string(appendToken(nil, &random{l.id}, 40))
				page = &describePage{}
				pages = append(pages, page)
			}
			page.Reservations = append(page.Reservations, last)
		}
		last.Instances = append(last.Instances, l.describe(t, len(last.Instances)))
	}
	return pages, n
}

func (l *life) reservation(launch *action) *reservation {
	id := l.id
	if launch != nil {
		id = launch.id.lo
	}
	r := &reservation{ReservationID: "r-0" + string(appendHex(nil, id, 16)), OwnerID: l.unit.account.id, Groups: []string{}, launch: launch}
	if l.group != "" {
		r.RequesterID = "940372691376"
	}
	return r
}

// at gives the period that is the newest at t, and the machine that the
// instance is at t.
func (l *life) at(t int64) (*period, uint8) {
	i := len(l.periods) - 1
	for l.periods[i].start > t {
		i--
	}
	m := l.periods[i].machine
	if i+1 < len(l.periods) && l.periods[i+1].resized != 0 && l.periods[i+1].resized <= t {
		m = l.periods[i+1].machine
	}
	return &l.periods[i], m
}

func (l *life) describe(t int64, index int) instance {
	p, m := l.at(t)
	now := p.stateAt(t)
	image := l.id
	if l.periods[0].opened != nil {
		image = l.periods[0].opened.id.hi
	}
	d := instance{
		Architecture: architecture(machines[m]), AmiLaunchIndex: index, ImageID: "ami-0" + string(appendHex(nil, image, 16)),
		InstanceID: string(appendID(nil, l)), InstanceType: machines[m].name, LaunchTime: described(p.start),
		Placement:       placement{AvailabilityZone: l.unit.region.code + string(l.zone), Tenancy: l.tenancy()},
		PlatformDetails: platforms[l.platform].details, UsageOperation: platforms[l.platform].operation,
		UsageOperationUpdateTime: described(l.born()), State: instanceState{now.code, now.name},
		CPUOptions:     cpuOptions{cores(machines[m]), machines[m].vcpus / cores(machines[m])},
		RootDeviceType: "ebs", VirtualizationType: "hvm", ProductCodes: []string{}, Tags: []describedTag{},
	}
	if platforms[l.platform].windows {
		d.Platform = "windows"
	}
	if l.spot {
		d.InstanceLifecycle = "spot"
		d.SpotInstanceRequestID = "sir-" + string(appendHex(nil, l.id, 8))
		d.UsageOperation += ":SV" + string(appendPadded(nil, int64(l.id%1000), 3))
	}
	for _, tag := range l.tags(t) {
		d.Tags = append(d.Tags, describedTag{tag.key, tag.value})
	}
	d.StateTransitionReason, d.StateReason = p.reason(t)
	d.HibernationOptions.Configured = l.periods[0].how == hibernated
	return d
}

func described(t int64) string { return time.Unix(t, 0).UTC().Format("2006-01-02T15:04:05-07:00") }

// stoppingTime is how long an instance takes to stop or to shut down, in
// seconds.
const stoppingTime = 40

// stateAt is the state at t, a moment after the period's start.
func (p *period) stateAt(t int64) state {
	switch {
	case t < p.start+4:
		return pendingState
	case p.how == running || t < p.end:
		return runningState
	case p.how.ends() && t < p.end+stoppingTime:
		return shuttingDownState
	case p.how.ends():
		return terminatedState
	case t < p.end+stoppingTime:
		return stoppingState
	default:
		return stoppedState
	}
}

// reason says why the instance left the running state, as a recording at t
// shows it.
func (p *period) reason(t int64) (string, *stateReason) {
	if p.how == running || t < p.end {
		return "", nil
	}
	moment := time.Unix(p.end, 0).UTC().Format("(2006-01-02 15:04:05 GMT)")
	switch {
	case p.how == evicted:
		return "Service initiated " + moment, &stateReason{"Server.SpotInstanceTermination", "Server.SpotInstanceTermination: Spot instance termination"}
	case p.how == hibernated:
		return "User initiated " + moment, &stateReason{"Client.UserInitiatedHibernate", "Client.UserInitiatedHibernate: User initiated hibernate"}
	case p.how.quiet():
		return "User initiated " + moment, &stateReason{"Client.InstanceInitiatedShutdown", "Client.InstanceInitiatedShutdown: Instance initiated shutdown"}
	default:
		return "User initiated " + moment, &stateReason{"Client.UserInitiatedShutdown", "Client.UserInitiatedShutdown: User initiated shutdown"}
	}
}
