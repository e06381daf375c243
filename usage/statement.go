package usage

// statement is a fact decoded: what one event or one snapshot says about one
// instance.
type statement struct {
	kind   kind
	at     Seconds // of the event, or of the look
	region string
	zone   string

	// state is the state that a notification or a snapshot shows; for a call
	// it is the state that the instance was in before.
	state     state
	hibernate bool    // of a stop: memory is saved first, billed until stopped
	launched  Seconds // a snapshot's LaunchTime, the last start; 0 when absent
	ended     Seconds // a snapshot's time of the last stop or termination; 0 when absent
	reason    string  // a snapshot's StateReason code, and its word for the transition

	shape patch
	// tags are all tags that a launch or a snapshot shows, or those that
	// CreateTags sets.
	tags Tags
	// untag are the tags that DeleteTags removes; with none named, all that
	// users made.
	untag []tagMatch

	// replaces is the id of the event that this one is a later version of.
	replaces string
	cause    Cause
}

// patch is what a source says about a shape. An empty field is not said.
type patch struct {
	typ         string
	operation   string
	tenancy     string
	purchase    string
	cpus        int
	windows     bool
	marketplace answer
}

// answer is a truth that may be unsaid.
type answer uint8

const (
	unsaid answer = iota
	no
	yes
)

// tagMatch names a tag to remove, whatever its value or only with one value.
type tagMatch struct {
	key     string
	value   string
	anyText bool
}

// kind is what sort of statement it is. The numbers are stored: they never
// change their meaning.
type kind uint8

const (
	kindLaunch    kind = 1 + iota // RunInstances
	kindFleet                     // CreateFleet of type instant
	kindBid                       // BidFulfilledEvent
	kindStart                     // StartInstances
	kindStop                      // StopInstances
	kindTerminate                 // TerminateInstances
	kindEvict                     // BidEvictedEvent
	kindNotice                    // EC2 Instance State-change Notification
	kindModify                    // ModifyInstance…
	kindTag                       // CreateTags
	kindUntag                     // DeleteTags
	kindSeen                      // DescribeInstances
	kindEnd
)

// launches says that the call made the instance.
func (k kind) launches() bool { return k <= kindBid }

// state is an instance's state. The numbers are stored.
type state uint8

const (
	stateUnknown state = iota
	statePending
	stateRunning
	stateStopping
	stateStopped
	stateShuttingDown
	stateTerminated
	stateEnd
)

var stateNames = [...]string{
	stateUnknown: "unknown", statePending: "pending", stateRunning: "running",
	stateStopping: "stopping", stateStopped: "stopped",
	stateShuttingDown: "shutting-down", stateTerminated: "terminated",
}

// parseState gives the state of a name, stateUnknown for any other text.
func parseState(name string) state {
	for s, n := range stateNames {
		if n == name {
			return state(s)
		}
	}
	return stateUnknown
}

func (s state) String() string { return stateNames[s] }

// ended says that an instance in this state runs no more, nor will without a
// start.
func (s state) ended() bool { return s >= stateStopping }
