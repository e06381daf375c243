// Package simulate is an AWS organisation that does not exist: CloudTrail
// logs, DescribeInstances recordings, an EC2 price list, and the truth about
// them.
//
// Options go in; files as AWS would write them come out of a [Sink], together
// with a [Truth]: every event counted, every instance with its seconds and its
// exact list price. The same options give the same bytes, on every machine: no
// clock, no floating point and no map order takes part.
//
// A simulation has two steps. First the lives of all instances are planned
// (lives.go, stories.go): who starts, stops, resizes and forgets what. Then
// each account and region is written by itself, a few minutes at a time
// (stream.go): planned calls and the noise around them (calls.go) become
// records (record.go), and records become files (delivery.go). Memory depends
// on the number of lives and of events in a quarter of an hour, not on the
// number of events.
//
// The package imports nothing of Kopter's readers, and reckons money by
// itself, so that a test may hold Kopter to the truth.
package simulate
