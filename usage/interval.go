package usage

// Seconds are whole seconds since 1970, UTC: the resolution of CloudTrail and
// of the bill.
type Seconds = int64

// Interval is a stretch of time in which one resource ran, was billed, and did
// not change its shape. A resource's intervals do not overlap.
//
// What no source states is never invented: an end that was only noticed later
// is a pair of bounds, and a shape that no source states is empty. So Start ==
// End where nothing shows for how long it ran: launched, and next heard of
// when it was over (NotAfter is later), or open and launched at the horizon or
// after it.
type Interval struct {
	Account  string
	Region   string
	Zone     string // "us-east-1a"; empty when unknown
	Resource string // "i-0dbc91f429e48eeed"

	Shape Shape
	Tags  Tags

	// Start is when this shape began to run.
	Start Seconds
	// End is the last second up to which it surely ran; 0 < End. For an
	// interval that is still open it is the horizon that Timelines was given.
	End Seconds
	// NotAfter is the first moment by which it had surely ended: equal to End
	// when the end is known exactly, later when it was only noticed (a
	// snapshot no longer shows it). Seconds between the two are uncertain.
	NotAfter Seconds
	// Period is the start of the running period (from running to stopped)
	// that this interval is a part of.
	Period Seconds
	// Last says that the period ends with this interval: minimum charges
	// apply to periods, not to intervals.
	Last bool
	// Open says that no source tells of an end: it ran when last heard of.
	Open bool

	// Launcher is who made the resource, for as long as it lives; nil means
	// unattributed.
	Launcher *Cause
	// Opened and Closed are what began and ended this interval; nil where no
	// source names it.
	Opened, Closed *Cause
	// Evidence says in words what the timeline rests on where it is not the
	// plain word of an event: "operation assumed: no DescribeInstances shows
	// it", "end bounded by snapshots 10:00 and 11:00".
	Evidence []string
}

// Shape is what the price of a running instance depends on. An empty field is
// not known.
type Shape struct {
	Service   string // "ec2"
	Type      string // instance type, "t3.micro"
	Operation string // usageOperation, "RunInstances:0002"; see OperationAssumed
	Tenancy   string // "Shared", "Dedicated" or "Host"
	Purchase  string // "on-demand", "spot", "capacity-block" or "scheduled"
	// OperationAssumed says that no source states Operation and plain
	// RunInstances (Linux/UNIX) was taken.
	OperationAssumed bool
	// Marketplace says that product codes add a price which no list shows.
	Marketplace bool
	// CPUs is cores × threads when CPU options were set; 0 for the type's own.
	CPUs int
}

// Cause is the call behind a change and who made it. Intervals point to the
// causes that they share, which are never changed; nil means that no call is
// known.
type Cause struct {
	EventID   string
	EventName string
	Time      Seconds
	Principal string // as cloudtrail.Record
	Actor     string
	ActorType string
	Session   string
	AccessKey string
	IP        string
	UserAgent string
	InvokedBy string
}

// OrNone gives the cause by value, the zero value for nil.
func (c *Cause) OrNone() Cause {
	if c == nil {
		return Cause{}
	}
	return *c
}

// Tags are a resource's tags. They are never changed in place.
type Tags map[string]string
