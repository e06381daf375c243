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
	PointSnapshots  = "commit.snapshots"  // the snapshots are in
	PointSheet      = "commit.sheet"      // a price sheet's row is in
	PointCommit     = "commit.commit"     // about to commit
	PointCommitted  = "commit.committed"  // committed, the caller not told
)

// Points lists every point, in the order in which a change passes them.
var Points = []string{
	PointFileWrite, PointFileWritten, PointFileSynced, PointFolderMade, PointFileRenamed, PointFileDurable,
	PointBegin, PointLake, PointFiles, PointQuarantine, PointFacts, PointFreshness, PointSnapshots, PointSheet,
	PointCommit, PointCommitted,
	PointFileRemove, PointFileRemoved,
}
