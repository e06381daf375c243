// Package cloudtrail reads CloudTrail log files: bytes in, records out.
//
// A Reader takes a file of any of the forms in which events travel, plain or
// compressed, and yields one Record after the other in bounded memory. A
// record that is broken costs only itself: it is reported with its offset and
// reason, and reading goes on behind it. The package does no I/O of its own.
//
// What comes in is a Source. Its bytes are inflated as they are read (input),
// pass through a window, and the window's text is scanned once, by hand: one
// pass checks the syntax, notes white space, picks the fields and finds the
// resources (scanner, recordScanner). Where a record breaks, the Reader looks
// for the place where the next one begins (resync).
//
// What is kept is always valid JSON in valid UTF-8, and means the same to
// every reader: a record with invalid UTF-8, or with a key of a Record twice,
// is reported as broken rather than read one way or another. Lookup and Each
// read values out of a record's text; Equal says whether two texts say the
// same; ParseKey reads what a file's name tells.
package cloudtrail
