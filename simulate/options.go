package simulate

import (
	"errors"
	"fmt"
	"time"
)

// Options say what to simulate. A zero field takes the default that its
// comment names; the same options give the same bytes.
type Options struct {
	// Seed chooses among the organisations.
	Seed uint64
	// Start and End bound the event times: Start ≤ t < End, whole seconds.
	// Defaults: 2026-01-05 00:00 UTC (a Monday), and 21 days later. At least a
	// day and at most two years.
	Start, End time.Time
	// Events is the exact number of distinct events, 1,000 or more. Default
	// 50,000. Repeated deliveries come on top.
	Events int64
	// Accounts is the number of member accounts, 1 to 40. Default 8.
	Accounts int
	// Regions are where the organisation works, from Regions(). The first
	// takes the events of global services. Default us-east-1, eu-west-1 and
	// us-west-2.
	Regions []string
	// Organisation puts the organisation's id into the keys of the log files.
	Organisation bool
	// Duplicates is the share of events that are delivered a second time, in
	// another file: 0 to 1.
	Duplicates float64
	// Late is the share of events that are delivered half an hour to six
	// hours late: 0 to 1. Some of them say so in an addendum.
	Late float64
	// FilesPerHour is how often each account and region delivers, when there
	// is something to deliver: a divisor of 60. Default 12, as AWS does.
	FilesPerHour int
	// FileEvery is the time between files of each account and region, in place
	// of FilesPerHour: whole minutes, at most 31 days. With it everything is
	// delivered by End; the last file covers what was left. Default 0: as
	// FilesPerHour says.
	FileEvery time.Duration
	// EventsPerFile is where a file is cut. Default 4,000.
	EventsPerFile int
	// Instances is the number of instance lives to plan, roughly. Default
	// Events/160, at least 40, at most MaxInstances.
	Instances int
	// SnapshotEvery is the time between recordings of DescribeInstances; there
	// is one at Start and one at End too. Default 24 hours; negative for none,
	// in which case nothing happens that only a recording could show.
	SnapshotEvery time.Duration
	// PriceVersions is the number of versions of the price list: each of the
	// later ones changes some prices from the first of a month. Default 1.
	PriceVersions int
	// Story plans what a demo shows, within Events: groups that breathe with
	// the hour, deploys whose chains of roles lead to a person, and a GPU
	// instance that was forgotten two days before End and still runs.
	Story bool
}

// Limits of Options.
const (
	MinEvents    = 1_000
	MaxInstances = 200_000
	MaxAccounts  = 40
	// maxVersions is the most months that a simulation touches.
	maxVersions = 25
)

// Demo are the options of a first look: three weeks of a small organisation,
// written in about a second.
func Demo() Options {
	return Options{Seed: 7, Organisation: true, Accounts: 6, Duplicates: 0.01, Late: 0.005, FilesPerHour: 2}
}

// DemoHistory are the options of the demo: 90 days until now of an
// organisation with a story, in few files, so that they are written and read
// within seconds. Live goes on where they end.
func DemoHistory(now time.Time) Options {
	end := now.UTC().Truncate(time.Second)
	return Options{
		Seed: 7, Organisation: true, Accounts: 7, Events: 60_000, Instances: 900, Story: true,
		Start: end.AddDate(0, 0, -90), End: end, FileEvery: 72 * time.Hour, PriceVersions: 2,
	}
}

// ErrOptions is returned for options outside their ranges.
var ErrOptions = errors.New("simulation options")

func (o Options) withDefaults() Options {
	if o.Start.IsZero() {
		o.Start = time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)
	}
	if o.End.IsZero() {
		o.End = o.Start.AddDate(0, 0, 21)
	}
	o.Events = orElse(o.Events, 50_000)
	o.Accounts = orElse(o.Accounts, 8)
	if len(o.Regions) == 0 {
		o.Regions = []string{"us-east-1", "eu-west-1", "us-west-2"}
	}
	o.FilesPerHour = orElse(o.FilesPerHour, 12)
	o.EventsPerFile = orElse(o.EventsPerFile, 4_000)
	o.Instances = orElse(o.Instances, int(min(max(o.Events/160, 40), MaxInstances)))
	o.SnapshotEvery = orElse(o.SnapshotEvery, 24*time.Hour)
	o.PriceVersions = orElse(o.PriceVersions, 1)
	return o
}

func orElse[T comparable](v, other T) T {
	var zero T
	if v == zero {
		return other
	}
	return v
}

func (o Options) validate() error {
	span := o.End.Sub(o.Start)
	switch {
	case span < 24*time.Hour || span > 2*366*24*time.Hour:
		return fmt.Errorf("%w: %s from start to end: want a day to two years", ErrOptions, span)
	case o.Start.Nanosecond() != 0 || o.End.Nanosecond() != 0:
		return fmt.Errorf("%w: start and end must be whole seconds", ErrOptions)
	case o.Events < MinEvents:
		return fmt.Errorf("%w: %d events: want at least %d", ErrOptions, o.Events, MinEvents)
	case o.Accounts < 1 || o.Accounts > MaxAccounts:
		return fmt.Errorf("%w: %d accounts: want 1 to %d", ErrOptions, o.Accounts, MaxAccounts)
	case !share(o.Duplicates) || !share(o.Late):
		return fmt.Errorf("%w: duplicates and late are shares from 0 to 1", ErrOptions)
	case o.FilesPerHour < 1 || 60%o.FilesPerHour != 0:
		return fmt.Errorf("%w: %d files per hour: want a divisor of 60", ErrOptions, o.FilesPerHour)
	case o.FileEvery < 0 || o.FileEvery%time.Minute != 0 || o.FileEvery > 31*24*time.Hour:
		return fmt.Errorf("%w: a file every %s: want whole minutes, at most 31 days", ErrOptions, o.FileEvery)
	case o.EventsPerFile < 1:
		return fmt.Errorf("%w: %d events per file", ErrOptions, o.EventsPerFile)
	case o.Instances < 1 || o.Instances > MaxInstances:
		return fmt.Errorf("%w: %d instances: want 1 to %d", ErrOptions, o.Instances, MaxInstances)
	case o.SnapshotEvery > 0 && (o.SnapshotEvery < time.Hour || o.SnapshotEvery%time.Second != 0):
		return fmt.Errorf("%w: a snapshot every %s: want whole seconds, an hour or more", ErrOptions, o.SnapshotEvery)
	case o.PriceVersions < 1 || o.PriceVersions > maxVersions:
		return fmt.Errorf("%w: %d price versions: want 1 to %d", ErrOptions, o.PriceVersions, maxVersions)
	}
	return o.validateRegions()
}

func share(f float64) bool { return f >= 0 && f <= 1 }

func (o Options) validateRegions() error {
	seen := map[string]bool{}
	for _, code := range o.Regions {
		if seen[code] {
			return fmt.Errorf("%w: region %s twice", ErrOptions, code)
		}
		seen[code] = true
		if regionOf(code) == nil {
			return fmt.Errorf("%w: region %q is not one of Regions()", ErrOptions, code)
		}
	}
	if len(seen) == len(regions) {
		return fmt.Errorf("%w: every region is in use; the thief of the access key needs an unused one", ErrOptions)
	}
	return nil
}

// snapshotTimes are the moments of DescribeInstances, in order.
func (o Options) snapshotTimes() []int64 {
	if o.SnapshotEvery < 0 {
		return nil
	}
	var times []int64
	for t := o.Start; t.Before(o.End); t = t.Add(o.SnapshotEvery) {
		times = append(times, t.Unix())
	}
	return append(times, o.End.Unix())
}
