package local

// The points at which Options.Hook is called: before and after every step
// that a crash could part from the next one.
const (
	PointFileWrite   = "file.write"   // a temporary file is open, nothing written
	PointFileWritten = "file.written" // written, not synced
	PointFileSynced  = "file.synced"  // synced, under its temporary name
	PointFileRenamed = "file.renamed" // under its name, folder not synced
	PointFileDurable = "file.durable" // folder synced
	PointFolderMade  = "folder.made"  // a new folder, its parent not synced
	PointFileRemove  = "file.remove"  // about to be removed
	PointFileRemoved = "file.removed"

	PointBegin      = "commit.begin"      // the transaction has begun
	PointLake       = "commit.lake"       // the lake's parts, runs and conflicts are in
	PointFiles      = "commit.files"      // the ingested files are in
	PointQuarantine = "commit.quarantine" // the quarantine is in
	PointFacts      = "commit.facts"      // the facts are in
	PointFreshness  = "commit.freshness"  // the freshness is in
	PointMessages   = "commit.messages"   // the outgoing messages are in
	PointSnapshots  = "commit.snapshots"  // the snapshots are in
	PointSheet      = "commit.sheet"      // a price sheet's row is in
	PointCommit     = "commit.commit"     // about to commit
	PointCommitted  = "commit.committed"  // committed, the caller not told

	PointQueueBegin     = "queue.begin"     // the transaction of a group of changes to queues has begun
	PointQueueSent      = "queue.sent"      // the messages of one change are in
	PointQueueReceived  = "queue.received"  // received messages are hidden
	PointQueueDeleted   = "queue.deleted"   // messages are deleted
	PointQueueExtended  = "queue.extended"  // messages are hidden for longer, or handed back
	PointQueueFault     = "queue.fault"     // the reason of a failure is noted
	PointQueueRedriven  = "queue.redriven"  // dead letters are back in their queue
	PointQueueCommit    = "queue.commit"    // about to commit the group
	PointQueueCommitted = "queue.committed" // committed, no caller told
)

// Points lists every point, in the order in which a change passes them.
var Points = []string{
	PointFileWrite, PointFileWritten, PointFileSynced, PointFolderMade, PointFileRenamed, PointFileDurable,
	PointBegin, PointLake, PointFiles, PointQuarantine, PointFacts, PointFreshness, PointMessages, PointSnapshots, PointSheet,
	PointCommit, PointCommitted,
	PointQueueBegin, PointQueueSent, PointQueueReceived, PointQueueDeleted, PointQueueExtended,
	PointQueueFault, PointQueueRedriven, PointQueueCommit, PointQueueCommitted,
	PointFileRemove, PointFileRemoved,
}
