// Package cloudtrail reads CloudTrail log files: bytes in, records out.
//
// A Reader takes a file of any of the forms in which events travel, plain or
// compressed, and yields one Record after the other in bounded memory. A
// record that is broken costs only itself: it is reported with its offset and
// reason, and reading goes on behind it. The package does no I/O of its own.
package cloudtrail
